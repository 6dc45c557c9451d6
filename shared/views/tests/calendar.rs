//! What a calendar file and the link to Google Calendar say of a booking in each state.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod gallery;

use gallery::{NOW, State, booking, delivery, local, own, page, site};
use portal_domain::language::Language;
use portal_views::calendar;
use serde_json::{Value, json};

/// A booking's file, unfolded: the lines of its handover and of its return.
fn events(slips: &[(&str, Value)]) -> [Vec<String>; 2] {
    let state = state(slips);
    let site = site();
    let file =
        calendar::file(&site.in_language(Language::English, "?"), &own(&state), "https://portal.example", state.now);
    let unfolded = file.replace("\r\n ", "");
    let mut events = unfolded.split("BEGIN:VEVENT").skip(1).map(|event| event.lines().map(str::to_owned).collect());
    let events = [events.next().unwrap(), events.next().unwrap()];
    assert_eq!(unfolded.lines().last(), Some("END:VCALENDAR"));
    events
}

fn state(slips: &[(&str, Value)]) -> State {
    State::of(booking(slips), None, local(NOW))
}

/// The value of the first property of this name, parameters and all.
fn value(event: &[String], name: &str) -> String {
    let property = event.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {event:?}"));
    property.trim_start_matches([':', ';']).replace('\u{a0}', " ")
}

#[test]
fn an_event_has_the_status_of_its_booking() {
    for (status, expected) in [
        ("pending", "TENTATIVE"),
        ("confirmed", "CONFIRMED"),
        ("checked_out", "CONFIRMED"),
        ("returned", "CONFIRMED"),
        ("cancelled", "CANCELLED"),
        ("no_show", "CANCELLED"),
    ] {
        for event in events(&[("/status", json!(status))]) {
            assert_eq!(value(&event, "STATUS"), expected, "{status}");
        }
    }
}

#[test]
fn an_event_of_one_moment_lasts_half_an_hour_and_one_of_none_a_day() {
    let window = |start: Value, end: Value| json!({"method": "delivery", "window_start": start, "window_end": end});
    let (eight, ten) = (json!(local("11-26 08:00")), json!(local("11-26 10:00")));
    for (fulfilment, from, to, reminder) in [
        (delivery("11-26 08:00", "11-26 10:00"), "20261126T130000Z", "20261126T150000Z", "-PT2H"),
        (window(eight, Value::Null), "20261126T130000Z", "20261126T133000Z", "-PT2H"),
        (window(Value::Null, ten), "20261126T143000Z", "20261126T150000Z", "-PT2H"),
        (window(Value::Null, Value::Null), "VALUE=DATE:20261126", "VALUE=DATE:20261127", "-PT6H"),
    ] {
        let [handover, _] = events(&[("/fulfilment", fulfilment.clone())]);
        assert_eq!([value(&handover, "DTSTART"), value(&handover, "DTEND")], [from, to], "{fulfilment}");
        assert_eq!(value(&handover, "TRIGGER"), reminder, "{fulfilment}");
    }
}

#[test]
fn an_event_says_when_of_what_and_whom_to_call_and_what_is_fetched_has_to_be_ready() {
    let about = "6-Seater Premium\\, Cart #14\\nBooking GCO-4821\\n+1 912 555 0142\\nDetails and changes:\\nhttps://portal.example";
    let handing_back = |method: &str, from: Option<&str>| json!({"method": method, "window_start": from.map(local), "window_end": local("11-30 18:00")});
    for (back, when) in [
        (
            handing_back("collection", Some("11-30 16:00")),
            "We pick up: Mon\\, Nov 30\\, 4 to 6 pm\\nHave it ready on Monday\\, November 30\\, by 4 pm",
        ),
        (handing_back("collection", None), "We pick up: Mon\\, Nov 30\\, by 6 pm"),
        (handing_back("drop_off", Some("11-30 16:00")), "Return: Mon\\, Nov 30\\, 4 to 6 pm"),
    ] {
        let told = events(&[("/return", back)]).map(|event| value(&event, "DESCRIPTION"));
        assert_eq!(told, [format!("Delivery: Thu\\, Nov 26\\, 8 to 10 am\\n{about}"), format!("{when}\\n{about}")]);
    }
}

#[test]
fn google_s_calendar_takes_the_whole_rental_in() {
    let ahead = state(&[
        ("/starts_at", json!(local("12-02 09:00"))),
        ("/ends_at", json!(local("12-06 17:00"))),
        ("/fulfilment", delivery("12-02 08:00", "12-02 10:00")),
        (
            "/return",
            json!({"method": "drop_off", "window_start": local("12-06 16:00"), "window_end": local("12-06 18:00")}),
        ),
    ]);
    let html = page(&site(), &ahead).html.replace('\u{a0}', " ");
    let (_, rest) = html.split_once("https://calendar.google.com/calendar/render?").unwrap();
    let query = rest.split_once('"').unwrap().0.replace("&amp;", "&").replace("%C2%A0", "+");
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let details = "Delivery: Wed, Dec 2, 8 to 10 am\nReturn: Sun, Dec 6, 4 to 6 pm\n6-Seater Premium, Cart #14\nBooking GCO-4821\n+1 912 555 0142";
    let expected = [
        ("action", "TEMPLATE"),
        ("text", "6-Seater Premium, Cart #14, Tybee Beach Carts"),
        ("dates", "20261202T130000Z/20261206T210000Z"),
        ("details", details),
        ("location", "3 Ocean Ave, Tybee Island, GA 31328"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
