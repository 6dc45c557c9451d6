//! The keys of the table, each made in one place.

use std::net::IpAddr;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use portal_domain::{
    booking::{BookingId, BookingStatus},
    customer::CustomerId,
    dashboard::Cursor,
    link::LinkHash,
    rate_limit::RateLimitKey,
    time::basic_utc,
};

use super::items::Item;

/// The name of the time-to-live attribute, in epoch seconds.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// Rows of active bookings sort behind those of history, so that a descending read meets them first.
const ACTIVE: &str = "ROW#2#";
const HISTORY: &str = "ROW#1#";
const ROWS: &str = "ROW#";

const ASKED: &str = "ASKED#";

fn key(pk: String, sk: impl Into<String>) -> Item {
    Item::from([("pk".into(), AttributeValue::S(pk)), ("sk".into(), AttributeValue::S(sk.into()))])
}

pub(super) fn customer_partition(customer: CustomerId) -> String {
    format!("CUSTOMER#{customer}")
}

/// A partition of its own, so that a role that may end sign-ins can change nothing that a customer sees.
pub(super) fn sign_ins_partition(customer: CustomerId) -> String {
    format!("SIGNINS#{customer}")
}

pub(super) fn booking(id: &BookingId) -> Item {
    key(format!("BOOKING#{id}"), "BOOKING")
}

pub(super) fn confirmation(booking: &BookingId) -> Item {
    key(format!("BOOKING#{booking}"), "CONFIRMATION")
}

pub(super) fn row(customer: CustomerId, sort: &RowKey) -> Item {
    key(customer_partition(customer), sort.0.clone())
}

pub(super) fn dashboard(customer: CustomerId) -> Item {
    key(customer_partition(customer), "DASHBOARD")
}

/// By it an erasure finds a confirmation that knows the customer, wherever the booking has moved.
pub(super) fn asked(customer: CustomerId, booking: &BookingId) -> Item {
    key(customer_partition(customer), format!("{ASKED}{booking}"))
}

pub(super) fn sign_in(customer: CustomerId, link_hash: &LinkHash) -> Item {
    key(sign_ins_partition(customer), link_hash.to_string())
}

pub(super) fn erased(customer: CustomerId) -> Item {
    key(customer_partition(customer), "ERASED")
}

pub(super) fn suppression(customer: CustomerId) -> Item {
    key(format!("SUPPRESSION#{customer}"), "SUPPRESSION")
}

pub(super) fn limit(counted: RateLimitKey) -> Item {
    let name = match counted {
        RateLimitKey::Source(address) => format!("SOURCE#{}", network(address)),
        RateLimitKey::Customer(customer) => format!("CUSTOMER#{customer}"),
    };
    key(format!("LIMIT#{name}"), "LIMIT")
}

/// The part of an address that one household or one attacker holds: of IPv6 the /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

/// The fingerprint of the key of customer ids, which every function may read.
pub(super) fn customer_key() -> Item {
    key("KEY".into(), "KEY")
}

pub(super) fn rows_prefix() -> AttributeValue {
    AttributeValue::S(ROWS.into())
}

/// What an item of a customer's partition is about, by its key alone.
pub(super) enum About {
    /// A booking, of which this is a row.
    Row(RowKey),
    /// A booking's confirmation, which knows the customer.
    Asked,
    /// Something that another release knows.
    Other,
}

impl About {
    /// What this item is about, and which booking, if its key names one. None for the mark of an erasure and the cached
    /// dashboard, which are about all bookings.
    pub(super) fn of(item: &Item) -> Option<(Self, Option<BookingId>)> {
        let sk = item.get("sk")?.as_s().ok()?;
        let about = match sk.as_str() {
            _ if sk.starts_with(ROWS) => Self::Row(RowKey(sk.clone())),
            _ if sk.starts_with(ASKED) => Self::Asked,
            "ERASED" | "DASHBOARD" => return None,
            _ => return Some((Self::Other, None)),
        };
        Some((about, sk.rsplit_once('#').and_then(|(_, id)| BookingId::parse(id))))
    }
}

/// The place behind a row of history; none of a row of an active booking.
pub(super) fn cursor_of_past_row(row: &Item) -> Option<Cursor> {
    Cursor::parse(&row.get("sk")?.as_s().ok()?.strip_prefix(HISTORY)?.replacen('#', "~", 1))
}

/// Where a booking's row sorts among its customer's: active or history, then by start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct RowKey(String);

impl RowKey {
    pub(super) fn new(status: BookingStatus, starts_at: Timestamp, id: &BookingId) -> Self {
        let part = if status.is_active() { ACTIVE } else { HISTORY };
        Self(format!("{part}{}#{id}", basic_utc(starts_at)))
    }

    /// The row of a past rental.
    pub(super) fn of_past(cursor: &Cursor) -> Self {
        Self(format!("{HISTORY}{}", cursor.as_str().replacen('~', "#", 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_source_is_its_network() {
        let counted = |address: &str| limit(RateLimitKey::Source(address.parse().unwrap()));
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }

    #[test]
    fn what_a_customer_s_items_are_about_stands_in_their_keys() {
        let customer = CustomerId::from_bytes([0x11; 16]);
        let id = BookingId::parse("bkg_1").unwrap();
        let row = |status| row(customer, &RowKey::new(status, "2026-07-10T13:00:00Z".parse().unwrap(), &id));
        let (active, past) = (row(BookingStatus::Confirmed), row(BookingStatus::Closed));
        let cursor = cursor_of_past_row(&past).unwrap();
        assert_eq!((cursor.as_str(), cursor_of_past_row(&active)), ("20260710T130000Z~bkg_1", None));
        for (item, about) in [
            (&active, "row bkg_1"),
            (&past, "row bkg_1"),
            (&asked(customer, &id), "asked bkg_1"),
            (&erased(customer), "all"),
            (&dashboard(customer), "all"),
            (&key(customer_partition(customer), "NEW#bkg_1"), "other"),
        ] {
            let told = match About::of(item) {
                Some((About::Row(key), Some(id))) if item["sk"] == AttributeValue::S(key.0.clone()) => {
                    format!("row {id}")
                }
                Some((About::Asked, Some(id))) => format!("asked {id}"),
                Some((About::Other, None)) => "other".to_owned(),
                Some(_) => "something wrong".to_owned(),
                None => "all".to_owned(),
            };
            assert_eq!(told, about, "{item:?}");
        }
        let digits = "11".repeat(16);
        assert_eq!(customer_partition(customer), format!("CUSTOMER#{digits}"));
        assert_eq!(sign_ins_partition(customer), format!("SIGNINS#{digits}"));
    }
}
