//! Where two bookings differ, field by field.

use std::collections::{BTreeMap, BTreeSet};

use portal_domain::{booking::Booking, contract::found::kind_of, customer::EmailAddress};
use serde::Serialize;
use serde_json::Value;

use crate::terminal::Failure;

/// A field in which an event differs from what stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// For example `documents[3].issued_at`.
    pub(super) field: String,
    /// What stands there; none where nothing does.
    pub(super) stands: Option<String>,
    /// What the event says; none where it leaves the field out.
    pub(super) says: Option<String>,
}

/// The fields whose texts are of a thing, a time or a state. Any other text may lead to a person, that of a field to come, too.
const OF_THINGS: [&str; 23] = [
    "asset_type",
    "at",
    "booking_id",
    "currency",
    "document_id",
    "ends_at",
    "eta",
    "issued_at",
    "kind",
    "label",
    "locale",
    "method",
    "reference",
    "sha256",
    "signed_at",
    "stage",
    "starts_at",
    "status",
    "time_zone",
    "title",
    "updated_at",
    "window_end",
    "window_start",
];

/// Where the names are those of things.
const THINGS: [&str; 2] = ["carts", "add_ons"];

/// The fields that differ, but for the revision. Texts that may lead to a person are told by their size, unless `shown` gives
/// addresses whole.
pub(super) fn differences(
    stands: &Booking,
    says: &Booking,
    shown: impl Fn(&EmailAddress) -> String,
) -> Result<Vec<Difference>, Failure> {
    let is_open = shown(&says.customer.email) == says.customer.email.as_str();
    let (stands, says) = (fields(stands)?, fields(says)?);
    let names: BTreeSet<&String> = stands.keys().chain(says.keys()).collect();
    let differing = names.into_iter().filter(|name| *name != "revision" && stands.get(*name) != says.get(*name));
    let text = |name: &str, value: &Value| match value {
        Value::String(text) if is_open || is_of_thing(name) => text.clone(),
        Value::String(text) if name == "customer.email" => {
            EmailAddress::parse(text).map_or_else(|_| kind_of(Some(value)), |address| shown(&address))
        }
        Value::String(_) => kind_of(Some(value)),
        value => value.to_string(),
    };
    Ok(differing
        .map(|name| Difference {
            field: name.clone(),
            stands: stands.get(name).map(|value| text(name, value)),
            says: says.get(name).map(|value| text(name, value)),
        })
        .collect())
}

fn is_of_thing(field: &str) -> bool {
    let leaf = field.rsplit('.').next().unwrap_or_default();
    OF_THINGS.contains(&leaf) || leaf == "name" && THINGS.iter().any(|things| field.starts_with(things))
}

/// Every value of a booking that is not a list or an object, by its path.
fn fields(booking: &Booking) -> Result<BTreeMap<String, Value>, Failure> {
    let value = serde_json::to_value(booking).map_err(|error| Failure::cannot("read the booking", &error))?;
    let mut found = BTreeMap::new();
    flatten(String::new(), value, &mut found);
    Ok(found)
}

fn flatten(path: String, value: Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(if path.is_empty() { name } else { format!("{path}.{name}") }, value, found);
            }
        }
        Value::Array(list) => {
            for (i, value) in list.into_iter().enumerate() {
                flatten(format!("{path}[{i}]"), value, found);
            }
        }
        value => drop(found.insert(path, value)),
    }
}
