//! Pieces that several pages show.

use jiff::Timestamp;
use maud::{Markup, html};

use super::Site;
use crate::{
    booking::{BookingId, Cart, Delivery, DeliveryStatus, Document, Fulfilment, FulfilmentMethod, Location, Zone},
    show, words,
};

/// The carts in one line, by kind and name: `6-Seater Premium · Cart #14`, or
/// `4-Seater Standard × 2 · Cart #3, Cart #9`.
pub(super) fn carts(carts: &[Cart]) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for cart in carts {
        match kinds.iter_mut().find(|(kind, _)| *kind == cart.asset_type.as_str()) {
            Some((_, names)) => names.push(cart.name.as_str()),
            None => kinds.push((cart.asset_type.as_str(), vec![cart.name.as_str()])),
        }
    }
    let line = |(kind, names): (&str, Vec<&str>)| match names.len() {
        1 => format!("{kind} · {}", names.join(", ")),
        count => format!("{kind} × {count} · {}", names.join(", ")),
    };
    kinds.into_iter().map(line).collect::<Vec<_>>().join("; ")
}

/// Where and when the carts change hands.
pub(super) fn handover(fulfilment: &Fulfilment, location: Option<&Location>, zone: &Zone, now: Timestamp) -> Markup {
    let window = fulfilment.window_start.zip(fulfilment.window_end);
    html! {
        @match fulfilment.method {
            FulfilmentMethod::Delivery => {
                p.soft {
                    "Delivery"
                    @if let Some(address) = &fulfilment.address { " to " (address) }
                    @if let Some((from, to)) = window { ", " (show::span(from, to, zone, now)) }
                }
            }
            FulfilmentMethod::Pickup => {
                p.soft {
                    "Pick-up"
                    @if let Some(location) = location {
                        " at " (location.name)
                        @if let Some(address) = &location.address { ", " (address) }
                    }
                    @if let Some((from, to)) = window { ", " (show::span(from, to, zone, now)) }
                }
            }
        }
    }
}

/// A delivery under way, with its live tracking link and how old that news is.
pub(super) fn delivery(
    delivery: Option<&Delivery>,
    cart_names: &str,
    address: Option<&str>,
    zone: &Zone,
    site: &Site,
    now: Timestamp,
) -> Markup {
    let Some(delivery) = delivery else { return html! {} };
    match delivery.status {
        DeliveryStatus::OnTheWay => html! {
            section.note.go role="status" {
                h2 { (words::ON_ITS_WAY) }
                p { (cart_names) }
                @if let Some(eta) = delivery.eta { p { (words::arriving_about(&show::clock(eta, zone))) } }
                @if let Some(address) = address { p { (address) } }
                p { (words::updated(&show::ago(delivery.updated_at, now))) }
                div.acts {
                    @match &delivery.tracking_url {
                        Some(url) => {
                            a.btn.main href=(url) target="_blank" rel="noopener noreferrer" { (words::TRACK_YOUR_DELIVERY) }
                        }
                        None => (call(&site.business.phone)),
                    }
                }
            }
        },
        DeliveryStatus::Failed => html! {
            section.note role="status" {
                h2 { (words::delivery(delivery.status)) }
                div.acts { (call(&site.business.phone)) }
            }
        },
        DeliveryStatus::Scheduled | DeliveryStatus::Delivered => html! {},
    }
}

/// A button that calls.
pub(super) fn call(phone: &str) -> Markup {
    html! { a.btn href=(telephone(phone)) { (phone) } }
}

/// A button that calls the shop of a booking, or the business.
pub(super) fn call_the_shop(location: Option<&Location>, site: &Site) -> Markup {
    let phone =
        location.and_then(|location| location.phone.as_ref()).map_or(site.business.phone.as_str(), |p| p.as_str());
    html! { a.btn href=(telephone(phone)) { (words::CALL_THE_SHOP) } }
}

/// RFC 3966: digits, and a plus for an international number.
fn telephone(phone: &str) -> String {
    let number: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    format!("tel:{number}")
}

/// How to reach the business.
pub(super) fn contact(site: &Site, reference: Option<&str>) -> Markup {
    let email = site.business.email.as_str();
    let subject = reference.map(|reference| {
        let query: String = form_urlencoded::byte_serialize(reference.as_bytes()).collect();
        format!("?subject={}", query.replace('+', "%20"))
    });
    html! {
        section aria-labelledby="contact" {
            h2 #contact { (words::QUESTIONS) }
            div.card {
                p { (words::QUESTIONS_HOW) }
                div.acts {
                    (call(&site.business.phone))
                    a.btn href={ "mailto:" (email) (subject.unwrap_or_default()) } { (email) }
                }
            }
        }
    }
}

/// The path of a booking's own page.
pub(super) fn booking_path(booking: &BookingId) -> String {
    format!("/bookings/{booking}")
}

/// The path that downloads a document.
pub(super) fn document_path(booking: &BookingId, document: &Document) -> String {
    format!("/bookings/{booking}/documents/{}", document.document_id)
}

/// When a document was signed or issued, and how large it is.
pub(super) fn document_facts(document: &Document, zone: &Zone) -> String {
    let (what, when) = match document.signed_at {
        Some(signed_at) => ("Signed", signed_at),
        None => ("Issued", document.issued_at),
    };
    format!("{what} {} · PDF, {}", show::day(when, zone), show::size(document.file.size_bytes))
}
