//! IAM's lists of texts, of which one of a single text may stand without its brackets.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use serde::Deserialize;

/// The texts of such a list.
#[derive(Debug, Deserialize)]
#[serde(from = "Written")]
pub(crate) struct OneOrMore(pub(crate) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    More(Vec<String>),
}

impl From<Written> for OneOrMore {
    fn from(written: Written) -> Self {
        Self(match written {
            Written::One(one) => vec![one],
            Written::More(several) => several,
        })
    }
}

impl OneOrMore {
    /// Whether this text is one of them.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.0.iter().any(|one| one == text)
    }
}
