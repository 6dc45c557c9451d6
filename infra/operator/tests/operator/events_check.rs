//! `portal events check`: what it says of events, which nobody but the tool itself is asked about.

use std::path::Path;

use crate::common::portal;
use jiff::Timestamp;
use portal_tests::{
    mistakes::{self, refused},
    samples::{confirmed, names, sample},
};
use serde_json::{Value, json};

/// The samples of the contract, those that are refused among them.
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/samples");

/// What `--json` prints, with the exit code.
async fn checked(arguments: &[&str], input: &str) -> (i32, Value) {
    let said = portal(&[&["events", "check", "--json"], arguments].concat(), input).await;
    assert_eq!(said.stderr, "", "it names no account, since it asks nobody");
    (said.code, said.json())
}

/// What is said of these events, a line each: weight, index, text.
fn said(checked: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = checked["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| format!("{} {} {}", text(&finding["weight"]), finding["index"], text(&finding["text"])))
        .collect()
}

fn envelope(detail: &Value) -> Value {
    json!({"source": "golfcartops.bookings", "time": Timestamp::now(), "detail-type": "booking.confirmed", "detail": detail})
}

/// What stands at a dead letter as the reason is what this says before: word by word, every fault of each mistake.
#[tokio::test]
async fn of_every_mistake_of_a_sender_it_says_what_the_portal_would_say_at_the_dead_letter() {
    let sent = envelope(&confirmed("bkg_1", "ana@example.com", 2, true));
    let refused = refused();
    assert!(refused.len() >= 60, "{}", refused.len());
    let lines: Vec<String> = refused.iter().map(|(_, slips, _)| mistakes::with(&sent, slips).to_string()).collect();
    let (code, checked) = checked(&["-"], &lines.join("\n")).await;
    assert_eq!(code, 1);
    assert_eq!((&checked["events"], &checked["refused"]), (&json!(refused.len()), &json!(refused.len())));
    for (i, (what, _, faults)) in refused.iter().enumerate() {
        let of_event = checked["findings"].as_array().unwrap().iter();
        let of_event = of_event.filter(|finding| finding["weight"] == "fault" && finding["index"] == i + 1);
        let of_event: Vec<&Value> = of_event.collect();
        let told: Vec<&str> = of_event.iter().map(|finding| finding["text"].as_str().unwrap()).collect();
        assert_eq!(told, *faults, "{what}");
        for fault in of_event {
            assert!(!fault["expected"].as_str().unwrap().is_empty(), "{what}: {fault}");
            let is_missing = fault["text"].as_str().unwrap().contains(": missing, ");
            let is_nothing = ["nothing", "null"].contains(&fault["found"].as_str().unwrap());
            assert_eq!(is_missing, is_nothing, "{what}: {fault}");
        }
    }
}

/// More than the table keeps, which the contract alone does not say.
#[tokio::test]
async fn a_booking_that_the_table_cannot_keep_is_a_fault() {
    let mut large = confirmed("bkg_1", "ana@example.com", 1, false);
    let document = |i: usize| {
        let key = format!("documents/bkg_1/{i}.pdf");
        json!({"document_id": format!("d{i}"), "kind": "invoice", "title": "é".repeat(4000),
            "issued_at": "2026-05-03T00:00:00Z", "file": {"key": key, "size_bytes": 9}})
    };
    large["booking"]["documents"] = (0..60).map(document).collect();
    let (code, checked) = checked(&["-"], &envelope(&large).to_string()).await;
    assert_eq!(code, 1);
    let fault = &checked["findings"][0];
    assert!(fault["expected"].as_str().unwrap().starts_with("at most 4"), "{checked}");
}

#[tokio::test]
async fn what_was_found_is_told_by_its_kind_and_never_as_it_is() {
    for (place, value, found) in [
        ("/detail/booking/customer/email", json!("Secret <secret@example.com>"), "a text of 27 characters"),
        ("/detail/booking/starts_at", json!("2026-06-14T10:00:00"), "a time without an offset"),
        ("/detail/booking/revision", json!(0), "a whole number of 1 digit"),
        ("/detail/booking/carts", json!("Secret"), "a text of 6 characters"),
        ("/detail/booking/customer", Value::Null, "null"),
        ("/detail-type", json!("Secret"), "a text of 6 characters"),
    ] {
        let sent = envelope(&confirmed("bkg_1", "secret@example.com", 2, true));
        let sent = mistakes::with(&sent, &[mistakes::is(place, value)]).to_string();
        let (code, checked) = checked(&["-"], &sent).await;
        assert_eq!(code, 1, "{place}");
        assert_eq!(checked["findings"][0]["found"], found, "{place}");
        let people = portal(&["events", "check", "-"], &sent).await;
        let people = people.stdout + people.stderr.as_str();
        for told in [checked.to_string(), people] {
            let is_quoted = ["secret", "2026-06-14"].iter().any(|value| told.to_lowercase().contains(value));
            assert!(!is_quoted, "{told}");
        }
    }
}

#[tokio::test]
async fn every_form_in_which_people_keep_events_is_read_and_named() {
    let detail = confirmed("bkg_1", "ana@example.com", 1, false);
    let other = confirmed("bkg_2", "ana@example.com", 1, false);
    let entry =
        |detail: Value| json!({"Source": "golfcartops.bookings", "DetailType": "booking.confirmed", "Detail": detail});
    let text = |detail: &Value| json!(detail.to_string());
    let (one, two) = (entry(text(&detail)), entry(other.clone()));
    let lines = |values: &[&Value]| values.iter().map(|value| value.to_string() + "\n").collect::<String>();
    let erasure = json!({"metadata": detail["metadata"], "customer": {"email": "ana@example.com"}});
    for (what, input, form, kinds, events, notes) in [
        ("a request", json!({"Entries": [one, two]}).to_string(), "request", json!(["entry", "readable_entry"]), 2, 0),
        ("a list", json!([one]).to_string(), "list", json!(["entry"]), 1, 0),
        ("one entry", two.to_string(), "single", json!(["readable_entry"]), 1, 0),
        ("an envelope", envelope(&detail).to_string(), "single", json!(["envelope"]), 1, 0),
        (
            "a short envelope",
            json!({"detail-type": "booking.updated", "detail": detail}).to_string(),
            "single",
            json!(["envelope"]),
            1,
            0,
        ),
        ("a detail", detail.to_string(), "single", json!(["detail"]), 1, 1),
        ("an erasure's detail", erasure.to_string(), "single", json!(["detail"]), 1, 1),
        ("lines", lines(&[&detail, &one]), "json_lines", json!(["detail", "entry"]), 2, 1),
        ("one after the other", format!("\u{feff}{detail:#}\n{other:#}"), "json_lines", json!(["detail"]), 2, 2),
    ] {
        let (code, checked) = checked(&["-"], &input).await;
        let file = json!([{"file": "-", "form": form, "kinds": kinds, "events": events}]);
        assert_eq!(checked["files"], file, "{what}");
        assert_eq!((code, &checked["fine"]), (0, &json!(events)), "{what}: {checked}");
        let notes_told = said(&checked).iter().filter(|line| line.starts_with("note")).count();
        assert_eq!(notes_told, notes, "{what}: {checked}");
    }
    let eleven: Vec<Value> =
        (0..11).map(|i| entry(text(&confirmed(&format!("bkg_{i}"), "ana@example.com", 1, false)))).collect();
    let (code, many) = checked(&["-"], &json!({"Entries": eleven}).to_string()).await;
    let note = "note 11 PutEvents takes 10 entries a request: events send splits them";
    assert_eq!((code, said(&many).last().map(String::as_str)), (0, Some(note)));
    let (_, named) = checked(&["-", "--type", "booking.confirmed"], &detail.to_string()).await;
    assert_eq!(named["findings"], json!([]));
}

#[tokio::test]
async fn what_is_no_event_is_a_fault_and_its_neighbours_are_read() {
    let detail = confirmed("bkg_1", "ana@example.com", 1, false);
    let fault = "the event: expected a PutEvents entry, an event of EventBridge, or a detail, in JSON";
    for (what, input, events, findings) in [
        ("no JSON", "booking_id;email\nbkg_1;ana@example.com\n".to_owned(), 1, vec![format!("fault 1 {fault}")]),
        ("another object", json!({"email": "ana@example.com"}).to_string(), 1, vec![format!("fault 1 {fault}")]),
        ("a broken line", format!("{}\n{{\"metadata\": \n", envelope(&detail)), 2, vec![format!("fault 2 {fault}")]),
        ("nothing", String::new(), 0, vec![]),
        ("an empty list", "[]".to_owned(), 0, vec![]),
    ] {
        let (code, checked) = checked(&["-"], &input).await;
        assert_eq!((code, &checked["events"]), (1, &json!(events)), "{what}: {checked}");
        assert_eq!(said(&checked), findings, "{what}");
    }
}

#[tokio::test]
async fn what_is_odd_about_events_that_are_taken_is_a_warning() {
    let detail = |id: &str, revision: u64, event_id: &str| {
        let mut detail = confirmed(id, "ana@example.com", revision, false);
        detail["metadata"]["event_id"] = json!(event_id);
        detail
    };
    let with = |place: &'static str, value: Value| {
        let place = format!("/detail{place}");
        let place: &'static str = Box::leak(place.into_boxed_str());
        vec![mistakes::with(&envelope(&detail("bkg_1", 1, "e1")), &[mistakes::is(place, value)])]
    };
    let several = |details: &[Value]| details.iter().map(envelope).collect::<Vec<_>>();
    let mut other = detail("bkg_1", 2, "e2");
    other["booking"]["status"] = json!("cancelled");
    let elsewhere =
        json!({"status": "on_the_way", "updated_at": "2026-05-03T00:00:00Z", "tracking_url": "https://evil.example/"});
    for (what, sent, arguments, told) in [
        ("nothing", several(&[detail("bkg_1", 1, "e1")]), &[][..], vec![]),
        (
            "a sum",
            with("/booking/price/total_minor", json!(557)),
            &[],
            vec!["1 booking.price.lines do not add up to total_minor: no balance is shown"],
        ),
        (
            "a clock ahead",
            with("/metadata/occurred_at", json!("2098-01-01T00:00:00Z")),
            &[],
            vec!["1 metadata.occurred_at is ahead of the time at which the bus got the event, and counts as that"],
        ),
        ("a link of a host nobody named", with("/booking/delivery", elsewhere.clone()), &[], vec![]),
        (
            "a link of another host",
            with("/booking/delivery", elsewhere),
            &["--tracking-hosts", "track.example.com"],
            vec!["1 booking.delivery.tracking_url is dropped: it is not https on one of the TrackingHosts"],
        ),
        (
            "the offset of winter",
            with("/booking/ends_at", json!("2027-06-15T17:00:00-05:00")),
            &[],
            vec!["1 booking.ends_at has an offset that booking.time_zone does not have at that moment"],
        ),
        (
            "a revision again",
            several(&[detail("bkg_1", 2, "e1"), detail("bkg_1", 2, "e2"), detail("bkg_2", 1, "e3")]),
            &[],
            vec!["2 booking.revision repeats that of -:1"],
        ),
        (
            "a revision that says something else",
            several(&[detail("bkg_1", 2, "e1"), other]),
            &[],
            vec!["2 booking.revision is that of another booking event, and what came first stays: -:1"],
        ),
        (
            "a revision that falls",
            several(&[detail("bkg_1", 3, "e1"), detail("bkg_1", 2, "e2")]),
            &[],
            vec!["2 booking.revision is below that of -:1"],
        ),
        (
            "an event id used twice",
            several(&[detail("bkg_1", 1, "e1"), detail("bkg_2", 1, "e1")]),
            &[],
            vec!["2 metadata.event_id is that of -:1"],
        ),
        (
            "too large for PutEvents",
            with("/note", json!("x".repeat(256 * 1024))),
            &[],
            vec!["1 its entry makes * bytes: PutEvents may not take more than 262144"],
        ),
    ] {
        let input = Value::from(sent).to_string();
        let (code, strict) = checked(&[&["-", "--strict"], arguments].concat(), &input).await;
        let told_now: Vec<String> = said(&strict)
            .iter()
            .map(|line| {
                let line = line.strip_prefix("warning ").unwrap();
                // The size is whatever it is.
                let words = line.split(' ').map(|word| {
                    if word.len() == 6 && word.parse::<u32>().is_ok_and(|size| size > 262_144) { "*" } else { word }
                });
                words.collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(told_now, told, "{what}");
        assert_eq!(code, i32::from(!told.is_empty()), "{what}");
        let (code, _) = checked(&[&["-"], arguments].concat(), &input).await;
        assert_eq!(code, 0, "{what}: a warning alone is no fault");
    }
}

#[tokio::test]
async fn the_samples_are_as_they_say() {
    let valid: Vec<String> = names("").into_iter().map(|name| format!("{SAMPLES}/{name}")).collect();
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    let (code, checked_valid) = checked(&valid, "").await;
    assert_eq!((code, &checked_valid["refused"]), (0, &json!(0)), "{checked_valid}");
    for name in names("invalid") {
        assert!(!sample(&format!("invalid/{name}")).0.is_empty());
        let (code, checked) = checked(&[&format!("{SAMPLES}/invalid/{name}")], "").await;
        assert_eq!((code, &checked["refused"]), (1, &json!(1)), "{name}: {checked}");
    }
}

#[tokio::test]
async fn people_read_a_line_a_finding_the_worst_first_and_the_count_at_the_end() {
    let mut warned = envelope(&confirmed("bkg_1", "ana@example.com", 1, false));
    warned["detail"]["booking"]["price"]["total_minor"] = json!(557);
    let mut refused = envelope(&confirmed("bkg_2", "ana@example.com", 1, false));
    refused["detail"]["metadata"]["event_id"] = json!("e2");
    refused["detail"]["booking"]["status"] = json!("\u{1b}[2Jrented");
    refused["detail"]["booking"].as_object_mut().unwrap().remove("carts");
    let output = portal(&["events", "check", "-"], &json!([warned, refused]).to_string()).await;
    let told = output.ended(1).stdout;
    let lines: Vec<Vec<&str>> =
        told.lines().map(|line| line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect()).collect();
    let expected = [
        vec![
            "failure",
            "-:2",
            "booking.status: expected one of pending, confirmed, checked_out, overdue, returned, closed, cancelled, no_show; \
             found a text of 10 characters",
        ],
        vec!["failure", "-:2", "booking.carts: missing, expected a list of 1 to 50"],
        vec!["warning", "-:1", "booking.price.lines do not add up to total_minor: no balance is shown"],
        vec![],
        vec!["-", "a list: 2 events in EventBridge's envelope"],
        vec!["failure", "2 events: 1 fine, 1 refused, 1 warning"],
    ];
    assert_eq!(lines, expected, "{told}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_ends_with_2() {
    let folder = Path::new(SAMPLES).to_str().unwrap();
    for (arguments, said) in [
        (&["nowhere.json"][..], "nowhere.json cannot be read"),
        (&[folder], "cannot be read"),
        (&[], "required arguments were not provided"),
        (&["-", "--type", "booking.canceled"], "expected one of booking.confirmed, "),
    ] {
        let output = portal(&[&["events", "check"], arguments].concat(), "").await;
        let stderr = output.ended(2).stderr;
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}
