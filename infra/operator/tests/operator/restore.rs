//! `portal restore` against a local stack: what a moment of the past must not bring back.

use std::sync::Mutex;

use crate::common::{self, RESTORED, Said, kill, on, restored, spawned, with_endpoints};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::{Timestamp, ToSpan};
use portal_tests::{
    Fate, Item, Person, Portal, Proxy,
    samples::{booked, confirmed, erased},
    soon, the_first,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_brings_back_bookings_and_neither_sessions_links_nor_limits() {
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
    restored(&portal, &moment).await;

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

    // A look changes nothing.
    let would = restore(&portal, &["--dry-run"]).await.ended(0).stdout;
    assert!(
        would.contains("2 bookings would be restored") && would.contains("portal restore --from portal-restored"),
        "{would}"
    );
    assert_eq!(sorted(portal.items().await), sorted(present));

    let said = restore(&portal, &[]).await.ended(0);
    assert!(
        said.stderr.contains("account 000000000000, region us-east-1, stack portal\nRestores portal-restored into"),
        "{}",
        said.stderr
    );
    assert!(
        said.stdout.contains("2 bookings restored") && said.stdout.contains("Everybody has to sign in again"),
        "{}",
        said.stdout
    );
    said.never_says(&["ana@example.com", "Test Customer"]);
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
    let again = restore(&portal, &["--json"]).await.ended(0).json();
    let expected = json!({
        "from": RESTORED, "table": portal.table(), "dry_run": false, "bookings": 2, "written": 0, "deleted": 0,
        "left_out_erased": 0, "left_out_torn": [],
    });
    assert_eq!(again, expected);
    assert_eq!(sorted(portal.items().await), after);

    // A moment in the middle of a change: the booking is there, its row is not yet.
    let torn = moment.iter().find(|item| sort(item).1.starts_with("ROW#") && sort(item).1.ends_with("bkg_2")).unwrap();
    delete(&portal, RESTORED, torn).await;
    let said = restore(&portal, &[]).await.ended(1).stdout;
    assert!(
        said.contains("1 booking restored") && said.contains("in the middle of a change to them: bkg_2\n"),
        "{said}"
    );
    assert!(said.contains("Have the booking system send those again."), "{said}");

    // Ana signs in anew, to what was restored.
    let ana = portal.signed_in("ana@example.com").await;
    assert!(ana.get("/").await.body.contains("REF-bkg_1"));
    portal.publish("booking.updated", &confirmed("bkg_1", "ana@example.com", 2, false)).await;
    soon("a cached dashboard", async || (portal.count_items("DASHBOARD").await == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_takes_back_no_newer_erasure_and_no_newer_complaint() {
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
    restored(&portal, &moment).await;

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

    let said = restore(&portal, &[]).await.ended(0).stdout;
    assert!(said.contains("3 bookings restored") && said.contains("erased since: 1 booking"), "{said}");
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
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await;
    portal.rests().await;
    let moment = portal.items().await;
    restored(&portal, &moment).await;
    let mut other = moment.iter().find(|item| sort(item).0 == "KEY").unwrap().clone();
    other.insert("fingerprint".into(), AttributeValue::S("another".into()));
    let before = sorted(portal.items().await);

    let changes_nothing = async |said: &str| {
        let refused = restore(&portal, &[]).await.ended(2);
        assert!(refused.stderr.contains(said) && refused.stderr.contains("Nothing was changed"), "{}", refused.stderr);
        assert_eq!(sorted(portal.items().await), before);
    };
    put(&portal, RESTORED, &other).await;
    changes_nothing("another key of customer ids").await;
    delete(&portal, RESTORED, &other).await;
    changes_nothing("portal-restored has no fingerprint").await;
    for item in &moment {
        delete(&portal, RESTORED, item).await;
    }
    changes_nothing("portal-restored is empty").await;

    let own = portal.table();
    for (table, said) in [("elsewhere", "there is no table elsewhere"), (own.as_str(), "is the portal's own table")] {
        let refused = on(&portal, &["restore", "--from", table, "--yes"], "").await.ended(2);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert_eq!(sorted(portal.items().await), before);
    }
}

/// Killed after any number of its writes and made again, a restore comes to the end of one that was not.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_asks_first_and_takes_nothing_for_a_table_that_cannot_be_one() {
    let portal = Portal::empty().await;
    booked(&portal, "bkg_1", "ana@example.com").await;
    restored(&portal, &[]).await;
    let before = portal.items().await.len();
    let said = on(&portal, &["restore", "--from", RESTORED], "").await.ended(2);
    assert!(
        said.stderr.contains("The event sources have to be off by now") && said.stderr.contains("--yes"),
        "{}",
        said.stderr
    );
    for table in ["", "ab", "two\nlines", "a table"] {
        let said = on(&portal, &["restore", "--from", table, "--yes"], "").await.ended(2);
        assert!(said.stderr.contains("a table's name has 3 to 255"), "{}", said.stderr);
    }
    assert_eq!(portal.items().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_goes_on_to_the_same_end() {
    let portal = Portal::empty().await;
    let store = portal.store().await;
    for number in 0..60 {
        let (id, email) = (format!("bkg_{number}"), format!("customer{}@example.com", number % 40));
        portal.publish("booking.confirmed", &confirmed(&id, &email, 1, number % 3 == 0)).await;
    }
    soon("the bookings", async || (portal.count_items("BOOKING").await == 60).then_some(())).await;
    portal.rests().await;
    let moment = portal.items().await;
    restored(&portal, &moment).await;
    for number in 0..60 {
        let (id, email) = (format!("bkg_{number}"), format!("customer{}@example.com", number % 40));
        portal.publish("booking.updated", &confirmed(&id, &email, 2, false)).await;
    }
    portal.publish("booking.updated", &confirmed("bkg_new", "new@example.com", 1, false)).await;
    portal.publish("customer.erased", &erased("customer1@example.com")).await;
    soon("what came since", async || (portal.count_items("ERASED").await == 1).then_some(())).await;
    portal.rests().await;
    store.complained(portal.customer("customer2@example.com"), Timestamp::now()).await.unwrap();
    let present = portal.items().await;
    restore(&portal, &[]).await.ended(0);
    let end = sorted(portal.items().await);

    for writes in [0, 1, 3, 6] {
        replace(&portal, &present).await;
        let pass = the_first(writes);
        let proxy = Proxy::new(move |call| match call.action.as_str() {
            "BatchWriteItem" if !pass() => Fate::HoldAnswer,
            _ => Fate::Pass,
        })
        .await;
        proxy.leads_to(&portal.stack.aws.endpoints.dynamodb);
        let local = with_endpoints(&portal, &[("dynamodb", &proxy.url)]).await;
        let running = spawned(&["restore", "--from", RESTORED, "--yes", "--local", &local]);
        proxy.holds(1).await;
        kill(running).await;
        assert_ne!(sorted(portal.items().await), end, "it was killed in the middle, after {writes} writes");
        restore(&portal, &[]).await.ended(0);
        assert_eq!(sorted(portal.items().await), end, "after {writes} writes");
    }
}

/// What DynamoDB is about to leave out of a batch.
static LEFT_OUT: Mutex<Value> = Mutex::new(Value::Null);

#[tokio::test(flavor = "multi_thread")]
async fn what_dynamodb_leaves_out_of_a_batch_is_written_again() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, false)).await;
    soon("the booking", async || (portal.count_items("BOOKING").await == 1).then_some(())).await;
    portal.rests().await;
    let moment = portal.items().await;
    restored(&portal, &moment).await;
    for pk in ["BOOKING#", "CUSTOMER#"] {
        for item in portal.items_of(pk, "").await {
            portal.remove(&item).await;
        }
    }
    let leave_out = the_first(3);
    let proxy = Proxy::new(move |call| {
        if call.action != "BatchWriteItem" || !leave_out() {
            return Fate::Pass;
        }
        // It writes the first of them, and answers that the others are yet to be written.
        let (table, requests) = call.input["RequestItems"].as_object_mut().unwrap().iter_mut().next().unwrap();
        let left_out = requests.as_array_mut().unwrap().split_off(1);
        *LEFT_OUT.lock().unwrap() = if left_out.is_empty() { json!({}) } else { json!({ table: left_out }) };
        Fate::ChangeAnswer(|answer| answer["UnprocessedItems"] = LEFT_OUT.lock().unwrap().take())
    })
    .await;
    proxy.leads_to(&portal.stack.aws.endpoints.dynamodb);
    let local = with_endpoints(&portal, &[("dynamodb", &proxy.url)]).await;
    common::portal(&["restore", "--from", RESTORED, "--yes", "--local", &local], "").await.ended(0);
    let of_bookings =
        moment.iter().filter(|item| ["BOOKING", "KEY"].contains(&sort(item).1) || sort(item).1.starts_with("ROW#"));
    let of_bookings: Vec<Item> = of_bookings.cloned().collect();
    assert_eq!(sorted(portal.items().await), sorted(of_bookings));
}

/// Bookings of the test below; with 20,000 it prints what infra/operating/README.md says.
#[cfg(target_os = "linux")]
const MANY: usize = 2000;

/// Of an item nothing is remembered but its key and what decides over it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_many_bookings_needs_no_more_memory_than_their_keys() {
    let portal = Portal::empty().await;
    portal.publish("booking.confirmed", &confirmed("bkg_1", "ana@example.com", 1, true)).await;
    portal.link_to("ana@example.com").await;
    portal.rests().await;
    let mut one = portal.items().await;
    one.retain(|item| !["SIGNINS#", "LIMIT#"].iter().any(|begin| sort(item).0.starts_with(begin)));
    restored(&portal, &one).await;
    one.retain(|item| !["KEY", "DASHBOARD"].contains(&sort(item).1));
    let items = (2..=MANY).flat_map(|number| one.iter().map(move |item| another(item, number)));
    put_all(&portal, &items.collect::<Vec<_>>()).await;

    let started = std::time::Instant::now();
    let mut running = spawned(&["restore", "--from", RESTORED, "--yes", "--json", "--local", portal.url()]);
    let status = format!("/proc/{}/status", running.id().unwrap());
    let mut most = 0;
    while running.try_wait().unwrap().is_none() {
        // The high-water mark of the memory that it has, in KiB (proc_pid_status(5)).
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let mark =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(mark.unwrap_or(0_u64));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let done = running.wait_with_output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(portal.count_items("BOOKING").await, MANY);
    println!("{MANY} bookings: {} MiB, {} s", most / 1024, started.elapsed().as_secs_f32());
    assert!(most < 128 * 1024, "{most} KiB");
}

/// The same item of another booking and another customer.
#[cfg(target_os = "linux")]
fn another(item: &Item, number: usize) -> Item {
    let customer = item.values().find_map(|value| {
        let text = value.as_s().ok().or_else(|| value.as_ss().ok()?.first())?;
        let id = text.strip_prefix("CUSTOMER#").unwrap_or(text);
        (id.len() == 32).then(|| id.to_owned())
    });
    let other = |text: &String| {
        let text = text.replace("bkg_1", &format!("bkg_{number}"));
        customer.as_ref().map_or(text.clone(), |customer| text.replace(customer, &format!("{number:032x}")))
    };
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => AttributeValue::S(other(text)),
        AttributeValue::Ss(texts) => AttributeValue::Ss(texts.iter().map(other).collect()),
        value => value.clone(),
    };
    item.iter().map(|(name, old)| (name.clone(), value(old))).collect()
}

#[cfg(target_os = "linux")]
async fn put_all(portal: &Portal, items: &[Item]) {
    let dynamodb = portal.dynamodb().await;
    for batch in items.chunks(25) {
        let puts = batch.iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        dynamodb.batch_write_item().request_items(RESTORED, puts.collect()).send().await.unwrap();
    }
}

async fn restore(portal: &Portal, options: &[&str]) -> Said {
    on(portal, &[&["restore", "--from", RESTORED, "--yes"], options].concat(), "").await
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
