//! CloudFormation takes `60` and `"60"` alike for a number, and a parameter's value always arrives as text.

use serde::{Deserialize, Deserializer, de::Error};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written<T> {
    Plain(T),
    Text(String),
}

pub(crate) fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Plain(number) => Ok(number),
        Written::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole_number(deserializer).map(Some)
}

pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Plain(boolean) => Ok(boolean),
        Written::Text(text) => text.parse().map_err(D::Error::custom),
    }
}
