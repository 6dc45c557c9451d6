//! Addresses that pages link to.

use portal_domain::{
    booking::{BookingId, Document},
    text::Isolated,
};

/// A place on a map, as Google's Maps URLs show it in any browser and in the app where there is one
/// (developers.google.com/maps/documentation/urls).
pub(super) fn map(place: &str) -> String {
    format!("https://www.google.com/maps/search/?api=1&query={}", percent_encoded(place))
}

/// RFC 6068. A subject is one line (RFC 5322 §2.2), so a reference comes without control characters.
pub(super) fn mailto(email: &str, subject: Option<&str>) -> String {
    let mailbox = percent_encoded(email).replace("%40", "@");
    let subject = subject.map(|subject| format!("?subject={}", percent_encoded(&Isolated(subject).to_string())));
    format!("mailto:{mailbox}{}", subject.unwrap_or_default())
}

/// RFC 3986 §2.1, as `mailto:` (RFC 6068) and queries both read it: a space is not a plus.
pub(super) fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The path of a booking's own page.
pub(super) fn booking_path(booking: &BookingId) -> String {
    format!("/bookings/{booking}")
}

/// The path of its calendar file.
pub(super) fn calendar_path(booking: &BookingId) -> String {
    format!("{}/calendar.ics", booking_path(booking))
}

/// The path that opens a document.
pub(super) fn document_path(booking: &BookingId, document: &Document) -> String {
    format!("{}/documents/{}", booking_path(booking), document.document_id)
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
}
