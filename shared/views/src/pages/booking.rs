//! A booking's own page: what happens next, and everything about it.

use jiff::Timestamp;
use maud::{Markup, html};
use portal_domain::{
    booking::{Booking, Document, DocumentKind, InstructionStage},
    filed::UnreadableBooking,
    money::{Money, Paid, PaidKind, Price},
    sign_in::{OwnBooking, SignedIn},
    stage::{Balance, Stage},
};

use super::{
    icons::{icon, ride},
    inline,
    parts::{self, Button},
    site::{Content, Localized, Page, shared_zone},
    step, urls,
};
use crate::{
    calendar,
    formatting::{self, Times},
    next_step::{Action, Teller},
};

/// Everything about a booking, for its owner.
pub fn booking(view: &Localized<'_>, own: &OwnBooking, now: Timestamp) -> Page {
    let (m, booking) = (view.messages, own.booking());
    let teller = Teller::of_page(m, booking, now);
    let reference = booking.reference.to_string();
    let may_change = matches!(
        teller.step.stage,
        Stage::Pending | Stage::Ahead(_) | Stage::HandoverDay(_) | Stage::NotDelivered | Stage::WithYou(_)
    );
    let is_over = teller.step.stage == Stage::Over;
    let how_to_ask = if is_over { (m.left_something)(booking.carts.len()) } else { m.questions_how };
    let main = html! {
        (hero(view, &formatting::carts_title(&booking.carts, m), &subtitle(view, booking)))
        div.in { div.cols {
            div.cards {
                (next(view, &teller, own))
                @if let Some(stage) = teller.step.instruction { (notes(&teller, stage)) }
                (afterwards(view, &teller))
            }
            div.cards {
                (carts(view, booking))
                (documents(view, &teller))
                @if let Some(price) = &booking.price { (price_card(view, &teller, price)) }
                (parts::contact(view, how_to_ask, Some(booking)))
                @if may_change { (change_or_cancel(view, booking)) }
            }
        } }
    };
    view.page(Content {
        title: &reference,
        signed_in: Some(own.customer().masked_address()),
        zone: shared_zone(m, std::iter::once(&booking.time_zone), now),
        main,
    })
}

/// A booking of which nothing can be read but its reference, for its owner.
pub fn unreadable_booking(view: &Localized<'_>, customer: &SignedIn, booking: &UnreadableBooking) -> Page {
    let reference = booking.reference.to_string();
    let main = html! {
        (hero(view, &reference, &html! {}))
        div.in { div.cols {
            div.cards { (unreadable(view, &reference)) }
            (parts::contact(view, view.messages.questions_how, None))
        } }
    };
    view.page(Content { title: &reference, signed_in: Some(customer.masked_address()), zone: None, main })
}

/// A booking that cannot be shown: the business knows it by its reference.
pub(super) fn unreadable(view: &Localized<'_>, reference: &str) -> Markup {
    let (m, phone) = (view.messages, view.site.business.phone.as_str());
    html! {
        section.card.warn {
            div.head {
                p.tag { (icon("alert")) (m.please_call) }
                h2 { ((m.call_us_about)(reference)) }
                p { (m.cannot_show_everything) }
            }
            div.body { (parts::reach_buttons(view, phone, Some(reference))) }
        }
    }
}

fn hero(view: &Localized<'_>, title: &str, subtitle: &Markup) -> Markup {
    html! {
        div.hero {
            div.in {
                a.back href="/" { (icon("back")) (view.messages.all_bookings) }
                h1 { (title) }
                p { (subtitle) }
            }
            (ride())
        }
    }
}

/// `Cart #14, booking GCO-4821`
fn subtitle(view: &Localized<'_>, booking: &Booking) -> Markup {
    let (m, reference) = (view.messages, booking.reference.to_string());
    let told = match booking.carts.as_slice() {
        [cart] => (m.cart_and_booking)(&formatting::in_one_piece(&cart.name), &reference),
        _ => (m.booking)(&reference),
    };
    inline::with_whole(told, &reference)
}

fn next(view: &Localized<'_>, teller: &Teller<'_>, own: &OwnBooking) -> Markup {
    let booking = teller.booking;
    let told = step::with_change(teller, own.change(), teller.tell());
    let has_legs = matches!(teller.step.stage, Stage::Pending | Stage::Ahead(_) | Stage::Unclear);
    html! {
        section class={ "card lead " (told.tone.class().unwrap_or_default()) } aria-labelledby="next" {
            (step::head(&told, &html! { h2 #next { (told.headline) } }, &told.lines))
            div.body {
                (step::changes(teller, own.change()))
                (step::steps(teller, own.progress()))
                @if has_legs { (step::legs(teller)) }
                @if let Some(money) = &told.money { (step::money(money)) }
                @for line in &told.then { p { (line) } }
                div.acts {
                    @for (i, action) in told.actions.iter().enumerate() {
                        (parts::action(view, booking, action, i == 0))
                        @if *action == Action::AddToCalendar && teller.step.stage != Stage::Pending { (google_calendar(view, teller)) }
                    }
                }
            }
        }
    }
}

fn google_calendar(view: &Localized<'_>, teller: &Teller<'_>) -> Markup {
    let (m, booking) = (view.messages, teller.booking);
    let (href, reference) = (calendar::google(view, booking, teller.times.now), booking.reference.to_string());
    Button { href, icon: None, label: m.google_calendar, of: Some(&reference), is_wide: false, leaves: true }
        .render(m, false)
}

/// The business's notes that matter now.
fn notes(teller: &Teller<'_>, stage: InstructionStage) -> Markup {
    html! {
        @if let Some(notes) = step::notes(teller.booking, stage, usize::MAX) {
            section.card aria-labelledby="notes" {
                h2 #notes { (teller.notes_title(stage)) }
                div.body { (notes) }
            }
        }
    }
}

/// How the rental ends, from its first day on.
fn afterwards(view: &Localized<'_>, teller: &Teller<'_>) -> Markup {
    let (m, booking) = (view.messages, teller.booking);
    let comes = matches!(
        teller.step.stage,
        Stage::HandoverDay(_) | Stage::Unconfirmed(_) | Stage::NotDelivered | Stage::WithYou(_)
    );
    html! {
        @if comes {
            section.card aria-labelledby="then" {
                h2 #then { (m.how_it_ends) }
                div.body {
                    (step::legs(teller))
                    @if let Some(notes) = step::notes(booking, InstructionStage::Return, usize::MAX) {
                        h3 { (teller.notes_title(InstructionStage::Return)) }
                        (notes)
                    }
                }
            }
        }
    }
}

fn carts(view: &Localized<'_>, booking: &Booking) -> Markup {
    let m = view.messages;
    html! {
        section.card aria-labelledby="carts" {
            h2 #carts { ((m.your_carts)(booking.carts.len())) }
            div.body {
                ul.rows {
                    @for kind in formatting::kinds(&booking.carts) {
                        @let seats = if kind.names.len() == 1 { m.seats } else { m.seats_each };
                        li { div.what {
                            b { (kind.counted()) }
                            p.facts { span { (kind.named(m)) @if let Some(count) = kind.seats { ", " (seats(count)) } } }
                        } }
                    }
                }
                @if !booking.add_ons.is_empty() {
                    p {
                        b { (m.extras) ":" } " "
                        @for (i, add_on) in booking.add_ons.iter().enumerate() {
                            @if i > 0 { ", " }
                            (add_on.name) "\u{a0}×\u{a0}" (add_on.quantity)
                        }
                    }
                }
            }
        }
    }
}

fn documents(view: &Localized<'_>, teller: &Teller<'_>) -> Markup {
    let (m, booking) = (view.messages, teller.booking);
    let comes_to_nothing = matches!(teller.step.stage, Stage::Cancelled | Stage::NotPickedUp);
    let what_else = match teller.step.stage {
        _ if comes_to_nothing && booking.documents.is_empty() => Some(m.no_documents),
        Stage::Over if !has_bill(booking) => Some(m.no_bills),
        Stage::Over | Stage::Cancelled | Stage::NotPickedUp => None,
        _ => Some(m.new_documents),
    };
    html! {
        section.card aria-labelledby="documents" {
            h2 #documents { (m.documents) }
            div.body {
                @if !booking.documents.is_empty() {
                    ul.rows {
                        @for document in &booking.documents {
                            li {
                                div.what {
                                    a href=(urls::document_path(&booking.booking_id, document)) {
                                        (icon("doc")) (document_name(view, booking, document))
                                    }
                                    p.facts {
                                        span { (parts::document_date(&teller.times, document)) }
                                        span { (m.pdf) ", " (formatting::size(document.file.size_bytes)) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if let Some(what_else) = what_else { p.soft { (what_else) } }
            }
        }
    }
}

fn document_name(view: &Localized<'_>, booking: &Booking, document: &Document) -> String {
    let is_one_of_several = booking.documents.iter().filter(|other| other.kind == document.kind).count() > 1;
    match document.kind {
        DocumentKind::Agreement | DocumentKind::Unknown => document.title.to_string(),
        _ if is_one_of_several => document.title.to_string(),
        kind => (view.messages.document)(kind).to_owned(),
    }
}

/// Whether a booking has an invoice or a receipt.
pub(super) fn has_bill(booking: &Booking) -> bool {
    booking.documents.iter().any(|document| matches!(document.kind, DocumentKind::Invoice | DocumentKind::Receipt))
}

fn price_card(view: &Localized<'_>, teller: &Teller<'_>, price: &Price) -> Markup {
    let m = view.messages;
    let money = |amount_minor| (m.money)(Money { amount_minor, currency: price.currency });
    let balance = match teller.step.balance {
        Balance::Due(balance) => Some((m.balance_due, balance)),
        Balance::Credit(balance) => Some((m.credit, balance)),
        Balance::RefundDue(balance) => Some((m.refund_due, balance)),
        Balance::Settled | Balance::Unknown => None,
    };
    let sign = |paid: &Paid| match paid.kind {
        PaidKind::Payment => 1,
        PaidKind::Refund => -1,
        PaidKind::DepositHeld | PaidKind::DepositReleased | PaidKind::Unknown => 0,
    };
    let listed = &teller.booking.payments;
    let sum = listed.iter().fold(0_i64, |sum, paid| sum.saturating_add(paid.amount_minor.saturating_mul(sign(paid))));
    // Else what was paid is told as one.
    let is_itemised = sum == price.paid_minor && listed.iter().any(|paid| sign(paid) != 0);
    let payments: Vec<(String, String)> = listed
        .iter()
        .filter(|paid| is_itemised || sign(paid) == 0)
        .filter_map(|paid| payment(&teller.times, paid, money))
        .collect();
    html! {
        section.card aria-labelledby="price" {
            h2 #price { (m.price) }
            div.body {
                table { tbody {
                    @for line in &price.lines { tr { th scope="row" { (line.label) } td { (money(line.amount_minor)) } } }
                    tr.sum { th scope="row" { (m.total) } td { (money(price.total_minor)) } }
                    @if !is_itemised { tr { th scope="row" { (m.paid) } td { (money(price.paid_minor)) } } }
                    @for (label, amount) in &payments { tr { th scope="row" { (label) } td { (amount) } } }
                    @if let Some((label, balance)) = balance { tr.sum { th scope="row" { (label) } td { ((m.money)(balance)) } } }
                } }
                @if teller.step.balance == Balance::Settled && price.paid_minor > 0 && !teller.is_cancelled() {
                    p { (m.paid_in_full) }
                }
            }
        }
    }
}

/// A payment as a row: what it was, and how much.
fn payment(times: &Times<'_>, paid: &Paid, money: impl Fn(i64) -> String) -> Option<(String, String)> {
    let m = times.messages;
    let method = paid.method.as_ref().map(ToString::to_string);
    let method = method.as_deref().map(|method| (m.payment_method)(method).unwrap_or(method));
    let (label, amount_minor) = match paid.kind {
        PaidKind::Payment => (m.paid_on, paid.amount_minor),
        PaidKind::Refund => (m.refunded_on, paid.amount_minor.saturating_neg()),
        PaidKind::DepositHeld => (m.deposit_held_on, paid.amount_minor),
        PaidKind::DepositReleased => (m.deposit_released_on, paid.amount_minor.saturating_neg()),
        PaidKind::Unknown => return None,
    };
    Some((label(&times.date(paid.at), method), money(amount_minor)))
}

fn change_or_cancel(view: &Localized<'_>, booking: &Booking) -> Markup {
    let m = view.messages;
    let reference = booking.reference.to_string();
    let phone = view.phone_of(booking);
    html! {
        section.card.ask aria-labelledby="change" {
            h2 #change { (m.change_or_cancel) }
            div.body {
                p { (inline::with_whole((m.change_or_cancel_how)(&reference), &reference)) }
                p.files {
                    (inline::phone_link(phone, &formatting::phone(phone)))
                    a href=(urls::mailto(view.site.business.email.as_str(), Some(&(m.change_subject)(&reference)))) {
                        (icon("mail")) (m.email_us)
                    }
                }
            }
        }
    }
}
