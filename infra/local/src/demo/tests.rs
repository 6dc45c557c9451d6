use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use jsonschema::Validator;

use super::*;

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
        for event in demo(now.parse().unwrap()).unwrap().events {
            contract.check(&event).unwrap_or_else(|why| panic!("{now}: {why} in {event:#}"));
        }
    }
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
    assert_eq!(bookings.len(), 8 + 45 + 1);
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
fn the_three_customers_lead_different_lives() {
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

    let on_the_way = bookings.iter().find(|booking| booking["delivery"]["status"] == "on_the_way").unwrap();
    assert!(text(&on_the_way["delivery"]["eta"]).parse::<Timestamp>().unwrap() > now());
    assert!(text(&on_the_way["delivery"]["updated_at"]).parse::<Timestamp>().unwrap() < now());
}

#[tokio::test]
async fn loading_puts_every_pdf_into_the_bucket_and_every_event_on_the_bus() {
    let aws = Aws::start(None).await.unwrap();
    let queue = "bookings";
    aws.s3.create_bucket("papers", &json!({})).unwrap();
    aws.sqs.create_queue(queue, &json!({})).unwrap();
    aws.events.create_bus("business", &json!({})).unwrap();
    let rule = json!({
        "EventBusName": "business",
        "EventPattern": { "source": ["golfcartops.bookings"] },
        "Targets": [{ "Id": "queue", "Arn": crate::aws::Sqs::queue_arn(queue) }],
    });
    aws.events.put_rule("everything", &rule).unwrap();

    load(&aws, "business", "papers", now()).await.unwrap();

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
