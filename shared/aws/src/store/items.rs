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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_named_by_its_partition_and_its_kind_and_by_no_secret() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        for (pk, sk, named) in [
            ("BOOKING#bkg_1", "CONFIRMATION", "BOOKING#bkg_1 CONFIRMATION"),
            ("CUSTOMER#0123", "ROW#2#20260710T130000Z#bkg_1", "CUSTOMER#0123 ROW"),
            ("SIGNINS#0123", "a-hash", "SIGNINS#0123"),
            ("LIMIT#SOURCE#192.0.2.1", "LIMIT", "LIMIT"),
        ] {
            assert_eq!(name(&Item::from([("pk".into(), text(pk)), ("sk".into(), text(sk))])), named);
        }
        assert_eq!(name(&Item::new()), "? ?");
    }

    #[test]
    fn an_item_is_read_if_there_is_one() {
        let item = Item::from([("revision".into(), number(7))]);
        let read = read_any::<HashMap<String, u64>>(Some(item)).unwrap().unwrap();
        assert_eq!(read["revision"], 7);
        assert!(read_any::<HashMap<String, u64>>(None).unwrap().is_none());
    }
}
