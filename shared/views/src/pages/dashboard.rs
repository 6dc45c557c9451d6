//! The dashboard: what is on now, what comes, what was, its papers, and how to reach the business.

use jiff::Timestamp;
use maud::{Markup, html};
use portal_domain::{
    booking::{Booking, BookingStatus, DocumentKind},
    dashboard::Rows,
    sign_in::SignedIn,
};

use super::{
    news, parts,
    site::{Content, Page, Site},
};
use crate::{formatting, messages};

/// The first page a customer sees.
pub fn dashboard(site: &Site, customer: &SignedIn, rows: &Rows, now: Timestamp) -> Page {
    let all = || rows.active.iter().chain(&rows.past);
    let (under_way, upcoming): (Vec<_>, Vec<_>) = rows.active.iter().partition(|row| row.booking.status.is_under_way());
    let name = all().next().map(|row| messages::hello(&row.booking.customer.name.to_string()));
    let main = html! {
        main {
            h1 { (name.as_deref().unwrap_or(messages::YOUR_BOOKINGS)) }
            @for unreadable in &rows.unreadable { (news::unreadable(&unreadable.reference)) }
            @for row in &rows.active { (news::delivery(&row.booking, site, now)) }
            @for row in all() { (news::change(row, now)) }
            (news::balances(all()))
            @if !under_way.is_empty() {
                section aria-labelledby="now" {
                    h2 #now { (messages::NOW) }
                    @for row in under_way { (under_way_card(&row.booking, site, now)) }
                }
            }
            @if !upcoming.is_empty() {
                section aria-labelledby="upcoming" {
                    h2 #upcoming { (messages::UPCOMING) }
                    @for row in &upcoming { (upcoming_card(&row.booking, site, now)) }
                }
            }
            @if rows.active.is_empty() && rows.unreadable.is_empty() { (nothing_ahead(rows)) }
            @if !rows.past.is_empty() { (past(rows, &html! { h2 #past { (messages::PAST_RENTALS) } })) }
            (agreements(rows))
            (parts::contact(site, all().next().map(|row| row.booking.reference.as_str())))
        }
    };
    site.page(&Content { title: messages::YOUR_BOOKINGS, signed_in: Some(customer.masked_address()), main })
}

/// A further page of past rentals.
pub fn past_rentals(site: &Site, customer: &SignedIn, rows: &Rows) -> Page {
    let main = html! {
        main {
            p.back { a href="/" { (messages::BACK_TO_BOOKINGS) } }
            @for unreadable in &rows.unreadable { (news::unreadable(&unreadable.reference)) }
            (past(rows, &html! { h1 #past { (messages::PAST_RENTALS) } }))
            (agreements(rows))
            (parts::contact(site, None))
        }
    };
    site.page(&Content { title: messages::PAST_RENTALS, signed_in: Some(customer.masked_address()), main })
}

fn nothing_ahead(rows: &Rows) -> Markup {
    html! {
        div.card {
            @if rows.past.is_empty() {
                h2 { (messages::NO_BOOKINGS) }
                p { (messages::NO_BOOKINGS_HOW) }
            } @else {
                p { (messages::NO_ACTIVE_BOOKINGS) }
            }
        }
    }
}

fn under_way_card(booking: &Booking, site: &Site, now: Timestamp) -> Markup {
    let due = formatting::full(booking.ends_at, &booking.time_zone, now);
    let shop = booking.location.as_ref();
    html! {
        article.card {
            (parts::status(booking.status))
            h3 { (formatting::carts(&booking.carts)) }
            p.when {
                (if booking.status == BookingStatus::Overdue { messages::was_due(&due) } else { messages::return_by(&due) })
            }
            @if booking.status == BookingStatus::Overdue { p { (messages::OVERDUE_HOW) } }
            @if let Some(shop) = shop { p.soft { (formatting::shop(shop)) } }
            (reference_and_payment(booking))
            div.acts {
                (parts::view_booking(&booking.booking_id, &booking.reference))
                (parts::call_the_shop(shop, site))
                @if let Some(shop) = shop.filter(|shop| shop.address.is_some()) {
                    (parts::map(messages::DIRECTIONS, &formatting::shop(shop)))
                }
            }
        }
    }
}

fn upcoming_card(booking: &Booking, site: &Site, now: Timestamp) -> Markup {
    let fulfilment = &booking.fulfilment;
    html! {
        article.card {
            (parts::status(booking.status))
            h3 { (formatting::carts(&booking.carts)) }
            p.when { (formatting::span(booking.starts_at, booking.ends_at, &booking.time_zone, now)) }
            p.soft { (formatting::handover(fulfilment, booking.location.as_ref())) }
            @if let Some((from, to)) = fulfilment.window_start.zip(fulfilment.window_end) {
                p.soft { (formatting::span(from, to, &booking.time_zone, now)) }
            }
            (reference_and_payment(booking))
            div.acts {
                (parts::view_booking(&booking.booking_id, &booking.reference))
                (parts::add_to_calendar(&booking.booking_id))
                (parts::call_the_shop(booking.location.as_ref(), site))
            }
        }
    }
}

fn past(rows: &Rows, heading: &Markup) -> Markup {
    html! {
        section aria-labelledby="past" {
            (heading)
            div.card {
                @if rows.past.is_empty() { p { (messages::NO_MORE_PAST_RENTALS) } }
                @else { ul.rows { @for row in &rows.past { (past_row(&row.booking)) } } }
                @if let Some(cursor) = &rows.more {
                    div.acts { a.btn href={ "/?past=" (cursor.as_str()) } { (messages::SHOW_MORE) } }
                }
            }
        }
    }
}

fn past_row(booking: &Booking) -> Markup {
    let is_over = matches!(booking.status, BookingStatus::Closed | BookingStatus::Returned);
    let bills: Vec<_> = booking.documents.iter().filter(|document| document.kind != DocumentKind::Agreement).collect();
    html! {
        li {
            div {
                a href=(parts::booking_path(&booking.booking_id)) { (formatting::carts(&booking.carts)) }
                small {
                    (formatting::days(booking.starts_at, booking.ends_at, &booking.time_zone)) " · " span.whole { (booking.reference) }
                    @if let Some(price) = &booking.price { " · " (formatting::money(price.total_minor, price.currency)) }
                    @if !is_over { " · " (messages::status(booking.status)) }
                }
                @if is_over && bills.is_empty() { small { (messages::BILL_IN_PREPARATION) } }
            }
            @if !bills.is_empty() {
                div.files {
                    @for document in bills {
                        a href=(parts::document_path(&booking.booking_id, document))
                            aria-label={ (messages::document(document.kind)) " " (booking.reference) } {
                            (messages::document(document.kind))
                        }
                    }
                }
            }
        }
    }
}

fn agreements(rows: &Rows) -> Markup {
    let bookings = rows.active.iter().chain(&rows.past);
    let signed: Vec<_> = bookings
        .flat_map(|row| row.booking.documents.iter().map(move |document| (&row.booking, document)))
        .filter(|(_, document)| document.kind == DocumentKind::Agreement && document.signed_at.is_some())
        .collect();
    if signed.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="agreements" {
            h2 #agreements { (messages::RENTAL_AGREEMENTS) }
            div.card {
                ul.rows {
                    @for (booking, document) in signed {
                        li {
                            div {
                                (document.title) " " span.whole { (booking.reference) }
                                small { (parts::document_facts(document, &booking.time_zone)) }
                            }
                            div.files {
                                a href=(parts::document_path(&booking.booking_id, document))
                                    aria-label={ (messages::DOWNLOAD) " " (document.title) " " (booking.reference) } {
                                    (messages::DOWNLOAD)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn reference_and_payment(booking: &Booking) -> Markup {
    let payment = booking.price.as_ref().and_then(|price| {
        let balance = price.balance_minor()?;
        Some(if balance > 0 {
            messages::balance_due(&formatting::money(balance, price.currency))
        } else {
            messages::paid(&formatting::money(price.paid_minor, price.currency))
        })
    });
    html! { p.soft { (booking.reference) @if let Some(payment) = payment { " · " (payment) } } }
}
