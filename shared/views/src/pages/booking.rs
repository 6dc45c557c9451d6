//! A booking's own page: everything about it.

use jiff::Timestamp;
use maud::{Markup, html};
use portal_domain::{
    booking::{Booking, BookingStatus, Document, DocumentKind, FulfilmentMethod},
    filed::UnreadableBooking,
    money::Price,
    sign_in::{OwnBooking, SignedIn},
};

use super::{
    news, parts,
    site::{Content, Page, Site},
};
use crate::{formatting, messages};

/// Everything about a booking, for its owner.
pub fn booking(site: &Site, own: &OwnBooking, now: Timestamp) -> Page {
    let booking = own.booking();
    let reference = booking.reference.to_string();
    let main = html! {
        main {
            p.back { a href="/" { (messages::BACK_TO_BOOKINGS) } }
            h1 { (formatting::carts(&booking.carts)) }
            (news::status(booking.status))
            (news::delivery(booking, site, now))
            (facts(site, booking, now))
            section aria-labelledby="carts" {
                h2 #carts { (messages::CARTS) }
                div.card { ul.rows {
                    @for cart in &booking.carts {
                        li { div {
                            (cart.asset_type)
                            small { (cart.name) @if let Some(seats) = cart.seats { " · " (messages::seats(seats)) } }
                        } }
                    }
                } }
            }
            @if !booking.add_ons.is_empty() {
                section aria-labelledby="add-ons" {
                    h2 #add-ons { (messages::ADD_ONS) }
                    div.card { ul.rows {
                        @for add_on in &booking.add_ons { li { div { (add_on.name) " × " (add_on.quantity) } } }
                    } }
                }
            }
            @if let Some(price) = &booking.price { (price_table(price)) }
            (documents(booking))
            (parts::contact(site, Some(booking.reference.as_str())))
        }
    };
    site.page(&Content { title: &reference, signed_in: Some(own.customer().masked_address()), main })
}

/// A booking of which nothing can be read but its reference, for its owner.
pub fn unreadable_booking(site: &Site, customer: &SignedIn, booking: &UnreadableBooking) -> Page {
    let reference = booking.reference.to_string();
    let main = html! {
        main {
            p.back { a href="/" { (messages::BACK_TO_BOOKINGS) } }
            h1 { (reference) }
            (news::unreadable(&booking.reference))
            (parts::contact(site, Some(booking.reference.as_str())))
        }
    };
    site.page(&Content { title: &reference, signed_in: Some(customer.masked_address()), main })
}

fn facts(site: &Site, booking: &Booking, now: Timestamp) -> Markup {
    let zone = &booking.time_zone;
    let (fulfilment, location) = (&booking.fulfilment, booking.location.as_ref());
    let place = formatting::meeting_place(fulfilment, location);
    let (method, window) = match fulfilment.method {
        FulfilmentMethod::Delivery => (messages::DELIVERY, messages::DELIVERY_WINDOW),
        FulfilmentMethod::Pickup => (messages::PICKUP, messages::PICKUP_WINDOW),
        FulfilmentMethod::Unknown => (messages::HANDOVER, messages::HANDOVER_WINDOW),
    };
    html! {
        div.card {
            (parts::status(booking.status))
            p.when { (formatting::span(booking.starts_at, booking.ends_at, zone, now)) }
            dl {
                dt { (messages::REFERENCE) } dd { (booking.reference) }
                @if let Some(place) = &place { dt { (method) } dd { (place) } }
                @if let Some((from, to)) = fulfilment.window_start.zip(fulfilment.window_end) {
                    dt { (window) } dd { (formatting::span(from, to, zone, now)) }
                }
                @if let Some(delivery) = &booking.delivery {
                    dt { (messages::DELIVERY_STATUS) } dd { (messages::delivery(delivery.status)) }
                }
                @if let (FulfilmentMethod::Delivery, Some(shop)) = (fulfilment.method, location) {
                    dt { (messages::SHOP) } dd { (formatting::shop(shop)) }
                }
            }
            div.acts {
                @if booking.status.is_active() { (parts::add_to_calendar(&booking.booking_id)) }
                (parts::call_the_shop(location, site))
                @if let Some(place) = &place { (parts::map(messages::OPEN_MAP, place)) }
            }
        }
    }
}

fn price_table(price: &Price) -> Markup {
    let money = |amount_minor| formatting::money(amount_minor, price.currency);
    let balance = price.balance_minor();
    html! {
        section aria-labelledby="price" {
            h2 #price { (messages::PRICE) }
            div.card {
                table.sum {
                    @for line in &price.lines {
                        tr { th scope="row" { (line.label) } td { (money(line.amount_minor)) } }
                    }
                    tr.strong { th scope="row" { (messages::TOTAL) } td { (money(price.total_minor)) } }
                    tr { th scope="row" { (messages::PAID) } td { (money(price.paid_minor)) } }
                    @if let Some(balance @ 1..) = balance { tr.strong { th scope="row" { (messages::BALANCE_DUE) } td { (money(balance)) } } }
                    @if let Some(balance @ ..0) = balance {
                        tr.strong { th scope="row" { (messages::CREDIT) } td { (money(balance.saturating_neg())) } }
                    }
                }
            }
        }
    }
}

fn documents(booking: &Booking) -> Markup {
    let comes_to_nothing = matches!(booking.status, BookingStatus::Cancelled | BookingStatus::NoShow);
    html! {
        section aria-labelledby="documents" {
            h2 #documents { (messages::DOCUMENTS) }
            div.card {
                @if booking.documents.is_empty() {
                    p { (if comes_to_nothing { messages::NO_DOCUMENTS } else { messages::DOCUMENTS_IN_PREPARATION }) }
                } @else {
                    ul.rows { @for document in &booking.documents { (document_row(booking, document)) } }
                }
            }
        }
    }
}

fn document_row(booking: &Booking, document: &Document) -> Markup {
    let name = match document.kind {
        DocumentKind::Agreement => document.title.to_string(),
        kind => messages::document(kind).to_owned(),
    };
    html! {
        li {
            div { (name) small { (parts::document_facts(document, &booking.time_zone)) } }
            div.files {
                a href=(parts::document_path(&booking.booking_id, document)) aria-label={ (messages::DOWNLOAD) " " (name) } {
                    (messages::DOWNLOAD)
                }
            }
        }
    }
}
