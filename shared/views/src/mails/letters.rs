//! The two mails of the portal. Text and HTML are made from the same blocks.

use jiff::Timestamp;
use portal_domain::{
    booking::{Booking, Cart, FulfilmentMethod},
    config::{Business, PortalUrl},
    customer::EmailAddress,
    letter::Letter,
    link::LinkToken,
    text::{Isolated, Text},
};

use super::{
    greeting::greeting,
    layout::{self, Block},
    unlinked::unlinked,
};
use crate::{formatting, messages};

/// The longest text of a booking in a mail, in characters: with it and [`MOST_CARTS`] no mail reaches 40 kB.
const LONGEST: usize = 120;

/// Carts that a mail names.
const MOST_CARTS: usize = 20;

/// The mail that carries a link someone asked for.
pub fn sign_in(business: &Business, portal: &PortalUrl, to: EmailAddress, token: &LinkToken) -> Letter {
    let lead = messages::sign_in_lead(&business.name);
    let blocks = [
        Block::Heading(messages::SIGN_IN.into()),
        Block::Paragraph(lead.clone()),
        Block::Button { label: messages::VIEW_YOUR_BOOKINGS, url: url(portal, token) },
        Block::Fine(messages::MAIL_LINK_LASTS.into()),
        Block::Fine(messages::MAIL_IGNORE.into()),
    ];
    letter(business, to, messages::sign_in_subject(&business.name), &lead, &blocks)
}

/// The mail that confirms a booking.
pub fn confirmation(
    business: &Business,
    portal: &PortalUrl,
    booking: &Booking,
    token: &LinkToken,
    now: Timestamp,
) -> Letter {
    let reference = short(&booking.reference);
    let lead = messages::confirmation_lead(&reference, &business.name);
    let preheader = format!("{lead} {}", formatting::span(booking.starts_at, booking.ends_at, &booking.time_zone, now));
    let blocks = [
        Block::Heading(greeting(&one_line(&booking.customer.name), &short(&booking.customer.name))),
        Block::Paragraph(lead),
        Block::Facts(facts(booking, &reference, now)),
        Block::Button { label: messages::VIEW_YOUR_BOOKING, url: url(portal, token) },
        Block::Fine(messages::MAIL_LINK_LASTS.into()),
        Block::Fine(messages::mail_questions(&business.phone)),
    ];
    let subject = messages::confirmation_subject(&reference, &business.name);
    letter(business, booking.customer.email.clone(), subject, &preheader, &blocks)
}

fn facts(booking: &Booking, reference: &str, now: Timestamp) -> Vec<(&'static str, Vec<String>)> {
    let zone = &booking.time_zone;
    let mut facts = vec![
        (messages::REFERENCE, vec![reference.to_owned()]),
        (messages::WHEN, vec![formatting::span(booking.starts_at, booking.ends_at, zone, now)]),
        (messages::CARTS, carts(&booking.carts)),
    ];
    let fulfilment = &booking.fulfilment;
    let mut place = match fulfilment.method {
        FulfilmentMethod::Delivery => {
            fulfilment.address.iter().map(|address| messages::delivery_to(&short(address))).collect()
        }
        FulfilmentMethod::Pickup => match &booking.location {
            Some(location) => {
                let mut lines = vec![messages::pickup_at(&short(&location.name))];
                lines.extend(location.address.iter().map(short));
                lines
            }
            None => vec![messages::PICKUP.to_owned()],
        },
        FulfilmentMethod::Unknown => vec![messages::HANDOVER_UNCLEAR.to_owned()],
    };
    let window = fulfilment.window_start.zip(fulfilment.window_end);
    place.extend(window.map(|(from, to)| formatting::span(from, to, zone, now)));
    facts.push((messages::WHERE, place));
    if let Some(price) = &booking.price {
        facts.push((messages::TOTAL, vec![formatting::money(price.total_minor, price.currency)]));
        if let Some(balance @ 1..) = price.balance_minor() {
            facts.push((messages::BALANCE_DUE, vec![formatting::money(balance, price.currency)]));
        }
    }
    facts
}

fn carts(carts: &[Cart]) -> Vec<String> {
    let named =
        carts.iter().take(MOST_CARTS).map(|cart| format!("{} · {}", short(&cart.asset_type), short(&cart.name)));
    let mut lines: Vec<String> = named.collect();
    if carts.len() > MOST_CARTS {
        lines.push(messages::mail_more_carts(carts.len() - MOST_CARTS));
    }
    lines
}

/// A text of the booking system as mails show it: on one line, not too long, no link in any mail program, and with
/// right-to-left writing isolated, so that it turns nothing that follows.
fn short(text: &Text) -> String {
    let line = one_line(text);
    let mut short: String = line.chars().take(LONGEST).collect();
    if line.chars().count() > LONGEST {
        short.push('…');
    }
    Isolated(&unlinked(&short)).to_string()
}

/// The words with one space between them, without what turns the direction of a text.
fn one_line(text: &Text) -> String {
    let turns =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.as_str().chars().filter(|c| !turns(*c)).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn url(portal: &PortalUrl, token: &LinkToken) -> String {
    portal.to(&format!("/link/{}", token.reveal()))
}

fn letter(business: &Business, to: EmailAddress, subject: String, preheader: &str, blocks: &[Block]) -> Letter {
    Letter {
        to,
        text: layout::text(business, blocks),
        html: layout::html(business, &subject, preheader, blocks),
        subject: subject.chars().filter(|c| !c.is_control()).collect(),
    }
}
