//! Sending through SES v2.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sesv2::{
    Client,
    types::{
        Body, ConfigurationOverrides, Content, Destination, EmailContent, FeatureStatus, Message, MessageHeader,
        TrackingConfigurationOverrides,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::Letter;
use crate::{aws::Context, config::Business};

/// Sends mails in the name of the business.
pub struct Sender {
    client: Client,
    from: String,
    reply_to: String,
    configuration_set: String,
}

/// A mail was not accepted; SES's error code, never its message, which can quote the address.
#[derive(Debug, thiserror::Error)]
#[error("SES did not take the mail: {0}")]
pub struct NotSent(String);

impl Sender {
    /// Sends from `address`. The SDK's own retries are off: they would send twice. The queue retries.
    pub fn new(config: &SdkConfig, business: &Business, address: &str, configuration_set: String) -> Self {
        let config = aws_sdk_sesv2::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(Duration::from_secs(10))
                    .build(),
            )
            .build();
        Self {
            client: Client::from_conf(config),
            from: format!("{} <{address}>", display_name(&business.name)),
            reply_to: business.email.as_str().to_owned(),
            configuration_set,
        }
    }

    /// Sends one mail; gives SES's message id. Opens and clicks are not tracked.
    pub async fn send(&self, letter: &Letter) -> Result<String, NotSent> {
        let build = |e: aws_sdk_sesv2::error::BuildError| NotSent(e.to_string());
        let content = |data: &str| Content::builder().data(data).charset("UTF-8").build().map_err(build);
        let message = Message::builder()
            .subject(content(&letter.subject)?)
            .body(Body::builder().text(content(&letter.text)?).html(content(&letter.html)?).build())
            // RFC 3834 §5: nobody's vacation responder need answer.
            .headers(MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build().map_err(build)?)
            .build();
        let untracked = TrackingConfigurationOverrides::builder()
            .open_tracking_enabled(FeatureStatus::Disabled)
            .click_tracking_enabled(FeatureStatus::Disabled)
            .build();
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .reply_to_addresses(&self.reply_to)
            .destination(Destination::builder().to_addresses(letter.to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .configuration_set_name(&self.configuration_set)
            .configuration_overrides(ConfigurationOverrides::builder().tracking(untracked).build())
            .send()
            .await
            .map_err(|error| NotSent(error.context()))?;
        Ok(sent.message_id.unwrap_or_default())
    }
}

/// A name as it may stand before an address: quoted (RFC 5322 §3.2.4), or in encoded words (RFC 2047) where it holds
/// more than ASCII.
fn display_name(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    if name.is_ascii() {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    // An encoded word holds at most 75 characters: 12 of frame, so 45 bytes of text in base64.
    let mut words: Vec<String> = vec![String::new()];
    for c in name.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > 45) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::display_name;

    #[test]
    fn a_name_is_quoted_or_encoded() {
        for (name, written) in [
            ("Tybee Beach Carts", "\"Tybee Beach Carts\""),
            ("Carts, \"Inc\"", "\"Carts, \\\"Inc\\\"\""),
            ("Küste", "=?UTF-8?B?S8O8c3Rl?="),
            ("A\r\nBcc: x", "\"ABcc: x\""),
        ] {
            assert_eq!(display_name(name), written);
        }
        assert!(display_name(&"ü".repeat(80)).split(' ').all(|word| word.len() <= 75));
    }
}
