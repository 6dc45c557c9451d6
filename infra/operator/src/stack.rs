//! The stack a command is about: found by its outputs, spoken to with the caller's own credentials.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use portal_aws::{sdk::error_code, store::Store};
use portal_domain::customer_key::CustomerKey;
use serde::Deserialize;

use crate::{global::Global, terminal::Failure};

/// Where a local stack answers for AWS, as `GET /_local/endpoints` says.
#[derive(Deserialize)]
struct Endpoints {
    access_key_id: String,
    secret_access_key: String,
    region: String,
    cloudformation: String,
    secretsmanager: String,
    ses: String,
    dynamodb: String,
}

/// A deployed portal.
pub(crate) struct Stack {
    /// What every client is built from.
    config: SdkConfig,
    /// None on AWS.
    local: Option<Endpoints>,
    /// `arn:…:cloudformation:REGION:ACCOUNT:stack/NAME/…`
    id: String,
    outputs: HashMap<String, String>,
    table: String,
}

impl Stack {
    /// Looks up what the stack put out.
    pub(crate) async fn find(global: &Global) -> Result<Self, Failure> {
        let local = match &global.local {
            Some(url) => Some(Endpoints::of(url).await?),
            None => None,
        };
        let config = configured(local.as_ref()).await;
        let at = at(&config, local.as_ref(), |local| &local.cloudformation);
        let described = aws_sdk_cloudformation::Client::new(&at)
            .describe_stacks()
            .stack_name(&global.stack)
            .send()
            .await
            .map_err(|error| Failure::denied("cloudformation:DescribeStacks", &error_code(&error)))?;
        let missing = || {
            Failure::new(
                format!("{} is not a stack of the portal", global.stack),
                "Name it with --stack, and its region with AWS_REGION. Stacks: aws cloudformation list-stacks",
            )
        };
        let stack = described.stacks.unwrap_or_default().pop().ok_or_else(missing)?;
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let outputs: HashMap<_, _> = outputs.filter_map(|output| output.output_key.zip(output.output_value)).collect();
        let table = outputs.get("TableName").cloned().ok_or_else(missing)?;
        Ok(Self { config, local, id: stack.stack_id.unwrap_or_default(), outputs, table })
    }

    /// Says on standard error which account, region and stack a command is about to act on.
    pub(crate) fn introduce(&self) {
        let parts: Vec<&str> = self.id.splitn(6, ':').collect();
        if let [_, _, _, region, account, resource] = parts[..] {
            let name = resource.split('/').nth(1).unwrap_or(resource);
            eprintln!("account {account}, region {region}, stack {name}");
        }
    }

    /// The key of customer ids, read with the caller's rights and never printed.
    pub(crate) async fn customer_key(&self) -> Result<CustomerKey, Failure> {
        let secret = self.outputs.get("CustomerKey").ok_or_else(|| {
            Failure::new(
                "the stack has no output CustomerKey",
                "Deploy the current template; it keeps the secret it has.",
            )
        })?;
        let value = aws_sdk_secretsmanager::Client::new(&self.at(|local| &local.secretsmanager))
            .get_secret_value()
            .secret_id(secret)
            .send()
            .await
            .map_err(|error| Failure::denied("secretsmanager:GetSecretValue", &error_code(&error)))?;
        value.secret_string.unwrap_or_default().parse().map_err(|error| {
            Failure::new(
                format!("the secret {secret}: {error}"),
                "See infra/operating/README.md, \"The customer key\".",
            )
        })
    }

    /// SES in the stack's account.
    pub(crate) fn ses(&self) -> aws_sdk_sesv2::Client {
        aws_sdk_sesv2::Client::new(&self.at(|local| &local.ses))
    }

    /// The stack's table.
    pub(crate) fn store(&self) -> Store {
        Store::new(&self.at(|local| &local.dynamodb), self.table.clone())
    }

    fn at(&self, endpoint: fn(&Endpoints) -> &String) -> SdkConfig {
        at(&self.config, self.local.as_ref(), endpoint)
    }
}

/// The configuration of one service's client.
fn at(config: &SdkConfig, local: Option<&Endpoints>, endpoint: fn(&Endpoints) -> &String) -> SdkConfig {
    let mut config = config.to_builder();
    config.set_endpoint_url(local.map(endpoint).cloned());
    config.build()
}

impl Endpoints {
    async fn of(url: &str) -> Result<Self, Failure> {
        let advice = "Start the local stack with `make run`, and give its address, such as http://localhost:9000.";
        let url = format!("{}/_local/endpoints", url.trim_end_matches('/'));
        let answer = async { reqwest::get(&url).await?.error_for_status()?.json().await };
        answer.await.map_err(|error: reqwest::Error| Failure::new(format!("{url}: {error}"), advice))
    }
}

/// One TLS stack with the system's roots, and the caller's profile, SSO session or variables.
async fn configured(local: Option<&Endpoints>) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let loader: ConfigLoader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    match local {
        None => loader.load().await,
        Some(Endpoints { access_key_id, secret_access_key, region, .. }) => {
            let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "local stack");
            loader.region(Region::new(region.clone())).credentials_provider(credentials).load().await
        }
    }
}
