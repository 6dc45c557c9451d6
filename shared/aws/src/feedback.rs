//! What SES tells of the mails it took: bounces and complaints.

use jiff::Timestamp;
use portal_domain::customer::CustomerId;
use serde::Deserialize;

/// What SES tells of one mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What happened.
    pub kind: ReportKind,
    /// When.
    pub at: Timestamp,
    /// To whom it went, as the mail's tag says: an address alone no longer tells.
    pub customer: CustomerId,
}

/// What happened to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportKind {
    /// It came back for good.
    Bounce,
    /// It came back this time, for example from a full mailbox.
    SoftBounce,
    /// Its reader reported it as spam.
    Complaint,
    /// Its reader took it out of the spam folder.
    NotSpam,
}

/// The event is none of those that the portal asks SES for; names what is wrong with it and quotes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a bounce or complaint as SES reports them: {0}")]
pub struct NotAReport(&'static str);

impl Report {
    /// Reads an event as SES puts it on the default bus (SES Developer Guide, "Monitoring using EventBridge").
    pub fn parse(envelope: &str) -> Result<Self, NotAReport> {
        let Envelope { detail } = serde_json::from_str(envelope).map_err(|_| NotAReport("its form"))?;
        let Detail { mail, bounce, complaint } = detail;
        let (kind, at) = match (bounce, complaint) {
            (Some(bounce), None) => {
                let permanent = bounce.bounce_type == "Permanent";
                let kind = if permanent { ReportKind::Bounce } else { ReportKind::SoftBounce };
                (kind, bounce.timestamp)
            }
            (None, Some(complaint)) => {
                let not_spam = complaint.complaint_feedback_type.as_deref() == Some("not-spam");
                let kind = if not_spam { ReportKind::NotSpam } else { ReportKind::Complaint };
                (kind, complaint.timestamp)
            }
            _ => return Err(NotAReport("neither a bounce nor a complaint")),
        };
        let [customer] = mail.tags.customer;
        Ok(Self { kind, at, customer })
    }
}

#[derive(Deserialize)]
struct Envelope {
    detail: Detail,
}

#[derive(Deserialize)]
struct Detail {
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
struct Mail {
    tags: Tags,
}

#[derive(Deserialize)]
struct Tags {
    /// As [`CUSTOMER_TAG`](crate::sender::CUSTOMER_TAG) is set: of a tag SES gives a list of values.
    customer: [CustomerId; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    /// `Permanent`, `Transient` or `Undetermined`.
    bounce_type: String,
    timestamp: Timestamp,
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
        detail["mail"] = json!({"tags": {"ses:operation": ["SendEmail"], "customer": ["01".repeat(16)]}});
        Report::parse(&json!({"source": "aws.ses", "detail": detail}).to_string())
    }

    #[test]
    fn reports_are_read_as_ses_writes_them() {
        let recipients = json!([{"emailAddress": "Ana@example.com", "action": "failed", "status": "5.1.1"}]);
        for (kind, detail) in [
            (
                ReportKind::Bounce,
                json!({"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
                    "bouncedRecipients": recipients, "timestamp": "2026-08-05T00:41:02.669Z"}}),
            ),
            (
                ReportKind::SoftBounce,
                json!({"bounce": {"bounceType": "Transient", "bouncedRecipients": recipients, "timestamp": "2026-08-05T00:41:02Z"}}),
            ),
            (
                ReportKind::Complaint,
                json!({"complaint": {"complainedRecipients": recipients, "timestamp": "2026-08-05T00:41:02Z",
                    "complaintFeedbackType": "abuse"}}),
            ),
            (
                ReportKind::NotSpam,
                json!({"complaint": {"complainedRecipients": recipients, "timestamp": "2026-08-05T00:41:02Z",
                    "complaintFeedbackType": "not-spam"}}),
            ),
        ] {
            let report = report(detail).unwrap();
            assert_eq!(report.kind, kind);
            assert_eq!(report.customer, CustomerId::from_bytes([1; 16]));
        }
        for detail in [json!({}), json!({"delivery": {}}), json!({"bounce": {"bounceType": "Permanent"}})] {
            assert!(report(detail).is_err());
        }
    }

    #[test]
    fn a_mail_without_the_tag_of_one_customer_is_not_the_portals() {
        let bounce = json!({"bounceType": "Permanent", "timestamp": "2026-08-05T00:41:02Z"});
        for tags in [json!({}), json!({"customer": []}), json!({"customer": ["ana@example.com"]})] {
            let detail = json!({"mail": {"tags": tags}, "bounce": bounce});
            assert!(Report::parse(&json!({"source": "aws.ses", "detail": detail}).to_string()).is_err());
        }
    }
}
