//! Calendar files, read by a parser that is not ours.

use icalendar::{Calendar, CalendarComponent, CalendarDateTime, Component, DatePerhapsTime, EventLike, EventStatus};
use portal_tests::{Person, Portal};
use serde_json::{Value, json};

use crate::states::rental;

async fn calendar(ana: &Person, id: &str) -> (Calendar, String) {
    let answer = ana.get(&format!("/bookings/{id}/calendar.ics")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/calendar; charset=utf-8"));
    for line in answer.body.split_inclusive("\r\n") {
        assert!(
            line.ends_with("\r\n") && line.len() <= 77 && !line[..line.len() - 2].contains(['\r', '\n']),
            "{line:?}"
        );
    }
    (answer.body.parse().unwrap(), answer.body)
}

fn event(calendar: &Calendar) -> &icalendar::Event {
    match calendar.components.as_slice() {
        [CalendarComponent::Event(event)] => event,
        other => panic!("one event: {other:?}"),
    }
}

fn utc(time: Option<DatePerhapsTime>) -> String {
    match time {
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(time))) => time.to_string(),
        other => panic!("a time in UTC: {other:?}"),
    }
}

fn property<'a>(event: &'a icalendar::Event, name: &str) -> &'a str {
    event.property_value(name).unwrap_or_else(|| panic!("{name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_file_reads_back_as_the_booking_and_follows_it() {
    let portal = Portal::empty().await;
    let text = "Würzburg; 6, \"Süd\" \\ n".repeat(9);
    let publish = async |kind: &str, revision: u64, change: &dyn Fn(&mut Value)| {
        let detail = rental("bkg_1", "ana@example.com", |booking| {
            booking["reference"] = json!("GCO/4821");
            booking["revision"] = json!(revision);
            // The clocks change in between.
            booking["starts_at"] = json!("2027-11-06T09:00:00-04:00");
            booking["ends_at"] = json!("2027-11-08T17:00:00-05:00");
            booking["fulfilment"] = json!({"method": "delivery", "address": text});
            change(booking);
        });
        portal.publish(kind, &detail).await;
        portal.rests().await;
    };
    publish("booking.confirmed", 1, &|_| {}).await;
    let ana = portal.signed_in("ana@example.com").await;

    let (first, source) = calendar(&ana, "bkg_1").await;
    assert_eq!(first.property_value("METHOD"), Some("PUBLISH"));
    assert_eq!(first.property_value("VERSION"), Some("2.0"));
    let event_1 = event(&first);
    assert_eq!(utc(event_1.get_start()), "2027-11-06 13:00:00 UTC");
    assert_eq!(utc(event_1.get_end()), "2027-11-08 22:00:00 UTC");
    assert_eq!(event_1.get_status(), Some(EventStatus::Confirmed));
    assert_eq!(event_1.get_location(), Some(text.as_str()), "{source}");
    assert!(event_1.get_summary().unwrap().starts_with("6-Seater Premium · Cart #14 · "), "{source}");
    assert!(event_1.get_description().unwrap().contains("GCO/4821\n+"), "{source}");
    assert!(property(event_1, "ORGANIZER").starts_with("mailto:"), "{source}");
    let uid = event_1.get_uid().unwrap().to_owned();

    publish("booking.updated", 5, &|booking| booking["ends_at"] = json!("2027-11-09T17:00:00-05:00")).await;
    let (changed, _) = calendar(&ana, "bkg_1").await;
    assert_eq!((event(&changed).get_uid(), property(event(&changed), "SEQUENCE")), (Some(uid.as_str()), "5"));
    assert_eq!(utc(event(&changed).get_end()), "2027-11-09 22:00:00 UTC");

    publish("booking.cancelled", 6, &|booking| booking["status"] = json!("cancelled")).await;
    let (cancelled, _) = calendar(&ana, "bkg_1").await;
    assert_eq!(cancelled.property_value("METHOD"), Some("CANCEL"));
    let event_3 = event(&cancelled);
    assert_eq!((event_3.get_uid(), event_3.get_status()), (Some(uid.as_str()), Some(EventStatus::Cancelled)));
    assert_eq!(property(event_3, "SEQUENCE"), "6");

    let answer = ana.get("/bookings/bkg_1/calendar.ics").await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"GCO_4821.ics\"");
}
