//! The mailbox simulator: addresses whose mails bounce or are reported as spam, and what SES then publishes.
//! <https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator>

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ACCOUNT, EventType, Mail, REGION, Reason, Ses, Suppressed, lock};

/// The domain whose local parts decide what becomes of a mail; labels behind a plus sign are passed over.
const DOMAIN: &str = "simulator.amazonses.com";

impl Ses {
    /// Does to a mail what its recipients stand for, and publishes it if its configuration set says so.
    pub(super) fn simulate(&self, mail: &Mail) {
        for recipient in &mail.to {
            let outcome = match simulated(recipient) {
                Some("bounce") => (EventType::Bounce, "Email Bounced", bounce(recipient, "Permanent", "General")),
                Some("suppressionlist") => {
                    (EventType::Bounce, "Email Bounced", bounce(recipient, "Permanent", "Suppressed"))
                }
                Some("ooto") => (EventType::Bounce, "Email Bounced", bounce(recipient, "Transient", "General")),
                Some("complaint") => (EventType::Complaint, "Email Complaint Received", complaint(recipient)),
                _ => continue,
            };
            self.publish(mail, recipient, outcome);
        }
    }

    fn publish(&self, mail: &Mail, recipient: &str, (kind, detail_type, event): (EventType, &str, Value)) {
        let Some(name) = &mail.configuration_set else { return };
        let mut state = lock(&self.state);
        let Some(set) = state.configuration_sets.get(name) else { return };
        let is_published = set.published.contains(&kind);
        // SES would spare its simulator this; it makes the operator's way back testable.
        if kind == EventType::Complaint && set.suppression_options.suppressed_reasons.contains(&Reason::Complaint) {
            let suppressed = Suppressed { reason: Reason::Complaint, since: Timestamp::now() };
            state.suppressed.insert(recipient.to_owned(), suppressed);
        }
        drop(state);
        if is_published {
            let mut detail = event;
            detail["mail"] = shown(mail, name);
            let entry = json!([{
                "Source": "aws.ses", "DetailType": detail_type, "Detail": detail.to_string(),
                "Resources": [format!("arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{name}")],
            }]);
            self.events.put_events(&entry);
        }
    }
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

fn shown(mail: &Mail, configuration_set: &str) -> Value {
    json!({
        "timestamp": format!("{:.3}", mail.sent_at),
        "source": mail.from,
        "sendingAccountId": ACCOUNT,
        "messageId": mail.id,
        "destination": mail.to,
        "headersTruncated": false,
        "headers": mail.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        "commonHeaders": { "from": [mail.from], "to": mail.to, "subject": mail.subject, "messageId": mail.id },
        "tags": {
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [configuration_set],
        },
    })
}
