//! The account: whether it may send, and how much.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html>

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

/// The account, which begins with production access.
pub(super) struct Account {
    pub(super) is_sending: bool,
    /// Whether it is out of the sandbox.
    pub(super) has_production_access: bool,
    /// When it sent, once for each recipient.
    sent: Vec<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutAccountSendingAttributes {
    #[serde(default)]
    pub(super) sending_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutAccountDetails {
    #[serde(rename = "MailType")]
    _mail_type: MailType,
    #[serde(rename = "WebsiteURL")]
    _website_url: String,
    #[serde(rename = "ContactLanguage")]
    _contact_language: Option<String>,
    #[serde(rename = "UseCaseDescription")]
    _use_case_description: Option<String>,
    #[serde(rename = "AdditionalContactEmailAddresses")]
    _additional_contact_email_addresses: Option<Vec<String>>,
    /// AWS asks its staff before it says yes.
    pub(super) production_access_enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum MailType {
    Marketing,
    Transactional,
}

impl Default for Account {
    fn default() -> Self {
        Self { is_sending: true, has_production_access: true, sent: Vec::new() }
    }
}

impl Account {
    /// Counts a mail to so many recipients.
    pub(super) fn count(&mut self, recipients: usize) {
        self.sent.extend(std::iter::repeat_n(Timestamp::now(), recipients));
    }

    /// As GetAccount tells it. No quota is enforced.
    pub(super) fn shown(&self) -> Value {
        let (in_24_hours, in_a_second) = if self.has_production_access { (50_000, 14) } else { (200, 1) };
        let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
        json!({
            "SendingEnabled": self.is_sending,
            "ProductionAccessEnabled": self.has_production_access,
            "EnforcementStatus": "HEALTHY",
            "DedicatedIpAutoWarmupEnabled": false,
            "SendQuota": {
                "Max24HourSend": in_24_hours,
                "MaxSendRate": in_a_second,
                "SentLast24Hours": self.sent.iter().filter(|sent| **sent > yesterday).count(),
            },
            "SuppressionAttributes": { "SuppressedReasons": ["BOUNCE", "COMPLAINT"] },
        })
    }
}
