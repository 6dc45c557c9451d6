//! The stack's secrets of the webhook as Secrets Manager keeps them, and how they are replaced.

use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use portal_domain::webhook::WebhookSecrets;
use uuid::Uuid;

use crate::{stack::Stack, terminal::Failure};

/// The secrets of a stack, as they were read.
pub(crate) struct Kept {
    client: Client,
    arn: String,
    /// The version that was read.
    version: String,
    /// Where events are posted.
    pub(crate) url: String,
    /// The secrets; `Debug` prints nothing of them.
    pub(crate) secrets: WebhookSecrets,
}

impl Kept {
    /// Reads the secrets; a failure where the stack takes no events over HTTPS.
    pub(crate) async fn read(stack: &Stack) -> Result<Self, Failure> {
        let (Ok(url), Ok(arn)) = (stack.output("WebhookUrl"), stack.output("WebhookSecretArn")) else {
            let command = if stack.is_local() { "make run PARAMS=AcceptWebhooks=true" } else { "sam deploy --guided" };
            let advice = format!("Let AcceptWebhooks be true: {command}");
            return Err(Failure::new("the stack takes no events over HTTPS", advice));
        };
        let client = stack.secrets()?;
        let value = client.get_secret_value().secret_id(arn).send().await;
        let value = value.map_err(|error| Failure::of_call("secretsmanager:GetSecretValue", &error))?;
        let secrets = WebhookSecrets::parse(value.secret_string().unwrap_or_default()).map_err(|error| {
            let write = "openssl rand -base64 32 | jq --raw-input '{secret: .}' | \
                 aws secretsmanager put-secret-value --secret-string file:///dev/stdin --secret-id";
            Failure::new(format!("the secret of the webhook is {error}"), format!("Write a new one: {write} {arn}"))
        })?;
        let version = value.version_id.unwrap_or_default();
        Ok(Self { client, arn: arn.to_owned(), version, url: url.to_owned(), secrets })
    }

    /// Puts another value in the place of the one that was read, and of no other: PutSecretValue has no condition, so the value
    /// becomes a version that nobody reads, and UpdateSecretVersionStage makes it the current one if the version that was
    /// read still is (Secrets Manager API Reference, "UpdateSecretVersionStage", RemoveFromVersionId).
    pub(crate) async fn replace(&self, value: String, stack: &Stack) -> Result<(), Failure> {
        let version = Uuid::new_v4().to_string();
        let put = self.client.put_secret_value().secret_id(&self.arn).secret_string(value);
        let put = put.client_request_token(&version).version_stages("AWSPENDING").send().await;
        put.map_err(|error| Failure::of_call("secretsmanager:PutSecretValue", &error))?;
        let current = self.client.update_secret_version_stage().secret_id(&self.arn).version_stage("AWSCURRENT");
        let current = current.remove_from_version_id(&self.version).move_to_version_id(version).send().await;
        current.map(drop).map_err(|error| match error.code() {
            Some("InvalidParameterException") => Failure::new(
                "somebody else has changed the secret meanwhile: nothing was changed",
                format!("See what it is now: {}", stack.command("webhook-secret show")),
            ),
            _ => Failure::of_call("secretsmanager:UpdateSecretVersionStage", &error),
        })
    }
}
