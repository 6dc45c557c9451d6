use portal_domain::booking::BookingStatus::{Cancelled, Closed, Confirmed};
use serde_json::{Value, json};

use super::*;
use crate::store::{items::read, rows::RawRows};

const OWNER: [u8; 16] = [1; 16];

/// A booking of this revision, status and total, with documents that have these files.
fn booking(revision: u64, status: &str, total_minor: i64, files: &[&str]) -> Booking {
    let sample = include_str!("../../../../../infra/events/samples/booking.confirmed.json");
    let mut sample: Value = serde_json::from_str(sample).unwrap();
    let booking = &mut sample["Detail"]["booking"];
    (booking["revision"], booking["status"]) = (json!(revision), json!(status));
    booking["price"]["total_minor"] = json!(total_minor);
    let document = |file| {
        json!({"document_id": file, "kind": "invoice", "title": "Invoice", "issued_at": "2027-06-01T12:00:00Z",
            "file": {"key": file, "size_bytes": 7}})
    };
    booking["documents"] = files.iter().map(document).collect();
    serde_json::from_value(booking.take()).unwrap()
}

fn items(booking: &Booking, change: Option<Change>) -> Items {
    Items::of(CustomerId::from_bytes(OWNER), booking, booking.starts_at, change, Progress::default()).unwrap()
}

fn stored(booking: &Booking, change: Option<Change>) -> StoredBooking {
    read(items(booking, change).booking).unwrap()
}

#[test]
fn a_booking_is_filed_as_it_was_stored() {
    let (before, booking) = (booking(6, "confirmed", 2, &[]), booking(7, "confirmed", 1, &["a"]));
    let change = Change::between(&before, None, &booking, booking.starts_at);
    assert!(change.is_some());
    let filed = stored(&booking, change.clone()).filed(&booking.booking_id).unwrap();
    assert_eq!((filed.owner.as_bytes(), filed.booking, filed.change), (&OWNER, booking, change));
}

#[test]
fn news_is_a_later_revision_or_one_of_what_cannot_be_read() {
    let (known, newer) = (booking(7, "confirmed", 1, &[]), booking(8, "confirmed", 1, &[]));
    let stored_known = stored(&known, None);
    for (what, stored, before, next, news) in [
        ("the first one", None, None, &known, true),
        ("a later revision", Some(&stored_known), Some(&known), &newer, true),
        ("the same", Some(&stored_known), Some(&known), &known, false),
        ("the same, unreadable", Some(&stored_known), None, &known, true),
        ("an earlier revision", Some(&stored(&newer, None)), Some(&newer), &known, false),
        ("an earlier revision of what is unreadable", Some(&stored(&newer, None)), None, &known, false),
    ] {
        assert_eq!(is_news(stored, before, next), news, "{what}");
    }
}

#[test]
fn another_content_contradicts_the_same_revision() {
    let known = stored(&booking(7, "confirmed", 1, &[]), None);
    for (what, stored, next, contradiction) in [
        ("nothing known", None, booking(7, "confirmed", 2, &[]), false),
        ("the same", Some(&known), booking(7, "confirmed", 1, &[]), false),
        ("another total", Some(&known), booking(7, "confirmed", 2, &[]), true),
        ("another total later", Some(&known), booking(8, "confirmed", 2, &[]), false),
    ] {
        assert_eq!(contradicts(stored, &next).unwrap(), contradiction, "{what}");
    }
}

#[test]
fn documents_are_new_whose_files_were_not_named() {
    let before = booking(7, "confirmed", 1, &["a", "b"]);
    for (before, files, new) in [
        (None, &["a", "b"][..], &["a", "b"][..]),
        (Some(&before), &["a", "b"], &[]),
        (Some(&before), &["b", "c"], &["c"]),
    ] {
        let found = new_documents(before, &booking(8, "confirmed", 1, files));
        let keys: Vec<&str> = found.iter().map(|document| document.file.key.as_str()).collect();
        assert_eq!(keys, new, "{files:?}");
    }
}

#[test]
fn a_booking_that_moves_changes_the_rows_of_both_customers() {
    let (owner, other) = (CustomerId::from_bytes(OWNER), CustomerId::from_bytes([2; 16]));
    let known = stored(&booking(7, "confirmed", 1, &[]), None);
    for (known, next, changed) in
        [(None, owner, vec![owner]), (Some(&known), owner, vec![owner]), (Some(&known), other, vec![other, owner])]
    {
        assert_eq!(customers(known, next).collect::<Vec<_>>(), changed);
    }
}

#[test]
fn rows_are_read_apart_as_active_past_and_unreadable() {
    let mut rows = RawRows::default();
    let mut torn = items(&booking(7, "closed", 1, &[]), None).row;
    torn.insert("row".into(), AttributeValue::S("{}".into()));
    for status in ["confirmed", "closed", "cancelled"] {
        rows.add(&items(&booking(7, status, 1, &[]), None).row);
    }
    rows.add(&torn);
    let rows = rows.read(CustomerId::from_bytes(OWNER));
    let statuses = |rows: &[BookingRow]| rows.iter().map(|row| row.booking.status).collect::<Vec<_>>();
    assert_eq!((statuses(&rows.active), statuses(&rows.past)), (vec![Confirmed], vec![Closed, Cancelled]));
    let unreadable: Vec<&str> = rows.unreadable.iter().map(|row| row.booking_id.as_str()).collect();
    assert_eq!(unreadable, [booking(7, "closed", 1, &[]).booking_id.as_str()]);
}
