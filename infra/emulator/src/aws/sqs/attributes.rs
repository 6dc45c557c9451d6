//! Message attributes and their MD5.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::hex::hex;

/// A message attribute as SQS's JSON has it; the binary value is base64.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct MessageAttribute {
    pub(super) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) string_value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) binary_value: Option<String>,
}

impl MessageAttribute {
    /// What is wrong with it, if something is.
    pub(super) fn problem(&self, name: &str) -> Option<String> {
        let logical_type = self.data_type.split('.').next().unwrap_or_default();
        let empty = |value: &Option<String>| value.as_ref().is_none_or(String::is_empty);
        match logical_type {
            "String" | "Number" if empty(&self.string_value) => Some(format!(
                "Message attribute '{name}' with type '{logical_type}' must use a non-empty 'StringValue'."
            )),
            "Binary" if empty(&self.binary_value) || self.bytes().is_none() => {
                Some(format!("Message attribute '{name}' with type 'Binary' must use a non-empty 'BinaryValue'."))
            }
            "String" | "Number" | "Binary" => None,
            _ => Some(format!("The type of message (user) attribute '{name}' is invalid.")),
        }
    }

    /// How much of the message's size it takes.
    pub(super) fn size(&self, name: &str) -> usize {
        name.len() + self.data_type.len() + self.bytes().map_or(0, |bytes| bytes.len())
    }

    /// As Lambda's SQS event shows it.
    pub(super) fn in_lambda_event(&self) -> Value {
        let mut shown = json!({ "dataType": self.data_type, "stringListValues": [], "binaryListValues": [] });
        if let Some(value) = &self.string_value {
            shown["stringValue"] = json!(value);
        }
        if let Some(value) = &self.binary_value {
            shown["binaryValue"] = json!(value);
        }
        shown
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.string_value, &self.binary_value) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(base64)) => STANDARD.decode(base64).ok(),
            (None, None) => None,
        }
    }
}

pub(super) fn md5_of_body(body: &str) -> String {
    hex(&Md5::digest(body))
}

/// The MD5 over all attributes, which the AWS SDKs check; `None` without attributes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
pub(super) fn md5_of_attributes<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a MessageAttribute)>,
) -> Option<String> {
    let attributes: BTreeMap<_, _> = attributes.into_iter().collect();
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        add(&mut digest, name.as_bytes());
        add(&mut digest, attribute.data_type.as_bytes());
        digest.update([if attribute.string_value.is_some() { 1 } else { 2 }]);
        add(&mut digest, &attribute.bytes().unwrap_or_default());
    }
    Some(hex(&digest.finalize()))
}

/// Adds a part with its length in front.
fn add(digest: &mut Md5, part: &[u8]) {
    digest.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(part);
}
