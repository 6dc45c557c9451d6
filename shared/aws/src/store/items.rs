//! Items of DynamoDB, read into the portal's own types and written from them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use portal_domain::customer::CustomerId;
use serde::{Serialize, de::DeserializeOwned};

use super::errors::Error;
use crate::unquoted::Unquoted;

pub(super) type Item = HashMap<String, AttributeValue>;

/// Reads an item.
pub(super) fn read<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    let key = name(&item);
    serde_dynamo::from_item(item).map_err(|error| Error::Read { key, source: Unquoted::of(&error) })
}

/// Reads an item, if there is one.
pub(super) fn read_any<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, Error> {
    item.map(read).transpose()
}

/// Writes an item under its key.
pub(super) fn write<T: Serialize>(key: Item, fields: &T) -> Result<Item, Error> {
    match serde_dynamo::to_item::<_, Item>(fields) {
        Ok(mut item) => {
            item.extend(key);
            Ok(item)
        }
        Err(error) => Err(Error::Write { key: name(&key), source: Unquoted::of(&error) }),
    }
}

/// The name of an item in logs: its partition and what kind of item it is. A sign-in's hash is nobody's business, nor is
/// the network address of a limit.
pub(super) fn name(item: &Item) -> String {
    let part = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).map_or("?", String::as_str);
    let (pk, sk) = (part("pk"), part("sk"));
    let kind = |part: &'_ str| part.split_once('#').map_or(part, |(kind, _)| kind).to_owned();
    match kind(pk).as_str() {
        "LIMIT" => "LIMIT".to_owned(),
        "SIGNINS" => pk.to_owned(),
        _ => format!("{pk} {}", kind(sk)),
    }
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A set of customers.
pub(super) fn customer_set(ids: impl IntoIterator<Item = CustomerId>) -> AttributeValue {
    AttributeValue::Ss(ids.into_iter().map(|id| id.to_string()).collect())
}
