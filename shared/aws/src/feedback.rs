//! What SES tells of the mails it took: whether they arrived, and which came back or were reported as spam.

use std::str::FromStr;

use jiff::Timestamp;
use portal_domain::customer::CustomerId;
use serde::Deserialize;

/// What SES tells of one mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What happened.
    pub kind: ReportKind,
    /// To whom it went, as the mail's tag says: an address alone no longer tells.
    pub customer: CustomerId,
    /// SES's id of the mail, which `SendEmail` answered.
    pub mail_id: String,
    /// What the mailbox's server said, where it said so in a form that quotes nothing.
    pub status: Option<EnhancedStatus>,
}

/// What happened to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// The mailbox's server took it.
    Delivery,
    /// The mailbox's server could not take it yet, and SES goes on trying.
    Delay,
    /// SES took it and found a virus in it.
    Reject,
    /// It came back for good.
    Bounce {
        /// When.
        at: Timestamp,
    },
    /// It came back this time, for example from a full mailbox.
    SoftBounce,
    /// Its reader reported it as spam.
    Complaint {
        /// When.
        at: Timestamp,
    },
    /// Its reader took it out of the spam folder.
    NotSpam,
}

impl ReportKind {
    /// The word for it in a log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Delay => "delay",
            Self::Reject => "reject",
            Self::Bounce { .. } => "bounce",
            Self::SoftBounce => "soft bounce",
            Self::Complaint { .. } => "complaint",
            Self::NotSpam => "not spam",
        }
    }
}

/// An enhanced status code (RFC 3463 §2), such as `5.1.1`: of an SMTP server's answer all that a log may hold, for its
/// text quotes addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnhancedStatus(String);

impl EnhancedStatus {
    /// The three numbers.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// That of an SMTP answer such as `250 2.6.0 Message received` (RFC 2034 §4), if it has one.
    fn of_answer(answer: &str) -> Option<Self> {
        answer.split([' ', '-']).nth(1)?.parse().ok()
    }
}

impl FromStr for EnhancedStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        match text.split('.').collect::<Vec<_>>().as_slice() {
            ["2" | "4" | "5", subject, detail] if is_number(subject) && is_number(detail) => Ok(Self(text.to_owned())),
            _ => Err(()),
        }
    }
}

/// The event is none of those that the portal asks SES for; names what is wrong with it and quotes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not what SES reports of a mail: {0}")]
pub struct NotAReport(&'static str);

impl Report {
    /// Reads an event as SES puts it on the default bus.
    /// <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
    pub fn parse(envelope: &str) -> Result<Self, NotAReport> {
        let Envelope { detail } = serde_json::from_str(envelope).map_err(|_| NotAReport("its form"))?;
        let Detail { mail, delivery, delivery_delay, reject, bounce, complaint } = detail;
        let (kind, status) = match (delivery, delivery_delay, reject, bounce, complaint) {
            (Some(delivery), None, None, None, None) => {
                let answer = delivery.smtp_response.unwrap_or_default();
                (ReportKind::Delivery, EnhancedStatus::of_answer(&answer))
            }
            (None, Some(delay), None, None, None) => (ReportKind::Delay, status_of(&delay.delayed_recipients)),
            (None, None, Some(Reject {}), None, None) => (ReportKind::Reject, None),
            (None, None, None, Some(bounce), None) => {
                let permanent = bounce.bounce_type == "Permanent";
                let for_good = ReportKind::Bounce { at: bounce.timestamp };
                (if permanent { for_good } else { ReportKind::SoftBounce }, status_of(&bounce.bounced_recipients))
            }
            (None, None, None, None, Some(complaint)) => {
                let not_spam = complaint.complaint_feedback_type.as_deref() == Some("not-spam");
                let spam = ReportKind::Complaint { at: complaint.timestamp };
                (if not_spam { ReportKind::NotSpam } else { spam }, None)
            }
            _ => return Err(NotAReport("none of the kinds that are asked for, or several")),
        };
        let [customer] = mail.tags.customer;
        Ok(Self { kind, customer, mail_id: mail.message_id, status })
    }
}

/// A mail has one recipient.
fn status_of(recipients: &[Recipient]) -> Option<EnhancedStatus> {
    recipients.first()?.status.as_deref()?.parse().ok()
}

#[derive(Deserialize)]
struct Envelope {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    mail: Mail,
    delivery: Option<Delivery>,
    delivery_delay: Option<DeliveryDelay>,
    reject: Option<Reject>,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    tags: Tags,
}

#[derive(Deserialize)]
struct Tags {
    /// As [`CUSTOMER_TAG`](crate::sender::CUSTOMER_TAG) is set: of a tag SES gives a list of values.
    customer: [CustomerId; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    smtp_response: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryDelay {
    #[serde(default)]
    delayed_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Reject {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    /// `Permanent`, `Transient` or `Undetermined`.
    bounce_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Recipient {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    timestamp: Timestamp,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(mut detail: Value) -> Result<Report, NotAReport> {
        detail["mail"] = json!({
            "messageId": "0100-1", "tags": {"ses:operation": ["SendEmail"], "customer": ["01".repeat(16)]},
        });
        Report::parse(&json!({"source": "aws.ses", "detail": detail}).to_string())
    }

    #[test]
    fn reports_are_read_as_ses_writes_them() {
        let at = "2026-08-05T00:41:02.669Z".parse().unwrap();
        let recipient = |status: &str| {
            json!([{"emailAddress": "Ana@example.com", "action": "failed", "status": status,
                "diagnosticCode": "smtp; 550 5.1.1 <Ana@example.com>: user unknown"}])
        };
        for (kind, status, detail) in [
            (
                ReportKind::Delivery,
                Some("2.6.0"),
                json!({"eventType": "Delivery", "delivery": {"timestamp": at, "processingTimeMillis": 546,
                    "recipients": ["Ana@example.com"], "smtpResponse": "250 2.6.0 Message received",
                    "reportingMTA": "mta.example.com"}}),
            ),
            (
                ReportKind::Delay,
                Some("4.4.1"),
                json!({"eventType": "DeliveryDelay", "deliveryDelay": {"timestamp": at, "delayType": "TransientCommunicationFailure",
                    "expirationTime": at, "delayedRecipients": recipient("4.4.1")}}),
            ),
            (ReportKind::Reject, None, json!({"eventType": "Reject", "reject": {"reason": "Bad content"}})),
            (
                ReportKind::Bounce { at },
                Some("5.1.1"),
                json!({"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
                    "bouncedRecipients": recipient("5.1.1"), "timestamp": at}}),
            ),
            (
                ReportKind::SoftBounce,
                None,
                json!({"bounce": {"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "Ana@example.com"}],
                    "timestamp": at}}),
            ),
            (
                ReportKind::Complaint { at },
                None,
                json!({"complaint": {"complainedRecipients": recipient("5.1.1"), "timestamp": at,
                    "complaintFeedbackType": "abuse"}}),
            ),
            (
                ReportKind::NotSpam,
                None,
                json!({"complaint": {"complainedRecipients": recipient("5.1.1"), "timestamp": at,
                    "complaintFeedbackType": "not-spam"}}),
            ),
        ] {
            let customer = CustomerId::from_bytes([1; 16]);
            let status = status.map(|status| status.parse().unwrap());
            assert_eq!(report(detail), Ok(Report { kind, customer, mail_id: "0100-1".into(), status }));
        }
        let delivered = json!({"smtpResponse": null});
        for detail in [
            json!({}),
            json!({"open": {}}),
            json!({"bounce": {"bounceType": "Permanent"}}),
            json!({"delivery": delivered, "reject": {}}),
        ] {
            assert!(report(detail).is_err());
        }
    }

    #[test]
    fn of_an_answer_only_its_code_is_read() {
        for (answer, code) in [
            ("250 2.0.0 OK 1470376862 example", Some("2.0.0")),
            ("250-2.1.5 <ana@example.com> is fine", Some("2.1.5")),
            ("250 ok:  Message 64111812 accepted", None),
            ("250 <ana@example.com> 2.1.5", None),
            ("2.6.0", None),
            ("", None),
        ] {
            let read = EnhancedStatus::of_answer(answer);
            assert_eq!(read.as_ref().map(EnhancedStatus::as_str), code, "{answer}");
        }
        for text in ["5.1", "5.1.1.1", "3.1.1", "5.1.1234", "5..1", "5.1.x", "5.1.1 ana@example.com", "ana@example.com"]
        {
            assert_eq!(text.parse::<EnhancedStatus>(), Err(()), "{text}");
        }
    }

    #[test]
    fn a_mail_without_the_tag_of_one_customer_is_not_the_portals() {
        let bounce = json!({"bounceType": "Permanent", "timestamp": "2026-08-05T00:41:02Z"});
        for tags in [json!({}), json!({"customer": []}), json!({"customer": ["ana@example.com"]})] {
            let detail = json!({"mail": {"messageId": "0100-1", "tags": tags}, "bounce": bounce});
            assert!(Report::parse(&json!({"source": "aws.ses", "detail": detail}).to_string()).is_err());
        }
    }
}
