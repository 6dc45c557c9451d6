//! The dashboard: what is on now, what comes, what was, its papers, and how to reach the business.

use jiff::Timestamp;
use lambda_http::{Body, Response, http::StatusCode};
use maud::{Markup, html};

use super::{Page, Site, parts};
use crate::{
    booking::{BookingRow, BookingStatus, DocumentKind, Text},
    show,
    sign_in::SignIn,
    store::Rows,
    words,
};

/// The first page a customer sees.
pub fn dashboard(site: &Site, customer: &SignIn, rows: &Rows, now: Timestamp) -> Response<Body> {
    let (under_way, upcoming): (Vec<_>, Vec<_>) = rows.active.iter().partition(|row| row.status.is_under_way());
    let name = rows.active.first().or(rows.past.first()).map(|row| words::hello(row.customer.name.as_str()));
    let title = name.as_deref().unwrap_or(words::YOUR_BOOKINGS);
    let main = html! {
        main {
            h1 { (title) }
            @for row in &rows.active {
                (parts::delivery(row.delivery.as_ref(), &parts::carts(&row.carts), destination(row), &row.time_zone, site, now))
            }
            @if !under_way.is_empty() {
                section aria-labelledby="now" {
                    h2 #now { (words::NOW) }
                    @for row in under_way { (under_way_card(row, site, now)) }
                }
            }
            section aria-labelledby="upcoming" {
                h2 #upcoming { (words::UPCOMING) }
                @for row in &upcoming { (upcoming_card(row, site, now)) }
                @if upcoming.is_empty() {
                    div.card { p { (if rows.past.is_empty() && rows.active.is_empty() { words::NO_BOOKINGS } else { words::NO_ACTIVE_BOOKINGS }) } }
                }
            }
            (past(rows))
            (agreements(rows))
            (parts::contact(site, rows.active.first().map(|row| row.reference.as_str())))
        }
    };
    site.page(StatusCode::OK, &Page { title: words::YOUR_BOOKINGS, signed_in: Some(&customer.masked_address), main })
}

/// A further page of past rentals.
pub fn past_rentals(site: &Site, customer: &SignIn, rows: &Rows) -> Response<Body> {
    let main = html! {
        main {
            h1 { (words::PAST_RENTALS) }
            (past(rows))
            (agreements(rows))
            p { a href="/" { (words::NEWEST) } }
            (parts::contact(site, None))
        }
    };
    site.page(StatusCode::OK, &Page { title: words::PAST_RENTALS, signed_in: Some(&customer.masked_address), main })
}

fn under_way_card(row: &BookingRow, site: &Site, now: Timestamp) -> Markup {
    let place = row.location.as_ref();
    html! {
        article.card {
            (status(row))
            h3 { (parts::carts(&row.carts)) }
            p.when { "Return by " (show::full(row.ends_at, &row.time_zone, now)) }
            @if let Some(place) = place {
                p.soft { (place.name) @if let Some(address) = &place.address { ", " (address) } }
            }
            p.soft { (row.reference) (balance(row)) }
            div.acts {
                a.btn.main href=(parts::booking_path(&row.booking_id)) { (words::VIEW_BOOKING) }
                (parts::call_the_shop(place, site))
            }
        }
    }
}

fn upcoming_card(row: &BookingRow, site: &Site, now: Timestamp) -> Markup {
    html! {
        article.card {
            (status(row))
            h3 { (parts::carts(&row.carts)) }
            p.when { (show::span(row.starts_at, row.ends_at, &row.time_zone, now)) }
            (parts::handover(&row.fulfilment, row.location.as_ref(), &row.time_zone, now))
            p.soft { (row.reference) (balance(row)) }
            div.acts {
                a.btn.main href=(parts::booking_path(&row.booking_id)) { (words::VIEW_BOOKING) }
                a.btn href={ (parts::booking_path(&row.booking_id)) "/calendar.ics" } { (words::ADD_TO_CALENDAR) }
                (parts::call_the_shop(row.location.as_ref(), site))
            }
        }
    }
}

fn past(rows: &Rows) -> Markup {
    if rows.past.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="past" {
            h2 #past { (words::PAST_RENTALS) }
            div.card {
                ul.rows {
                    @for row in &rows.past {
                        li {
                            div {
                                a href=(parts::booking_path(&row.booking_id)) { (parts::carts(&row.carts)) }
                                small {
                                    (show::days(row.starts_at, row.ends_at, &row.time_zone)) " · " (row.reference)
                                    @if let Some(price) = &row.price { " · " (show::money(price.total_minor, price.currency)) }
                                    @if !matches!(row.status, BookingStatus::Closed | BookingStatus::Returned) { " · " (words::status(row.status)) }
                                }
                            }
                            @for document in row.documents.iter().filter(|document| document.kind != DocumentKind::Agreement) {
                                a href=(parts::document_path(&row.booking_id, document))
                                    aria-label={ (words::document(document.kind)) " " (row.reference) } {
                                    (words::document(document.kind))
                                }
                            }
                        }
                    }
                }
                @if let Some(cursor) = &rows.more {
                    div.acts { a.btn href={ "/?past=" (cursor.as_str()) } { (words::SHOW_MORE) } }
                }
            }
        }
    }
}

fn agreements(rows: &Rows) -> Markup {
    let bookings = rows.active.iter().chain(&rows.past);
    let signed: Vec<_> = bookings
        .flat_map(|row| row.documents.iter().map(move |document| (row, document)))
        .filter(|(_, document)| document.kind == DocumentKind::Agreement && document.signed_at.is_some())
        .collect();
    if signed.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="agreements" {
            h2 #agreements { (words::RENTAL_AGREEMENTS) }
            div.card {
                ul.rows {
                    @for (row, document) in signed {
                        li {
                            div {
                                (document.title) " " (row.reference)
                                small { (parts::document_facts(document, &row.time_zone)) }
                            }
                            a href=(parts::document_path(&row.booking_id, document))
                                aria-label={ (words::DOWNLOAD) " " (document.title) " " (row.reference) } {
                                (words::DOWNLOAD)
                            }
                        }
                    }
                }
            }
        }
    }
}

fn status(row: &BookingRow) -> Markup {
    html! { span.tag.off[!row.status.is_active()] { (words::status(row.status)) } }
}

fn balance(row: &BookingRow) -> String {
    match &row.price {
        Some(price) if price.balance_minor() > 0 => {
            format!(" · {} {}", words::BALANCE_DUE, show::money(price.balance_minor(), price.currency))
        }
        Some(price) => format!(" · {} paid", show::money(price.paid_minor, price.currency)),
        None => String::new(),
    }
}

fn destination(row: &BookingRow) -> Option<&str> {
    row.fulfilment.address.as_ref().map(Text::as_str)
}
