//! Pages of a listing: prefix, delimiter, marker and the most keys, as S3 documents them.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{CommonPrefix, EncodingType};

use super::bucket::Version;

/// The most keys of a page.
const MAXIMUM: usize = 1000;

/// What S3 leaves as it is where a listing is asked for in `encoding-type=url`.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

/// What a page is asked for, besides its prefix.
pub(super) struct Asked {
    pub(super) prefix: String,
    pub(super) delimiter: Option<String>,
    /// A key or a common prefix, and the number of a version where the listing goes on within a key.
    pub(super) after: Option<(String, Option<u64>)>,
    pub(super) max_keys: Option<i32>,
}

/// A page.
pub(super) struct Page {
    /// Each with whether it is its key's newest.
    pub(super) versions: Vec<(Version, bool)>,
    pub(super) common_prefixes: Vec<String>,
    /// The last of them, where there are more: a key or a common prefix, and the version's id.
    pub(super) next: Option<(String, Option<String>)>,
}

impl Asked {
    /// How many keys, versions and common prefixes together.
    pub(super) fn maximum(&self) -> usize {
        self.max_keys.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(MAXIMUM).min(MAXIMUM)
    }

    /// The page of these candidates, which come in order and under the prefix.
    pub(super) fn page<'a>(&self, candidates: impl Iterator<Item = (&'a Version, bool)>) -> Page {
        let mut page = Page { versions: Vec::new(), common_prefixes: Vec::new(), next: None };
        let mut last = None;
        for (version, is_latest) in candidates.filter(|(version, _)| !self.is_passed(version)) {
            let common_prefix = self.common_prefix(&version.key);
            if common_prefix.is_some() && common_prefix == page.common_prefixes.last().map(String::as_str) {
                continue;
            }
            if page.versions.len() + page.common_prefixes.len() == self.maximum() {
                page.next = last;
                break;
            }
            match common_prefix {
                Some(prefix) => {
                    page.common_prefixes.push(prefix.to_owned());
                    last = Some((prefix.to_owned(), None));
                }
                None => {
                    page.versions.push((version.clone(), is_latest));
                    last = Some((version.key.clone(), Some(version.id.clone())));
                }
            }
        }
        page
    }

    fn is_passed(&self, version: &Version) -> bool {
        self.after.as_ref().is_some_and(|(key, number)| {
            version.is_passed(key, *number) || self.common_prefix(&version.key) == Some(key.as_str())
        })
    }

    /// What the keys that hold the delimiter after the prefix are rolled up to.
    fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
        let found = key.get(self.prefix.len()..)?.find(delimiter)?;
        key.get(..self.prefix.len() + found + delimiter.len())
    }
}

/// How the texts of a listing are written.
pub(super) struct Encoding(pub(super) Option<EncodingType>);

impl Encoding {
    pub(super) fn text(&self, text: &str) -> String {
        match &self.0 {
            Some(encoding) if encoding.as_str() == EncodingType::URL => utf8_percent_encode(text, ENCODED).to_string(),
            _ => text.to_owned(),
        }
    }

    pub(super) fn optional(&self, text: Option<&String>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    pub(super) fn common_prefixes(&self, page: &Page) -> Option<Vec<CommonPrefix>> {
        Some(page.common_prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(self.text(prefix)) }).collect())
    }
}
