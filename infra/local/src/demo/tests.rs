use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, ToSpan, Zoned, civil::Date, tz::TimeZone};
use jsonschema::Validator;

use super::{clock::TIME_ZONE, story::sha256, *};

#[test]
fn the_demo_is_the_same_for_the_same_time() {
    let (one, other) = (demo_now(), demo_now());
    assert_eq!(one.events, other.events);
    assert!(
        one.documents.iter().zip(&other.documents).all(|(one, other)| one.key == other.key && one.bytes == other.bytes)
    );
}

#[test]
fn every_demo_event_keeps_the_contract_at_any_time_of_the_year() {
    let contract = Contract::read();
    for now in ["2026-07-10T12:00:00Z", "2026-11-01T05:59:59Z", "2027-03-14T06:40:00Z", "2028-02-29T04:10:00Z"] {
        let now = now.parse().unwrap();
        let samples = SAMPLES.iter().flat_map(|sample| sample.demo(now, now).unwrap().events);
        for event in demo(now).unwrap().events.into_iter().chain(samples) {
            contract.check(&event).unwrap_or_else(|why| panic!("{now}: {why} in {event:#}"));
        }
    }
}

/// A usual day and the two on which the clocks change, at every hour and around midnight.
#[test]
fn the_story_holds_at_any_hour() {
    let contract = Contract::read();
    for day in ["2026-07-10", "2026-11-01", "2027-03-14"] {
        let day: Date = day.parse().unwrap();
        let midnight = day.to_zoned(TimeZone::get(TIME_ZONE).unwrap()).unwrap();
        let next = midnight.tomorrow().unwrap();
        let moments = (0..25).map(|hour| &midnight + hour.hours());
        let odd = [&midnight + 1.second(), &midnight + 9.minutes(), &next - 9.minutes(), &next - 1.second()];
        for now in moments.chain(odd).filter(|now| *now < next) {
            let demo = demo(now.timestamp()).unwrap();
            for event in &demo.events {
                contract.check(event).unwrap_or_else(|why| panic!("{now}: {why} in {event:#}"));
                assert!(occurred_at(event).unwrap() <= now.timestamp(), "{now}: {event:#}");
            }
            the_story_holds(&demo, &now);
        }
    }
}

fn the_story_holds(demo: &Demo, now: &Zoned) {
    let bookings = last_states(demo);
    let time = |value: &Value| text(value).parse::<Timestamp>().unwrap().to_zoned(now.time_zone().clone());
    let (yesterday, today, tomorrow) = (now.date().yesterday().unwrap(), now.date(), now.date().tomorrow().unwrap());
    for booking in &bookings {
        let ends = [("fulfilment", time(&booking["starts_at"])), ("return", time(&booking["ends_at"]))];
        for (end, moment) in ends.into_iter().filter(|(end, _)| booking[end]["window_end"].is_string()) {
            let (from, until) = (time(&booking[end]["window_start"]), time(&booking[end]["window_end"]));
            let length = until.duration_since(&from);
            assert!(from <= moment && moment <= until, "{now}: {moment} is not between {from} and {until}");
            assert!(
                SignedDuration::from_mins(30) < length && length <= SignedDuration::from_hours(2),
                "{now}: {length}"
            );
            assert_eq!((from.date(), until.date()), (moment.date(), moment.date()), "{now}");
        }
    }

    let of = |number: u32| bookings.iter().find(|booking| booking["reference"] == format!("GCO-{number}")).unwrap();
    let is = |number: u32, status: &str| assert_eq!(of(number)["status"], status, "{now}: {number}");
    let date = |number: u32, field: &str| time(&of(number)[field]).date();
    let window_end = |number: u32, end: &str| time(&of(number)[end]["window_end"]);
    let delivery = |number: u32| &of(number)["delivery"];
    let due = |number: u32| {
        let price = &of(number)["price"];
        assert!(price["paid_minor"].as_i64() < price["total_minor"].as_i64(), "{now}: {number}");
        assert!(of(number)["payment"]["note"].is_string(), "{now}: {number}");
    };

    is(4821, "confirmed");
    let eta = time(&delivery(4821)["eta"]);
    assert_eq!((text(&delivery(4821)["status"]), date(4821, "starts_at")), ("on_the_way", today), "{now}");
    assert!(*now <= eta && eta <= window_end(4821, "fulfilment") && eta.date() == today, "{now}: in time at {eta}");
    is(4790, "checked_out");
    due(4862);
    due(4855);

    is(4793, "checked_out");
    assert_eq!((&of(4793)["return"]["method"], date(4793, "ends_at")), (&json!("drop_off"), tomorrow), "{now}");
    assert_eq!((&of(4830)["fulfilment"]["method"], date(4830, "starts_at")), (&json!("pickup"), today), "{now}");
    is(4866, "pending");

    is(4788, "checked_out");
    assert_eq!((&of(4788)["return"]["method"], date(4788, "ends_at")), (&json!("collection"), today), "{now}");
    assert!(*now <= time(&of(4788)["ends_at"]) && *now <= window_end(4788, "return"), "{now}");

    let eta = time(&delivery(4826)["eta"]);
    assert_eq!((text(&delivery(4826)["status"]), date(4826, "starts_at")), ("on_the_way", today), "{now}");
    assert!(*now <= eta && window_end(4826, "fulfilment") < eta && eta.date() == today, "{now}: late at {eta}");
    due(4864);

    let failed_at = time(&delivery(4828)["updated_at"]);
    assert_eq!((text(&delivery(4828)["status"]), date(4828, "starts_at")), ("failed", today), "{now}");
    assert!(failed_at <= *now && failed_at.date() == today, "{now}");
    is(4851, "cancelled");

    is(4771, "overdue");
    assert_eq!((&of(4771)["return"]["method"], date(4771, "ends_at")), (&json!("drop_off"), yesterday), "{now}");

    assert_eq!((text(&delivery(4833)["status"]), date(4833, "starts_at")), ("scheduled", today), "{now}");
    assert!(*now <= window_end(4833, "fulfilment"), "{now}");
    due(4833);
}

#[test]
fn what_was_paid_and_refunded_makes_the_sum_that_is_paid() {
    for event in demo_now().events {
        let booking = &event["Detail"]["booking"];
        let payments = booking["payments"].as_array().into_iter().flatten();
        let paid = payments.map(|paid| match text(&paid["kind"]) {
            "payment" => paid["amount_minor"].as_i64().unwrap(),
            "refund" => -paid["amount_minor"].as_i64().unwrap(),
            _ => 0,
        });
        assert_eq!(json!(paid.sum::<i64>()), booking["price"]["paid_minor"], "{booking:#}");
    }
}

#[test]
fn links_lead_where_the_local_parameters_let_them() {
    let hosts = |parameter: &str| {
        let lines = include_str!("../../parameters").lines();
        lines.filter_map(|line| line.split_once('=')).find(|(name, _)| *name == parameter).unwrap().1
    };
    let samples = SAMPLES.iter().flat_map(|sample| sample.demo(now(), now()).unwrap().events);
    let (mut tracked, mut payable) = (0, 0);
    for event in demo_now().events.into_iter().chain(samples) {
        let booking = &event["Detail"]["booking"];
        for (link, parameter, count) in [
            (&booking["delivery"]["tracking_url"], "TrackingHosts", &mut tracked),
            (&booking["payment"]["url"], "PaymentHosts", &mut payable),
        ] {
            let Some(link) = link.as_str() else { continue };
            assert!(link.starts_with(&format!("https://{}/", hosts(parameter))), "{link}");
            *count += 1;
        }
    }
    assert!(tracked >= 3 && payable >= 3);
}

#[test]
fn dates_were_moved_of_one_booking() {
    let demo = demo_now();
    let told: Vec<&Value> = demo.events.iter().map(|event| &event["Detail"]["booking"]).collect();
    let moved: HashSet<&str> = told
        .iter()
        .filter(|one| {
            told.iter().any(|other| one["booking_id"] == other["booking_id"] && one["starts_at"] != other["starts_at"])
        })
        .map(|booking| text(&booking["reference"]))
        .collect();
    assert_eq!(moved, HashSet::from(["GCO-4843"]));
}

#[test]
fn a_sample_goes_on_with_a_booking_of_the_demo_and_wins_over_all_its_revisions() {
    let told = demo_now();
    let bookings = last_states(&told);
    for sample in &SAMPLES {
        let later = sample.demo(now(), now() + SignedDuration::from_hours(1)).unwrap();
        let [event] = later.events.as_slice() else { panic!("{sample:?} is one event") };
        assert_eq!(event["DetailType"], sample.detail_type);
        assert!(occurred_at(event) > told.events.last().and_then(occurred_at));
        let booking = &event["Detail"]["booking"];
        let customer = if booking.is_null() { &event["Detail"]["customer"] } else { &booking["customer"] };
        let named = CUSTOMERS.iter().find(|named| customer["email"] == named.email).unwrap();
        assert!(sample.about.starts_with(named.name), "{sample:?}");
        if booking.is_null() {
            assert!(sample.is_final);
            continue;
        }
        let before = bookings.iter().find(|before| before["booking_id"] == booking["booking_id"]).unwrap();
        assert!(sample.about.contains(text(&booking["reference"])), "{sample:?}");
        assert!(before["revision"].as_u64() < booking["revision"].as_u64());
        assert_ne!(
            (&before["status"], &before["delivery"], &before["starts_at"]),
            (&booking["status"], &booking["delivery"], &booking["starts_at"])
        );
        let files = before["documents"].as_array().map_or(0, Vec::len) + later.documents.len();
        assert_eq!(booking["documents"].as_array().map_or(0, Vec::len), files, "{sample:?}");
    }
}

#[test]
fn a_sample_of_another_day_happens_to_the_demo_of_that_day() {
    let sample = Sample::of("delivery.updated").unwrap();
    let tomorrow = now() + SignedDuration::from_hours(24);
    assert_eq!(sample.demo(now(), tomorrow).unwrap().events, sample.demo(tomorrow, tomorrow).unwrap().events);
}

#[test]
fn every_sample_keeps_the_contract() {
    let contract = Contract::read();
    let samples = read_all("samples");
    assert_eq!(samples.len(), EVENT_TYPES.len());
    for detail_type in EVENT_TYPES {
        let sample = &samples[&format!("{detail_type}.json")];
        assert_eq!(sample["DetailType"], detail_type);
        contract.check(sample).unwrap_or_else(|why| panic!("{detail_type}: {why}"));
    }
}

#[test]
fn every_invalid_sample_breaks_the_contract_once_and_says_why() {
    let contract = Contract::read();
    let samples = read_all("samples/invalid");
    assert_eq!(samples.len(), EVENT_TYPES.len());
    for detail_type in EVENT_TYPES {
        let sample = &samples[&format!("{detail_type}.json")];
        assert_eq!(sample["DetailType"], detail_type);
        assert!(sample["Why"].is_string());
        // A value may break its length, its pattern and its format at once.
        let errors = contract.validators[detail_type].iter_errors(&sample["Detail"]);
        let broken: HashSet<String> = errors.map(|error| error.instance_path().to_string()).collect();
        assert_eq!(broken.len(), 1, "{detail_type}: {broken:?}");
    }
}

#[test]
fn unknown_fields_and_minor_versions_keep_the_contract() {
    let contract = Contract::read();
    for (name, mut sample) in read_all("samples") {
        sample["Detail"]["metadata"]["schema_version"] = json!("1.7");
        sample["Detail"]["metadata"]["trace"] = json!("x");
        sample["Detail"]["mood"] = json!("sunny");
        contract.check(&sample).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

#[test]
fn the_sample_document_is_the_one_that_the_demo_uploads() {
    let sample = &read_all("samples")["document.issued.json"];
    let booking = &sample["Detail"]["booking"];
    let file = &booking["documents"][0]["file"];
    let document = sample_document().unwrap();
    assert_eq!(json!(document.key), file["key"]);
    assert_eq!(json!(document.bytes.len()), file["size_bytes"]);
    assert_eq!(json!(sha256(&document.bytes)), file["sha256"]);
}

#[test]
fn ids_are_unique() {
    let demo = demo_now();
    let event_ids: Vec<&str> = demo.events.iter().map(|event| text(&event["Detail"]["metadata"]["event_id"])).collect();
    assert_eq!(event_ids.iter().collect::<HashSet<_>>().len(), event_ids.len());

    let bookings = last_states(&demo);
    assert_eq!(bookings.len(), 8 + 45 + 1 + 3 + 2 + 2 + 2 + 1 + 1);
    assert_eq!(
        bookings.iter().map(|booking| text(&booking["reference"])).collect::<HashSet<_>>().len(),
        bookings.len()
    );

    let ids: Vec<&str> = documents(&bookings).map(|(_, document)| text(&document["document_id"])).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

#[test]
fn revisions_grow_as_time_goes_by() {
    let mut latest: HashMap<String, (u64, Timestamp)> = HashMap::new();
    for event in demo_now().events {
        let booking = &event["Detail"]["booking"];
        let occurred_at: Timestamp = text(&event["Detail"]["metadata"]["occurred_at"]).parse().unwrap();
        let revision = booking["revision"].as_u64().unwrap();
        assert!(occurred_at <= now(), "{event:#}");
        if let Some((last, time)) = latest.insert(text(&booking["booking_id"]).to_owned(), (revision, occurred_at)) {
            assert!(last < revision && time <= occurred_at, "{event:#}");
        }
    }
}

#[test]
fn prices_add_up() {
    for event in demo_now().events {
        let price = &event["Detail"]["booking"]["price"];
        let lines = price["lines"].as_array().unwrap();
        let sum: i64 = lines.iter().map(|line| line["amount_minor"].as_i64().unwrap()).sum();
        assert_eq!(json!(sum), price["total_minor"], "{price:#}");
        assert!(price["paid_minor"].as_i64() <= price["total_minor"].as_i64(), "{price:#}");
    }
}

#[test]
fn files_lie_under_their_booking_and_match_their_size_and_hash() {
    let demo = demo_now();
    let files: HashMap<&str, &[u8]> =
        demo.documents.iter().map(|document| (document.key.as_str(), document.bytes.as_slice())).collect();
    assert_eq!(files.len(), demo.documents.len());
    let mut named = 0;
    for (booking, document) in documents(&last_states(&demo)) {
        let file = &document["file"];
        let bytes = files[text(&file["key"])];
        let folder = format!("documents/{}/", text(&booking["booking_id"]));
        assert!(text(&file["key"]).starts_with(&folder));
        assert_eq!(file["size_bytes"], json!(bytes.len()));
        assert_eq!(file["sha256"], json!(sha256(bytes)));
        named += 1;
    }
    assert_eq!(named + 1, files.len(), "all but the sample's document are named by an event");
}

#[test]
fn papers_name_their_booking_its_start_and_its_total() {
    let demo = demo_now();
    for (booking, document) in documents(&last_states(&demo)) {
        let file = demo.documents.iter().find(|file| file.key == text(&document["file"]["key"])).unwrap();
        let pdf = lopdf::Document::load_mem(&file.bytes).unwrap();
        assert_eq!(pdf.get_pages().len(), 1);
        let shown = pdf.extract_text(&[1]).unwrap();
        let starts_at: Timestamp = text(&booking["starts_at"]).parse().unwrap();
        let start = starts_at.to_zoned(TimeZone::get(TIME_ZONE).unwrap()).strftime("%B %-d, %Y").to_string();
        let waived = booking["status"] == "cancelled";
        let total = pdf::dollars(booking["price"]["total_minor"].as_i64().unwrap());
        for word in [text(&booking["reference"]), &start, text(&document["title"]), text(&booking["customer"]["name"])]
        {
            assert!(shown.contains(word), "{word} is missing in {shown}");
        }
        assert!(waived || shown.contains(&total), "{total} is missing in {shown}");
        assert!(!shown.contains('?') || shown.contains("Questions?"), "{shown}");
    }
}

#[test]
fn only_carla_is_mailed() {
    let notified: Vec<Value> =
        demo_now().events.into_iter().filter(|event| event["Detail"]["metadata"]["notify"] == true).collect();
    assert_eq!(notified.len(), 1);
    assert_eq!(notified[0]["DetailType"], "booking.confirmed");
    assert_eq!(notified[0]["Detail"]["booking"]["customer"]["email"], "carla@example.com");
}

#[test]
fn the_first_three_customers_lead_different_lives() {
    let bookings = last_states(&demo_now());
    let count = |email: &str, statuses: &[&str]| {
        let of_customer = bookings.iter().filter(|booking| booking["customer"]["email"] == email);
        of_customer.filter(|booking| statuses.contains(&text(&booking["status"]))).count()
    };
    assert_eq!(count("ana@example.com", &["confirmed"]), 2);
    assert_eq!(count("ana@example.com", &["checked_out"]), 1);
    assert_eq!(count("ana@example.com", &["returned", "closed"]), 4);
    assert_eq!(count("ana@example.com", &["cancelled"]), 1);
    assert_eq!(count("ben@example.com", &["returned", "closed"]), 40);
    assert_eq!(count("ben@example.com", &["cancelled", "no_show"]), 4);
    assert_eq!(count("ben@example.com", &["confirmed"]), 1);
    assert_eq!(count("carla@example.com", &["confirmed"]), 1);
}

#[tokio::test]
async fn publishing_puts_every_pdf_into_the_bucket_and_every_event_on_the_bus() {
    let aws = Aws::start(None).await.unwrap();
    let queue = "bookings";
    aws.s3.create_bucket("papers", &json!({})).unwrap();
    aws.sqs.create_queue(queue, &json!({})).unwrap();
    aws.events.create_bus("business", &json!({})).unwrap();
    let rule = json!({
        "EventBusName": "business",
        "EventPattern": { "source": ["golfcartops.bookings"] },
        "Targets": [{ "Id": "queue", "Arn": sam_emulator::aws::Sqs::queue_arn(queue) }],
    });
    aws.events.put_rule("everything", &rule).unwrap();

    publish(&aws, "business", "papers", demo_now()).await.unwrap();

    let demo = demo_now();
    let mut arrived = HashMap::new();
    while arrived.len() < demo.events.len() {
        for message in aws.sqs.receive(queue, 10).await {
            let event: Value = serde_json::from_str(&message.body).unwrap();
            arrived.insert(text(&event["detail"]["metadata"]["event_id"]).to_owned(), event);
            aws.sqs.delete(queue, &message.receipt_handle);
        }
    }
    for event in &demo.events {
        let delivered = &arrived[text(&event["Detail"]["metadata"]["event_id"])];
        assert_eq!(delivered["detail-type"], event["DetailType"]);
        assert_eq!(delivered["detail"], event["Detail"]);
    }
    let s3 = s3_client(&aws.endpoints.s3);
    for document in demo.documents {
        let object = s3.get_object().bucket("papers").key(&document.key).send().await.unwrap();
        assert_eq!(object.content_type(), Some("application/pdf"));
        assert_eq!(object.body.collect().await.unwrap().into_bytes(), document.bytes, "{}", document.key);
    }
}

const EVENT_TYPES: [&str; 6] = [
    "booking.confirmed",
    "booking.updated",
    "booking.cancelled",
    "delivery.updated",
    "document.issued",
    "customer.erased",
];

fn now() -> Timestamp {
    "2026-07-10T12:16:00Z".parse().unwrap()
}

fn demo_now() -> Demo {
    demo(now()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Each booking as its last event tells it.
fn last_states(demo: &Demo) -> Vec<Value> {
    let bookings = demo.events.iter().map(|event| &event["Detail"]["booking"]);
    let latest: HashMap<&str, &Value> = bookings.map(|booking| (text(&booking["booking_id"]), booking)).collect();
    latest.into_values().cloned().collect()
}

fn documents(bookings: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    bookings.iter().flat_map(|booking| {
        booking["documents"].as_array().into_iter().flatten().map(move |document| (booking, document))
    })
}

struct Contract {
    validators: HashMap<&'static str, Validator>,
}

impl Contract {
    fn read() -> Self {
        let schemas = read_all("schemas");
        let validator = |detail_type: &'static str| {
            let schema = &schemas[&format!("{detail_type}.schema.json")];
            assert!(jsonschema::meta::is_valid(schema), "{detail_type}");
            let options = jsonschema::options().offline().should_validate_formats(true);
            (detail_type, options.build(schema).unwrap())
        };
        Self { validators: EVENT_TYPES.into_iter().map(validator).collect() }
    }

    fn check(&self, event: &Value) -> Result<(), String> {
        let validator = &self.validators[text(&event["DetailType"])];
        validator.validate(&event["Detail"]).map_err(|error| format!("{error} at {}", error.instance_path()))
    }
}

/// Every JSON file of a folder of infra/events, by its name.
fn read_all(folder: &str) -> HashMap<String, Value> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
        })
        .collect()
}
