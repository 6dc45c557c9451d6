//! What each page answers first, in every stage: the sentence that says what to do now.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

mod gallery;

use std::{fs, path::PathBuf};

use gallery::{State, booking, dashboard, dashboard_in, doors, local, page, page_in, site, states};
use portal_domain::{booking::Booking, change::Change, language::Language};
use portal_views::{messages::ENGLISH, pages::Page};
use regex::Regex;
use serde_json::{Value, json};

/// What stands between tags, in order, each text with plain spaces.
fn texts(html: &str) -> Vec<String> {
    let markup = Regex::new("(?s)<style>.*?</style>|<svg.*?</svg>|<[^>]*>").unwrap();
    let plain = |text: &str| text.replace('\u{a0}', " ").replace("&amp;", "&").trim().to_owned();
    markup.split(html).map(plain).filter(|text| !text.is_empty()).collect()
}

/// What stands between the first of these and the next of those.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    html.split_once(from).unwrap().1.split_once(to).unwrap().0
}

/// A state of the gallery.
fn named(name: &str) -> State {
    states().into_iter().find(|state| state.name == name).unwrap()
}

/// The tag, the headline and the first line under it, of the first card.
fn answer(html: &str) -> String {
    texts(between(html, "<div class=\"head\">", "</div>")).join(" | ")
}

/// The buttons of the first card, the main one first.
fn buttons(html: &str) -> Vec<String> {
    let acts = between(html, "<div class=\"acts\">", "</div>");
    acts.split("</a>").filter_map(|button| texts(button).into_iter().next()).collect()
}

#[test]
fn every_page_answers_what_to_do_now() {
    let site = site();
    let told = [
        (
            "pending-delivery",
            "Waiting for confirmation | Requested for Wednesday, December 2",
            "Call | Add to calendar",
        ),
        ("pending-pickup", "Waiting for confirmation | Requested for Wednesday, December 2", "Call | Add to calendar"),
        (
            "ahead-delivery",
            "Confirmed | Delivery in 6 days, on Wednesday, December 2 | We deliver to 3 Ocean Ave, Tybee Island, GA 31328.",
            "Add to calendar | Google Calendar | Call",
        ),
        (
            "ahead-delivery-scheduled",
            "Confirmed | Delivery in 6 days, on Wednesday, December 2 | We deliver to 3 Ocean Ave, Tybee Island, GA 31328.",
            "Add to calendar | Google Calendar | Call",
        ),
        (
            "ahead-delivery-due",
            "Confirmed | Delivery in 6 days, on Wednesday, December 2 | We deliver to 3 Ocean Ave, Tybee Island, GA 31328.",
            "Pay $557.47 | Add to calendar | Google Calendar | Call",
        ),
        (
            "ahead-pickup",
            "Confirmed | Pick it up in 6 days, on Wednesday, December 2 | Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328",
            "Add to calendar | Google Calendar | Directions | Call",
        ),
        (
            "ahead-pickup-changed",
            "Changed today at 6:05 am | Pick it up in 6 days, on Wednesday, December 2 | Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328",
            "Add to calendar | Google Calendar | Directions | Call",
        ),
        (
            "ahead-unknown",
            "Confirmed | Your rental starts in 6 days, on Wednesday, December 2 | Not sure how you get your cart? Call us.",
            "Add to calendar | Google Calendar | Call",
        ),
        (
            "today-delivery",
            "Today | We deliver today between 8 and 10 am | To 3 Ocean Ave, Tybee Island, GA 31328",
            "Call | Add to calendar | Google Calendar",
        ),
        (
            "today-delivery-scheduled",
            "Today | We deliver today between 8 and 10 am | To 3 Ocean Ave, Tybee Island, GA 31328",
            "Call | Add to calendar | Google Calendar",
        ),
        (
            "today-on-its-way",
            "On its way | Arriving today about 8:40 am | To 3 Ocean Ave, Tybee Island, GA 31328 | Planned: 8 to 10 am.",
            "Track your delivery | Call",
        ),
        (
            "today-on-its-way-no-eta",
            "On its way | On its way, planned for today between 8 and 10 am | To 3 Ocean Ave, Tybee Island, GA 31328",
            "Track your delivery | Call",
        ),
        (
            "today-on-its-way-tomorrow",
            "Running late | New arrival time: tomorrow, Friday, November 27, about 8:40 am | Sorry. We planned 8 to 10 am today. | To 3 Ocean Ave, Tybee Island, GA 31328",
            "Track your delivery | Call",
        ),
        (
            "today-late",
            "Running late | New arrival time: today about 10:25 am | Sorry. We planned 8 to 10 am today. | To 3 Ocean Ave, Tybee Island, GA 31328",
            "Track your delivery | Call",
        ),
        (
            "today-time-has-passed",
            "Delivery time has passed | We planned 6 to 8 am today | Not there yet? Call us. | To 3 Ocean Ave, Tybee Island, GA 31328",
            "Call",
        ),
        (
            "today-pickup",
            "Today | Pick it up today from 9 am | Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328",
            "Directions | Call | Add to calendar | Google Calendar",
        ),
        (
            "today-unknown",
            "Today | Your rental starts today at 9 am | Not sure how you get your cart? Call us.",
            "Call | Add to calendar | Google Calendar",
        ),
        (
            "missed-delivery",
            "Please call | Planned for yesterday, Wednesday, November 25, between 6 and 8 am | No cart yet? Call us. | 3 Ocean Ave, Tybee Island, GA 31328",
            "Call",
        ),
        (
            "missed-pickup",
            "Please call | Planned for today between 7 and 8 am | No cart yet? Call us. | Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328",
            "Call | Directions",
        ),
        (
            "failed-delivery",
            "Not delivered | We couldn’t deliver your cart | Please call us to set a new time.",
            "Call",
        ),
        (
            "with-you-delivered",
            "You have it | Yours until Monday, November 30, 4 pm | Have it ready by then. We pick it up in 4 days, on Monday, November 30, between 4 and 6 pm.",
            "Call",
        ),
        (
            "with-you-collection",
            "You have it | Yours until tomorrow, Friday, November 27, 4 pm | Have it ready by then. We pick it up tomorrow, Friday, November 27, between 4 and 6 pm.",
            "Call",
        ),
        (
            "with-you-drop-off",
            "You have it | Yours until tomorrow, Friday, November 27, 5 pm | Then bring it back to 12 Dune Rd, Tybee Island, GA 31328.",
            "Call | Directions",
        ),
        (
            "with-you-unknown",
            "You have it | Your rental ends tomorrow, Friday, November 27, 5 pm | Not sure how to return it? Call us.",
            "Call",
        ),
        (
            "return-collection",
            "Ends today | We pick up your carts today between 4 and 6 pm | Have them ready today by 4 pm. | 3 Ocean Ave, Tybee Island, GA 31328",
            "Call",
        ),
        (
            "return-drop-off",
            "Ends today | Bring it back today by 5 pm | To 12 Dune Rd, Tybee Island, GA 31328",
            "Directions | Call",
        ),
        ("return-unknown", "Ends today | Your rental ends today, 5 pm | Not sure how to return it? Call us.", "Call"),
        (
            "overdue-drop-off",
            "Overdue | Please bring it back now | It was due yesterday, Wednesday, November 25, at 5 pm. | To 12 Dune Rd, Tybee Island, GA 31328",
            "Call | Directions | Pay $557.47",
        ),
        (
            "overdue-collection",
            "Pickup not confirmed | Is it still there? Please call us | We planned to pick up your cart yesterday, Wednesday, November 25, between 4 and 6 pm. | 3 Ocean Ave, Tybee Island, GA 31328",
            "Call",
        ),
        (
            "overdue-unknown",
            "Overdue | Your rental has ended | It ended yesterday, Wednesday, November 25, at 5 pm. | Still have it? Please call us now.",
            "Call",
        ),
        (
            "over-paid",
            "Returned | Thanks, Ana. See you again! | Nov 20 to 24, 2026 | You paid $557.47 in full. | We released your $100.00 security deposit on November 25.",
            "Call",
        ),
        ("over-due", "Returned | Thanks, Ana. See you again! | Nov 20 to 24, 2026", "Pay $557.47 | Call"),
        ("over-refund", "Returned | Thanks, Ana. See you again! | Nov 20 to 24, 2026", "Call"),
        ("canceled-unpaid", "Canceled | This booking is canceled | Wed, Dec 2, to Sun, Dec 6", "Call"),
        (
            "canceled-refunded",
            "Canceled | This booking is canceled | Wed, Dec 2, to Sun, Dec 6 | We refunded $214.00 on November 25. | You don’t need to do anything.",
            "Call",
        ),
        (
            "no-show",
            "Ended | This booking has ended | It shows as not used. Is that wrong? Call us. | You paid $557.47. Questions about your payment? Call us.",
            "Call",
        ),
        (
            "unclear-status",
            "Please call | Please call us about this booking | We can’t say here where it stands.",
            "Call",
        ),
        (
            "unclear-confirmed",
            "Please call | Please call us about this booking | We can’t say here where it stands.",
            "Call",
        ),
    ];
    let states = states();
    assert_eq!(states.iter().map(|state| state.name).collect::<Vec<_>>(), told.map(|(name, ..)| name));
    for (state, (name, expected, in_order)) in states.iter().zip(told) {
        let html = page(&site, state).html;
        assert_eq!(answer(&html), expected, "{name}");
        assert_eq!(buttons(&html).join(" | ").replace(" +1 912 555 0142", ""), in_order, "{name}");
    }
}

#[test]
fn page_and_card_say_the_same_and_end_no_line_inside_a_time() {
    let site = site();
    let nodes = Regex::new("(?s)<style>.*?</style>|<[^>]*>").unwrap();
    let broken = Regex::new(r"\d [ap]m\b|# ?\d+ ×| × \d").unwrap();
    for state in states() {
        let (own, card) = (page(&site, &state).html, dashboard(&site, &[&state], state.now).html);
        let is_card = card.contains("<article");
        for line in answer(&own).split(" | ").filter(|_| is_card) {
            let is_of_rows = texts(&card).iter().any(|text| text == line);
            // What a row does not keep, a card does not say.
            assert!(is_of_rows || line.starts_with("We released"), "{}: {line}", state.name);
        }
        for html in [own, card] {
            let lines: Vec<&str> = nodes.split(&html).collect();
            assert!(!lines.iter().any(|line| line.trim_start().starts_with('·')), "{}", state.name);
            let breaks: Vec<_> = lines.iter().filter(|line| broken.is_match(line)).collect();
            assert!(breaks.is_empty(), "{}: {breaks:?}", state.name);
            assert!(html.contains("href=\"tel:+19125550142\""), "{}", state.name);
        }
    }
}

fn state(slips: &[(&str, Value)], now: &str) -> State {
    State::of(booking(slips), None, local(now))
}

#[test]
fn a_cancelled_booking_that_was_not_paid_says_the_same_of_money_everywhere() {
    let price = json!({"currency": "USD", "lines": [], "total_minor": 48_600, "paid_minor": 0});
    for starts_at in ["12-02 09:00", "11-02 09:00"] {
        let slips = [
            ("/status", json!("cancelled")),
            ("/price", price.clone()),
            ("/starts_at", json!(local(starts_at))),
            ("/ends_at", json!(local(&starts_at.replace("-02", "-03")))),
        ];
        let state = state(&slips, gallery::NOW);
        for html in [page(&site(), &state).html, dashboard(&site(), &[&state], state.now).html] {
            assert!(html.contains(&(ENGLISH.balance_due_is)("$486.00")), "{:?}", texts(&html));
            assert!(html.contains(ENGLISH.call_us_about_the_balance), "{:?}", texts(&html));
            assert!(!html.contains(ENGLISH.nothing_to_do), "{:?}", texts(&html));
        }
    }
}

#[test]
fn a_cancelled_booking_that_was_paid_does_not_thank_and_says_what_the_business_says() {
    let paid = json!({"currency": "USD", "lines": [], "total_minor": 48_600, "paid_minor": 48_600});
    let note = "We refund within 5 days.";
    for (payment, said) in [(Value::Null, ENGLISH.call_us_about_the_payment), (json!({"note": note}), note)] {
        let state =
            state(&[("/status", json!("cancelled")), ("/price", paid.clone()), ("/payment", payment)], gallery::NOW);
        for html in [page(&site(), &state).html, dashboard(&site(), &[&state], state.now).html] {
            let texts = texts(&html).join(" ");
            assert!(texts.contains(said), "{texts}");
            assert!(!texts.contains(ENGLISH.nothing_to_do) && !texts.contains(ENGLISH.paid_in_full), "{texts}");
        }
    }
}

#[test]
fn what_is_changed_is_told_or_there_is_no_word_of_a_change() {
    let (drop_off, collection) = (json!({"method": "drop_off"}), json!({"method": "collection"}));
    let ahead = [
        ("/starts_at", json!(local("12-02 09:00"))),
        ("/ends_at", json!(local("12-06 17:00"))),
        ("/fulfilment", gallery::delivery("12-02 08:00", "12-02 10:00")),
    ];
    let cart = |name: &str, seats: u32| json!([{"asset_type": "6-Seater", "name": name, "seats": seats}, {"asset_type": "6-Seater", "name": "Cart #2", "seats": seats}]);
    for (field, was, is, told) in [
        ("/return", &collection, &drop_off, Some("We pick up")),
        ("/carts", &cart("Cart #1", 6), &cart("Cart #3", 6), Some("Cart #3")),
        ("/carts", &cart("Cart #1", 6), &cart("Cart #1", 4), None),
        ("/location/name", &json!("Shop"), &json!("Other Shop"), None),
        ("/fulfilment/address", &json!("3  Ocean Ave"), &json!("3 Ocean Ave"), None),
        ("/fulfilment/address", &json!("3 Ocean Ave"), &json!("4 Ocean Ave"), Some("4 Ocean Ave")),
    ] {
        let with = |value: &Value| booking(&[ahead.as_slice(), &[(field, value.clone())]].concat());
        let (before, now) = (with(was), with(is));
        let change = Change::between(&before, None, &now, local("11-26 06:00"));
        assert!(change.is_some(), "{field}");
        let state = State::of(now, change, local(gallery::NOW));
        for html in [page(&site(), &state).html, dashboard(&site(), &[&state], state.now).html] {
            let texts = texts(&html).join(" ");
            assert_eq!(texts.contains("Changed today"), told.is_some(), "{field}: {texts}");
            assert_eq!(texts.contains(ENGLISH.what_changed), told.is_some(), "{field}: {texts}");
            assert!(told.is_none_or(|told| texts.contains(told)), "{field}: {texts}");
        }
    }
}

/// What was changed, each with what it is and what it was.
fn changes(html: &str) -> Vec<String> {
    let note = html.split_once("<div class=\"note\">").and_then(|(_, rest)| rest.split_once("</ul>"));
    let changes = note.map(|(note, _)| note.split("<li>").skip(1).map(|change| texts(change).join(" | ")).collect());
    changes.unwrap_or_default()
}

#[test]
fn a_change_is_told_by_what_differs_for_as_long_as_it_is_news() {
    let ahead = [
        ("/starts_at", json!(local("12-02 09:00"))),
        ("/ends_at", json!(local("12-06 17:00"))),
        ("/fulfilment", gallery::delivery("12-02 08:00", "12-02 10:00")),
        (
            "/return",
            json!({"method": "drop_off", "window_start": local("12-06 16:00"), "window_end": local("12-06 18:00")}),
        ),
    ];
    let delivery =
        |address: &str, from: &str| json!({"method": "delivery", "address": address, "window_start": local(from)});
    let handing_back = |method: &str, from: &str| json!({"method": method, "window_start": local(from)});
    let total = |total_minor: u32| json!({"currency": "USD", "lines": [], "total_minor": total_minor, "paid_minor": 0});
    for (field, was, is, told) in [
        (
            "/ends_at",
            json!(local("12-05 17:00")),
            json!(local("12-06 17:00")),
            "Ends | Sun, Dec 6, 5 pm | (was Sat, Dec 5, 5 pm)",
        ),
        (
            "/carts",
            json!([{"asset_type": "4-Seater", "name": "Cart #1"}]),
            json!([{"asset_type": "6-Seater", "name": "Cart #2"}]),
            "Cart | 6-Seater, Cart #2 | (was 4-Seater, Cart #1)",
        ),
        (
            "/fulfilment",
            delivery("3 Ocean Ave", "12-02 08:00"),
            delivery("4 Ocean Ave", "12-02 08:00"),
            "Delivery | 4 Ocean Ave | (was 3 Ocean Ave)",
        ),
        (
            "/fulfilment",
            delivery("3 Ocean Ave", "12-02 08:00"),
            delivery("3 Ocean Ave", "12-02 09:00"),
            "Delivery | Wed, Dec 2, from 9 am | (was Wed, Dec 2, from 8 am)",
        ),
        (
            "/fulfilment",
            delivery("3 Ocean Ave", "12-02 08:00"),
            delivery("4 Ocean Ave", "12-02 09:00"),
            "Delivery | Wed, Dec 2, from 9 am, 4 Ocean Ave | (was Wed, Dec 2, from 8 am, 3 Ocean Ave)",
        ),
        (
            "/fulfilment",
            json!({"method": "pickup"}),
            delivery("4 Ocean Ave", "12-02 09:00"),
            "Delivery | 4 Ocean Ave | (was Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328)",
        ),
        (
            "/return",
            handing_back("drop_off", "12-06 16:00"),
            handing_back("drop_off", "12-06 15:00"),
            "Return | Sun, Dec 6, from 3 pm | (was Sun, Dec 6, from 4 pm)",
        ),
        (
            "/return",
            handing_back("drop_off", "12-06 16:00"),
            handing_back("collection", "12-06 16:00"),
            "Return | We pick up: Sun, Dec 6, from 4 pm | (was Return: Sun, Dec 6, from 4 pm, Tybee Beach Shop, 12 Dune Rd, Tybee Island, GA 31328)",
        ),
        ("/price", total(10_000), total(12_000), "Total | $120.00 | (was $100.00)"),
    ] {
        let with = |value: &Value| booking(&[ahead.as_slice(), &[(field, value.clone())]].concat());
        let (before, now) = (with(&was), with(&is));
        let change = Change::between(&before, None, &now, local("11-24 06:00"));
        let told_at = |moment: &str, now: &Booking| {
            changes(&page(&site(), &State::of(now.clone(), change.clone(), local(moment))).html)
        };
        assert_eq!(told_at(gallery::NOW, &now), [told], "{field}");
        assert_eq!(told_at("12-01 06:01", &now), [""; 0], "{field}: no news any more");
        let over = booking(&[ahead.as_slice(), &[("/status", json!("returned")), (field, is.clone())]].concat());
        assert_eq!(told_at(gallery::NOW, &over), [""; 0], "{field}: it is over");
    }
    // A shop that moved.
    let with = |address: &str| {
        booking(
            &[ahead.as_slice(), &[("/fulfilment", json!({"method": "pickup"})), ("/location/address", json!(address))]]
                .concat(),
        )
    };
    let change = Change::between(&with("12 Dune Rd"), None, &with("14 Dune Rd"), local("11-24 06:00"));
    let html = page(&site(), &State::of(with("14 Dune Rd"), change, local(gallery::NOW))).html;
    assert_eq!(changes(&html), ["You pick up | Tybee Beach Shop, 14 Dune Rd | (was Tybee Beach Shop, 12 Dune Rd)"]);
}

#[test]
fn what_is_changed_warns_where_nothing_more_urgent_is_said() {
    for (name, warns) in [("ahead-pickup-changed", true), ("ahead-pickup", false), ("today-late", true)] {
        let html = page(&site(), &named(name)).html;
        let card = between(&html, "class=\"card lead ", "</p>");
        assert_eq!((card.starts_with("warn\""), card.contains("\"#i-alert\"")), (warns, warns), "{name}: {card}");
    }
}

#[test]
fn a_page_says_which_documents_come_still_and_how_to_ask_until_the_rental_is_over() {
    let bill = |kind: &str| {
        json!([{"document_id": "doc_2", "kind": kind, "title": "Bill", "issued_at": local("11-03 14:00"),
                "file": {"key": "documents/bkg_1/bill.pdf", "size_bytes": 46_900}}])
    };
    let of_documents = [ENGLISH.new_documents, ENGLISH.no_bills, ENGLISH.no_documents];
    let ask = ENGLISH.questions_how;
    let left = (ENGLISH.left_something)(1);
    for (status, documents, said, how) in [
        ("confirmed", bill("agreement"), Some(ENGLISH.new_documents), ask),
        ("returned", bill("agreement"), Some(ENGLISH.no_bills), left),
        ("returned", bill("receipt"), None, left),
        ("returned", bill("invoice"), None, left),
        ("cancelled", bill("agreement"), None, ask),
        ("cancelled", json!([]), Some(ENGLISH.no_documents), ask),
    ] {
        let slips = [("/status", json!(status)), ("/documents", documents.clone())];
        let texts = texts(&page(&site(), &state(&slips, gallery::NOW)).html);
        let found: Vec<&str> =
            of_documents.into_iter().filter(|text| texts.iter().any(|found| found == text)).collect();
        assert_eq!(found, Vec::from_iter(said), "{status} {documents}");
        assert!(texts.iter().any(|text| text == how), "{status}: {texts:?}");
    }
}

/// The texts of the section that this heading names.
fn section(html: &str, heading: &str) -> Vec<String> {
    texts(between(html, &format!("aria-labelledby=\"{heading}\">"), "</section>"))
}

#[test]
fn a_page_says_which_carts_and_extras() {
    let carts = json!([
        {"asset_type": "6-Seater Premium", "name": "Cart #14", "seats": 6},
        {"asset_type": "6-Seater Premium", "name": "Cart #15", "seats": 6},
        {"asset_type": "Utility", "name": "Cart #3"},
    ]);
    let add_ons = json!([{"name": "Cooler", "quantity": 1}, {"name": "Child seat", "quantity": 2}]);
    let html = page(&site(), &state(&[("/carts", carts), ("/add_ons", add_ons)], gallery::NOW)).html;
    let told = [
        "Your carts",
        "6-Seater Premium × 2",
        "Cart #14, Cart #15, 6 seats each",
        "Utility",
        "Cart #3",
        "Extras:",
        "Cooler × 1, Child seat × 2",
    ];
    assert_eq!(section(&html, "carts"), told);
    let html = page(&site(), &state(&[], gallery::NOW)).html;
    assert_eq!(section(&html, "carts")[1..3], ["6-Seater Premium", "Cart #14, 6 seats"]);
}

#[test]
fn documents_have_the_names_of_their_kinds_unless_there_are_several_of_one_or_it_is_signed() {
    for (kinds, names) in [
        (&["receipt", "invoice"][..], &["Receipt", "Invoice"][..]),
        (&["receipt", "receipt", "invoice"], &["Title 0", "Title 1", "Invoice"]),
        (&["agreement", "certificate"], &["Title 0", "Title 1"]),
    ] {
        let document = |(n, kind): (usize, &&str)| {
            json!({"document_id": format!("doc_{n}"), "kind": kind, "title": format!("Title {n}"),
                   "issued_at": local("11-03 14:00"),
                   "file": {"key": format!("documents/bkg_1/{n}.pdf"), "size_bytes": 46_900}})
        };
        let documents: Value = kinds.iter().enumerate().map(document).collect();
        let html = page(&site(), &state(&[("/documents", documents)], gallery::NOW)).html;
        let told = section(&html, "documents");
        let shown: Vec<_> = told[1..].chunks(3).take(names.len()).map(|row| row[0].as_str()).collect();
        assert_eq!(shown, names, "{told:?}");
    }
}

#[test]
fn payments_are_listed_where_they_come_to_what_was_paid() {
    let paid = |amount: i64, kind: &str| json!({"at": local("11-03 14:00"), "amount_minor": amount, "kind": kind, "method": "card"});
    for (paid_minor, payments, rows) in [
        (10_000, vec![paid(10_000, "payment")], &["Paid November 3, card | $100.00"][..]),
        (
            0,
            vec![paid(10_000, "payment"), paid(10_000, "refund")],
            &["Paid November 3, card | $100.00", "Refunded November 3, card | −$100.00"],
        ),
        (10_000, vec![paid(5_000, "payment")], &["Paid | $100.00"]),
        (0, vec![paid(5_000, "deposit_held")], &["Paid | $0.00", "Security deposit held November 3, card | $50.00"]),
        (
            10_000,
            vec![paid(5_000, "payment"), paid(5_000, "deposit_held")],
            &["Paid | $100.00", "Security deposit held November 3, card | $50.00"],
        ),
    ] {
        let price = json!({"currency": "USD", "lines": [], "total_minor": 48_600, "paid_minor": paid_minor});
        let html = page(&site(), &state(&[("/price", price), ("/payments", json!(payments))], gallery::NOW)).html;
        let told: Vec<_> = section(&html, "price")[1..].chunks(2).map(|row| row.join(" | ")).collect();
        assert_eq!(told[1..told.len() - 1], *rows);
    }
}

#[test]
fn a_booking_that_is_off_or_of_another_release_has_a_card_until_it_would_have_ended() {
    for status in ["cancelled", "of the next release"] {
        for (now, cards) in [("11-30 16:59", 1), ("11-30 17:00", 0), ("11-30 17:01", 0)] {
            let state = state(&[("/status", json!(status))], now);
            let html = dashboard(&site(), &[&state], state.now).html;
            assert_eq!(html.matches("<article").count(), cards, "{status} at {now}: {:?}", texts(&html));
            assert_eq!(html.contains("id=\"past\""), cards == 0, "{status} at {now}");
        }
    }
}

#[test]
fn what_is_off_or_changed_comes_before_what_is_not_though_it_starts_later() {
    let ahead = |starts_at: &str, status: &str| {
        let slips = [
            ("/status", json!(status)),
            ("/starts_at", json!(local(starts_at))),
            ("/ends_at", json!(local("12-20 17:00"))),
            ("/fulfilment", json!({"method": "pickup"})),
        ];
        state(&slips, gallery::NOW)
    };
    let (plain, off) = (ahead("12-01 09:00", "confirmed"), ahead("12-10 09:00", "cancelled"));
    let html = dashboard(&site(), &[&plain, &off, &named("ahead-pickup-changed")], plain.now).html;
    let tags: Vec<_> = html.split("<div class=\"head\">").skip(1).map(|head| texts(head)[0].clone()).collect();
    assert_eq!(tags, ["Changed today at 6:05 am", "Canceled", "Confirmed"]);
}

#[test]
fn every_icon_of_a_page_is_drawn_in_it_and_the_tab_has_the_business_s_initials_on_its_colour() {
    let html = page(&site(), &state(&[], gallery::NOW)).html;
    let uses: Vec<_> = html.split("<use href=\"#").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(uses.len() > 5, "{uses:?}");
    for icon in uses {
        assert!(html.contains(&format!("<symbol id=\"{icon}\"")), "{icon}");
    }
    let favicon = between(&html, "href=\"data:image/svg+xml,", "\"");
    for part in ["0b6b4f", "TB"] {
        assert!(favicon.contains(part), "{part}: {favicon}");
    }
    assert!(texts(&html).concat().contains("hello@tybeecarts.example"), "the mailbox, wherever its line may end");
}

#[test]
fn a_page_at_the_door_leads_on() {
    let site = site();
    let doors = doors(&site.in_language(Language::English, "?"));
    for (name, leads_to) in [
        ("not-found", "class=\"btn main\" href=\"/\""),
        ("failed", "class=\"btn main\" href=\"/\""),
        ("document-missing", "class=\"btn main\" href=\"/\""),
        ("unknown-link", "class=\"btn main\" href=\"/sign-in\""),
        ("sent", "href=\"/sign-in?another\""),
        ("sent-to", "href=\"/sign-in?another\""),
        ("sent-for-a-booking", "href=\"/sign-in?another&amp;to=bkg_1\""),
        ("sent-anew", "href=\"/sign-in?another\""),
    ] {
        let (_, page) = doors.iter().find(|(found, _)| *found == name).unwrap();
        assert!(page.html.contains(leads_to), "{name}: {}", page.html);
    }
}

#[test]
fn a_page_wears_the_business_s_colour_and_initials() {
    let html = page(&site(), &state(&[], gallery::NOW)).html;
    let style = between(&html, "<style>", "</style>");
    assert!(style.contains("--brand:#0b6b4f"), "{style}");
    assert_eq!(site().style(), style, "its policy allows the style that the page has");
    assert!(html.contains("<meta name=\"theme-color\" content=\"#0b6b4f\""), "{html}");
    let top = between(&html, "<header", "</header>");
    assert!(top.contains("<span class=\"logo\" aria-hidden=\"true\">TB</span>"), "{top}");
}

#[test]
fn the_steps_of_a_delivery_have_their_times_and_their_days_where_it_is_not_today() {
    let arrives = "Planned | , done | 8 to 10 am | On its way | 8:08 am | Arrives | , not yet";
    let (later, today, tomorrow) = ("about 10:25 am", "about 8:40 am", "Fri, Nov 27, about 8:40 am");
    let told = states().into_iter().filter_map(|state| {
        let html = page(&site(), &state).html;
        let begin = "<ol class=\"steps\">";
        html.contains(begin).then(|| (state.name, texts(between(&html, begin, "</ol>")).join(" | ")))
    });
    let expected = [
        ("ahead-delivery-scheduled", "Planned | Wed, Dec 2, 8 to 10 am | On its way | , not yet | Arrives | , not yet"),
        ("today-delivery-scheduled", "Planned | 8 to 10 am | On its way | , not yet | Arrives | , not yet"),
        ("today-on-its-way", &format!("{arrives} | {today}")),
        ("today-on-its-way-no-eta", arrives),
        ("today-on-its-way-tomorrow", &format!("{arrives} | {tomorrow}")),
        ("today-late", &format!("{arrives} | {later}")),
        ("failed-delivery", "Planned | , done | 8 to 10 am | Not delivered | 8:06 am"),
        ("with-you-delivered", "Planned | , done | Sun, Nov 22, 8 to 10 am | Delivered | , done | 8:06 am"),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected.map(|(name, steps)| (name, steps.to_owned())));
}

#[test]
fn the_ends_of_a_rental_that_are_still_to_come_have_their_times_and_places() {
    let (home, shop) = ("3 Ocean Ave, Tybee Island, GA 31328", "12 Dune Rd, Tybee Island, GA 31328");
    let ahead = format!(
        "Delivery | Wed, Dec 2, 8 to 10 am | {home} | We pick up | Sun, Dec 6, 4 to 6 pm | At the same address"
    );
    let at_the_shop = format!(
        "You pick up | Wed, Dec 2, from 9 am | Tybee Beach Shop, {shop} | Return | Sun, Dec 6, by 5 pm | {shop}"
    );
    for (name, told) in [
        ("pending-delivery", ahead.clone()),
        ("ahead-delivery", ahead),
        ("ahead-pickup", at_the_shop),
        ("ahead-unknown", format!("Start | Wed, Dec 2, 8 to 10 am | We pick up | Sun, Dec 6, 4 to 6 pm | {home}")),
        ("with-you-delivered", format!("We pick up | Mon, Nov 30, 4 to 6 pm | {home}")),
        ("with-you-drop-off", format!("Return | Fri, Nov 27, by 5 pm | {shop}")),
        ("with-you-unknown", "Your rental ends | Fri, Nov 27, by 5 pm".to_owned()),
        (
            "unclear-confirmed",
            format!("Delivery | Fri, Nov 20, 8 to 10 am | {home} | Return | Tue, Nov 24, by 5 pm | {shop}"),
        ),
    ] {
        let state = named(name);
        let html = dashboard(&site(), &[&state], state.now).html;
        assert_eq!(texts(between(&html, "<dl class=\"legs\">", "</dl>")).join(" | "), told, "{name}");
    }
}

#[test]
fn the_main_button_of_a_card_is_its_booking_unless_there_is_more_to_do() {
    for (name, button) in [
        ("pending-delivery", "View booking"),
        ("ahead-delivery", "View booking"),
        ("ahead-delivery-due", "Pay $557.47"),
        ("today-delivery", "Call +1 912 555 0142"),
        ("today-on-its-way", "Track your delivery"),
        ("today-pickup", "Directions"),
        ("with-you-delivered", "View booking"),
        ("overdue-collection", "Call +1 912 555 0142"),
        ("over-due", "Pay $557.47"),
        ("canceled-unpaid", "View booking"),
    ] {
        let state = named(name);
        assert_eq!(buttons(&dashboard(&site(), &[&state], state.now).html)[0], button, "{name}");
    }
}

#[test]
fn the_card_of_who_has_the_carts_has_the_notes_for_now_and_no_others() {
    let state = named("with-you-delivered");
    let texts = texts(&dashboard(&site(), &[&state], state.now).html).concat();
    let shown =
        ["Bring a credit card", "Keep a parking space", "Charge it overnight", "Roads up to 35", "Leave the key"];
    assert_eq!(shown.map(|note| texts.contains(note)), [false, false, true, true, false], "{texts}");
}

#[test]
fn a_page_links_to_its_booking_s_addresses_and_to_a_map() {
    let state = state(&[("/fulfilment", json!({"method": "pickup"}))], gallery::NOW);
    let html = [dashboard(&site(), &[&state], state.now).html, page(&site(), &state).html].concat();
    for href in [
        "/bookings/bkg_1\"",
        "/bookings/bkg_1/calendar.ics\"",
        "/bookings/bkg_1/documents/doc_1\"",
        "https://www.google.com/maps/search/?api=1&amp;query=Tybee%20Beach%20Shop%2C%2012%20Dune%20Rd%2C%20",
    ] {
        assert!(html.contains(&format!("href=\"{href}")), "{href}");
    }
}

#[test]
fn agreements_that_are_signed_are_listed_and_nothing_else() {
    let document = |kind: &str, signed: bool| {
        let mut document = json!({"document_id": "doc_1", "kind": kind, "title": "A title of its own",
            "issued_at": local("11-03 14:00"), "file": {"key": "documents/bkg_1/a.pdf", "size_bytes": 46_900}});
        if signed {
            document["signed_at"] = json!(local("11-03 15:00"));
        }
        document
    };
    for (kind, signed, is_listed) in
        [("agreement", true, true), ("agreement", false, false), ("invoice", true, false), ("receipt", false, false)]
    {
        let state = state(&[("/documents", json!([document(kind, signed)]))], gallery::NOW);
        let html = dashboard(&site(), &[&state], state.now).html;
        assert_eq!(html.contains(ENGLISH.rental_agreements), is_listed, "{kind}, signed: {signed}");
    }
}

#[test]
fn notes_for_the_handover_are_named_by_who_comes() {
    for (fulfilment, back, title) in [
        (json!({"method": "delivery"}), json!({"method": "drop_off"}), "Good to know for the delivery"),
        (json!({"method": "pickup"}), json!({"method": "collection"}), "Good to know for the pick-up"),
    ] {
        let html = page(&site(), &state(&[("/fulfilment", fulfilment), ("/return", back)], gallery::NOW)).html;
        assert!(texts(&html).iter().any(|text| text == title), "{title}: {:?}", texts(&html));
    }
}

#[test]
fn a_return_is_told_as_planned_until_its_time_is_up_whatever_it_is_called() {
    for (now, status, told) in [
        (
            "11-30 15:00",
            "checked_out",
            "Ends today | We pick up your cart today between 4 and 6 pm | Have it ready today by 4 pm.",
        ),
        (
            "11-30 16:01",
            "checked_out",
            "We pick up | We pick up your cart today between 4 and 6 pm | Have it ready now.",
        ),
        ("11-30 18:00", "overdue", "We pick up | We pick up your cart today between 4 and 6 pm | Have it ready now."),
        (
            "11-30 18:01",
            "overdue",
            "Pickup not confirmed | Is it still there? Please call us | We planned to pick up your cart today between 4 and 6 pm.",
        ),
    ] {
        let answer = answer(&page(&site(), &state(&[("/status", json!(status))], now)).html);
        assert_eq!(answer, format!("{told} | 3 Ocean Ave, Tybee Island, GA 31328"), "{now} {status}");
    }
}

#[test]
fn a_request_is_waited_for_until_its_time_has_passed() {
    for (now, told, never) in [
        ("11-26 08:00", ENGLISH.pending_how, ENGLISH.call_us_about_it),
        ("11-26 08:01", ENGLISH.call_us_about_it, ENGLISH.pending_how),
    ] {
        let html = page(&site(), &state(&[("/status", json!("pending"))], now)).html;
        assert!(texts(&html).iter().any(|text| text == told), "{now}: {:?}", texts(&html));
        assert!(!texts(&html).iter().any(|text| text == never), "{now}: {:?}", texts(&html));
    }
}

#[test]
fn a_price_in_dollars_and_cents_says_nothing_of_what_is_owed() {
    let mixed = json!({"currency": "USD", "lines": [{"label": "All", "amount_minor": 18_810}], "total_minor": 190, "paid_minor": 0});
    for status in ["confirmed", "returned", "cancelled"] {
        let state = state(&[("/status", json!(status)), ("/price", mixed.clone())], gallery::NOW);
        for html in [page(&site(), &state).html, dashboard(&site(), &[&state], state.now).html] {
            for said in
                [ENGLISH.balance_due, ENGLISH.credit, ENGLISH.refund_due, ENGLISH.paid_in_full, ENGLISH.nothing_to_do]
            {
                assert!(!texts(&html).iter().any(|text| text.contains(said)), "{status}: {said}");
            }
        }
    }
}

#[test]
fn an_arrival_names_its_day_and_promises_nothing_that_has_passed() {
    for (eta, told, never) in [
        ("11-27 08:40", "tomorrow, Friday, November 27, about 8:40 am", "today about"),
        ("11-23 08:40", "planned for today between 8 and 10 am", "8:40 am"),
    ] {
        let delivery = json!({"status": "on_the_way", "updated_at": local("11-26 08:00"), "eta": local(eta)});
        let state = state(&[("/delivery", delivery)], gallery::NOW);
        for html in [page(&site(), &state).html, dashboard(&site(), &[&state], state.now).html] {
            assert!(answer(&html).contains(told), "{}", answer(&html));
            assert!(!texts(&html).join(" ").contains(never), "{:?}", texts(&html));
        }
    }
}

#[test]
fn a_delivery_is_tracked_only_on_its_way_on_its_day_and_over_https() {
    for (status, url, now, tracked) in [
        ("on_the_way", "https://track.example.com/d/1", "11-26 08:12", true),
        ("on_the_way", "http://track.example.com/d/1", "11-26 08:12", false),
        ("scheduled", "https://track.example.com/d/1", "11-26 08:12", false),
        ("on_the_way", "https://track.example.com/d/1", "11-28 08:12", false),
    ] {
        let delivery = json!({"status": status, "updated_at": local("11-26 08:00"), "tracking_url": url});
        let html = page(&site(), &state(&[("/delivery", delivery)], now)).html;
        assert_eq!(buttons(&html).contains(&ENGLISH.track.to_owned()), tracked, "{status} {url} {now}");
        assert_eq!(html.contains("track.example.com"), tracked, "{status} {url} {now}");
    }
}

#[test]
fn who_comes_for_the_carts_is_told_of_no_delivery() {
    let told = json!({"status": "on_the_way", "updated_at": local("11-26 08:00"), "tracking_url": "https://track.example.com/d/1"});
    let state = state(&[("/fulfilment", json!({"method": "pickup"})), ("/delivery", told)], gallery::NOW);
    for html in [page(&site(), &state).html, dashboard(&site(), &[&state], state.now).html] {
        assert!(answer(&html).contains("Pick it up today from 9 am"), "{}", answer(&html));
        for said in [ENGLISH.on_its_way, ENGLISH.track, ENGLISH.arrives] {
            assert!(!texts(&html).iter().any(|text| text == said), "{said}");
        }
    }
}

#[test]
fn a_shop_s_number_is_read_whole_and_dialled_only_where_it_is_certain() {
    for (phone, dialled) in [
        ("+1 912 555 0199", "tel:+19125550199"),
        ("+1 912 555 0199 ext. 7", "tel:+19125550199"),
        ("1-800-GOLF-CART", "tel:+19125550142"),
        ("ask at the desk", "tel:+19125550142"),
    ] {
        let html = page(&site(), &state(&[("/location/phone", json!(phone))], gallery::NOW)).html;
        assert!(html.contains(&format!("href=\"{dialled}\"")), "{phone}");
        assert!(texts(&html).iter().any(|text| text.contains(phone)), "{phone} is there to read: {:?}", texts(&html));
    }
}

#[test]
fn every_page_is_written_down_for_looking_at() {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from)
        .join("pages");
    fs::create_dir_all(&target).unwrap();
    let (site, states) = (site(), states());
    let all: Vec<_> = states.iter().collect();
    for language in Language::ALL {
        let write = |name: &str, page: Page| {
            fs::write(target.join(format!("{name}.{}.html", language.tag())), page.html).unwrap();
        };
        for state in &states {
            write(&format!("booking-{}", state.name), page_in(language, &site, state));
            write(&format!("dashboard-{}", state.name), dashboard_in(language, &site, &[state], state.now));
        }
        write("dashboard", dashboard_in(language, &site, &all, local(gallery::NOW)));
        for (name, page) in gallery::doors(&site.in_language(language, "?")) {
            write(name, page);
        }
    }
}
