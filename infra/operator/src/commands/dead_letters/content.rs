//! What a dead letter says, read as the function reads it whose message it is.

use jiff::Timestamp;
use portal_aws::{
    feedback::{EnhancedStatus, Report},
    mail_queue::MailRequest,
};
use portal_domain::{
    booking::BookingId,
    contract::masking::masked,
    customer::{CustomerId, EmailAddress},
    events::{About, Accepted, Event, Received, Refusal},
};
use serde_json::{Value, json};

use super::queues::{Letter, Queue};

/// What a dead letter says; none where its function cannot read it.
pub(crate) enum Content {
    Event(Box<Result<Received, Refusal>>),
    Mail(Option<MailRequest>),
    Report(Option<Report>),
}

impl Content {
    pub(crate) fn of(letter: &Letter, accepted: &Accepted, now: Timestamp) -> Self {
        match letter.queue {
            Queue::Bookings => Self::Event(Box::new(Event::read(&letter.body, accepted, now))),
            Queue::Mail => Self::Mail(MailRequest::parse(&letter.body).ok()),
            Queue::Feedback => Self::Report(Report::parse(&letter.body).ok()),
        }
    }

    fn about(&self) -> Option<&About> {
        match self {
            Self::Event(read) => Some(match read.as_ref() {
                Ok(received) => &received.about,
                Err(refusal) => &refusal.about,
            }),
            Self::Mail(_) | Self::Report(_) => None,
        }
    }

    /// The detail-type of an event, which mail is asked for, or what is told of a mail.
    pub(crate) fn kind(&self) -> Option<String> {
        match self {
            Self::Event(_) => self.about()?.detail_type.clone(),
            Self::Mail(request) => Some(match request.as_ref()? {
                MailRequest::SignIn { .. } => "sign_in".to_owned(),
                MailRequest::Confirmation { .. } => "confirmation".to_owned(),
            }),
            Self::Report(report) => Some(report.as_ref()?.kind.name().to_owned()),
        }
    }

    /// The sender's id of an event, SES's of a mail.
    pub(crate) fn event(&self) -> Option<String> {
        match self {
            Self::Report(report) => Some(report.as_ref()?.mail_id.clone()),
            _ => self.about()?.event_id.clone(),
        }
    }

    pub(crate) fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Mail(Some(MailRequest::Confirmation { booking })) => Some(booking.clone()),
            Self::Mail(Some(MailRequest::SignIn { booking, .. })) => booking.clone(),
            _ => self.about()?.booking_id.clone(),
        }
    }

    /// The message as it may be printed. A browser's hash never is, nor anything but its size of what cannot be read.
    pub(crate) fn shown(&self, letter: &Letter, show_addresses: bool) -> Value {
        let whole = || serde_json::from_str::<Value>(&letter.body).ok();
        let of_unreadable = || json!(format!("({} bytes)", letter.body.len()));
        match self {
            Self::Event(_) if show_addresses => whole().unwrap_or_else(of_unreadable),
            Self::Event(_) => whole().as_ref().map_or_else(of_unreadable, masked),
            Self::Mail(Some(MailRequest::SignIn { customer, asked_at, booking, language, repeated, .. })) => json!({
                "mail": "sign_in", "customer": customer, "asked_at": asked_at, "booking": booking,
                "language": language, "repeated": repeated,
            }),
            Self::Mail(Some(request @ MailRequest::Confirmation { .. })) => json!(request),
            Self::Report(Some(_)) if show_addresses => whole().unwrap_or_else(of_unreadable),
            Self::Report(Some(Report { kind, customer, mail_id, status })) => json!({
                "kind": kind.name(), "customer": customer, "mail_id": mail_id,
                "status": status.as_ref().map(EnhancedStatus::as_str),
            }),
            Self::Mail(None) | Self::Report(None) => of_unreadable(),
        }
    }

    /// Whether it holds data of this customer: the address, or the customer's id.
    pub(crate) fn is_about(&self, letter: &Letter, address: &EmailAddress, customer: CustomerId) -> bool {
        match self {
            Self::Mail(Some(MailRequest::SignIn { customer: whose, .. })) => *whose == customer,
            Self::Report(Some(report)) if report.customer == customer => true,
            _ => match serde_json::from_str(&letter.body) {
                Ok(value) => names(&value, address),
                Err(_) => mentions(&letter.body, address),
            },
        }
    }
}

/// Whether the address stands anywhere in a value, in any of the forms in which people write it.
fn names(value: &Value, address: &EmailAddress) -> bool {
    match value {
        Value::String(text) => {
            EmailAddress::parse(text).map_or_else(|_| mentions(text, address), |named| named == *address)
        }
        Value::Array(list) => list.iter().any(|value| names(value, address)),
        Value::Object(fields) => fields.values().any(|value| names(value, address)),
        _ => false,
    }
}

/// Whether a text holds this very address, and not one that only begins or ends like it, as far as people have such.
fn mentions(text: &str, address: &EmailAddress) -> bool {
    let text = text.to_lowercase();
    text.match_indices(address.as_str()).any(|(at, found)| {
        let (before, behind) = (&text[..at], &text[at + found.len()..]);
        let is_local = |c: char| c.is_alphanumeric() || "._+-".contains(c);
        let behind = behind.strip_prefix('.').unwrap_or(behind);
        !before.ends_with(is_local) && !behind.starts_with(|c: char| c.is_alphanumeric() || c == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_wherever_it_stands_and_nobody_elses_is_taken_for_it() {
        let ana = EmailAddress::parse("ana@example.com").unwrap();
        for (text, is_named) in [
            (r#"{"email": "Ana@Example.com"}"#, true),
            (r#"{"list": [{"text": "smtp; 550 <ana@example.com>: unknown."}]}"#, true),
            (r#"{"text": "Write to ana@example.com."}"#, true),
            ("broken {ana@example.com", true),
            ("broken, mailto:ana@example.com", true),
            (r#"{"email": "juliana@example.com"}"#, false),
            (r#"{"email": "mary.ana@example.com"}"#, false),
            (r#"{"email": "{ana@example.com"}"#, false),
            (r#"{"email": "ana@example.com.au"}"#, false),
            (r#"{"email": "ana@example.community"}"#, false),
            ("broken juliana@example.com", false),
            ("", false),
        ] {
            let found = match serde_json::from_str(text) {
                Ok(value) => names(&value, &ana),
                Err(_) => mentions(text, &ana),
            };
            assert_eq!(found, is_named, "{text}");
        }
    }
}
