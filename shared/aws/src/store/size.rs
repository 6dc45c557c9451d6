//! How large an item is, as DynamoDB counts (Developer Guide, "DynamoDB item sizes and formats").

use aws_sdk_dynamodb::types::AttributeValue;

use super::items::Item;

/// The largest item DynamoDB takes, in bytes.
pub(super) const LARGEST: usize = 400 * 1024;

/// The size of an item in bytes; of a number the most it can be.
pub(super) fn of(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}

fn of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len() / 2 + 2,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + of_value(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + of_value(value)).sum::<usize>(),
        _ => 1,
    }
}
