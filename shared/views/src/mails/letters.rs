//! The two mails of the portal. Text and HTML are made from the same blocks.

use jiff::Timestamp;
use portal_domain::{
    booking::{Booking, InstructionStage},
    config::PortalUrl,
    customer::EmailAddress,
    letter::Letter,
    link::LinkToken,
    money::Money,
    stage::{self, Balance, Place, Stage},
    text::{Isolated, Text},
};

use super::{
    layout::{self, Block},
    letterhead::Letterhead,
    unlinked::unlinked,
};
use crate::{
    formatting::{self, Kind, one_line},
    greeting,
    messages::{Messages, sentence},
    next_step::Teller,
};

/// The longest text of a booking in a mail, in characters; with these bounds no mail reaches 40 kB.
const LONGEST: usize = 120;

/// The longest address or note.
const LONGEST_WHOLE: usize = 500;

/// The longest name of a cart, of which [`MOST`] stand on a line.
const LONGEST_NAME: usize = 60;

/// Names of carts, extras and notes that a mail holds.
const MOST: usize = 10;

/// Where the button of a mail leads.
#[derive(Clone, Copy)]
pub enum LeadsTo<'a> {
    /// To a link, which signs in.
    Link(&'a LinkToken),
    /// To the form that asks for a link: of a preview, which signs nobody in.
    Form,
}

/// The mail that carries a link someone asked for.
pub fn sign_in(head: &Letterhead<'_>, to: EmailAddress, leads_to: LeadsTo<'_>) -> Letter {
    let (m, business) = (head.messages, head.business);
    let lead = (m.sign_in_lead)(&business.name);
    let url = url(head.portal, leads_to);
    let blocks = [
        Block::Heading(m.open_your_bookings.into()),
        Block::Paragraph(lead.clone()),
        Block::Button { label: m.view_your_bookings, url: url.clone() },
        Block::Plain { lasts: m.link_lasts, copy: m.copy_this_address, url },
        Block::Paragraph(m.you_did_not_ask.into()),
        contact(m, business.phone.clone(), None),
    ];
    letter(head, to, (m.sign_in_subject)(&business.name), &lead, &blocks)
}

/// The mail that confirms a booking.
pub fn confirmation(head: &Letterhead<'_>, booking: &Booking, leads_to: LeadsTo<'_>, now: Timestamp) -> Letter {
    let m = head.messages;
    let teller = Teller::of_mail(m, booking, now);
    let reference = short(&booking.reference);
    let name = greeting::name(&booking.customer).map(short);
    // A booking system may ask for the mail before it has agreed.
    let is_pending = teller.step.stage == Stage::Pending;
    let plan = teller.plan().filter(|_| !is_pending).map(sentence);
    let first = if is_pending { (m.pending_lead)(&reference) } else { (m.confirmation_lead)(&reference) };
    let heading = if is_pending { teller.tell().headline } else { (m.you_are_booked)(name.as_deref()) };
    let lead: Vec<String> = std::iter::once(first).chain(plan.clone()).collect();
    let url = url(head.portal, leads_to);
    let mut blocks = vec![
        Block::Heading(heading),
        Block::Paragraph(lead.join(" ")),
        Block::Rows(rows(&teller)),
        Block::Button { label: m.view_your_booking, url: url.clone() },
        Block::Fine(m.all_in_one_place.into()),
    ];
    blocks.extend(notes(&teller));
    blocks.extend(money(&teller));
    let (phone, shop) = phone_and_shop(head, booking);
    blocks.push(contact(m, phone, shop));
    blocks.push(Block::Plain { lasts: m.link_lasts, copy: m.copy_this_address, url });
    let subject = if is_pending { m.pending_subject } else { m.confirmation_subject };
    let subject = subject(&reference, &head.business.name);
    let preheader = plan.unwrap_or_else(|| lead.join(" "));
    letter(head, booking.customer.email.clone(), subject, &preheader, &blocks)
}

/// Both ends of the rental, the carts, and what comes with them.
fn rows(teller: &Teller<'_>) -> Vec<(String, Vec<String>)> {
    let (m, times, booking) = (teller.messages, &teller.times, teller.booking);
    let (from, to) = (stage::handover_place(booking), stage::return_place(booking));
    let handover = std::iter::once(times.row(stage::planned_handover(booking))).chain(from.into_iter().flat_map(place));
    let back = if to.is_some() && to == from {
        vec![m.at_the_same_address.to_owned()]
    } else if booking.way_back.is_none() {
        vec![(m.how_to_return)(booking.carts.len()).to_owned()]
    } else {
        to.into_iter().flat_map(place).collect()
    };
    let back = std::iter::once(times.row(stage::planned_return(booking))).chain(back);
    let mut rows = vec![
        (teller.handover_label().to_owned(), handover.collect()),
        (teller.return_label().to_owned(), back.collect()),
        ((m.your_carts)(booking.carts.len()).to_owned(), carts(m, booking)),
    ];
    if !booking.add_ons.is_empty() {
        let extras = booking.add_ons.iter().take(MOST);
        let extras = extras.map(|add_on| format!("{}\u{a0}×\u{a0}{}", short(&add_on.name), add_on.quantity));
        rows.push((m.extras.to_owned(), extras.chain(and_more(m, booking.add_ons.len())).collect()));
    }
    rows
}

fn place(place: Place<'_>) -> Vec<String> {
    match place {
        Place::Address(address) => vec![whole(address)],
        Place::Shop(shop) => std::iter::once(short(&shop.name)).chain(shop.address.as_ref().map(whole)).collect(),
    }
}

fn carts(m: &Messages, booking: &Booking) -> Vec<String> {
    let kinds = formatting::kinds(&booking.carts);
    let line = |kind: &Kind<'_>| {
        let names: Vec<String> = kind.names.iter().take(MOST).map(|name| shown(name, LONGEST_NAME)).collect();
        let seats = if kind.names.len() == 1 { m.seats } else { m.seats_each };
        let names = (m.list)(&names, kind.names.len().saturating_sub(MOST));
        let names = std::iter::once(names).chain(kind.seats.map(seats));
        let kind = match kind.names.len() {
            1 => short(kind.asset_type),
            count => format!("{}\u{a0}×\u{a0}{count}", short(kind.asset_type)),
        };
        [kind, names.collect::<Vec<_>>().join(", ")]
    };
    kinds.iter().take(MOST).flat_map(line).chain(and_more(m, kinds.len())).collect()
}

/// Says how many of a list are not told.
fn and_more(m: &Messages, count: usize) -> Option<String> {
    (count > MOST).then(|| (m.and_more)(count - MOST))
}

/// What the business wants known before the rental.
fn notes(teller: &Teller<'_>) -> Option<Block> {
    let booking = teller.booking;
    let notes = booking.instructions.iter().filter(|note| note.stage == InstructionStage::Before);
    let notes: Vec<String> = notes.map(|note| whole(&note.text)).collect();
    let title = teller.notes_title(InstructionStage::Before);
    (!notes.is_empty()).then(|| Block::Tips(title.to_owned(), notes))
}

/// What it costs, and what is still to be paid.
fn money(teller: &Teller<'_>) -> Vec<Block> {
    let (m, booking) = (teller.messages, teller.booking);
    let Some(price) = &booking.price else { return Vec::new() };
    let amount = |amount_minor| (m.money)(Money { amount_minor, currency: price.currency });
    let mut rows = vec![(m.total.to_owned(), amount(price.total_minor))];
    if price.paid_minor != 0 {
        rows.push((m.paid.to_owned(), amount(price.paid_minor)));
    }
    let due = match teller.step.balance {
        Balance::Due(balance) => Some((m.money)(balance)),
        _ => None,
    };
    let sums = Block::Sums { heading: m.price.to_owned(), rows, is_last_strong: false };
    let Some(due) = due else { return vec![sums] };
    let payment = booking.payment.as_ref();
    let note = payment.and_then(|payment| payment.note.as_ref()).map(whole);
    let pay = payment.and_then(|payment| payment.url.clone()).map(|url| ((m.pay)(&due), url));
    let how = note.or_else(|| pay.is_none().then(|| m.call_us_to_pay.to_owned()));
    vec![sums, Block::Due { amount: (m.balance_due_is)(&due), how, pay }]
}

/// The number to call, which is the shop's where it can be dialled, and the shop with its number where that is another.
fn phone_and_shop(head: &Letterhead<'_>, booking: &Booking) -> (String, Option<String>) {
    let number = formatting::phone_to_call(head.business, booking);
    let shop = booking.location.as_ref().and_then(|location| Some((location, location.phone.as_ref()?)));
    let shop = shop.filter(|(_, phone)| phone.as_str() != number);
    (number.to_owned(), shop.map(|(location, phone)| format!("{}: {}", short(&location.name), short(phone))))
}

fn contact(m: &Messages, phone: String, shop: Option<String>) -> Block {
    Block::Contact { heading: m.questions.to_owned(), how: m.call_or_reply.to_owned(), phone, shop }
}

/// A text of the booking system as mails show it: on one line, not too long, no link in any mail program, and with
/// right-to-left writing isolated, so that it turns nothing that follows.
fn short(text: &Text) -> String {
    shown(text, LONGEST)
}

/// The same for what must be there in full, such as an address.
fn whole(text: &Text) -> String {
    shown(text, LONGEST_WHOLE)
}

fn shown(text: &Text, longest: usize) -> String {
    let line = one_line(text);
    let mut short: String = line.chars().take(longest).collect();
    if line.chars().count() > longest {
        short.push('…');
    }
    Isolated(&unlinked(&short)).to_string()
}

fn url(portal: &PortalUrl, leads_to: LeadsTo<'_>) -> String {
    match leads_to {
        LeadsTo::Link(token) => portal.to(&format!("/link/{}", token.reveal())),
        LeadsTo::Form => portal.to("/sign-in"),
    }
}

fn letter(head: &Letterhead<'_>, to: EmailAddress, subject: String, preheader: &str, blocks: &[Block]) -> Letter {
    Letter {
        to,
        text: layout::text(head, blocks),
        html: layout::html(head, &subject, preheader, blocks),
        subject: subject.chars().filter(|c| !c.is_control()).collect(),
    }
}
