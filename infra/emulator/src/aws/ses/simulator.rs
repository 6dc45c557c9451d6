//! SES's mailbox simulator: what becomes of a mail, as SES publishes it. Mails to some of its addresses bounce or are
//! reported as spam; all others arrive.
//! <https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator>

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The domain whose local parts decide what becomes of a mail; labels behind a plus sign are passed over.
const DOMAIN: &str = "simulator.amazonses.com";

/// What may become of a mail, as far as it happens locally.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum EventType {
    Bounce,
    Complaint,
    Delivery,
    DeliveryDelay,
    Reject,
}

/// What becomes of a mail to one recipient, as the event that tells of it.
pub(super) struct Outcome {
    pub(super) event_type: EventType,
    pub(super) detail_type: &'static str,
    /// All but the mail.
    pub(super) detail: Value,
}

/// The outcome that a recipient's address stands for. No address stands for a delay or a rejection.
pub(super) fn outcome(recipient: &str) -> Outcome {
    let (event_type, detail_type, detail) = match simulated(recipient).unwrap_or_default() {
        "bounce" => (EventType::Bounce, "Email Bounced", bounce(recipient, "Permanent", "General")),
        "suppressionlist" => (EventType::Bounce, "Email Bounced", bounce(recipient, "Permanent", "Suppressed")),
        "ooto" => (EventType::Bounce, "Email Bounced", bounce(recipient, "Transient", "General")),
        "complaint" => (EventType::Complaint, "Email Complaint Received", complaint(recipient)),
        _ => (EventType::Delivery, "Email Delivered", delivery(recipient)),
    };
    Outcome { event_type, detail_type, detail }
}

/// What SES publishes of a mail that it took and did not send, since its recipient is on the account's suppression list for
/// an earlier event of this type.
/// <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
pub(super) fn held_back(recipient: &str, earlier: EventType) -> Outcome {
    const LISTED: &str = "OnAccountSuppressionList";
    if earlier == EventType::Complaint {
        let mut detail = complaint(recipient);
        detail["complaint"]["complaintSubType"] = json!(LISTED);
        return Outcome { event_type: earlier, detail_type: "Email Complaint Received", detail };
    }
    let detail = bounce(recipient, "Permanent", LISTED);
    Outcome { event_type: EventType::Bounce, detail_type: "Email Bounced", detail }
}

/// Whether an address is the simulator's.
pub(super) fn knows(address: &str) -> bool {
    simulated(address).is_some()
}

/// The simulator's word for an address, `bounce` of `bounce+ana@simulator.amazonses.com`.
fn simulated(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    domain.eq_ignore_ascii_case(DOMAIN).then(|| local.split('+').next().unwrap_or(local))
}

/// <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
fn bounce(recipient: &str, kind: &str, subtype: &str) -> Value {
    json!({
        "eventType": "Bounce",
        "bounce": {
            "feedbackId": format!("{}-000000", Uuid::new_v4()),
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [{
                "emailAddress": recipient, "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }],
            "timestamp": format!("{:.3}", Timestamp::now()),
            "reportingMTA": "dns; simulator.amazonses.com",
        },
    })
}

fn delivery(recipient: &str) -> Value {
    json!({
        "eventType": "Delivery",
        "delivery": {
            "timestamp": format!("{:.3}", Timestamp::now()),
            "processingTimeMillis": 1,
            "recipients": [recipient],
            "smtpResponse": format!("250 2.6.0 Message for {recipient} received"),
            "remoteMtaIp": "127.0.0.1",
            "reportingMTA": "simulator.amazonses.com",
        },
    })
}

fn complaint(recipient: &str) -> Value {
    json!({
        "eventType": "Complaint",
        "complaint": {
            "feedbackId": format!("{}-000000", Uuid::new_v4()),
            "complaintSubType": null,
            "complainedRecipients": [{ "emailAddress": recipient }],
            "timestamp": format!("{:.3}", Timestamp::now()),
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": "abuse",
            "arrivalDate": format!("{:.3}", Timestamp::now()),
        },
    })
}
