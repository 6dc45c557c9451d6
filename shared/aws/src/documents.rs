//! The documents bucket: agreements, invoices and receipts as PDFs.

use std::{collections::BTreeSet, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    presigning::{PresigningConfig, PresigningConfigError},
    types::{Delete, ObjectIdentifier},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    booking::{BookingId, Document, DocumentFile, DocumentId},
    config::{BadConfiguration, Environment},
    time::{after, second_of},
    upload::Upload,
};

use crate::sdk::{CallFailed, preconnect};

/// A presigned URL works for this long: enough to follow a redirect, and for a PDF reader to come back for more of a
/// file.
pub const PRESIGNED_FOR: Duration = Duration::from_mins(5);

/// A promised document may be put for this long.
pub const PUT_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What is signed of it besides its key.
const SIGNED: [&str; 3] = ["content-length", "content-type", "x-amz-checksum-sha256"];

/// How a promised document is put: a request that S3 takes for that file and for no other.
#[derive(Debug)]
pub struct PresignedPut {
    /// Where to, with the signature in its query.
    pub url: String,
    /// The headers that are signed, and have to be sent as they are.
    pub headers: Vec<(String, String)>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Files that are looked for side by side.
const LOOKED_FOR_AT_ONCE: usize = 8;

/// The most that DeleteObjects takes (API reference).
const DELETED_AT_ONCE: usize = 1000;

/// What stays of a booking's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Everything.
    All,
    /// The files of these keys.
    Only(BTreeSet<String>),
}

impl Kept {
    fn keeps(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }
}

/// The bucket that holds every booking's documents.
#[derive(Clone)]
pub struct Documents {
    client: Client,
    bucket: String,
}

/// The bucket could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// S3 did not do what was asked.
    #[error(transparent)]
    Call(#[from] CallFailed),
    /// A list of objects is not one that the SDK can send.
    #[error("a request of DeleteObjects could not be built")]
    Request(#[source] BuildError),
    /// A URL cannot be presigned for so long.
    #[error("an address could not be presigned")]
    Presigning(#[source] PresigningConfigError),
}

/// Keeps of a failed call what may be logged.
fn failed<E: ProvideErrorMetadata, R>(action: &'static str) -> impl FnOnce(SdkError<E, R>) -> Error {
    move |error| CallFailed::new(action, &error).into()
}

impl Documents {
    /// The bucket that `DOCUMENTS_BUCKET` names.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        let bucket = env.text("DOCUMENTS_BUCKET", "the name of the documents bucket")?;
        Ok(Self::new(aws, bucket))
    }

    /// The bucket of this name.
    pub fn new(aws: &SdkConfig, bucket: String) -> Self {
        Self { client: Client::new(aws), bucket }
    }

    /// Opens the connection that a request needs.
    pub async fn preconnect(&self) {
        preconnect(self.client.head_object().bucket(&self.bucket).key("documents/warm-up").send()).await;
    }

    /// Whether the file is there, with anything in it. S3 answers 403 for a missing object where listing is not allowed (API
    /// reference, HeadObject).
    pub async fn holds(&self, file: &DocumentFile) -> Result<bool, Error> {
        Ok(self.size(file).await?.is_some_and(|bytes| bytes > 0))
    }

    /// How many bytes the file has; none if it is not there.
    pub async fn size(&self, file: &DocumentFile) -> Result<Option<u64>, Error> {
        match self.client.head_object().bucket(&self.bucket).key(&file.key).send().await {
            Ok(file) => Ok(Some(file.content_length().and_then(|bytes| bytes.try_into().ok()).unwrap_or_default())),
            Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
                Some(403 | 404) => Ok(None),
                _ => Err(failed("HeadObject")(error)),
            },
        }
    }

    /// Uploads a PDF.
    pub async fn put(&self, key: &str, pdf: Vec<u8>) -> Result<(), Error> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type("application/pdf");
        put.body(pdf.into()).send().await.map(drop).map_err(failed("PutObject"))
    }

    /// Which of these documents have no file.
    pub async fn missing(&self, documents: &[Document]) -> Result<Vec<DocumentId>, Error> {
        let looked = stream::iter(documents).map(async |document| {
            let is_there = self.holds(&document.file).await?;
            Ok::<_, Error>((!is_there).then(|| document.document_id.clone()))
        });
        let missing: Vec<Option<DocumentId>> = looked.buffer_unordered(LOOKED_FOR_AT_ONCE).try_collect().await?;
        Ok(missing.into_iter().flatten().collect())
    }

    /// A presigned URL, which works for [`PRESIGNED_FOR`]; none if the file is not there. The browser opens the file
    /// inline where it can (RFC 6266 §4.2), and saves it under `file_name`, which is plain ASCII.
    pub async fn presigned_url(&self, file: &DocumentFile, file_name: &str) -> Result<Option<String>, Error> {
        if !self.holds(file).await? {
            return Ok(None);
        }
        let config = PresigningConfig::expires_in(PRESIGNED_FOR).map_err(Error::Presigning)?;
        let presigned = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(&file.key)
            .response_content_type("application/pdf")
            .response_content_disposition(format!("inline; filename=\"{file_name}\""))
            .presigned(config)
            .await
            .map_err(failed("GetObject"))?;
        Ok(Some(presigned.uri().to_owned()))
    }

    /// Lets somebody without an access key put a promised PDF, and nothing else: its key, content type, length and SHA-256
    /// are signed (S3 User Guide, "Uploading objects with presigned URLs"). It works for [`PUT_FOR`]; again, too.
    pub async fn presigned_put(&self, upload: &Upload, now: Timestamp) -> Result<PresignedPut, Error> {
        // The signature has whole seconds.
        let now = second_of(now);
        let config = PresigningConfig::builder().start_time(now.into()).expires_in(PUT_FOR.unsigned_abs()).build();
        let config = config.map_err(Error::Presigning)?;
        let put = self.client.put_object().bucket(&self.bucket).key(upload.key()).content_type("application/pdf");
        let put = put.content_length(upload.size_bytes).checksum_sha256(upload.checksum());
        let presigned = put.presigned(config).await.map_err(failed("PutObject"))?;
        // The SDK adds a header that traces calls of functions, which is not signed and nobody else's.
        let signed = presigned.headers().filter(|(name, _)| SIGNED.contains(name));
        let headers = signed.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(PresignedPut { url: presigned.uri().to_owned(), headers, expires_at: after(now, PUT_FOR) })
    }

    /// Removes every version and every delete marker of a booking's files that are `meant`, but those that are kept; says how
    /// many. What is kept is asked after the list is made, so that what is uploaded later is not touched. The list is whole
    /// before anything of it goes: S3 does not say that a listing may go on from a version that is no longer there.
    pub async fn erase<E: From<Error>>(
        &self,
        booking: &BookingId,
        meant: impl Fn(&str) -> bool,
        kept: impl AsyncFn() -> Result<Kept, E>,
    ) -> Result<usize, E> {
        let mut erased = 0;
        for versions in self.versions(booking).await?.chunks(DELETED_AT_ONCE) {
            let kept = kept().await?;
            let versions: Vec<ObjectIdentifier> =
                versions.iter().filter(|version| meant(&version.key) && !kept.keeps(&version.key)).cloned().collect();
            if !versions.is_empty() {
                erased += versions.len();
                self.delete(versions).await?;
            }
        }
        Ok(erased)
    }

    /// How many versions and delete markers a booking's folder has of files that are not kept.
    pub async fn count(&self, booking: &BookingId, kept: &Kept) -> Result<usize, Error> {
        Ok(self.versions(booking).await?.iter().filter(|version| !kept.keeps(&version.key)).count())
    }

    /// Every version and every delete marker under a booking's folder.
    async fn versions(&self, booking: &BookingId) -> Result<Vec<ObjectIdentifier>, Error> {
        let mut found = Vec::new();
        let (mut from_key, mut from_version) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.bucket)
                .prefix(format!("documents/{booking}/"))
                .set_key_marker(from_key)
                .set_version_id_marker(from_version)
                .send()
                .await
                .map_err(failed("ListObjectVersions"))?;
            let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
            let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
            for (key, version) in versions.chain(markers) {
                let object = ObjectIdentifier::builder().set_key(key.map(Into::into));
                found.push(object.set_version_id(version.map(Into::into)).build().map_err(Error::Request)?);
            }
            (from_key, from_version) = (page.next_key_marker, page.next_version_id_marker);
            if from_key.is_none() {
                return Ok(found);
            }
        }
    }

    async fn delete(&self, found: Vec<ObjectIdentifier>) -> Result<(), Error> {
        let delete = Delete::builder().set_objects(Some(found)).quiet(true).build().map_err(Error::Request)?;
        let deleted = self
            .client
            .delete_objects()
            .bucket(&self.bucket)
            .delete(delete)
            .send()
            .await
            .map_err(failed("DeleteObjects"))?;
        match deleted.errors().first() {
            None => Ok(()),
            Some(failure) => {
                let code = failure.code().unwrap_or("an error without a code").to_owned();
                Err(CallFailed { action: "DeleteObjects", code }.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn what_is_kept_is_everything_or_some_keys() {
        let only = Kept::Only(["a.pdf".to_owned()].into());
        for (kept, key, keeps) in [(&Kept::All, "b.pdf", true), (&only, "a.pdf", true), (&only, "b.pdf", false)] {
            assert_eq!(kept.keeps(key), keeps, "{key}");
        }
    }
}
