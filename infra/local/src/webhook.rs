//! Where the stack takes signed events, and with which secret: what a developer of a booking system needs of it.

use sam_emulator::Running;
use serde_json::{Value, json};

/// The address and the secret of the webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where events are posted.
    pub url: String,
    /// What signs them, as libraries of Standard Webhooks take it: `whsec_` and Base64.
    pub secret: String,
}

impl Webhook {
    /// That of a running stack; none where webhooks are off, or the secret's value is not one that the stack takes.
    pub fn of(running: &Running) -> Option<Self> {
        let outputs = &running.description.outputs;
        let value = running.aws.secrets.value(outputs.get("WebhookSecretArn")?)?;
        let value: Value = serde_json::from_str(&value).ok()?;
        // While it is rotated, the first is the new one.
        let secret = value["secret"].as_str().or_else(|| value["secrets"][0].as_str())?;
        let secret = format!("whsec_{}", secret.strip_prefix("whsec_").unwrap_or(secret));
        Some(Self { url: outputs.get("WebhookUrl")?.clone(), secret })
    }

    /// A command line that signs an event and posts it, with nothing but a shell, OpenSSL and curl.
    pub fn command(&self, event: &str) -> String {
        let (url, key) = (&self.url, self.secret.trim_start_matches("whsec_"));
        format!(
            "body='{event}'; id=msg_$RANDOM$RANDOM; at=$(date +%s); \
             key=$(printf %s '{key}' | base64 -d | od -An -v -tx1 | tr -d ' \\n'); \
             sig=$(printf %s \"$id.$at.$body\" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64); \
             curl -i {url} -H 'content-type: application/json' -H \"webhook-id: $id\" \
             -H \"webhook-timestamp: $at\" -H \"webhook-signature: v1,$sig\" --data-binary \"$body\""
        )
    }
}

/// What `/_local/endpoints` tells of it.
pub(crate) fn endpoint(running: &Running) -> Option<(String, Value)> {
    let Webhook { url, secret } = Webhook::of(running)?;
    Some(("webhook".to_owned(), json!({"url": url, "secret": secret})))
}
