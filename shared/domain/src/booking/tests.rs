use serde_json::{Value, json, to_value};

use super::*;

/// A confirmed booking with a document of each kind.
fn booking() -> Booking {
    let sample = include_str!("../../../../infra/events/samples/booking.confirmed.json");
    let mut sample: Value = serde_json::from_str(sample).unwrap();
    let document = |(n, kind)| {
        json!({"document_id": format!("doc_{n}"), "kind": kind, "title": "A paper", "issued_at": "2027-06-01T12:00:00Z",
            "file": {"key": "documents/bkg_1/doc_1.pdf", "size_bytes": 7}})
    };
    let kinds = ["agreement", "invoice", "receipt"];
    sample["Detail"]["booking"]["documents"] = kinds.iter().enumerate().map(document).collect();
    serde_json::from_value(sample["Detail"]["booking"].take()).unwrap()
}

#[test]
fn a_booking_reads_back_as_it_was_stored() {
    let booking = booking();
    assert_eq!(serde_json::from_value::<Booking>(to_value(&booking).unwrap()).unwrap(), booking);
}

#[test]
fn a_document_is_found_by_its_id_and_its_kind_has_the_word_of_events() {
    let booking = booking();
    for (id, kind) in
        [("doc_0", Some("agreement")), ("doc_1", Some("invoice")), ("doc_2", Some("receipt")), ("doc_3", None)]
    {
        let document = booking.document(&DocumentId::parse(id).unwrap());
        assert_eq!(document.map(|document| document.kind.as_str()), kind, "{id}");
    }
    assert_eq!(DocumentKind::Unknown.as_str(), "document");
}

#[test]
fn a_status_tells_whether_a_booking_is_active_and_whether_the_carts_are_with_the_customer() {
    for (status, is_active, is_under_way) in [
        ("pending", true, false),
        ("confirmed", true, false),
        ("checked_out", true, true),
        ("overdue", true, true),
        ("returned", false, false),
        ("closed", false, false),
        ("cancelled", false, false),
        ("no_show", false, false),
        ("repossessed", false, false),
    ] {
        let known: BookingStatus = serde_json::from_value(json!(status)).unwrap();
        assert_eq!((known.is_active(), known.is_under_way()), (is_active, is_under_way), "{status}");
    }
}

#[test]
fn a_customer_prefers_the_language_of_the_locale() {
    for (locale, language) in [
        (json!("es-MX"), Some(Language::Spanish)),
        (json!("en-US"), Some(Language::English)),
        (json!("fr"), None),
        (Value::Null, None),
    ] {
        let customer = json!({"email": "ana@example.com", "name": "Ana Ruiz", "locale": locale});
        let customer: Customer = serde_json::from_value(customer).unwrap();
        assert_eq!(customer.language(), language, "{locale}");
    }
}
