//! Sending through SES v2.

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sesv2::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    types::{
        Body, ConfigurationOverrides, Content, Destination, EmailContent, FeatureStatus, Message, MessageHeader,
        MessageTag, TrackingConfigurationOverrides,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_runtime::Error;
use portal_domain::{
    config::{Business, Environment},
    customer::CustomerId,
    letter::Letter,
    randomness::{NoRandomness, random},
};

use super::send_rate_limiter::SendRateLimiter;
use crate::sdk::{error_code, http_client};

/// The name of the tag that says whose mail it was in what SES reports of it.
pub const CUSTOMER_TAG: &str = "customer";

/// How long a connection to SES may be idle and still be used. Other clients retry where a connection turns out to be
/// dead. A mail must not be sent twice, so its call waits for the time-out, and then for the queue. A connection is
/// worth keeping for the mails of one batch, but not from before the instance was frozen.
const IDLE: Duration = Duration::from_secs(3);

/// How long SES may take to answer. Who stops waiting sooner sends twice more often.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends mails in the name of the business.
pub struct Sender {
    client: Client,
    from: String,
    reply_to: String,
    configuration_set: String,
    rate_limiter: SendRateLimiter,
}

/// A mail was not accepted; SES's error code, never its message, which can quote the address.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// Too many at once, a fault at SES, or no answer: later it may work. Without an answer it may have worked already.
    #[error("SES could not take the mail: {0}")]
    Later(String),
    /// SES sends nothing for this account or sender: paused, in the sandbox, or not set up. The operator has to act.
    #[error("SES does not send for this account: {0}")]
    Closed(String),
    /// The mail could get no reference of its own.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The mail is not one that the SDK can send.
    #[error("the mail could not be built")]
    Request(#[source] BuildError),
    /// SES refuses this address or this mail, and always will.
    #[error("SES refuses the address or the mail: {0}")]
    Refused(String),
}

impl NotSent {
    /// <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors>
    fn from(error: &SdkError<SendEmailError>) -> Self {
        let code = error_code(error);
        // In the sandbox a mail is rejected for the recipient's identity, which only the message tells.
        let unverified = || error.message().is_some_and(|message| message.contains("not verified"));
        match code.as_str() {
            "MessageRejected" if unverified() => Self::Closed("an address is not verified, as in the sandbox".into()),
            "SendingPausedException"
            | "AccountSuspendedException"
            | "MailFromDomainNotVerifiedException"
            | "NotFoundException"
            | "AccessDeniedException" => Self::Closed(code),
            "MessageRejected" | "BadRequestException" => Self::Refused(code),
            _ if matches!(error, SdkError::ConstructionFailure(_)) => Self::Refused(code),
            _ => Self::Later(code),
        }
    }
}

impl Sender {
    /// Sends from `address`. The SDK's own retries are off: they would send twice. The queue retries.
    pub fn new(
        config: &SdkConfig,
        env: &Environment,
        business: &Business,
        address: &str,
        configuration_set: String,
        rate_limiter: SendRateLimiter,
    ) -> Result<Self, Error> {
        let config = aws_sdk_sesv2::config::Builder::from(config)
            .http_client(http_client(env, IDLE)?)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(2))
                    .operation_attempt_timeout(TIMEOUT)
                    // There is one attempt; unsaid, the shorter time of the other clients would hold.
                    .operation_timeout(TIMEOUT)
                    .build(),
            )
            .build();
        Ok(Self {
            client: Client::from_conf(config),
            from: format!("{} <{address}>", display_name(&business.name)),
            reply_to: business.email.as_str().to_owned(),
            configuration_set,
            rate_limiter,
        })
    }

    /// Sends one mail to a customer; gives SES's message id. Opens and clicks are not tracked. Mailboxes that fold mails of one
    /// sender and subject into a conversation, such as Gmail, leave those apart whose `X-Entity-Ref-ID` differs: a new link is
    /// not hidden under an old one.
    pub async fn send(&self, customer: CustomerId, letter: &Letter) -> Result<String, NotSent> {
        let build = NotSent::Request;
        let content = |data: &str| Content::builder().data(data).charset("UTF-8").build().map_err(build);
        let header = |name, value| MessageHeader::builder().name(name).value(value).build().map_err(build);
        let reference = u128::from_le_bytes(random()?);
        let message = Message::builder()
            .subject(content(&letter.subject)?)
            .body(Body::builder().text(content(&letter.text)?).html(content(&letter.html)?).build())
            // RFC 3834 §5: nobody's vacation responder need answer.
            .headers(header("Auto-Submitted", "auto-generated".to_owned())?)
            .headers(header("X-Entity-Ref-ID", format!("{reference:032x}"))?)
            .build();
        let untracked = TrackingConfigurationOverrides::builder()
            .open_tracking_enabled(FeatureStatus::Disabled)
            .click_tracking_enabled(FeatureStatus::Disabled)
            .build();
        self.rate_limiter.turn().await;
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .reply_to_addresses(&self.reply_to)
            .destination(Destination::builder().to_addresses(letter.to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .configuration_set_name(&self.configuration_set)
            .email_tags(MessageTag::builder().name(CUSTOMER_TAG).value(customer.to_string()).build().map_err(build)?)
            .configuration_overrides(ConfigurationOverrides::builder().tracking(untracked).build())
            .send()
            .await
            .map_err(|error| NotSent::from(&error))?;
        Ok(sent.message_id.unwrap_or_default())
    }
}

/// A name as it may stand before an address: quoted (RFC 5322 §3.2.4), or in encoded words (RFC 2047) where it holds
/// more than ASCII, or what some mail programs would take for one.
fn display_name(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    if name.is_ascii() && !name.contains("=?") {
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
    use aws_sdk_sesv2::error::ErrorMetadata;
    use aws_smithy_runtime_api::http::{Response, StatusCode};

    use super::*;

    #[test]
    fn a_refusal_is_final_of_a_mail_and_waits_for_the_operator_of_an_account() {
        let refused = |code: &str, message: &str| {
            let error = SendEmailError::generic(ErrorMetadata::builder().code(code).message(message).build());
            SdkError::service_error(error, Response::new(StatusCode::try_from(400).unwrap(), "".into()))
        };
        let sandbox = "Email address is not verified: ana@example.com";
        for (error, told) in [
            (
                refused("MessageRejected", sandbox),
                "SES does not send for this account: an address is not verified, as in the sandbox",
            ),
            (refused("MessageRejected", "virus"), "SES refuses the address or the mail: MessageRejected"),
            (refused("BadRequestException", sandbox), "SES refuses the address or the mail: BadRequestException"),
            (refused("AccountSuspendedException", ""), "SES does not send for this account: AccountSuspendedException"),
            (refused("AccessDeniedException", ""), "SES does not send for this account: AccessDeniedException"),
            (refused("TooManyRequestsException", ""), "SES could not take the mail: TooManyRequestsException"),
            (SdkError::timeout_error("slow"), "SES could not take the mail: time-out"),
            (
                SdkError::construction_failure("no"),
                "SES refuses the address or the mail: the request could not be built",
            ),
        ] {
            assert_eq!(NotSent::from(&error).to_string(), told);
        }
    }

    #[test]
    fn a_name_is_quoted_or_encoded() {
        for (name, written) in [
            ("Tybee Beach Carts", "\"Tybee Beach Carts\""),
            ("Carts, \"Inc\"", "\"Carts, \\\"Inc\\\"\""),
            ("Küste", "=?UTF-8?B?S8O8c3Rl?="),
            ("A\r\nBcc: x", "\"ABcc: x\""),
            ("=?UTF-8?Q?Carts?=", "=?UTF-8?B?PT9VVEYtOD9RP0NhcnRzPz0=?="),
        ] {
            assert_eq!(display_name(name), written);
        }
        let (whole, rest) = ("ü".repeat(22) + "x", "ü".repeat(3));
        let words = [&whole, &rest].map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
        assert_eq!(display_name(&format!("{whole}{rest}")), words.join(" "));
        assert!(words[0].len() <= 75);
    }
}
