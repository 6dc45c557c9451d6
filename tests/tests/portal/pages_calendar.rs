//! Calendar files, read by a parser that is not ours.

use icalendar::{Calendar, CalendarComponent, CalendarDateTime, Component, DatePerhapsTime, EventLike, EventStatus};
use portal_tests::{Person, Portal};
use portal_views::messages::ENGLISH;
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

/// The handover and the return.
fn events(calendar: &Calendar) -> [&icalendar::Event; 2] {
    match calendar.components.as_slice() {
        [CalendarComponent::Event(handover), CalendarComponent::Event(back)] => [handover, back],
        other => panic!("two events: {other:?}"),
    }
}

fn utc(time: Option<DatePerhapsTime>) -> String {
    match time {
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(time))) => time.to_string(),
        other => panic!("a time in UTC: {other:?}"),
    }
}

fn whole_day(time: Option<DatePerhapsTime>) -> String {
    match time {
        Some(DatePerhapsTime::Date(day)) => day.to_string(),
        other => panic!("a day: {other:?}"),
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
            booking["fulfilment"] = json!({"method": "delivery", "address": text,
                "window_start": "2027-11-06T08:00:00-04:00", "window_end": "2027-11-06T10:00:00-04:00"});
            booking["return"] = json!({"method": "drop_off", "address": "12 Dune Rd"});
            change(booking);
        });
        portal.publish(kind, &detail).await;
        portal.rests().await;
    };
    publish("booking.confirmed", 1, &|_| {}).await;
    let ana = portal.signed_in("ana@example.com").await;

    let (first, source) = calendar(&ana, "bkg_1").await;
    assert_eq!(first.property_value("VERSION"), Some("2.0"));
    for invitation in ["METHOD", "ORGANIZER", "ATTENDEE"] {
        assert!(!source.contains(invitation), "calendars refuse or lock such files: {source}");
    }
    let [handover, back] = events(&first);
    assert_eq!(utc(handover.get_start()), "2027-11-06 12:00:00 UTC");
    assert_eq!(utc(handover.get_end()), "2027-11-06 14:00:00 UTC");
    assert_eq!(utc(back.get_end()), "2027-11-08 22:00:00 UTC");
    assert_eq!((handover.get_location(), back.get_location()), (Some(text.as_str()), Some("12 Dune Rd")), "{source}");
    for event in [handover, back] {
        assert_eq!(event.get_status(), Some(EventStatus::Confirmed));
        assert!(event.get_description().unwrap().contains("GCO/4821\n+"), "{source}");
        assert!(property(event, "URL").ends_with("/bookings/bkg_1"), "{source}");
    }
    assert_eq!(source.matches("BEGIN:VALARM").count(), 2, "{source}");
    assert!(handover.get_summary().unwrap().starts_with(&(ENGLISH.calendar_handover)(1, true, "")), "{source}");
    let uids = [handover, back].map(|event| event.get_uid().unwrap().to_owned());
    assert_ne!(uids[0], uids[1]);

    publish("booking.updated", 5, &|booking| booking["ends_at"] = json!("2027-11-09T17:00:00-05:00")).await;
    let (changed, _) = calendar(&ana, "bkg_1").await;
    let [_, back] = events(&changed);
    assert_eq!((back.get_uid(), property(back, "SEQUENCE")), (Some(uids[1].as_str()), "5"));
    assert_eq!(utc(back.get_end()), "2027-11-09 22:00:00 UTC");

    publish("booking.cancelled", 6, &|booking| booking["status"] = json!("cancelled")).await;
    let (cancelled, _) = calendar(&ana, "bkg_1").await;
    for (event, uid) in events(&cancelled).into_iter().zip(&uids) {
        assert_eq!((event.get_uid(), event.get_status()), (Some(uid.as_str()), Some(EventStatus::Cancelled)));
        assert_eq!(property(event, "SEQUENCE"), "6");
    }

    publish("booking.updated", 7, &|booking| booking["fulfilment"] = json!({"method": "delivery", "address": text}))
        .await;
    let (no_window, source) = calendar(&ana, "bkg_1").await;
    let day = whole_day(events(&no_window)[0].get_start());
    assert_eq!(day, "2027-11-06", "without a time it is of its day: {source}");

    let answer = ana.get("/bookings/bkg_1/calendar.ics").await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"GCO_4821.ics\"");
}
