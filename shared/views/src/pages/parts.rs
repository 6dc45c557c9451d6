//! Pieces that several pages show.

use maud::{Markup, html};
use portal_domain::{
    booking::{Booking, Document, DocumentKind},
    phone,
};

use super::{
    icons::icon,
    inline::{mailbox, phone_link},
    site::Localized,
    urls::{calendar_path, document_path, mailto, map},
};
use crate::{
    formatting::{self, Times},
    messages::Messages,
    next_step::Action,
};

/// A button; the first of a card is its main one, and long labels have a line of their own.
pub(super) struct Button<'a> {
    pub(super) href: String,
    pub(super) icon: Option<&'static str>,
    pub(super) label: &'a str,
    /// What only a screen reader says, too: of which booking it is.
    pub(super) of: Option<&'a str>,
    pub(super) is_wide: bool,
    /// Whether it leads to somebody else's site.
    pub(super) leaves: bool,
}

impl Button<'_> {
    pub(super) fn render(&self, m: &Messages, is_main: bool) -> Markup {
        let (target, rel) = if self.leaves { (Some("_blank"), Some("noopener noreferrer")) } else { (None, None) };
        html! {
            a.btn.main[is_main].wide[self.is_wide] href=(self.href) target=[target] rel=[rel] {
                @if let Some(name) = self.icon { (icon(name)) }
                (self.label)
                @if self.leaves && self.is_wide { (icon("out")) }
                @if let Some(of) = self.of { span.sr { " " (of) } }
                @if self.leaves { span.sr { " " (m.opens_another_site) } }
            }
        }
    }
}

/// The button of an action.
pub(super) fn action(view: &Localized<'_>, booking: &Booking, action: &Action, is_main: bool) -> Markup {
    let m = view.messages;
    let reference = booking.reference.to_string();
    let call = (m.call)(&formatting::phone(view.phone_of(booking)));
    let pay;
    let (href, icon, label, is_wide, leaves): (_, _, &str, _, _) = match action {
        Action::Track(url) => (url.clone(), None, m.track, true, true),
        Action::Pay { url, amount } => {
            pay = (m.pay)(amount);
            (url.clone(), None, &pay, true, true)
        }
        Action::Call => match phone::dialable(view.phone_of(booking)) {
            Some(number) => (format!("tel:{number}"), Some("phone"), &call, true, false),
            None => return html! { p { (call) } },
        },
        Action::Directions(place) => (map(place), None, m.directions, is_main, true),
        Action::AddToCalendar => (calendar_path(&booking.booking_id), None, m.add_to_calendar, false, false),
    };
    Button { href, icon, label, of: Some(&reference), is_wide, leaves }.render(m, is_main)
}

/// Whom to ask, on pages that stand alone.
pub(super) fn reach(view: &Localized<'_>) -> Markup {
    let (m, business) = (view.messages, &view.site.business);
    html! {
        div {
            p { (m.cannot_get_in) }
            p.files {
                (phone_link(&business.phone, &formatting::phone(&business.phone)))
                a href=(mailto(business.email.as_str(), None)) { (icon("mail")) (mailbox(business.email.as_str())) }
            }
        }
    }
}

/// How to reach the business, as buttons, with a subject for the mail.
pub(super) fn reach_buttons(view: &Localized<'_>, phone: &str, subject: Option<&str>) -> Markup {
    let email = view.site.business.email.as_str();
    html! {
        div.acts {
            @match phone::dialable(phone) {
                Some(number) => a.btn.wide href={ "tel:" (number) } { (icon("phone")) (formatting::phone(phone)) },
                None => p { (formatting::phone(phone)) },
            }
            a.btn.wide href=(mailto(email, subject)) { (icon("mail")) (mailbox(email)) }
        }
    }
}

/// How to reach the business about a booking, or at all.
pub(super) fn contact(view: &Localized<'_>, how: &str, booking: Option<&Booking>) -> Markup {
    let m = view.messages;
    let reference = booking.map(|booking| booking.reference.to_string());
    let phone = booking.map_or(view.site.business.phone.as_str(), |booking| view.phone_of(booking));
    html! {
        section.card.ask aria-labelledby="ask" {
            h2 #ask { (m.questions) }
            div.body {
                p { (how) }
                @if let Some(shop) = booking.and_then(|booking| shop(booking, phone)) { p.soft { (shop) } }
                (reach_buttons(view, phone, reference.as_deref()))
            }
        }
    }
}

/// A booking's shop with its number, as it is written, where that is not just what can be dialled.
fn shop(booking: &Booking, dialled: &str) -> Option<String> {
    let location = booking.location.as_ref()?;
    let phone = location.phone.as_ref().filter(|phone| phone.as_str() != dialled)?;
    Some(format!("{}: {}", location.name, formatting::in_one_piece(phone)))
}

/// A booking's documents as links in a row.
pub(super) fn document_links(m: &Messages, booking: &Booking) -> Markup {
    html! {
        @for document in &booking.documents {
            a href=(document_path(&booking.booking_id, document)) {
                (icon("doc")) ((m.document)(document.kind))
                span.sr { " " (document.title) ", " (booking.reference) " (" (m.pdf) ")" }
            }
        }
    }
}

/// When a document was signed or issued.
pub(super) fn document_date(times: &Times<'_>, document: &Document) -> String {
    let m = times.messages;
    match (document.signed_at, document.kind) {
        (Some(signed_at), kind) => (m.document_signed)(kind, &times.date(signed_at)),
        (None, DocumentKind::Agreement) => (m.document_unsigned)(&times.date(document.issued_at)),
        (None, kind) => (m.document_issued)(kind, &times.date(document.issued_at)),
    }
}
