//! S3: objects as files, served by `s3s`, which checks the SigV4 signatures.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Request, Response, StatusCode, header},
};
use s3s::{
    S3Request, S3Response, S3Result,
    auth::{S3Auth, SecretKey},
    dto::{
        CopyObjectInput, CopyObjectOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
        DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput,
        HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
        ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, ObjectVersion, PutObjectInput, PutObjectOutput,
    },
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::{callers::SECRET_ACCESS_KEY, error::Error, properties::properties};

/// The one version S3 shows of an object that was stored without versioning.
const NULL_VERSION: &str = "null";

/// S3, path-style.
#[derive(Clone)]
pub struct S3 {
    folder: PathBuf,
    service: S3Service,
    _temporary: Option<Arc<TempDir>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketProperties {}

impl S3 {
    /// Makes a bucket from its CloudFormation properties; leaves one that exists as it is.
    ///
    /// Versioning is accepted, but every object has one version, which a later one replaces.
    pub async fn create_bucket(&self, name: &str, bucket: &Value) -> Result<(), Error> {
        const ACCEPTED: [&str; 9] = [
            "BucketName",
            "VersioningConfiguration",
            "BucketEncryption",
            "PublicAccessBlockConfiguration",
            "OwnershipControls",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "CorsConfiguration",
            "Tags",
        ];
        let BucketProperties {} = properties("AWS::S3::Bucket", name, bucket, &ACCEPTED)?;
        if !s3s::path::check_bucket_name(name) {
            return Err(Error::Unsupported(format!("AWS::S3::Bucket {name}: not a bucket name")));
        }
        tokio::fs::create_dir_all(self.folder.join(name)).await?;
        Ok(())
    }

    /// Opens the objects' folder: in `data`, or one that is deleted at the end.
    pub(super) fn open(data: Option<&Path>) -> Result<Self, Error> {
        let (folder, temporary) = match data {
            Some(folder) => (folder.join("s3"), None),
            None => {
                let temporary = tempfile::Builder::new().prefix("portal-local-s3-").tempdir()?;
                (temporary.path().to_owned(), Some(Arc::new(temporary)))
            }
        };
        std::fs::create_dir_all(&folder)?;
        let files = FileSystem::new(&folder).map_err(|error| Error::Io(std::io::Error::other(format!("{error:?}"))))?;
        let mut service = S3ServiceBuilder::new(Objects(files));
        service.set_auth(OneSecret);
        Ok(Self { folder, service: service.build(), _temporary: temporary })
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

/// The file system, and what it lacks: an object is shown as one version, "null".
struct Objects(FileSystem);

#[async_trait::async_trait]
impl s3s::S3 for Objects {
    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let asked = request.input.clone();
        let list = request.map_input(|input| ListObjectsV2Input {
            bucket: input.bucket,
            prefix: input.prefix,
            delimiter: input.delimiter,
            start_after: input.key_marker,
            max_keys: input.max_keys,
            ..ListObjectsV2Input::default()
        });
        let listed = self.0.list_objects_v2(list).await?.output;
        let versions = listed.contents.unwrap_or_default().into_iter().map(|object| ObjectVersion {
            key: object.key,
            version_id: Some(NULL_VERSION.to_owned()),
            is_latest: Some(true),
            last_modified: object.last_modified,
            size: object.size,
            e_tag: object.e_tag,
            ..ObjectVersion::default()
        });
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: Some(asked.bucket),
            prefix: asked.prefix,
            delimiter: asked.delimiter,
            key_marker: asked.key_marker,
            max_keys: listed.max_keys,
            is_truncated: listed.is_truncated,
            next_version_id_marker: listed.next_continuation_token.as_ref().map(|_| NULL_VERSION.to_owned()),
            next_key_marker: listed.next_continuation_token,
            common_prefixes: listed.common_prefixes,
            versions: Some(versions.collect()),
            ..ListObjectVersionsOutput::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        only_version(request.input.version_id.as_deref())?;
        self.0.get_object(request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        only_version(request.input.version_id.as_deref())?;
        self.0.head_object(request).await
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let version_id = request.input.version_id.clone();
        only_version(version_id.as_deref())?;
        let mut response = self.0.delete_object(request).await?;
        response.output.version_id = version_id;
        Ok(response)
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        for object in &request.input.delete.objects {
            only_version(object.version_id.as_deref())?;
        }
        self.0.delete_objects(request).await
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.0.put_object(request).await
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        self.0.copy_object(request).await
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        self.0.list_objects(request).await
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.0.list_objects_v2(request).await
    }

    async fn list_buckets(&self, request: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        self.0.list_buckets(request).await
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.0.head_bucket(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.0.get_bucket_location(request).await
    }
}

fn only_version(version_id: Option<&str>) -> S3Result<()> {
    match version_id {
        None | Some(NULL_VERSION) => Ok(()),
        Some(_) => Err(s3_error!(NoSuchVersion, "The specified version does not exist.")),
    }
}
