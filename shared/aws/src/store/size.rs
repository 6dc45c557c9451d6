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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    #[test]
    fn an_item_is_as_large_as_its_names_and_values() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        for (value, bytes) in [
            (text("Ana"), 3),
            (AttributeValue::N("12345".into()), 4),
            (AttributeValue::N("1".into()), 2),
            (AttributeValue::B(Blob::new([0; 7])), 7),
            (AttributeValue::Ss(vec!["a".into(), "bc".into()]), 3),
            (AttributeValue::L(vec![text("ab"), AttributeValue::Bool(true)]), 3 + (1 + 2) + (1 + 1)),
            (AttributeValue::M(HashMap::from([("key".into(), text("ab"))])), 3 + (1 + 3 + 2)),
            (AttributeValue::Bool(true), 1),
        ] {
            let item = Item::from([("pk".into(), text("KEY")), ("field".into(), value.clone())]);
            assert_eq!(of(&item), "pk".len() + "KEY".len() + "field".len() + bytes, "{value:?}");
        }
        assert_eq!(LARGEST, 409_600);
    }
}
