//! S3's operations on the buckets, as `s3s` hands them over: parsed, and their signature checked.

use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    sync::{Arc, Mutex},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};
use s3s::{
    S3Error, S3Request, S3Response, S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket as ListedBucket, BucketVersioningStatus,
        ChecksumMode, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput,
        CopyObjectResult, CopyPartResult, CopySource, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        DeleteMarkerEntry, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
        DeletedObject, ETag, ETagCondition, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
        GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
        HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectVersionsInput, ListObjectVersionsOutput,
        ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
        MetadataDirective, Object as ListedObject, ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass,
        Part as ListedPart, PutObjectInput, PutObjectOutput, Range as HttpRange, StreamingBlob, Timestamp,
        UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};
use uuid::Uuid;

use super::{
    bucket::{Attributes, Bucket, Object, Version},
    listing::{Asked, Encoding},
    uploads::{Part, Upload},
};
use crate::aws::{hex::hex, lock::lock};

/// The headers that carry checksums.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>
const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";

/// The attributes that a request of any kind says of the object that it stores.
macro_rules! attributes {
    ($input:ident) => {
        Attributes {
            cache_control: $input.cache_control,
            content_disposition: $input.content_disposition,
            content_encoding: without_aws_chunked($input.content_encoding),
            content_language: $input.content_language,
            content_type: content_type($input.content_type),
            expires: $input.expires,
            metadata: $input.metadata,
        }
    };
}

/// All buckets, and the uploads into them.
#[derive(Clone, Default)]
pub(super) struct Operations {
    pub(super) buckets: Arc<Mutex<BTreeMap<String, Bucket>>>,
    uploads: Arc<Mutex<BTreeMap<String, Upload>>>,
}

#[async_trait::async_trait]
impl s3s::S3 for Operations {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let S3Request { mut input, headers, trailing_headers, .. } = request;
        let (body, checksums) =
            received(input.body.take(), &headers, trailing_headers, input.content_md5.as_deref()).await?;
        let attributes = attributes!(input);
        let object = Object { size: body.len(), e_tag: hex(&Md5::digest(&body)), checksums, attributes };
        let version = self.bucket(&input.bucket, |bucket| {
            check_before_write(bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            bucket.put(&input.key, object, &body).map_err(failed)
        })?;
        let output = PutObjectOutput { e_tag: e_tag(&version), version_id: version.shown_id(), ..Default::default() };
        Ok(with_checksums(S3Response::new(output), &version))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let (version, object, body) = self.read(&input.bucket, &input.key, input.version_id.as_deref())?;
        let conditions = Conditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        conditions.check(&version)?;
        let whole = body.len();
        let range = input.range.map(|range| range.check(whole as u64)).transpose()?;
        let body = range.as_ref().map_or(body.clone(), |range| part_of(&body, range));
        let wants_checksums = input.checksum_mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
        let attributes = object.attributes;
        let output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: attributes.cache_control,
            content_disposition: attributes.content_disposition,
            content_encoding: attributes.content_encoding,
            content_language: attributes.content_language,
            content_length: i64::try_from(body.len()).ok(),
            content_range: range.as_ref().map(|range| format!("bytes {}-{}/{whole}", range.start, range.end - 1)),
            content_type: attributes.content_type,
            e_tag: e_tag(&version),
            expires: attributes.expires,
            last_modified: Some(version.last_modified()),
            metadata: attributes.metadata,
            version_id: version.shown_id(),
            body: Some(StreamingBlob::from(s3s::Body::from(body))),
            ..Default::default()
        };
        let response = S3Response::new(output);
        // A part's checksum would not be the object's.
        Ok(if wants_checksums && range.is_none() { with_checksums(response, &version) } else { response })
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let (version, object) = self.bucket(&input.bucket, |bucket| {
            let (version, object) = found(bucket, &input.key, input.version_id.as_deref())?;
            Ok((version.clone(), object.clone()))
        })?;
        let conditions = Conditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        conditions.check(&version)?;
        let wants_checksums = input.checksum_mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
        let attributes = object.attributes;
        let output = HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: attributes.cache_control,
            content_disposition: attributes.content_disposition,
            content_encoding: attributes.content_encoding,
            content_language: attributes.content_language,
            content_length: i64::try_from(object.size).ok(),
            content_type: attributes.content_type,
            e_tag: e_tag(&version),
            expires: attributes.expires,
            last_modified: Some(version.last_modified()),
            metadata: attributes.metadata,
            version_id: version.shown_id(),
            ..Default::default()
        };
        let response = S3Response::new(output);
        Ok(if wants_checksums { with_checksums(response, &version) } else { response })
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let (copied, mut object, body) = self.source(&input.copy_source)?;
        let conditions = Conditions {
            if_match: input.copy_source_if_match,
            if_none_match: input.copy_source_if_none_match,
            if_modified_since: input.copy_source_if_modified_since,
            if_unmodified_since: input.copy_source_if_unmodified_since,
        };
        // A failed condition of a copy is always a 412, also where a read would be answered with 304.
        conditions.check(&copied).map_err(|_| s3_error!(PreconditionFailed))?;
        if input.metadata_directive.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE) {
            object.attributes = attributes!(input);
        }
        object.e_tag = hex(&Md5::digest(&body));
        let version = self.bucket(&input.bucket, |bucket| bucket.put(&input.key, object, &body).map_err(failed))?;
        let result = CopyObjectResult {
            e_tag: e_tag(&version),
            last_modified: Some(version.last_modified()),
            ..Default::default()
        };
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            copy_source_version_id: copied.shown_id(),
            version_id: version.shown_id(),
            ..Default::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let DeleteObjectInput { bucket, key, version_id, .. } = request.input;
        let deleted = self.bucket(&bucket, |bucket| delete(bucket, key, version_id))?;
        Ok(S3Response::new(DeleteObjectOutput {
            delete_marker: deleted.delete_marker,
            version_id: deleted.delete_marker_version_id.or(deleted.version_id),
            ..Default::default()
        }))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete: asked, .. } = request.input;
        let deleted = self.bucket(&bucket, |bucket| {
            let objects = asked.objects.into_iter();
            objects.map(|object| delete(bucket, object.key, object.version_id)).collect::<S3Result<Vec<_>>>()
        })?;
        // A quiet answer names only what failed.
        let deleted = Some(deleted).filter(|_| asked.quiet != Some(true));
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..Default::default() }))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let input = request.input;
        let (asked, page) = self.bucket(&input.bucket, |bucket| {
            let after = match (&input.key_marker, &input.version_id_marker) {
                (None, Some(_)) => {
                    return Err(s3_error!(
                        InvalidArgument,
                        "A version-id marker cannot be specified without a key marker."
                    ));
                }
                (None, None) => None,
                (Some(key), None) => Some((key.clone(), None)),
                (Some(key), Some(id)) => match bucket.number(key, id) {
                    Some(number) => Some((key.clone(), Some(number))),
                    None => return Err(s3_error!(InvalidArgument, "Invalid version id specified")),
                },
            };
            let asked = Asked {
                prefix: input.prefix.clone().unwrap_or_default(),
                delimiter: input.delimiter.clone(),
                after,
                max_keys: input.max_keys,
            };
            let page = asked.page(bucket.versions(&asked.prefix));
            Ok((asked, page))
        })?;
        let encoding = Encoding(input.encoding_type);
        let (mut versions, mut delete_markers) = (Vec::new(), Vec::new());
        for (version, is_latest) in &page.versions {
            let (key, id) = (Some(encoding.text(&version.key)), Some(version.id.clone()));
            let (is_latest, last_modified) = (Some(*is_latest), Some(version.last_modified()));
            match &version.object {
                Some(object) => versions.push(ObjectVersion {
                    key,
                    version_id: id,
                    is_latest,
                    last_modified,
                    size: i64::try_from(object.size).ok(),
                    e_tag: e_tag(version),
                    storage_class: Some(ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD)),
                    ..Default::default()
                }),
                None => delete_markers.push(DeleteMarkerEntry {
                    key,
                    version_id: id,
                    is_latest,
                    last_modified,
                    ..Default::default()
                }),
            }
        }
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: Some(input.bucket),
            prefix: encoding.optional(input.prefix.as_ref()),
            delimiter: encoding.optional(input.delimiter.as_ref()),
            key_marker: encoding.optional(input.key_marker.as_ref()),
            version_id_marker: input.version_id_marker,
            max_keys: i32::try_from(asked.maximum()).ok(),
            is_truncated: Some(page.next.is_some()),
            next_key_marker: page.next.as_ref().map(|(key, _)| encoding.text(key)),
            next_version_id_marker: page.next.as_ref().and_then(|(_, id)| id.clone()),
            common_prefixes: encoding.common_prefixes(&page),
            encoding_type: encoding.0,
            versions: Some(versions),
            delete_markers: Some(delete_markers),
            ..Default::default()
        }))
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let asked = Asked {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after: input.marker.clone().map(|marker| (marker, None)),
            max_keys: input.max_keys,
        };
        let page = self.bucket(&input.bucket, |bucket| Ok(asked.page(bucket.objects(&asked.prefix))))?;
        let encoding = Encoding(input.encoding_type);
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: encoding.optional(input.prefix.as_ref()),
            delimiter: encoding.optional(input.delimiter.as_ref()),
            marker: encoding.optional(input.marker.as_ref()),
            max_keys: i32::try_from(asked.maximum()).ok(),
            is_truncated: Some(page.next.is_some()),
            // Without a delimiter the last key is the marker, and S3 says no other.
            next_marker: page.next.as_ref().filter(|_| asked.delimiter.is_some()).map(|(key, _)| encoding.text(key)),
            contents: Some(page.versions.iter().map(|(version, _)| listed(version, &encoding)).collect()),
            common_prefixes: encoding.common_prefixes(&page),
            encoding_type: encoding.0,
            ..Default::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let after = match &input.continuation_token {
            Some(token) => {
                let key = BASE64_STANDARD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
                Some(key.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))?)
            }
            None => input.start_after.clone(),
        };
        let asked = Asked {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            after: after.map(|after| (after, None)),
            max_keys: input.max_keys,
        };
        let page = self.bucket(&input.bucket, |bucket| Ok(asked.page(bucket.objects(&asked.prefix))))?;
        let encoding = Encoding(input.encoding_type);
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: encoding.optional(input.prefix.as_ref()),
            delimiter: encoding.optional(input.delimiter.as_ref()),
            start_after: encoding.optional(input.start_after.as_ref()),
            continuation_token: input.continuation_token,
            max_keys: i32::try_from(asked.maximum()).ok(),
            key_count: i32::try_from(page.versions.len() + page.common_prefixes.len()).ok(),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.as_ref().map(|(key, _)| BASE64_STANDARD.encode(key)),
            contents: Some(page.versions.iter().map(|(version, _)| listed(version, &encoding)).collect()),
            common_prefixes: encoding.common_prefixes(&page),
            encoding_type: encoding.0,
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        self.bucket(&input.bucket, |_| Ok(()))?;
        let id = Uuid::new_v4().simple().to_string();
        let upload = Upload {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            attributes: attributes!(input),
            parts: BTreeMap::new(),
        };
        lock(&self.uploads).insert(id.clone(), upload);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let S3Request { mut input, headers, trailing_headers, .. } = request;
        check_part_number(input.part_number)?;
        let (body, checksums) =
            received(input.body.take(), &headers, trailing_headers, input.content_md5.as_deref()).await?;
        let part = Part::new(body);
        let output = UploadPartOutput { e_tag: Some(ETag::Strong(part.e_tag.clone())), ..Default::default() };
        self.upload(&input.upload_id, &input.bucket, &input.key, |upload| {
            upload.parts.insert(input.part_number, part);
            Ok(())
        })?;
        let mut response = S3Response::new(output);
        response.headers.extend(checksum_headers(&checksums));
        Ok(response)
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = request.input;
        check_part_number(input.part_number)?;
        let (copied, _, body) = self.source(&input.copy_source)?;
        let body = match &input.copy_source_range {
            Some(range) => {
                let range = HttpRange::parse(range).map_err(|_| {
                    s3_error!(InvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last")
                })?;
                part_of(&body, &range.check(body.len() as u64)?)
            }
            None => body,
        };
        let part = Part::new(body);
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.e_tag.clone())),
            last_modified: Some(part.last_modified.clone()),
            ..Default::default()
        };
        self.upload(&input.upload_id, &input.bucket, &input.key, |upload| {
            upload.parts.insert(input.part_number, part);
            Ok(())
        })?;
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            copy_source_version_id: copied.shown_id(),
            ..Default::default()
        }))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let ListPartsInput { bucket, key, upload_id, max_parts, part_number_marker, .. } = request.input;
        let maximum = max_parts.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(1000).min(1000);
        let after = part_number_marker.unwrap_or(0);
        let (parts, is_truncated) = self.upload(&upload_id, &bucket, &key, |upload| {
            let mut left = upload.parts.range(after.saturating_add(1)..);
            let parts: Vec<_> = left.by_ref().take(maximum).map(|(number, part)| listed_part(*number, part)).collect();
            Ok((parts, left.next().is_some()))
        })?;
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(bucket),
            key: Some(key),
            upload_id: Some(upload_id),
            part_number_marker: Some(after),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            max_parts: i32::try_from(maximum).ok(),
            is_truncated: Some(is_truncated),
            parts: Some(parts),
            ..Default::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let (object, body) =
            self.upload(&input.upload_id, &input.bucket, &input.key, |upload| upload.complete(&listed))?;
        let version = self.bucket(&input.bucket, |bucket| {
            check_before_write(bucket, &input.key, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            bucket.put(&input.key, object, &body).map_err(failed)
        })?;
        lock(&self.uploads).remove(&input.upload_id);
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: e_tag(&version),
            version_id: version.shown_id(),
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let AbortMultipartUploadInput { bucket, key, upload_id, .. } = request.input;
        self.upload(&upload_id, &bucket, &key, |_| Ok(()))?;
        lock(&self.uploads).remove(&upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = lock(&self.buckets);
        let listed = buckets.iter().map(|(name, bucket)| ListedBucket {
            name: Some(name.clone()),
            creation_date: Some(bucket.created_at.clone()),
            ..Default::default()
        });
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(listed.collect()), ..Default::default() }))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.bucket(&request.input.bucket, |_| Ok(S3Response::new(HeadBucketOutput::default())))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        // us-east-1 has no location constraint.
        self.bucket(&request.input.bucket, |_| Ok(S3Response::new(GetBucketLocationOutput::default())))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let is_versioned = self.bucket(&request.input.bucket, |bucket| Ok(bucket.is_versioned))?;
        let enabled = BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED);
        let status = is_versioned.then_some(enabled);
        Ok(S3Response::new(GetBucketVersioningOutput { status, ..Default::default() }))
    }
}

impl Operations {
    fn bucket<T>(&self, name: &str, act: impl FnOnce(&mut Bucket) -> S3Result<T>) -> S3Result<T> {
        match lock(&self.buckets).get_mut(name) {
            Some(bucket) => act(bucket),
            None => Err(s3_error!(NoSuchBucket, "The specified bucket does not exist")),
        }
    }

    /// A version of an object, or its current one, with its body.
    fn read(&self, bucket: &str, key: &str, id: Option<&str>) -> S3Result<(Version, Object, Bytes)> {
        self.bucket(bucket, |bucket| {
            let (version, object) = found(bucket, key, id)?;
            let body = bucket.body(version).map_err(failed)?;
            Ok((version.clone(), object.clone(), body))
        })
    }

    fn source(&self, source: &CopySource) -> S3Result<(Version, Object, Bytes)> {
        match source {
            CopySource::Bucket { bucket, key, version_id } => self.read(bucket, key, version_id.as_deref()),
            _ => Err(s3_error!(NotImplemented, "Only a bucket's objects are copied locally.")),
        }
    }

    fn upload<T>(
        &self,
        id: &str,
        bucket: &str,
        key: &str,
        act: impl FnOnce(&mut Upload) -> S3Result<T>,
    ) -> S3Result<T> {
        match lock(&self.uploads).get_mut(id).filter(|upload| upload.bucket == bucket && upload.key == key) {
            Some(upload) => act(upload),
            None => Err(s3_error!(NoSuchUpload, "The specified upload does not exist.")),
        }
    }
}

/// The object that a GET or HEAD finds; a marker is answered as S3 does.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html>
fn found<'a>(bucket: &'a Bucket, key: &str, id: Option<&str>) -> S3Result<(&'a Version, &'a Object)> {
    let version = match id {
        Some(id) => {
            bucket.version(key, id).ok_or_else(|| s3_error!(NoSuchVersion, "The specified version does not exist."))?
        }
        None => bucket.newest(key).ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?,
    };
    if let Some(object) = &version.object {
        return Ok((version, object));
    }
    let mut refusal = match id {
        Some(_) => s3_error!(MethodNotAllowed, "The specified method is not allowed against this resource."),
        None => s3_error!(NoSuchKey, "The specified key does not exist."),
    };
    // These headers replace all others of the answer.
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/xml"))]);
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(&version.id) {
        headers.insert("x-amz-version-id", id);
    }
    if id.is_some() {
        headers.insert("allow", HeaderValue::from_static("DELETE"));
    }
    refusal.set_headers(headers);
    Err(refusal)
}

fn delete(bucket: &mut Bucket, key: String, id: Option<String>) -> S3Result<DeletedObject> {
    Ok(match id {
        Some(id) => {
            let removed = bucket.delete_version(&key, &id).map_err(failed)?;
            let was_marker = removed.is_some_and(|version| version.object.is_none());
            DeletedObject {
                key: Some(key),
                delete_marker: was_marker.then_some(true),
                delete_marker_version_id: was_marker.then(|| id.clone()),
                version_id: Some(id),
            }
        }
        None => {
            let marker = bucket.delete(&key).map_err(failed)?;
            DeletedObject {
                key: Some(key),
                delete_marker: marker.is_some().then_some(true),
                delete_marker_version_id: marker.map(|marker| marker.id),
                version_id: None,
            }
        }
    })
}

/// Conditional writes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn check_before_write(
    bucket: &Bucket,
    key: &str,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let current = bucket.newest(key).and_then(|version| version.object.as_ref());
    match (if_match, current) {
        (Some(_), None) => return Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
        (Some(condition), Some(object)) if !has(condition, object) => return Err(s3_error!(PreconditionFailed)),
        _ => {}
    }
    match (if_none_match, current) {
        (Some(condition), Some(object)) if has(condition, object) => Err(s3_error!(PreconditionFailed)),
        _ => Ok(()),
    }
}

/// Conditional reads. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html>
struct Conditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// A condition about the ETag goes before the one about the time.
    fn check(&self, version: &Version) -> S3Result<()> {
        let has = |condition: &ETagCondition| version.object.as_ref().is_some_and(|object| has(condition, object));
        let modified_after = |time: &Timestamp| version.last_modified() > *time;
        let holds = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => has(condition),
            (None, Some(time)) => !modified_after(time),
            (None, None) => true,
        };
        if !holds {
            return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
        }
        let is_news = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => !has(condition),
            (None, Some(time)) => modified_after(time),
            (None, None) => true,
        };
        if is_news { Ok(()) } else { Err(s3_error!(NotModified)) }
    }
}

fn has(condition: &ETagCondition, object: &Object) -> bool {
    match condition.as_etag() {
        Some(e_tag) => e_tag.value() == object.e_tag,
        None => true,
    }
}

fn check_part_number(number: i32) -> S3Result<()> {
    if (1..=10_000).contains(&number) {
        return Ok(());
    }
    Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
}

/// The bytes of a range that lies within the body.
fn part_of(body: &Bytes, range: &Range<u64>) -> Bytes {
    body.slice(range.start as usize..range.end as usize)
}

fn e_tag(version: &Version) -> Option<ETag> {
    version.object.as_ref().map(|object| ETag::Strong(object.e_tag.clone()))
}

fn listed(version: &Version, encoding: &Encoding) -> ListedObject {
    ListedObject {
        key: Some(encoding.text(&version.key)),
        last_modified: Some(version.last_modified()),
        size: version.object.as_ref().and_then(|object| i64::try_from(object.size).ok()),
        e_tag: e_tag(version),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Default::default()
    }
}

fn listed_part(number: i32, part: &Part) -> ListedPart {
    ListedPart {
        part_number: Some(number),
        e_tag: Some(ETag::Strong(part.e_tag.clone())),
        last_modified: Some(part.last_modified.clone()),
        size: i64::try_from(part.body.len()).ok(),
        ..Default::default()
    }
}

/// Reads the body, verifies the checksums that its sender gave, and returns both.
async fn received(
    body: Option<StreamingBlob>,
    headers: &HeaderMap,
    trailers: Option<TrailingHeaders>,
    content_md5: Option<&str>,
) -> S3Result<(Bytes, BTreeMap<String, String>)> {
    let body = match body {
        Some(body) => to_bytes(Body::new(s3s::Body::from(body)), usize::MAX)
            .await
            .map_err(|error| S3Error::internal_error(io::Error::other(error)))?,
        None => Bytes::new(),
    };
    if content_md5.is_some_and(|given| given != BASE64_STANDARD.encode(Md5::digest(&body))) {
        return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
    }
    // Trailers are there once the body has been read.
    let trailers = trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
    let given = |name: &str| headers.get(name).or_else(|| trailers.get(name))?.to_str().ok().map(str::to_owned);
    let given: BTreeMap<String, String> = [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), given(name)?)))
        .collect();
    if let Some(wrong) = given.iter().find(|(name, value)| checksum(name, &body).as_ref() != Some(value)) {
        return Err(s3_error!(BadDigest, "The {} you specified did not match the calculated checksum.", wrong.0));
    }
    Ok((body, given))
}

fn checksum(header: &str, body: &[u8]) -> Option<String> {
    let mut hasher = ChecksumHasher::default();
    match header {
        CRC32 => hasher.crc32 = Some(Default::default()),
        CRC32C => hasher.crc32c = Some(Default::default()),
        CRC64NVME => hasher.crc64nvme = Some(Default::default()),
        SHA1 => hasher.sha1 = Some(Default::default()),
        _ => hasher.sha256 = Some(Default::default()),
    }
    hasher.update(body);
    let sums = hasher.finalize();
    let sums =
        [sums.checksum_crc32, sums.checksum_crc32c, sums.checksum_crc64nvme, sums.checksum_sha1, sums.checksum_sha256];
    sums.into_iter().flatten().next()
}

fn with_checksums<T>(mut response: S3Response<T>, version: &Version) -> S3Response<T> {
    if let Some(object) = &version.object {
        response.headers.extend(checksum_headers(&object.checksums));
    }
    response
}

fn checksum_headers(checksums: &BTreeMap<String, String>) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    checksums.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
fn content_type(given: Option<String>) -> Option<String> {
    Some(given.unwrap_or_else(|| "binary/octet-stream".to_owned()))
}

/// The encoding of the transfer is not the object's.
fn without_aws_chunked(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let kept: Vec<_> =
        encoding.split(',').map(str::trim).filter(|one| *one != "aws-chunked" && !one.is_empty()).collect();
    Some(kept.join(", ")).filter(|kept| !kept.is_empty())
}

fn failed(error: io::Error) -> S3Error {
    S3Error::internal_error(error)
}
