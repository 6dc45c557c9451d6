//! The two mails of the portal. Text and HTML are made from the same blocks.

use jiff::Timestamp;

use super::layout::{self, Block};
use crate::{
    booking::{Booking, FulfilmentMethod},
    config::{Business, PortalUrl},
    customer::EmailAddress,
    show,
    sign_in::LinkToken,
    words,
};

/// A mail, ready to be sent.
pub struct Letter {
    /// Whom it goes to.
    pub to: EmailAddress,
    /// One line.
    pub subject: String,
    /// For mail programs that show text.
    pub text: String,
    /// For all others.
    pub html: String,
}

/// The mail that carries a link someone asked for.
pub fn sign_in(business: &Business, portal: &PortalUrl, to: EmailAddress, link: &LinkToken) -> Letter {
    let lead = words::sign_in_lead(&business.name);
    let blocks = [
        Block::Heading(words::SIGN_IN.into()),
        Block::Paragraph(lead.clone()),
        Block::Button { label: words::VIEW_YOUR_BOOKINGS, url: url(portal, link) },
        Block::Fine(words::MAIL_LINK_LASTS.into()),
        Block::Fine(words::MAIL_IGNORE.into()),
    ];
    letter(business, to, words::sign_in_subject(&business.name), &lead, &blocks)
}

/// The mail that confirms a booking.
pub fn confirmation(
    business: &Business,
    portal: &PortalUrl,
    booking: &Booking,
    link: &LinkToken,
    now: Timestamp,
) -> Letter {
    let reference = booking.reference.as_str();
    let lead = words::confirmation_lead(reference, &business.name);
    let blocks = [
        Block::Heading(words::hello(booking.customer.name.as_str())),
        Block::Paragraph(lead.clone()),
        Block::Facts(facts(booking, now)),
        Block::Button { label: words::VIEW_YOUR_BOOKING, url: url(portal, link) },
        Block::Fine(words::MAIL_LINK_LASTS.into()),
    ];
    letter(
        business,
        booking.customer.email.clone(),
        words::confirmation_subject(reference, &business.name),
        &lead,
        &blocks,
    )
}

fn facts(booking: &Booking, now: Timestamp) -> Vec<(&'static str, String)> {
    let zone = &booking.time_zone;
    let mut facts = vec![
        (words::REFERENCE, booking.reference.to_string()),
        (words::WHEN, show::span(booking.starts_at, booking.ends_at, zone, now)),
    ];
    for cart in &booking.carts {
        facts.push((words::CARTS, format!("{} · {}", cart.asset_type, cart.name)));
    }
    let place = match booking.fulfilment.method {
        FulfilmentMethod::Delivery => {
            booking.fulfilment.address.as_ref().map(|address| format!("Delivery to {address}"))
        }
        FulfilmentMethod::Pickup => booking.location.as_ref().map(|location| match &location.address {
            Some(address) => format!("Pick-up at {}, {address}", location.name),
            None => format!("Pick-up at {}", location.name),
        }),
    };
    facts.extend(place.map(|place| (words::WHERE, place)));
    if let Some(price) = &booking.price {
        facts.push((words::TOTAL, show::money(price.total_minor, price.currency)));
        if price.balance_minor() > 0 {
            facts.push((words::BALANCE_DUE, show::money(price.balance_minor(), price.currency)));
        }
    }
    facts
}

fn url(portal: &PortalUrl, link: &LinkToken) -> String {
    portal.to(&format!("/link/{}", link.reveal()))
}

fn letter(business: &Business, to: EmailAddress, subject: String, preheader: &str, blocks: &[Block]) -> Letter {
    Letter {
        to,
        text: layout::text(business, blocks),
        html: layout::html(business, &subject, preheader, blocks),
        subject: subject.chars().filter(|c| !c.is_control()).collect(),
    }
}
