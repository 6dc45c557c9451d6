//! Booking events: what the booking system tells the portal. The contract stands in infra/events.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    booking::{Booking, FulfilmentMethod},
    contract,
    customer::EmailAddress,
};

/// An event that keeps the contract.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A booking is now as the event says.
    Booking(Box<BookingEvent>),
    /// A customer's data must go.
    CustomerErased {
        /// Events that occurred up to then are void.
        occurred_at: Timestamp,
        /// Whose data.
        address: EmailAddress,
    },
}

/// An event about a booking.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingEvent {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The whole booking.
    pub booking: Booking,
    /// When the booking was changed, if the event tells of a change.
    pub changed_at: Option<Timestamp>,
    /// Whether the customer is to be mailed a confirmation.
    pub asks_for_confirmation: bool,
    /// Whether a tracking link was dropped because its host is not one the operator allows.
    pub tracking_link_dropped: bool,
}

/// Why an event breaks the contract, naming the field and never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

/// Hosts that live tracking links may point to.
#[derive(Debug, Clone, Default)]
pub struct TrackingHosts(pub BTreeSet<String>);

impl TrackingHosts {
    fn allow(&self, link: &str) -> bool {
        url::Url::parse(link).is_ok_and(|url| {
            url.scheme() == "https"
                && url.username().is_empty()
                && url.password().is_none()
                && url.host_str().is_some_and(|host| self.0.contains(host))
        })
    }
}

impl Event {
    /// Reads an event as EventBridge hands it on.
    pub fn parse(envelope: &str, allowed: &TrackingHosts) -> Result<Self, Refusal> {
        let Envelope { detail_type, detail } = read::<Envelope>(envelope)?;
        let detail = detail.get();
        let Versioned { metadata } = read::<Versioned>(detail)?;
        metadata.check()?;
        match detail_type.as_str() {
            "booking.confirmed" | "booking.updated" | "booking.cancelled" | "delivery.updated" | "document.issued" => {
                let BookingDetail { metadata, booking } = read(detail)?;
                check(&booking)?;
                let (booking, tracking_link_dropped) = without_foreign_tracking(booking, allowed);
                Ok(Self::Booking(Box::new(BookingEvent {
                    occurred_at: metadata.occurred_at,
                    booking,
                    changed_at: (detail_type == "booking.updated").then_some(metadata.occurred_at),
                    asks_for_confirmation: detail_type == "booking.confirmed" && metadata.notify,
                    tracking_link_dropped,
                })))
            }
            "customer.erased" => {
                let ErasureDetail { metadata, customer } = read(detail)?;
                Ok(Self::CustomerErased { occurred_at: metadata.occurred_at, address: customer.email })
            }
            _ => Err(Refusal("detail-type: not one of this contract".into())),
        }
    }
}

/// What no single field's type can say.
fn check(booking: &Booking) -> Result<(), Refusal> {
    let refuse = |reason: &str| Err(Refusal(reason.into()));
    if booking.ends_at <= booking.starts_at {
        return refuse("booking.ends_at: must be after starts_at");
    }
    if booking.fulfilment.method == FulfilmentMethod::Delivery && booking.fulfilment.address.is_none() {
        return refuse("booking.fulfilment: missing field `address` of a delivery");
    }
    let home = format!("documents/{}/", booking.booking_id);
    let mut ids = BTreeSet::new();
    for document in &booking.documents {
        let name = document.file.key.strip_prefix(&home);
        let lies_there = |name: &str| !name.split('/').any(|part| matches!(part, "" | "." | ".."));
        if !name.is_some_and(|name| lies_there(name) && !name.contains(char::is_control)) {
            return refuse("booking.documents.file.key: must lie under documents/<booking_id>/");
        }
        if !ids.insert(&document.document_id) {
            return refuse("booking.documents.document_id: must be unique within the booking");
        }
    }
    Ok(())
}

fn without_foreign_tracking(mut booking: Booking, allowed: &TrackingHosts) -> (Booking, bool) {
    let Some(delivery) = &mut booking.delivery else { return (booking, false) };
    let dropped = delivery.tracking_url.take_if(|link| !allowed.allow(link)).is_some();
    (booking, dropped)
}

/// Reads a part of an event. A refusal names the field and nothing that was in it.
fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json)).map_err(|error| {
        let (field, reason) = (error.path().to_string(), error.inner().to_string());
        // Only these messages quote nothing but the contract's own names.
        let known = ["missing field", "duplicate field"].iter().any(|known| reason.starts_with(known));
        let reason =
            if known { reason.split(" at line ").next().unwrap_or_default() } else { "not as the contract says" };
        Refusal(format!("{field}: {reason}"))
    })
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Box<serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct Versioned {
    metadata: Version,
}

#[derive(Deserialize)]
struct Version {
    schema_version: String,
}

impl Version {
    fn check(&self) -> Result<(), Refusal> {
        let refuse = |reason: &str| Err(Refusal(format!("metadata.schema_version: {reason}")));
        let (major, minor) = self.schema_version.split_once('.').unwrap_or((&self.schema_version, ""));
        if major != "1" {
            return refuse("only major version 1 is understood");
        }
        if !(1..=18).contains(&minor.len()) || !minor.bytes().all(|b| b.is_ascii_digit()) {
            return refuse("not as the contract says");
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "event_id", deserialize_with = "contract::opaque::<_, 128>")]
    _event_id: String,
    #[serde(deserialize_with = "contract::time")]
    occurred_at: Timestamp,
    #[serde(default)]
    notify: bool,
}

#[derive(Deserialize)]
struct BookingDetail {
    metadata: Metadata,
    booking: Booking,
}

#[derive(Deserialize)]
struct ErasureDetail {
    metadata: Metadata,
    customer: ErasedCustomer,
}

#[derive(Deserialize)]
struct ErasedCustomer {
    #[serde(deserialize_with = "contract::address")]
    email: EmailAddress,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn envelope() -> Value {
        json!({"detail-type": "booking.updated", "detail": {
            "metadata": {"event_id": "e", "schema_version": "1.0", "occurred_at": "2026-07-01T14:03:22-04:00"},
            "booking": {
                "booking_id": "bkg_1", "reference": "GCO-1", "revision": 1, "status": "confirmed",
                "customer": {"email": "ana@example.com", "name": "Ana"},
                "starts_at": "2026-07-10T09:00:00-04:00", "ends_at": "2026-07-14T17:00:00-04:00",
                "time_zone": "America/New_York", "carts": [{"asset_type": "6-Seater", "name": "Cart #14"}],
                "fulfilment": {"method": "pickup"}
            }
        }})
    }

    fn refusal_of(change: impl Fn(&mut Value)) -> String {
        let mut event = envelope();
        change(&mut event["detail"]);
        Event::parse(&event.to_string(), &TrackingHosts::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_booking_of_required_fields_alone_is_understood() {
        assert!(Event::parse(&envelope().to_string(), &TrackingHosts::default()).is_ok());
    }

    #[test]
    fn a_refusal_names_the_field_and_quotes_nothing_of_it() {
        const SECRET: &str = "somebody@example.com";
        for (field, value) in [
            ("status", json!(SECRET)),
            ("starts_at", json!(SECRET)),
            ("revision", json!(SECRET)),
            ("time_zone", json!(SECRET)),
            ("booking_id", json!(SECRET)),
            ("reference", json!("")),
            ("carts", json!(SECRET)),
        ] {
            let refusal = refusal_of(|detail| detail["booking"][field] = value.clone());
            assert!(refusal.contains(&format!("booking.{field}")), "{field}: {refusal}");
            assert!(!refusal.contains(SECRET), "{refusal}");
        }
        let missing = refusal_of(|detail| drop(detail["booking"].as_object_mut().unwrap().remove("status")));
        assert_eq!(missing, "booking: missing field `status`");
    }

    #[test]
    fn what_no_single_field_can_say_is_refused_too() {
        for (field, value, reason) in [
            ("ends_at", json!("2026-07-10T09:00:00-04:00"), "after starts_at"),
            ("fulfilment", json!({"method": "delivery"}), "missing field `address`"),
        ] {
            let refusal = refusal_of(|detail| detail["booking"][field] = value.clone());
            assert!(refusal.contains(reason), "{field}: {refusal}");
        }
        for key in ["documents/bkg_2/a.pdf", "documents/bkg_1/", "documents/bkg_1/../x.pdf", "x.pdf"] {
            let refusal = refusal_of(|detail| {
                detail["booking"]["documents"] = json!([{"document_id": "d", "kind": "invoice", "title": "Invoice",
                    "issued_at": "2026-07-01T14:03:22-04:00", "file": {"key": key, "size_bytes": 1}}]);
            });
            assert!(refusal.contains("must lie under documents/<booking_id>/"), "{key}: {refusal}");
        }
        assert!(refusal_of(|detail| detail["metadata"]["schema_version"] = json!("2.0")).contains("major version 1"));
    }
}
