//! Bookings in every state, for tests of what pages show.

use jiff::{SignedDuration, Timestamp};
use portal_tests::{Portal, samples::confirmed};
use serde_json::{Value, json};

/// So many hours from now.
pub(crate) fn hours(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}

/// A confirmed pick-up in four days, for two days, of one cart, without price or documents; `change` makes it what a
/// test needs. Its reference is `REF-<id>`.
pub(crate) fn rental(id: &str, email: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut detail = confirmed(id, email, 1, false);
    detail["metadata"]["occurred_at"] = json!(hours(-1));
    let booking = &mut detail["booking"];
    booking["customer"]["name"] = json!("Ana Ruiz");
    booking["starts_at"] = json!(hours(96));
    booking["ends_at"] = json!(hours(144));
    booking["time_zone"] = json!("America/New_York");
    booking["carts"] = json!([cart(14)]);
    booking["add_ons"] = json!([]);
    booking["location"] = json!({"name": "Tybee Beach Shop", "phone": "+1 912 555 0142",
        "address": "12 Dune Rd, Tybee Island, GA 31328"});
    booking["fulfilment"] = json!({"method": "pickup"});
    booking["customer"].as_object_mut().unwrap().remove("greeting");
    for optional in ["delivery", "price", "documents", "return", "instructions", "payment", "payments"] {
        booking.as_object_mut().unwrap().remove(optional);
    }
    change(booking);
    detail
}

pub(crate) fn cart(number: u32) -> Value {
    json!({"asset_type": "6-Seater Premium", "name": format!("Cart #{number}"), "seats": 6})
}

/// A rental that ended so many days ago.
pub(crate) fn past(id: &str, email: &str, days_ago: i64) -> Value {
    rental(id, email, |booking| {
        booking["status"] = json!("closed");
        booking["starts_at"] = json!(hours(-24 * (days_ago + 3)));
        booking["ends_at"] = json!(hours(-24 * days_ago));
        booking["price"] = price("USD", &[("3 days, 6-Seater Premium", 34_500)], 34_500);
        booking["documents"] = documents(id, &["agreement", "invoice", "receipt"]);
    })
}

pub(crate) fn price(currency: &str, lines: &[(&str, i64)], paid_minor: i64) -> Value {
    let total: i64 = lines.iter().map(|(_, amount)| amount).sum();
    let lines: Vec<Value> =
        lines.iter().map(|(label, amount)| json!({"label": label, "amount_minor": amount})).collect();
    json!({"currency": currency, "lines": lines, "total_minor": total, "paid_minor": paid_minor})
}

/// Documents of these kinds; an agreement is signed.
pub(crate) fn documents(booking: &str, kinds: &[&str]) -> Value {
    let document = |kind: &&str| {
        let mut document = json!({"document_id": format!("doc_{kind}"), "kind": kind, "title": "Rental agreement",
            "issued_at": hours(-30), "file": {"key": format!("documents/{booking}/{kind}.pdf"), "size_bytes": 48_211}});
        if *kind == "agreement" {
            document["signed_at"] = json!(hours(-29));
        }
        document
    };
    Value::Array(kinds.iter().map(document).collect())
}

/// A delivery in this state, told of 65 minutes ago, with a tracking link.
pub(crate) fn delivery(status: &str) -> Value {
    json!({"status": status, "tracking_url": "https://track.example.com/d/8f3?a=1&b=2", "eta": hours(1),
        "updated_at": Timestamp::now() - SignedDuration::from_mins(65)})
}

/// Everything at once: under way, overdue, on its way, failed, changed, pending, cancelled, unpaid, and eleven past
/// rentals, one of them not yet billed.
pub(crate) async fn publish_a_full_life(portal: &Portal, email: &str) {
    let delivered = json!({"method": "delivery", "address": "3 Ocean Ave, Tybee Island, GA 31328",
        "window_start": hours(95), "window_end": hours(97)});
    let mut events = vec![
        rental("out", email, |booking| {
            booking["status"] = json!("checked_out");
            booking["starts_at"] = json!(hours(-30));
            booking["ends_at"] = json!(hours(40));
            booking["price"] = price("USD", &[("4 days, 6-Seater Premium", 46_000)], 46_000);
            booking["documents"] = documents("out", &["agreement"]);
        }),
        rental("late", email, |booking| {
            booking["status"] = json!("overdue");
            booking["starts_at"] = json!(hours(-60));
            booking["ends_at"] = json!(hours(-2));
        }),
        rental("coming", email, |booking| {
            booking["starts_at"] = json!(hours(2));
            booking["carts"] = json!([cart(21), cart(22), {"asset_type": "4-Seater Classic", "name": "Cart #9"}]);
            booking["add_ons"] = json!([{"name": "Cooler", "quantity": 2}]);
            booking["fulfilment"] = delivered.clone();
            booking["delivery"] = delivery("on_the_way");
            let lines = [("3 carts", 120_000), ("Returning guest, 10% off", -12_000), ("Cooler × 2", 5_200)];
            booking["price"] = price("USD", &lines, 20_000);
            booking["documents"] = documents("coming", &["agreement"]);
            booking["documents"][0].as_object_mut().unwrap().remove("signed_at");
        }),
        rental("failed", email, |booking| {
            booking["starts_at"] = json!(hours(1));
            booking["fulfilment"] = delivered.clone();
            booking["delivery"] = delivery("failed");
        }),
        rental("asked", email, |booking| booking["status"] = json!("pending")),
        rental("off", email, |booking| {
            booking["status"] = json!("cancelled");
            booking["price"] = price("USD", &[("2 days, 6-Seater Premium", 23_000), ("Refund", -23_000)], 5_000);
        }),
        rental("missed", email, |booking| {
            booking["status"] = json!("no_show");
            booking["starts_at"] = json!(hours(-200));
            booking["ends_at"] = json!(hours(-150));
        }),
        rental("unbilled", email, |booking| {
            booking["status"] = json!("returned");
            booking["starts_at"] = json!(hours(-100));
            booking["ends_at"] = json!(hours(-70));
            booking["price"] = price("USD", &[("1 day, 6-Seater Premium", 11_500)], 5_000);
        }),
    ];
    events.extend((0..9).map(|n| past(&format!("past_{n}"), email, 30 + 31 * n)));
    for event in &events {
        portal.publish("booking.confirmed", event).await;
    }
    // A change is one of what is known: the booking first.
    portal.publish("booking.confirmed", &rental("changed", email, |_| ())).await;
    portal.rests().await;
    let changed = rental("changed", email, |booking| {
        booking["revision"] = json!(2);
        booking["ends_at"] = json!(hours(300));
    });
    portal.publish("booking.updated", &changed).await;
}

/// Twelve carts and names that do not end, some without a space in them.
pub(crate) async fn publish_long_names(portal: &Portal, email: &str) {
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);
    let change = |booking: &mut Value| {
        booking["customer"]["name"] = json!(format!("Maximiliane {long}"));
        booking["reference"] = json!("X".repeat(40));
        booking["location"]["name"] = json!(long);
        booking["location"]["address"] = json!(format!("{long} 1, {long}"));
        let mut carts: Vec<Value> = (1..=11).map(cart).collect();
        carts.push(json!({"asset_type": long, "name": "N".repeat(200), "seats": 100}));
        booking["carts"] = Value::Array(carts);
        booking["add_ons"] = json!([{"name": long, "quantity": 1000}]);
        booking["fulfilment"] = json!({"method": "delivery", "address": format!("{long}, {long}, {long}"),
            "window_start": hours(40), "window_end": hours(90)});
        booking["delivery"] = delivery("on_the_way");
        booking["price"] = price("KWD", &[(&long, 999_999_999_999), ("Rabatt", -1)], 0);
        booking["documents"] = documents("any", &["agreement", "invoice", "receipt"]);
        booking["documents"][0]["title"] = json!(long);
    };
    for (id, status) in [("long_1", "confirmed"), ("long_2", "checked_out"), ("long_3", "returned")] {
        let detail = rental(id, email, |booking| {
            change(booking);
            booking["status"] = json!(status);
            for document in booking["documents"].as_array_mut().unwrap() {
                let key = document["file"]["key"].as_str().unwrap().replace("/any/", &format!("/{id}/"));
                document["file"]["key"] = json!(key);
            }
        });
        portal.publish("booking.confirmed", &detail).await;
    }
}

/// What somebody who means no good could type into every field of a booking system.
pub(crate) const HOSTILE: &[&str] = &[
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"><a href=\"javascript:alert(1)\" onclick='alert(1)'>&lt;b&gt;",
    "abc\u{202e}gpj.exe\u{2066}\u{2067}unclosed",
    "\u{2069}\u{2069}\u{202d}closes more than it opened",
    "עגלה מספר 14 (הזמנה)",
    "⛳️🛺👨‍👩‍👧‍👦🏖️ é\u{301}\u{301}\u{301}",
    "]]>--></style></title></textarea>",
    "line\r\nSet-Cookie: a=b\u{0}\u{7}",
];

/// One booking for each hostile text, and one whose name takes all the room there is.
pub(crate) async fn publish_hostile_texts(portal: &Portal, email: &str) {
    let endless = "W".repeat(10_000);
    for (n, text) in HOSTILE.iter().copied().chain([endless.as_str()]).enumerate() {
        let id = format!("evil_{n}");
        let detail = rental(&id, email, |booking| {
            booking["reference"] = json!(text.chars().take(200).collect::<String>());
            booking["customer"]["name"] = json!(text);
            booking["location"] = json!({"name": text, "phone": text, "address": text});
            booking["carts"] = json!([{"asset_type": text, "name": text}]);
            booking["add_ons"] = json!([{"name": text, "quantity": 1}]);
            booking["fulfilment"] = json!({"method": "delivery", "address": text});
            booking["delivery"] = delivery("on_the_way");
            booking["delivery"]["tracking_url"] =
                json!(["javascript:alert(1)", "http://track.example.com/", text][n % 3]);
            booking["price"] = price("USD", &[(text, -1)], 0);
            booking["documents"] = documents(&id, &["agreement", "receipt"]);
            booking["documents"][0]["title"] = json!(text);
        });
        portal.publish("booking.confirmed", &detail).await;
    }
}
