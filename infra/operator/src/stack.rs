//! The stack a command is about: found by its name, spoken to with the caller's own credentials.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig, timeout::TimeoutConfig};
use aws_credential_types::Credentials;
use aws_sdk_cloudformation::{error::ProvideErrorMetadata, types::StackResourceSummary};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use portal_aws::{documents::Documents, store::Store};
use portal_domain::customer_key::CustomerKey;
use serde::Serialize;
use serde_json::Value;

use crate::{global::Global, terminal::Failure};

/// A service of AWS, by the key under which a local stack says where it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Acm,
    CloudFormation,
    CloudWatch,
    DynamoDb,
    Events,
    Lambda,
    Logs,
    S3,
    SecretsManager,
    Ses,
    Sns,
    Sqs,
}

impl Service {
    fn key(self) -> &'static str {
        match self {
            Self::Acm => "acm",
            Self::CloudFormation => "cloudformation",
            Self::CloudWatch => "cloudwatch",
            Self::DynamoDb => "dynamodb",
            Self::Events => "events",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::S3 => "s3",
            Self::SecretsManager => "secretsmanager",
            Self::Ses => "ses",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
        }
    }
}

/// Where a command acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// Twelve digits.
    pub(crate) account: String,
    /// Such as `us-east-1`.
    pub(crate) region: String,
    /// The stack's name.
    pub(crate) stack: String,
}

/// A deployed portal.
pub(crate) struct Stack {
    pub(crate) place: Place,
    /// What every client is built from.
    config: SdkConfig,
    /// What a local stack says of itself; none on AWS.
    local: Option<Value>,
    outputs: HashMap<String, String>,
    parameters: HashMap<String, String>,
    /// What leads a command to this stack: nothing where it is the one of no options.
    options: String,
}

impl Stack {
    /// Looks the stack up, and says on standard error which account, region and stack the command is about to act on. Nothing
    /// else is asked of AWS before that.
    pub(crate) async fn find(global: &Global) -> Result<Self, Failure> {
        let local = match &global.local {
            Some(url) => Some(of_local(url).await?),
            None => None,
        };
        let config = configured(local.as_ref()).await;
        if config.region().is_none() {
            return Err(Failure::new("there is no AWS region", "Name it: AWS_REGION=us-east-1 portal …"));
        }
        let missing = || {
            Failure::new(
                format!("{} is not a stack of the portal", global.stack),
                "Name it with --stack, and its region with AWS_REGION. Stacks: aws cloudformation list-stacks",
            )
        };
        let mut stack = Self {
            place: Place { account: String::new(), region: String::new(), stack: global.stack.clone() },
            config,
            local,
            outputs: HashMap::new(),
            parameters: HashMap::new(),
            options: global.options(),
        };
        let described = stack.cloudformation()?.describe_stacks().stack_name(&global.stack).send().await;
        let described = described.map_err(|error| match error.code() {
            // What CloudFormation answers where there is no such stack.
            Some("ValidationError") => missing(),
            _ => Failure::of_call("cloudformation:DescribeStacks", &error),
        })?;
        let found = described.stacks.unwrap_or_default().pop().ok_or_else(missing)?;
        // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/…
        let arn = found.stack_id.unwrap_or_default();
        let mut parts = arn.splitn(6, ':').skip(3).map(str::to_owned);
        (stack.place.region, stack.place.account) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        stack.outputs = found
            .outputs
            .into_iter()
            .flatten()
            .filter_map(|output| output.output_key.zip(output.output_value))
            .collect();
        stack.parameters = found
            .parameters
            .into_iter()
            .flatten()
            .filter_map(|parameter| parameter.parameter_key.zip(parameter.parameter_value))
            .collect();
        if !stack.outputs.contains_key("TableName") {
            return Err(missing());
        }
        let Place { account, region, stack: name } = &stack.place;
        anstream::eprintln!("account {account}, region {region}, stack {name}");
        Ok(stack)
    }

    /// A command of this tool as one types it for this stack, such as `portal allow-mail --stack other`.
    pub(crate) fn command(&self, command: &str) -> String {
        match command.split_once(" -- ") {
            // Behind it nothing is an option.
            Some((before, behind)) => format!("portal {before}{} -- {behind}", self.options),
            None => format!("portal {command}{}", self.options),
        }
    }

    /// An output of the stack.
    pub(crate) fn output(&self, name: &str) -> Result<&str, Failure> {
        self.outputs.get(name).map(String::as_str).ok_or_else(|| {
            Failure::new(format!("the stack has no output {name}"), "Deploy the current template; it keeps all data.")
        })
    }

    /// A parameter of the stack; none where it is empty or the template has no such parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Everything the stack is made of.
    pub(crate) async fn resources(&self) -> Result<Resources, Failure> {
        let list = self.cloudformation()?.list_stack_resources().stack_name(&self.place.stack);
        let mut pages = list.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::of_call("cloudformation:ListStackResources", &error))?;
            all.extend(page.stack_resource_summaries.unwrap_or_default());
        }
        Ok(Resources(all))
    }

    /// The key of customer ids, read with the caller's rights and never printed.
    pub(crate) async fn customer_key(&self) -> Result<CustomerKey, Failure> {
        let secret = self.output("CustomerKey")?;
        let value = self
            .secrets()?
            .get_secret_value()
            .secret_id(secret)
            .send()
            .await
            .map_err(|error| Failure::of_call("secretsmanager:GetSecretValue", &error))?;
        value.secret_string.unwrap_or_default().parse().map_err(|error| {
            Failure::new(
                format!("the secret {secret}: {error}"),
                "See infra/operating/README.md, \"The customer key\".",
            )
        })
    }

    /// The stack's table.
    pub(crate) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::new(&self.config(Service::DynamoDb)?, self.output("TableName")?.to_owned()))
    }

    /// The stack's documents.
    pub(crate) fn documents(&self) -> Result<Documents, Failure> {
        Ok(Documents::new(&self.config(Service::S3)?, self.output("DocumentsBucket")?.to_owned()))
    }

    /// The buses.
    pub(crate) fn events(&self) -> Result<aws_sdk_eventbridge::Client, Failure> {
        Ok(aws_sdk_eventbridge::Client::new(&self.config(Service::Events)?))
    }

    /// The functions' logs.
    pub(crate) fn logs(&self) -> Result<aws_sdk_cloudwatchlogs::Client, Failure> {
        Ok(aws_sdk_cloudwatchlogs::Client::new(&self.config(Service::Logs)?))
    }

    /// SES in the stack's account.
    pub(crate) fn ses(&self) -> Result<aws_sdk_sesv2::Client, Failure> {
        Ok(aws_sdk_sesv2::Client::new(&self.config(Service::Ses)?))
    }

    /// The secrets.
    pub(crate) fn secrets(&self) -> Result<aws_sdk_secretsmanager::Client, Failure> {
        Ok(aws_sdk_secretsmanager::Client::new(&self.config(Service::SecretsManager)?))
    }

    /// The queues.
    pub(crate) fn sqs(&self) -> Result<aws_sdk_sqs::Client, Failure> {
        Ok(aws_sdk_sqs::Client::new(&self.config(Service::Sqs)?))
    }

    fn cloudformation(&self) -> Result<aws_sdk_cloudformation::Client, Failure> {
        Ok(aws_sdk_cloudformation::Client::new(&self.config(Service::CloudFormation)?))
    }

    /// What a client of a service is built from; a failure where a local stack does not have that service.
    pub(crate) fn config(&self, service: Service) -> Result<SdkConfig, Failure> {
        let Some(local) = &self.local else { return Ok(self.config.clone()) };
        let Some(endpoint) = local[service.key()].as_str() else {
            return Err(Failure::new(
                format!("the local stack has no {service:?}"),
                "Ask a stack on AWS: leave --local out.",
            ));
        };
        Ok(self.config.to_builder().endpoint_url(endpoint).build())
    }

    /// Whether it is a stack of this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.local.is_some()
    }
}

/// What a stack is made of.
pub(crate) struct Resources(Vec<StackResourceSummary>);

impl Resources {
    /// The name, URL or ARN of what the template calls so.
    pub(crate) fn physical(&self, logical_id: &str) -> Option<&str> {
        self.0.iter().find(|resource| resource.logical_resource_id() == Some(logical_id))?.physical_resource_id()
    }

    /// The logical and physical ids of a type, such as `AWS::Lambda::Function`.
    pub(crate) fn of_type<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let of_type = self.0.iter().filter(move |resource| resource.resource_type() == Some(resource_type));
        of_type.filter_map(|resource| resource.logical_resource_id().zip(resource.physical_resource_id()))
    }

    /// The name, URL or ARN of what every stack of the portal has.
    pub(crate) fn required(&self, logical_id: &str) -> Result<&str, Failure> {
        self.physical(logical_id).ok_or_else(|| {
            Failure::new(format!("the stack has no {logical_id}"), "Deploy the current template; it keeps all data.")
        })
    }
}

/// What `GET /_local/endpoints` says.
async fn of_local(url: &str) -> Result<Value, Failure> {
    let url = format!("{}/_local/endpoints", url.trim_end_matches('/'));
    let answer = async {
        // A proxy that this machine uses for the internet knows no local stack.
        let client = reqwest::Client::builder().no_proxy().build()?;
        client.get(&url).send().await?.error_for_status()?.json().await
    };
    answer.await.map_err(|error: reqwest::Error| {
        let advice = "Start the local stack with `make run`, and give its address, such as http://localhost:9000.";
        Failure::new(format!("{url}: {error}"), advice)
    })
}

/// One TLS stack with the system's roots, no endless waits, and the caller's profile, SSO session or variables.
async fn configured(local: Option<&Value>) -> SdkConfig {
    let seconds = std::time::Duration::from_secs;
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let waits = TimeoutConfig::builder().connect_timeout(seconds(5)).operation_attempt_timeout(seconds(20)).build();
    let loader: ConfigLoader = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(waits);
    let Some(local) = local else { return loader.load().await };
    let text = |name: &str| local[name].as_str().unwrap_or_default().to_owned();
    let credentials = Credentials::new(text("access_key_id"), text("secret_access_key"), None, None, "local stack");
    // An endpoint that is given here is one that AWS_ENDPOINT_URL does not replace.
    let loader = loader.endpoint_url(text("cloudformation"));
    loader.region(Region::new(text("region"))).credentials_provider(credentials).load().await
}
