//! S3: buckets with versions and delete markers, in files, behind `s3s`, which speaks the protocol and checks the signatures.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Request, Response, StatusCode, header},
};
use s3s::{
    S3Result,
    auth::{S3Auth, SecretKey},
    service::{S3Service, S3ServiceBuilder},
};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::{callers::SECRET_ACCESS_KEY, error::Error, lock::lock, properties::properties};

mod bucket;
mod listing;
mod operations;
mod uploads;

use bucket::Bucket;
use operations::Operations;

/// S3, path-style.
#[derive(Clone)]
pub struct S3 {
    folder: PathBuf,
    operations: Operations,
    service: S3Service,
    _temporary: Option<Arc<TempDir>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BucketProperties {
    versioning_configuration: Option<Versioning>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Versioning {
    #[serde(rename = "Status")]
    _status: Enabled,
}

/// The one state of versioning that is known locally: `Suspended` is refused.
#[derive(Deserialize)]
enum Enabled {
    Enabled,
}

impl S3 {
    /// Makes a bucket from its CloudFormation properties, or opens it with what it held.
    pub fn create_bucket(&self, name: &str, bucket: &Value) -> Result<(), Error> {
        const ACCEPTED: [&str; 8] = [
            "BucketName",
            "BucketEncryption",
            "PublicAccessBlockConfiguration",
            "OwnershipControls",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "CorsConfiguration",
            "Tags",
        ];
        let bucket: BucketProperties = properties("AWS::S3::Bucket", name, bucket, &ACCEPTED)?;
        if !s3s::path::check_bucket_name(name) {
            return Err(Error::Unsupported(format!("AWS::S3::Bucket {name}: not a bucket name")));
        }
        let opened = Bucket::open(self.folder.join(name), bucket.versioning_configuration.is_some())?;
        lock(&self.operations.buckets).insert(name.to_owned(), opened);
        Ok(())
    }

    /// Opens the buckets' folder: in `data`, or one that is deleted at the end.
    pub(super) fn open(data: Option<&Path>) -> Result<Self, Error> {
        let (folder, temporary) = match data {
            Some(folder) => (folder.join("buckets"), None),
            None => {
                let temporary = tempfile::Builder::new().prefix("sam-emulator-s3-").tempdir()?;
                (temporary.path().to_owned(), Some(Arc::new(temporary)))
            }
        };
        let operations = Operations::default();
        let mut service = S3ServiceBuilder::new(operations.clone());
        service.set_auth(OneSecret);
        Ok(Self { folder, operations, service: service.build(), _temporary: temporary })
    }

    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let answered = match self.service.call(request.map(s3s::Body::from)).await {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                to_bytes(Body::new(body), usize::MAX)
                    .await
                    .map(|body| Response::from_parts(parts, body))
                    .map_err(|error| error.to_string())
            }
            Err(error) => Err(format!("{error:?}")),
        };
        answered.unwrap_or_else(|error| {
            tracing::error!(%error, "the embedded S3 did not answer");
            error_response(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "We encountered an internal error. Please try again.",
            )
        })
    }

    pub(super) fn access_denied(message: &str) -> Response<Bytes> {
        error_response(StatusCode::FORBIDDEN, "AccessDenied", message)
    }
}

fn error_response(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

/// Every local access key has the same secret.
struct OneSecret;

#[async_trait::async_trait]
impl S3Auth for OneSecret {
    async fn get_secret_key(&self, _access_key: &str) -> S3Result<SecretKey> {
        Ok(SecretKey::from(SECRET_ACCESS_KEY))
    }
}
