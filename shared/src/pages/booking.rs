//! A booking's own page: everything about it.

use jiff::Timestamp;
use lambda_http::{Body, Response, http::StatusCode};
use maud::{Markup, html};

use super::{Page, Site, parts};
use crate::{
    booking::{Booking, Document, DocumentKind, Price, Text},
    show,
    sign_in::SignIn,
    words,
};

/// Everything about a booking.
pub fn booking(site: &Site, customer: &SignIn, booking: &Booking, now: Timestamp) -> Response<Body> {
    let zone = &booking.time_zone;
    let destination = booking.fulfilment.address.as_ref().map(Text::as_str);
    let main = html! {
        main {
            p { a href="/" { (words::BACK_TO_BOOKINGS) } }
            h1 { (parts::carts(&booking.carts)) }
            @if booking.status.is_active() {
                (parts::delivery(booking.delivery.as_ref(), &parts::carts(&booking.carts), destination, zone, site, now))
            }
            div.card {
                span.tag.off[!booking.status.is_active()] { (words::status(booking.status)) }
                p.soft { (words::REFERENCE) " " (booking.reference) }
                p.when { (show::span(booking.starts_at, booking.ends_at, zone, now)) }
                (parts::handover(&booking.fulfilment, booking.location.as_ref(), zone, now))
                @if let Some(delivery) = &booking.delivery { p.soft { (words::delivery(delivery.status)) } }
                div.acts {
                    (parts::call_the_shop(booking.location.as_ref(), site))
                    a.btn href={ (parts::booking_path(&booking.booking_id)) "/calendar.ics" } { (words::ADD_TO_CALENDAR) }
                }
            }
            section aria-labelledby="carts" {
                h2 #carts { (words::CARTS) }
                div.card { ul.rows {
                    @for cart in &booking.carts {
                        li { div {
                            (cart.asset_type)
                            small {
                                (cart.name) @if let Some(seats) = cart.seats { " · " (seats) " seats" }
                            }
                        } }
                    }
                } }
            }
            @if !booking.add_ons.is_empty() {
                section aria-labelledby="add-ons" {
                    h2 #add-ons { (words::ADD_ONS) }
                    div.card { ul.rows {
                        @for add_on in &booking.add_ons { li { div { (add_on.name) " × " (add_on.quantity) } } }
                    } }
                }
            }
            @if let Some(price) = &booking.price { (price_table(price)) }
            section aria-labelledby="documents" {
                h2 #documents { (words::DOCUMENTS) }
                div.card {
                    @if booking.documents.is_empty() { p { (words::NO_DOCUMENTS) } }
                    @else { ul.rows { @for document in &booking.documents { (document_row(booking, document)) } } }
                }
            }
            (parts::contact(site, Some(booking.reference.as_str())))
        }
    };
    let title = booking.reference.as_str();
    site.page(StatusCode::OK, &Page { title, signed_in: Some(&customer.masked_address), main })
}

fn price_table(price: &Price) -> Markup {
    let balance = price.balance_minor();
    html! {
        section aria-labelledby="price" {
            h2 #price { (words::PRICE) }
            div.card {
                table.sum {
                    @for line in &price.lines {
                        tr { th scope="row" { (line.label) } td { (show::money(line.amount_minor, price.currency)) } }
                    }
                    tr.strong { th scope="row" { (words::TOTAL) } td { (show::money(price.total_minor, price.currency)) } }
                    tr { th scope="row" { (words::PAID) } td { (show::money(price.paid_minor, price.currency)) } }
                    @if balance > 0 {
                        tr.strong { th scope="row" { (words::BALANCE_DUE) } td { (show::money(balance, price.currency)) } }
                    }
                }
            }
        }
    }
}

fn document_row(booking: &Booking, document: &Document) -> Markup {
    let kind =
        if document.kind == DocumentKind::Agreement { document.title.as_str() } else { words::document(document.kind) };
    html! {
        li {
            div { (kind) small { (parts::document_facts(document, &booking.time_zone)) } }
            a href=(parts::document_path(&booking.booking_id, document)) aria-label={ (words::DOWNLOAD) " " (kind) } {
                (words::DOWNLOAD)
            }
        }
    }
}
