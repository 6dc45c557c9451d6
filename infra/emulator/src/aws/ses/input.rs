//! The inputs of the API's actions, as far as they are known locally: an unknown field is refused by name.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::fault::Fault;

/// Whether clicks and opens of one mail are tracked, overriding the configuration set.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// `ENABLED` or `DISABLED`.
    #[serde(rename(deserialize = "OpenTrackingEnabled"))]
    pub open: Option<Switch>,
    /// `ENABLED` or `DISABLED`.
    #[serde(rename(deserialize = "ClickTrackingEnabled"))]
    pub click: Option<Switch>,
}

/// A feature's state, in SES's words.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Switch {
    /// `ENABLED`
    Enabled,
    /// `DISABLED`
    Disabled,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct SendEmail {
    pub(super) from_email_address: String,
    pub(super) destination: Destination,
    #[serde(default)]
    pub(super) reply_to_addresses: Vec<String>,
    pub(super) content: Content,
    pub(super) configuration_set_name: Option<String>,
    pub(super) configuration_overrides: Option<ConfigurationOverrides>,
    #[serde(default)]
    pub(super) email_tags: Vec<EmailTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Destination {
    #[serde(default)]
    pub(super) to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Content {
    pub(super) simple: Simple,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Simple {
    pub(super) subject: Part,
    pub(super) body: Body,
    #[serde(default)]
    pub(super) headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Body {
    pub(super) text: Option<Part>,
    pub(super) html: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Part {
    pub(super) data: String,
    pub(super) charset: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ConfigurationOverrides {
    pub(super) tracking: Option<Tracking>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct EmailTag {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutSuppressed {
    pub(super) email_address: String,
    pub(super) reason: Reason,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Reason {
    Bounce,
    Complaint,
}

impl Part {
    /// Without a charset SES takes 7-bit ASCII only.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.charset.is_none() && !self.data.is_ascii() {
            return Err(Fault::bad_request("Text other than 7-bit ASCII needs a Charset."));
        }
        Ok(())
    }
}

impl Header {
    /// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html>
    pub(super) fn check(&self) -> Result<(), Fault> {
        let name = (1..=126).contains(&self.name.len()) && self.name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        let value = (1..=870).contains(&self.value.len()) && self.value.bytes().all(|b| (b' '..=b'~').contains(&b));
        if name && value { Ok(()) } else { Err(Fault::bad_request(format!("Invalid message header: {:?}", self.name))) }
    }
}

impl EmailTag {
    /// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html>
    pub(super) fn check(&self) -> Result<(), Fault> {
        let fits = |text: &str| {
            (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.@".contains(&b))
        };
        if fits(&self.name) && fits(&self.value) {
            Ok(())
        } else {
            Err(Fault::bad_request(format!("Invalid tag: {:?}", self.name)))
        }
    }
}

/// Reads an input.
pub(super) fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::bad_request(error.to_string()))
}
