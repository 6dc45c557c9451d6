//! The dashboard: a card for each booking that is on or to come, the most urgent first, and what was.

use jiff::Timestamp;
use maud::{Markup, html};
use portal_domain::{
    booking::{BookingStatus, DocumentKind, InstructionStage},
    dashboard::{BookingRow, Rows},
    money::Money,
    sign_in::SignedIn,
    stage::{self, Balance, Stage},
};

use super::{
    booking::{has_bill, unreadable},
    icons::{icon, ride},
    inline,
    parts::{self, Button},
    site::{Content, Localized, Page, shared_zone},
    step, urls,
};
use crate::{
    formatting, greeting,
    next_step::{Action, Teller},
};

/// The business's notes that a card shows.
const MOST_NOTES: usize = 2;

/// The first page a customer sees.
pub fn dashboard(view: &Localized<'_>, customer: &SignedIn, rows: &Rows, now: Timestamp) -> Page {
    let m = view.messages;
    let (cards, past): (Vec<_>, Vec<_>) =
        rows.active.iter().chain(&rows.past).partition(|row| row.booking.status.is_active() || is_news(row, now));
    let mut cards: Vec<(&BookingRow, Teller<'_>)> =
        cards.into_iter().map(|row| (row, Teller::of_page(m, &row.booking, now))).collect();
    cards.sort_by_key(|(row, teller)| (teller.step.urgency(is_changed(row, teller)), row.booking.starts_at));
    let all = || rows.active.iter().chain(&rows.past);
    let zone = shared_zone(m, all().map(|row| &row.booking.time_zone), now);
    let main = html! {
        (hero(view, rows, zone.is_some(), now))
        div.in {
            @if !rows.unreadable.is_empty() || !cards.is_empty() {
                div.cards.wide-first[cards.len() % 2 == 1] {
                    @for unread in &rows.unreadable { (unreadable(view, &unread.reference.to_string())) }
                    @for (i, (row, teller)) in cards.iter().enumerate() {
                        (card(view, i, row, teller, zone.is_none()))
                    }
                }
            }
            @if cards.is_empty() && rows.unreadable.is_empty() { (nothing_ahead(view, rows)) }
            div.cols {
                div.cards {
                    @if !past.is_empty() { (past_bookings(view, &past, rows, now, &html! { h2 #past { (m.past_bookings) } })) }
                    (agreements(view, rows, now))
                }
                (parts::contact(view, m.questions_how, cards.first().map(|(row, _)| &row.booking)))
            }
        }
    };
    view.page(Content { title: m.your_bookings, signed_in: Some(customer.masked_address()), zone, main })
}

/// A further page of past bookings.
pub fn past_rentals(view: &Localized<'_>, customer: &SignedIn, rows: &Rows, now: Timestamp) -> Page {
    let m = view.messages;
    let past: Vec<_> = rows.past.iter().collect();
    let main = html! {
        div.hero { div.in { a.back href="/" { (icon("back")) (m.all_bookings) } h1 { (m.past_bookings) } } (ride()) }
        div.in {
            @for unread in &rows.unreadable { (unreadable(view, &unread.reference.to_string())) }
            div.cols {
                div.cards {
                    (past_bookings(view, &past, rows, now, &html! { h2.sr #past { (m.past_bookings) } }))
                    (agreements(view, rows, now))
                }
                (parts::contact(view, m.questions_how, None))
            }
        }
    };
    let zone = shared_zone(m, rows.past.iter().map(|row| &row.booking.time_zone), now);
    view.page(Content { title: m.past_bookings, signed_in: Some(customer.masked_address()), zone, main })
}

/// Whether a booking that is not active has a card all the same: it was still to come, or is not paid for.
fn is_news(row: &BookingRow, now: Timestamp) -> bool {
    let booking = &row.booking;
    match booking.status {
        BookingStatus::Cancelled => now < booking.ends_at,
        BookingStatus::Returned => {
            matches!(stage::stage(booking, now).balance, Balance::Due(_))
        }
        BookingStatus::Unknown => now < booking.ends_at,
        _ => false,
    }
}

fn is_changed(row: &BookingRow, teller: &Teller<'_>) -> bool {
    teller.is_changed(row.change.as_ref()) || row.booking.status == BookingStatus::Cancelled
}

fn hero(view: &Localized<'_>, rows: &Rows, has_one_day: bool, now: Timestamp) -> Markup {
    let m = view.messages;
    let first = rows.active.iter().chain(&rows.past).next();
    let name = first.and_then(|row| greeting::name(&row.booking.customer));
    html! {
        div.hero {
            div.in {
                h1 { @match name { Some(name) => ((m.hello)(&name.to_string())), None => (m.your_bookings) } }
                @if let Some(row) = first.filter(|_| has_one_day) {
                    p { ((m.today_is)(&Teller::of_page(m, &row.booking, now).times.long_day(now))) }
                }
            }
            (ride())
        }
    }
}

fn nothing_ahead(view: &Localized<'_>, rows: &Rows) -> Markup {
    let m = view.messages;
    html! {
        @if rows.past.is_empty() {
            div.cards { section.card { div.body { h2 { (m.no_bookings) } p { (m.no_bookings_how) } } } }
        } @else {
            p.lone { (m.no_active_bookings) }
        }
    }
}

fn card(view: &Localized<'_>, i: usize, row: &BookingRow, teller: &Teller<'_>, names_zone: bool) -> Markup {
    let (m, booking) = (view.messages, &row.booking);
    let told = step::with_change(teller, row.change.as_ref(), teller.tell());
    let reference = booking.reference.to_string();
    let id = format!("b{}", i + 1);
    let lines: Vec<String> =
        std::iter::once(formatting::carts(&booking.carts, m)).chain(told.lines.iter().cloned()).collect();
    let has_legs = matches!(teller.step.stage, Stage::Pending | Stage::Ahead(_) | Stage::WithYou(_) | Stage::Unclear);
    let notes = matches!(teller.step.stage, Stage::WithYou(_))
        .then(|| step::notes(booking, InstructionStage::During, MOST_NOTES))
        .flatten();
    let view_booking = |is_main| {
        let href = urls::booking_path(&booking.booking_id);
        Button { href, icon: None, label: m.view_booking, of: Some(&reference), is_wide: false, leaves: false }
            .render(m, is_main)
    };
    let is_calm = step::is_calm(teller, &told);
    // A booking that is ahead offers these on its own page alone.
    let is_left_out = |action: &Action| {
        matches!(teller.step.stage, Stage::Ahead(_)) && matches!(action, Action::Call | Action::Directions(_))
    };
    html! {
        article class={ "card " (told.tone.class().unwrap_or_default()) @if i == 0 { " lead" } } aria-labelledby=(id) {
            (step::head(&told, &html! { h2 id=(id) { (told.headline) } }, &lines))
            div.body {
                (step::changes(teller, row.change.as_ref()))
                (step::steps(teller, &row.progress))
                @if has_legs { (step::legs(teller)) }
                @if let Some(notes) = notes { (notes) }
                @if let Some(money) = &told.money { (step::money(money)) }
                @for line in &told.then { p { (line) } }
                @if names_zone { p.soft { ((m.times_are)(&teller.times.zone())) } }
                div.acts {
                    @if is_calm { (view_booking(true)) }
                    @for (i, action) in told.actions.iter().filter(|action| !is_left_out(action)).enumerate() {
                        (parts::action(view, booking, action, i == 0 && !is_calm))
                    }
                    @if !is_calm { (view_booking(false)) }
                }
                p.foot {
                    span.soft { (inline::with_whole((m.booking)(&reference), &reference)) }
                    (parts::document_links(m, booking))
                }
            }
        }
    }
}

fn past_bookings(view: &Localized<'_>, past: &[&BookingRow], rows: &Rows, now: Timestamp, heading: &Markup) -> Markup {
    let m = view.messages;
    html! {
        section.card aria-labelledby="past" {
            (heading)
            div.body {
                @if past.is_empty() { p { (m.no_more_past_bookings) } }
                @else { ul.rows { @for row in past { (past_row(view, row, now)) } } }
                @if let Some(cursor) = &rows.more {
                    p.acts.more { a.btn href={ "/?past=" (cursor.as_str()) } { (m.show_more) } }
                }
            }
        }
    }
}

fn past_row(view: &Localized<'_>, row: &BookingRow, now: Timestamp) -> Markup {
    let (m, booking) = (view.messages, &row.booking);
    let teller = Teller::of_page(m, booking, now);
    let told = teller.tell();
    let is_over = teller.step.stage == Stage::Over;
    html! {
        li {
            div.what {
                a href=(urls::booking_path(&booking.booking_id)) {
                    (formatting::carts(&booking.carts, m)) span.sr { ", " (booking.reference) }
                }
                p.facts {
                    span { (teller.times.days(booking.starts_at, booking.ends_at)) }
                    span.whole { (booking.reference) }
                    @if let Some(price) = booking.price.as_ref().filter(|_| is_over) {
                        span { ((m.money)(Money { amount_minor: price.total_minor, currency: price.currency })) }
                    }
                    @if !is_over { span { (told.tag) } }
                }
                @if let Some(money) = &told.money { p { b { (money.amount) } @if let Some(how) = &money.how { " " (how) } } }
                @if is_over && !has_bill(booking) { p.soft { (m.no_bills) } }
            }
            @if !booking.documents.is_empty() { p.files { (parts::document_links(m, booking)) } }
        }
    }
}

/// The signed agreements, for who looks for one and not for a booking.
fn agreements(view: &Localized<'_>, rows: &Rows, now: Timestamp) -> Markup {
    let m = view.messages;
    let signed: Vec<_> = rows
        .active
        .iter()
        .chain(&rows.past)
        .flat_map(|row| row.booking.documents.iter().map(move |document| (&row.booking, document)))
        .filter(|(_, document)| document.kind == DocumentKind::Agreement && document.signed_at.is_some())
        .collect();
    html! {
        @if !signed.is_empty() {
            details.card {
                summary { h2 { (m.rental_agreements) } }
                div.body { ul.rows {
                    @for (booking, document) in signed {
                        @let times = Teller::of_page(m, booking, now).times;
                        li { div.what {
                            a href=(urls::document_path(&booking.booking_id, document)) {
                                (icon("doc")) (document.title) span.sr { " " (booking.reference) " (" (m.pdf) ")" }
                            }
                            p.facts {
                                span { (formatting::carts(&booking.carts, m)) }
                                span { (times.days(booking.starts_at, booking.ends_at)) }
                                span { (parts::document_date(&times, document)) }
                            }
                        } }
                    }
                } }
            }
        }
    }
}
