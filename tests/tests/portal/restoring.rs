//! Restoring the table by infra/operating/restore.py, on the local stack: what a moment of the past must not bring back.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use jiff::{Timestamp, ToSpan};
use portal_tests::{
    Item, Person, Portal,
    samples::{confirmed, erased},
    soon,
};
use tokio::process::Command;

/// What DynamoDB restores to a moment.
const RESTORED: &str = "portal-restored";

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_brings_back_bookings_and_neither_sessions_links_nor_limits() {
    let Some(python) = python().await else { return };
    let portal = Portal::empty().await;
    for (id, email) in [("bkg_1", "ana@example.com"), ("bkg_2", "ben@example.com")] {
        portal.publish("booking.confirmed", &confirmed(id, email, 1, true)).await;
    }
    // Before the moment Ana signs in, and asks for another link.
    let phone = portal.person();
    phone.post(&portal.link_to("ana@example.com").await, &[]).await;
    let session = phone.cookie("__Host-session").unwrap();
    portal.person().post("/sign-in", &[("email", "ana@example.com")]).await;
    soon("the other link", async || (portal.mails_to("ana@example.com").await.len() == 2).then_some(())).await;
    let link = portal.link_to("ana@example.com").await;
    portal.rests().await;
    let moment = portal.items().await;
    remember(&portal, &moment).await;

    // After it she uses that link and signs out everywhere; a booking changes, and another one comes.
    let laptop = portal.person();
    assert_eq!(laptop.post(&link, &[]).await.landing(), "/");
    laptop.post("/sign-out", &[("everywhere", "1")]).await;
    portal.publish("booking.updated", &confirmed("bkg_2", "ben@example.com", 2, false)).await;
    portal.publish("booking.updated", &confirmed("bkg_3", "ben@example.com", 1, false)).await;
    soon("the newer booking", async || (portal.count_items("BOOKING").await == 3).then_some(())).await;
    portal.rests().await;

    // Control: as a plain copy brings them back, an ended session goes on, and a used link signs in again.
    let present = portal.items().await;
    replace(&portal, &moment).await;
    assert_eq!(with(&portal, &session).get("/").await.status, 200);
    assert_eq!(portal.person().post(&link, &[]).await.landing(), "/");
    replace(&portal, &present).await;

    let said = restored(&python, &portal).await;
    assert!(said.contains("2 bookings restored") && said.contains("Everybody has to sign in again"), "{said}");
    assert_eq!(with(&portal, &session).get("/").await.location(), "/sign-in");
    assert_eq!(portal.person().get(&link).await.status, 404);
    assert_eq!(portal.person().post(&link, &[]).await.status, 404);
    for gone in ["SIGNINS#", "LIMIT#"] {
        assert!(portal.items_of(gone, "").await.is_empty(), "{gone}");
    }
    for booking in moment.iter().filter(|item| sort(item).0.starts_with("BOOKING#") || sort(item).1.starts_with("ROW#"))
    {
        assert!(portal.items().await.contains(booking), "{booking:?}");
    }
    assert_eq!(portal.count_items("BOOKING").await, 2);
    assert_eq!(portal.count_items("DASHBOARD").await, 0);

    // Again, nothing is left to do.
    let after = sorted(portal.items().await);
    restored(&python, &portal).await;
    assert_eq!(sorted(portal.items().await), after);

    // A moment in the middle of a change: the booking is there, its row is not yet.
    let torn = moment.iter().find(|item| sort(item).1.starts_with("ROW#") && sort(item).1.ends_with("bkg_2")).unwrap();
    delete(&portal, RESTORED, torn).await;
    let said = restored(&python, &portal).await;
    assert!(said.contains("1 bookings restored") && said.contains("send them again: bkg_2."), "{said}");

    // Ana signs in anew, to what was restored.
    let ana = portal.signed_in("ana@example.com").await;
    assert!(ana.get("/").await.body.contains("REF-bkg_1"));
    portal.publish("booking.updated", &confirmed("bkg_1", "ana@example.com", 2, false)).await;
    soon("a cached dashboard", async || (portal.count_items("DASHBOARD").await == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_takes_back_no_newer_erasure_and_no_newer_complaint() {
    let Some(python) = python().await else { return };
    let portal = Portal::empty().await;
    for (id, email) in [("bkg_1", "ana@example.com"), ("bkg_2", "ben@example.com"), ("bkg_3", "carla@example.com")] {
        portal.publish("booking.confirmed", &confirmed(id, email, 1, true)).await;
    }
    // One was Ana's, and is Ben's.
    portal.publish("booking.confirmed", &confirmed("bkg_4", "ana@example.com", 1, true)).await;
    portal.rests().await;
    portal.publish("booking.confirmed", &confirmed("bkg_4", "ben@example.com", 2, true)).await;
    soon("the bookings", async || (portal.count_items("BOOKING").await == 4).then_some(())).await;
    portal.rests().await;
    let (ana, ben, carla) =
        (portal.customer("ana@example.com"), portal.customer("ben@example.com"), portal.customer("carla@example.com"));
    let store = portal.store().await;
    let hour = |hour: i64| "2026-11-02T00:00:00Z".parse::<Timestamp>().unwrap() + hour.hours();
    store.bounced(ana, hour(-100 * 24)).await.unwrap();
    store.complained(ben, hour(2)).await.unwrap();
    store.mark_erased(carla, hour(-1000 * 24)).await.unwrap(); // long ago: what she has booked since stays hers
    let moment = portal.items().await;
    remember(&portal, &moment).await;

    portal.publish("customer.erased", &erased("ana@example.com")).await;
    soon("the erasure", async || (portal.count_items("BOOKING").await == 3).then_some(())).await;
    portal.rests().await;
    store.complained(ben, hour(1)).await.unwrap();
    store.complained(carla, hour(3)).await.unwrap();
    // An erasure that was cut short: documents of one more booking are still to go.
    let mark = portal.items_of(&format!("CUSTOMER#{ana}"), "ERASED").await.pop().unwrap();
    let still_to_go = Item::from([("documents_of".into(), AttributeValue::Ss(vec!["bkg_1".into()]))]);
    put(&portal, &portal.table(), &mark.clone().into_iter().chain(still_to_go).collect()).await;

    // Control: a plain copy brings back Ana, and forgets what Carla wants.
    let present = portal.items().await;
    replace(&portal, &moment).await;
    assert_eq!(portal.count_items("BOOKING").await, 4);
    assert!(portal.items_of(&format!("SUPPRESSION#{carla}"), "").await.is_empty());
    replace(&portal, &present).await;

    let said = restored(&python, &portal).await;
    assert!(said.contains("3 bookings restored") && said.contains("erased since: 1"), "{said}");
    let of_ana = portal.items_of(&format!("CUSTOMER#{ana}"), "").await;
    assert_eq!(of_ana.len(), 1, "{of_ana:?}");
    assert_eq!(of_ana[0]["erased_at"], mark["erased_at"]);
    assert_eq!(of_ana[0]["documents_of"], AttributeValue::Ss(vec!["bkg_1".into()]));
    assert!(portal.items_of("BOOKING#bkg_1", "").await.is_empty());
    let of_ben = portal.items_of("BOOKING#bkg_4", "CONFIRMATION").await.pop().unwrap();
    for set in ["asked", "answered", "sent"] {
        assert_eq!(of_ben[set], AttributeValue::Ss(vec![ben.to_string()]), "{set}: nobody who was erased");
    }
    assert_eq!(portal.items_of(&format!("CUSTOMER#{ben}"), "ASKED#bkg_4").await.len(), 1, "an erasure finds it");
    assert!(portal.items_of(&format!("SUPPRESSION#{ana}"), "").await.is_empty(), "an erasure forgets bounces");
    for (customer, at) in [(ben, hour(2)), (carla, hour(3))] {
        assert_eq!(store.suppression(customer).await.unwrap().complained_at, Some(at));
    }
    assert_eq!(portal.items_of(&format!("CUSTOMER#{carla}"), "ROW#").await.len(), 1);

    // Late events of before the erasure bring nothing back, either.
    portal.publish("booking.updated", &confirmed("bkg_1", "ana@example.com", 5, true)).await;
    portal.rests().await;
    assert_eq!(portal.count_items("BOOKING").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_a_table_with_another_key_or_without_one_changes_nothing() {
    let Some(python) = python().await else { return };
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await;
    portal.rests().await;
    let moment = portal.items().await;
    remember(&portal, &moment).await;
    let mut other = moment.iter().find(|item| sort(item).0 == "KEY").unwrap().clone();
    other.insert("fingerprint".into(), AttributeValue::S("another".into()));
    let before = sorted(portal.items().await);

    put(&portal, RESTORED, &other).await;
    let refused = restore(&python, &portal).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("another key of customer ids"), "{said}");

    delete(&portal, RESTORED, &other).await;
    let refused = restore(&python, &portal).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("portal-restored has no fingerprint"), "{said}");
    assert_eq!(sorted(portal.items().await), before);
}

/// A Python with boto3: that of `make tools`, or the machine's. Without one nothing can be tried, which is said loudly.
async fn python() -> Option<PathBuf> {
    let tools =
        std::env::var_os("TOOLS").map_or(concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools").into(), PathBuf::from);
    for python in [tools.join("bin/python"), "python3".into()] {
        let tried = Command::new(&python).args(["-c", "import boto3"]).stderr(Stdio::null()).status().await;
        if tried.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    println!("!!! restoring is SKIPPED: no Python with boto3; `make tools` installs one");
    None
}

async fn restore(python: &PathBuf, portal: &Portal) -> Output {
    Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/operating/restore.py"))
        .args([RESTORED, &portal.table()])
        .env("AWS_ENDPOINT_URL_DYNAMODB", &portal.stack.aws.endpoints.dynamodb)
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", portal_local::aws::SECRET_ACCESS_KEY)])
        .env("AWS_DEFAULT_REGION", portal_local::aws::REGION)
        .output()
        .await
        .unwrap()
}

/// Restores, and gives what was said of it.
async fn restored(python: &PathBuf, portal: &Portal) -> String {
    let output = restore(python, portal).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Makes the table that DynamoDB would restore to the moment of these items.
async fn remember(portal: &Portal, items: &[Item]) {
    let dynamodb = portal.dynamodb().await;
    let mut create = dynamodb.create_table().table_name(RESTORED).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    }
    create.send().await.unwrap();
    for item in items {
        put(portal, RESTORED, item).await;
    }
}

async fn put(portal: &Portal, table: &str, item: &Item) {
    portal.dynamodb().await.put_item().table_name(table).set_item(Some(item.clone())).send().await.unwrap();
}

async fn delete(portal: &Portal, table: &str, item: &Item) {
    let delete = portal.dynamodb().await.delete_item().table_name(table);
    delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
}

/// Makes the portal's table hold these items and no others.
async fn replace(portal: &Portal, items: &[Item]) {
    for item in portal.items().await {
        portal.remove(&item).await;
    }
    for item in items {
        put(portal, &portal.table(), item).await;
    }
}

/// Somebody with this session's cookie.
fn with(portal: &Portal, session: &str) -> Person {
    let person = portal.person();
    person.plant("__Host-session", session);
    person
}

fn sort(item: &Item) -> (&str, &str) {
    (item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap())
}

fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by(|one, other| sort(one).cmp(&sort(other)));
    items
}
