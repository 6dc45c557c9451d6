//! What SES says of an address or domain that the account may send with. Here each is verified from the start.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::{DKIM_TOKENS, lenient};

/// An identity, from its CloudFormation properties.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Identity {
    #[serde(default)]
    dkim_attributes: DkimAttributes,
    #[serde(default)]
    feedback_attributes: FeedbackAttributes,
    #[serde(default)]
    mail_from_attributes: MailFromAttributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DkimAttributes {
    #[serde(deserialize_with = "lenient::boolean")]
    signing_enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FeedbackAttributes {
    #[serde(deserialize_with = "lenient::boolean")]
    email_forwarding_enabled: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MailFromAttributes {
    mail_from_domain: Option<String>,
    behavior_on_mx_failure: Option<String>,
}

impl Default for DkimAttributes {
    fn default() -> Self {
        Self { signing_enabled: true }
    }
}

impl Default for FeedbackAttributes {
    fn default() -> Self {
        Self { email_forwarding_enabled: true }
    }
}

impl Identity {
    /// As GetEmailIdentity tells it. An address is signed by its domain, if that is an identity, too.
    pub(super) fn shown(&self, name: &str) -> Value {
        let is_address = name.contains('@');
        let mail_from = &self.mail_from_attributes;
        let behavior = mail_from.behavior_on_mx_failure.as_deref().unwrap_or("USE_DEFAULT_VALUE");
        json!({
            "IdentityType": if is_address { "EMAIL_ADDRESS" } else { "DOMAIN" },
            "VerifiedForSendingStatus": true,
            "VerificationStatus": "SUCCESS",
            "FeedbackForwardingStatus": self.feedback_attributes.email_forwarding_enabled,
            "DkimAttributes": if is_address {
                json!({ "SigningEnabled": false, "Status": "NOT_STARTED" })
            } else {
                json!({
                    "SigningEnabled": self.dkim_attributes.signing_enabled, "Status": "SUCCESS", "Tokens": DKIM_TOKENS,
                    "SigningAttributesOrigin": "AWS_SES",
                })
            },
            "MailFromAttributes": match &mail_from.mail_from_domain {
                Some(domain) => json!({
                    "MailFromDomain": domain, "MailFromDomainStatus": "SUCCESS", "BehaviorOnMxFailure": behavior,
                }),
                None => json!({ "BehaviorOnMxFailure": behavior }),
            },
        })
    }
}
