//! Every page, mail and calendar file there is, in the bracketed language, of customers and a business that are written in
//! Cyrillic letters.

use std::sync::LazyLock;

use portal_domain::{
    booking::Booking,
    change::Change,
    config::{Business, PortalUrl},
    dashboard::{Cursor, Rows},
    filed::{FiledBooking, UnreadableBooking},
    letter::Letter,
    text::Text,
};
use portal_views::{
    calendar,
    mails::{self, LeadsTo, Letterhead},
    pages::{self, Localized, Page, Site},
};
use serde_json::{Value, json};

use crate::{
    gallery::{self, State, ana, local, signed_in, token},
    language::BRACKETED,
    seen,
};

/// Each by a name, with what is seen of it.
type Seen = Vec<(String, Vec<String>)>;

/// What is seen of all.
pub(crate) static ALL: LazyLock<Seen> = LazyLock::new(|| {
    let gallery = gallery::site().business;
    let site = Site::new(Business {
        name: in_cyrillic(&gallery.name),
        address: gallery.address.as_deref().map(in_cyrillic),
        ..gallery
    });
    let view = Localized { site: &site, messages: &BRACKETED, here: "?" };
    let states: Vec<State> = gallery::states().into_iter().chain(more_states()).map(foreign).collect();
    [of_bookings(&view, &states), of_lists(&view, &states), of_doors(&view), of_mails(&view, &states)].concat()
});

/// Each booking on its page, as a card, and in a calendar.
fn of_bookings(view: &Localized<'_>, states: &[State]) -> Seen {
    let mut seen = Vec::new();
    for state in states {
        let (name, now, own) = (state.name, state.now, gallery::own(state));
        let card = pages::dashboard(view, own.customer(), &gallery::rows(&[state]), now);
        let file = calendar::file(view, &own, "https://portal.tybeecarts.example/bookings/bkg_1", now);
        seen.push((format!("page {name}"), seen::of_html(&pages::booking(view, &own, now).html)));
        seen.push((format!("card {name}"), seen::of_html(&card.html)));
        seen.push((format!("calendar {name}"), seen::of_calendar(&file)));
    }
    seen
}

fn of_lists(view: &Localized<'_>, states: &[State]) -> Seen {
    let now = local(gallery::NOW);
    let customer = signed_in(now);
    let unreadable = || UnreadableBooking {
        owner: gallery::customer(),
        booking_id: booking(&[]).booking_id,
        reference: Text::try_from("ГЦО-4821".to_owned()).unwrap(),
    };
    let all: Vec<_> = states.iter().collect();
    let more = || Some(Cursor::behind(now, &booking(&[]).booking_id));
    [
        ("all bookings", pages::dashboard(view, &customer, &Rows { more: more(), ..gallery::rows(&all) }, now)),
        ("no bookings", pages::dashboard(view, &customer, &Rows::default(), now)),
        (
            "one that cannot be read",
            pages::dashboard(view, &customer, &Rows { unreadable: vec![unreadable()], ..Rows::default() }, now),
        ),
        (
            "past bookings",
            pages::past_rentals(
                view,
                &customer,
                &Rows { past: gallery::rows(&all).past, more: more(), ..Rows::default() },
                now,
            ),
        ),
        ("no more past bookings", pages::past_rentals(view, &customer, &Rows::default(), now)),
        ("its own page", pages::unreadable_booking(view, &customer, &unreadable())),
    ]
    .map(|(name, page)| (name.to_owned(), seen::of_html(&page.html)))
    .into()
}

/// The pages before the bookings.
fn of_doors(view: &Localized<'_>) -> Seen {
    let seen = |(name, page): (&str, Page)| (name.to_owned(), seen::of_html(&page.html));
    gallery::doors(view).into_iter().map(seen).collect()
}

fn of_mails(view: &Localized<'_>, states: &[State]) -> Seen {
    let portal: PortalUrl = "https://portal.tybeecarts.example".parse().unwrap();
    let head = Letterhead { business: &view.site.business, portal: &portal, messages: view.messages };
    let of_letter = |Letter { subject, text, html, .. }| {
        let mut seen = seen::of_html(&html);
        seen.extend([subject, text]);
        seen
    };
    let confirmations = states.iter().map(|state| {
        let letter = mails::confirmation(&head, &state.filed.booking, LeadsTo::Link(&token()), state.now);
        (format!("confirmation {}", state.name), of_letter(letter))
    });
    confirmations
        .chain([("sign-in".to_owned(), of_letter(mails::sign_in(&head, ana(), LeadsTo::Link(&token()))))])
        .collect()
}

/// What the gallery does not show.
fn more_states() -> Vec<State> {
    let cart = json!({"asset_type": "6-Seater Premium", "name": "Cart #1", "seats": 1});
    let document = |kind: &str| json!({"document_id": kind, "kind": kind, "title": "Paper", "issued_at": local("11-03 14:00"), "file": {"key": "documents/bkg_1/1.pdf", "size_bytes": 1_234_567}});
    let collection =
        json!({"method": "collection", "window_start": local("11-26 07:00"), "window_end": local("11-26 18:00")});
    [
        (
            "elsewhere",
            vec![
                ("/time_zone", json!("America/Sao_Paulo")),
                ("/location/phone", json!("+1 912 555 0199 ext. 7")),
                ("/carts", json!(vec![cart; 12])),
                ("/add_ons", json!(vec![json!({"name": "Cooler", "quantity": 1}); 12])),
            ],
        ),
        (
            "in dinars",
            vec![
                ("/price/currency", json!("KWD")),
                ("/price/paid_minor", json!(55_000)),
                ("/documents", json!(["agreement", "invoice", "other"].map(document))),
            ],
        ),
        ("credit", vec![("/price/paid_minor", json!(60_000))]),
        ("nowhere", vec![("/fulfilment", json!({"method": "pickup"})), ("/location", Value::Null)]),
        ("nothing", vec![("/status", json!("cancelled")), ("/documents", json!([]))]),
        ("longer-changed", vec![("/ends_at", json!(local("12-01 17:00")))]),
        (
            "ready-now",
            vec![("/status", json!("checked_out")), ("/ends_at", json!(local("11-26 17:00"))), ("/return", collection)],
        ),
    ]
    .map(|(name, slips)| {
        let booking = booking(&slips);
        let change = Change::between(&self::booking(&[]), None, &booking, local("11-26 06:05"));
        State { name, ..State::of(booking, change, local(gallery::NOW)) }
    })
    .into()
}

fn booking(slips: &[(&str, Value)]) -> Booking {
    gallery::booking(slips)
}

/// The same with every text of people in Cyrillic letters.
fn foreign(state: State) -> State {
    let FiledBooking { booking, change, .. } = &state.filed;
    let booking = serde_json::from_value(rewritten(json!(booking))).unwrap();
    let change = serde_json::from_value(rewritten(json!(change))).unwrap();
    State { filed: FiledBooking { booking, change, ..state.filed }, ..state }
}

/// What people write in a booking.
const WRITTEN: [&str; 10] =
    ["reference", "name", "greeting", "phone", "address", "asset_type", "text", "label", "title", "note"];

fn rewritten(json: Value) -> Value {
    match json {
        Value::Array(items) => items.into_iter().map(rewritten).collect(),
        Value::Object(fields) => {
            let is_payment = fields.contains_key("amount_minor");
            let is_written = |name: &str| WRITTEN.contains(&name) || is_payment && name == "method";
            let rewritten = |(name, value): (String, Value)| match value {
                Value::String(text) if is_written(&name) => (name, json!(in_cyrillic(&text))),
                value => (name, rewritten(value)),
            };
            Value::Object(fields.into_iter().map(rewritten).collect())
        }
        other => other,
    }
}

/// Each Latin letter as one of Cyrillic.
fn in_cyrillic(text: &str) -> String {
    let letter =
        |c: char, a: char, first: char| char::from_u32(u32::from(first) + u32::from(c) - u32::from(a)).unwrap();
    text.chars()
        .map(|c| match c {
            'a'..='z' => letter(c, 'a', 'а'),
            'A'..='Z' => letter(c, 'A', 'А'),
            c => c,
        })
        .collect()
}
