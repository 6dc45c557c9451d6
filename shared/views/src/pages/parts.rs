//! Pieces that several pages show.

use maud::{Markup, html};
use portal_domain::{
    booking::{BookingId, BookingStatus, Document, DocumentKind, Location},
    text::Isolated,
    time::Zone,
};

use super::site::Site;
use crate::{formatting, messages};

/// A status in words, in a colour that says no more than they do.
pub(super) fn status(status: BookingStatus) -> Markup {
    let needs_care = matches!(status, BookingStatus::Pending | BookingStatus::Overdue);
    html! {
        span.tag.off[!status.is_active()].warn[needs_care] { (messages::status(status)) }
    }
}

/// A button that shows a place on a map, as Google's Maps URLs do in any browser and in the app where there is one
/// (developers.google.com/maps/documentation/urls).
pub(super) fn map(label: &str, place: &str) -> Markup {
    let url = format!("https://www.google.com/maps/search/?api=1&query={}", percent_encoded(place));
    html! { a.btn href=(url) target="_blank" rel="noopener noreferrer" { (label) } }
}

/// A button that leads to a booking's own page.
pub(super) fn view_booking(booking: &BookingId, reference: impl std::fmt::Display) -> Markup {
    html! {
        a.btn.main href=(booking_path(booking)) aria-label={ (messages::VIEW_BOOKING) " " (reference) } {
            (messages::VIEW_BOOKING)
        }
    }
}

/// A button that downloads a booking's calendar file.
pub(super) fn add_to_calendar(booking: &BookingId) -> Markup {
    html! { a.btn href={ (booking_path(booking)) "/calendar.ics" } { (messages::ADD_TO_CALENDAR) } }
}

/// A button that calls.
pub(super) fn call(phone: &str) -> Markup {
    html! { a.btn href=(telephone(phone)) { (phone) } }
}

/// A button that calls the shop of a booking, or the business.
pub(super) fn call_the_shop(location: Option<&Location>, site: &Site) -> Markup {
    let phone = location.and_then(|location| location.phone.as_ref());
    let phone = phone.map_or(site.business.phone.as_str(), |phone| phone.as_str());
    html! { a.btn href=(telephone(phone)) { (messages::CALL_THE_SHOP) } }
}

/// RFC 3966: digits, and a plus for an international number.
fn telephone(phone: &str) -> String {
    let number: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    format!("tel:{number}")
}

/// How to reach the business, with the booking's reference in the mail's subject.
pub(super) fn contact(site: &Site, reference: Option<&str>) -> Markup {
    let email = site.business.email.as_str();
    html! {
        section aria-labelledby="contact" {
            h2 #contact { (messages::QUESTIONS) }
            div.card.contact {
                p { (messages::QUESTIONS_HOW) }
                div.acts {
                    (call(&site.business.phone))
                    a.btn href=(mailto(email, reference)) { (email) }
                }
            }
        }
    }
}

/// RFC 6068. A subject is one line (RFC 5322 §2.2), so a reference comes without control characters.
fn mailto(email: &str, subject: Option<&str>) -> String {
    let mailbox = percent_encoded(email).replace("%40", "@");
    let subject = subject.map(|subject| format!("?subject={}", percent_encoded(&Isolated(subject).to_string())));
    format!("mailto:{mailbox}{}", subject.unwrap_or_default())
}

/// RFC 3986 §2.1, as `mailto:` (RFC 6068) and queries both read it: a space is not a plus.
fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
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
    let size = formatting::size(document.file.size_bytes);
    match (document.signed_at, document.kind) {
        (Some(signed_at), _) => messages::document_signed(&formatting::day(signed_at, zone), &size),
        (None, DocumentKind::Agreement) => {
            messages::document_unsigned(&formatting::day(document.issued_at, zone), &size)
        }
        (None, _) => messages::document_issued(&formatting::day(document.issued_at, zone), &size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_an_address_is_percent_encoded() {
        assert_eq!(percent_encoded("GCO-4821 & more?"), "GCO-4821%20%26%20more%3F");
        assert_eq!(percent_encoded("a+b\"'<\n車"), "a%2Bb%22%27%3C%0A%E8%BB%8A");
    }

    #[test]
    fn the_subject_of_a_mail_to_the_business_holds_no_control_characters() {
        assert_eq!(mailto("a+b@example.com", None), "mailto:a%2Bb@example.com");
        assert_eq!(
            mailto("a@example.com", Some("GCO-1\r\nBcc: x\0\u{85}\u{202e}")),
            "mailto:a@example.com?subject=GCO-1%20%20Bcc%3A%20x%20%20"
        );
    }

    #[test]
    fn a_telephone_link_holds_a_number_and_nothing_else() {
        assert_eq!(telephone("+1 (912) 555-0142"), "tel:+19125550142");
        assert_eq!(telephone("javascript:alert(1)"), "tel:1");
    }
}
