//! Multipart uploads, in memory until they are complete.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use std::{collections::BTreeMap, time::SystemTime};

use axum::body::Bytes;
use md5::{Digest, Md5};
use s3s::{
    S3Result,
    dto::{CompletedPart, ETag, Timestamp},
    s3_error,
};

use super::bucket::{Attributes, Object};
use crate::aws::hex::hex;

/// The least bytes of every part but the last.
const LEAST_SIZE: usize = 5 * 1024 * 1024;

/// A multipart upload that is under way.
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) attributes: Attributes,
    pub(super) parts: BTreeMap<i32, Part>,
}

/// A part that has arrived.
pub(super) struct Part {
    pub(super) body: Bytes,
    /// MD5, in hexadecimal digits.
    pub(super) e_tag: String,
    pub(super) last_modified: Timestamp,
}

impl Part {
    pub(super) fn new(body: Bytes) -> Self {
        Self { e_tag: hex(&Md5::digest(&body)), last_modified: Timestamp::from(SystemTime::now()), body }
    }
}

impl Upload {
    /// The object made of the parts that its sender lists.
    pub(super) fn complete(&self, listed: &[CompletedPart]) -> S3Result<(Object, Vec<u8>)> {
        if listed.is_empty() {
            return Err(s3_error!(MalformedXML, "You must specify at least one part"));
        }
        if !listed.is_sorted_by(|one, next| one.part_number < next.part_number) {
            return Err(s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."));
        }
        let (mut body, mut digests) = (Vec::new(), Md5::new());
        for (index, listed_part) in listed.iter().enumerate() {
            let part = listed_part.part_number.and_then(|number| self.parts.get(&number));
            let e_tag = listed_part.e_tag.as_ref().map(ETag::value);
            let Some(part) = part.filter(|part| e_tag == Some(part.e_tag.as_str())) else {
                return Err(s3_error!(InvalidPart, "One or more of the specified parts could not be found."));
            };
            if index + 1 < listed.len() && part.body.len() < LEAST_SIZE {
                return Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"));
            }
            digests.update(Md5::digest(&part.body));
            body.extend_from_slice(&part.body);
        }
        let e_tag = format!("{}-{}", hex(&digests.finalize()), listed.len());
        let attributes = self.attributes.clone();
        Ok((Object { size: body.len(), e_tag, checksums: BTreeMap::new(), attributes }, body))
    }
}
