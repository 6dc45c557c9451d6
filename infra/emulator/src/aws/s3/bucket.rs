//! One bucket: every version of its objects in a file of its own, a line of JSON and then the body.
//!
//! A file is named by the version's number and never by the key, which may be any text of up to 1,024 bytes. It appears
//! whole, by a rename.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use axum::body::Bytes;
use s3s::dto::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// The id of a version that was stored without versioning.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html>
const NULL_VERSION: &str = "null";

/// A bucket and what is in it.
pub(super) struct Bucket {
    pub(super) is_versioned: bool,
    pub(super) created_at: Timestamp,
    folder: PathBuf,
    /// By key, newest first.
    versions: BTreeMap<String, Vec<Version>>,
    latest_number: u64,
}

/// A version of an object, or a delete marker.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Version {
    pub(super) key: String,
    pub(super) id: String,
    /// When it was made, in microseconds since 1970: its place among the versions of its key.
    number: u64,
    /// `None` for a delete marker.
    pub(super) object: Option<Object>,
}

/// What S3 tells of an object besides its body.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Object {
    pub(super) size: usize,
    /// Without quotation marks.
    pub(super) e_tag: String,
    /// By the header that carries it.
    pub(super) checksums: BTreeMap<String, String>,
    pub(super) attributes: Attributes,
}

/// What whoever stored an object said of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Attributes {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) metadata: Option<HashMap<String, String>>,
}

impl Version {
    /// When it was made, in whole seconds, as S3 tells it.
    pub(super) fn last_modified(&self) -> Timestamp {
        Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(self.number / 1_000_000))
    }

    /// Whether the listing after `key`, or after its version with this number, has passed it.
    pub(super) fn is_passed(&self, key: &str, number: Option<u64>) -> bool {
        self.key.as_str() < key || self.key == key && number.is_none_or(|number| self.number >= number)
    }

    /// The id as responses carry it: not of an object that was stored without versioning.
    pub(super) fn shown_id(&self) -> Option<String> {
        Some(self.id.clone()).filter(|id| id != NULL_VERSION)
    }
}

impl Bucket {
    /// Opens the bucket in this folder, which is made if there is none.
    pub(super) fn open(folder: PathBuf, is_versioned: bool) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let made = fs::metadata(&folder)?;
        let created_at = Timestamp::from(made.created().or_else(|_| made.modified())?);
        let mut bucket = Self { is_versioned, created_at, folder, versions: BTreeMap::new(), latest_number: 0 };
        for file in fs::read_dir(&bucket.folder)? {
            let path = file?.path();
            // Anything else is what a killed process had not finished.
            if path.extension().is_some_and(|extension| extension == "version") {
                let mut line = String::new();
                BufReader::new(File::open(path)?).read_line(&mut line)?;
                let version: Version = serde_json::from_str(&line)?;
                bucket.latest_number = bucket.latest_number.max(version.number);
                bucket.versions.entry(version.key.clone()).or_default().push(version);
            }
        }
        for versions in bucket.versions.values_mut() {
            versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        }
        Ok(bucket)
    }

    /// The newest version or marker of a key.
    pub(super) fn newest(&self, key: &str) -> Option<&Version> {
        self.versions.get(key)?.first()
    }

    /// The version or marker of a key with this id.
    pub(super) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.versions.get(key)?.iter().find(|version| version.id == id)
    }

    /// All versions and markers under a prefix, by key and then newest first; with each whether it is its key's newest.
    pub(super) fn versions(&self, prefix: &str) -> impl Iterator<Item = (&Version, bool)> {
        let keys = self.versions.range(prefix.to_owned()..);
        let keys = keys.take_while(move |(key, _)| key.starts_with(prefix));
        keys.flat_map(|(_, versions)| versions.iter().enumerate().map(|(index, version)| (version, index == 0)))
    }

    /// The objects under a prefix that a GET of their key would find.
    pub(super) fn objects(&self, prefix: &str) -> impl Iterator<Item = (&Version, bool)> {
        self.versions(prefix).filter(|(version, is_latest)| *is_latest && version.object.is_some())
    }

    /// The number of a version, which may have been deleted since; nothing where no version of the key can have the id.
    pub(super) fn number(&self, key: &str, id: &str) -> Option<u64> {
        match self.version(key, id) {
            Some(version) => Some(version.number),
            // What was stored before the bucket had versions is a key's oldest.
            None if id == NULL_VERSION => Some(0),
            None => u64::from_str_radix(id.get(..16)?, 16).ok(),
        }
    }

    pub(super) fn body(&self, version: &Version) -> io::Result<Bytes> {
        let mut file = BufReader::new(File::open(self.path(version))?);
        file.skip_until(b'\n')?;
        let mut body = Vec::new();
        file.read_to_end(&mut body)?;
        Ok(body.into())
    }

    /// Stores an object: as a new version, or, in a bucket without versioning, in the place of the former object.
    pub(super) fn put(&mut self, key: &str, object: Object, body: &[u8]) -> io::Result<Version> {
        self.add(key, Some(object), body)
    }

    /// Deletes a key as S3 does where no version is named: a bucket with versions gets a marker, which is the answer.
    pub(super) fn delete(&mut self, key: &str) -> io::Result<Option<Version>> {
        if self.is_versioned {
            return self.add(key, None, &[]).map(Some);
        }
        self.delete_version(key, NULL_VERSION)?;
        Ok(None)
    }

    /// Removes a version or marker for good; the answer is what it was.
    pub(super) fn delete_version(&mut self, key: &str, id: &str) -> io::Result<Option<Version>> {
        let Some(version) = self.version(key, id).cloned() else { return Ok(None) };
        fs::remove_file(self.path(&version))?;
        if let Some(versions) = self.versions.get_mut(key) {
            versions.retain(|other| other.number != version.number);
            if versions.is_empty() {
                self.versions.remove(key);
            }
        }
        Ok(Some(version))
    }

    fn add(&mut self, key: &str, object: Option<Object>, body: &[u8]) -> io::Result<Version> {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let number = (self.latest_number + 1).max(now.as_secs() * 1_000_000 + u64::from(now.subsec_micros()));
        let id = if self.is_versioned {
            // Begins with the number, so that a listing can go on after a version that has been deleted.
            format!("{number:016x}{}", Uuid::new_v4().simple())
        } else {
            NULL_VERSION.to_owned()
        };
        let version = Version { key: key.to_owned(), id, number, object };
        let mut file = NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, &version)?;
        file.write_all(b"\n")?;
        file.write_all(body)?;
        file.persist(self.path(&version))?;
        if !self.is_versioned {
            self.delete_version(key, NULL_VERSION)?;
        }
        self.latest_number = number;
        self.versions.entry(key.to_owned()).or_default().insert(0, version.clone());
        Ok(version)
    }

    fn path(&self, version: &Version) -> PathBuf {
        self.folder.join(format!("{:016x}.version", version.number))
    }
}
