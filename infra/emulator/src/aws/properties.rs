//! Reads the properties of CloudFormation resources.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::Error;

/// Reads a resource's properties; those in `accepted` change nothing locally, and one nobody knows is an error that
/// names it, because a property silently dropped is found out only in production.
pub(super) fn properties<T: DeserializeOwned>(
    kind: &str,
    name: &str,
    properties: &Value,
    accepted: &[&str],
) -> Result<T, Error> {
    let mut known = properties.as_object().cloned().unwrap_or_else(Map::new);
    known.retain(|property, _| !accepted.contains(&property.as_str()));
    serde_json::from_value(Value::Object(known)).map_err(|error| Error::Unsupported(format!("{kind} {name}: {error}")))
}
