//! The template's resources: the types the local stack knows, and what `Ref` and `Fn::GetAtt` give for each.

use serde_json::Value;

use crate::aws::{
    ACCOUNT, DEFAULT_BUS, DKIM_TOKENS, REGION, alarm_arn, bus_name, log_group_arn, rule_arn, secret_arn, topic_arn,
};

/// The one stage of the HTTP API.
pub(super) const DEFAULT_STAGE: &str = "$default";

/// What the template cannot know: its stack's name, and the addresses that its resources get locally.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The stack's name, `AWS::StackName`.
    pub stack_name: String,
    /// Where SQS listens: queue URLs begin with it.
    pub sqs_endpoint: String,
    /// Where the HTTP API listens.
    pub api_endpoint: String,
}

/// A resource of the template.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its key in the template.
    pub logical_id: String,
    /// Its name on AWS.
    pub name: String,
    /// Its properties.
    pub properties: Value,
}

impl Resource {
    /// The name of the bus that a rule listens on.
    pub fn bus(&self) -> &str {
        let bus = self.properties.get("EventBusName").and_then(Value::as_str).unwrap_or(DEFAULT_BUS);
        bus_name(bus)
    }
}

/// What a resource type is to the local stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    HttpApi,
    Table,
    Bucket,
    Queue,
    QueuePolicy,
    Bus,
    Rule,
    Identity,
    ConfigurationSet,
    Role,
    ManagedPolicy,
    EventDestination,
    Secret,
    /// Known, but nothing runs for it on one machine.
    NotRun(NotRun),
}

/// The types that do not run, as far as references to them differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotRun {
    Topic,
    LogGroup,
    Alarm,
    Domain,
    Other,
}

impl Kind {
    /// The kind of a CloudFormation type; nothing for a type that is not known.
    pub(super) fn of(resource_type: &str) -> Option<Self> {
        Some(match resource_type {
            "AWS::Serverless::Function" => Self::Function,
            "AWS::Serverless::HttpApi" => Self::HttpApi,
            "AWS::DynamoDB::Table" => Self::Table,
            "AWS::S3::Bucket" => Self::Bucket,
            "AWS::SQS::Queue" => Self::Queue,
            "AWS::SQS::QueuePolicy" => Self::QueuePolicy,
            "AWS::Events::EventBus" => Self::Bus,
            "AWS::Events::Rule" => Self::Rule,
            "AWS::SES::EmailIdentity" => Self::Identity,
            "AWS::SES::ConfigurationSet" => Self::ConfigurationSet,
            "AWS::SES::ConfigurationSetEventDestination" => Self::EventDestination,
            "AWS::SecretsManager::Secret" => Self::Secret,
            "AWS::SNS::Topic" => Self::NotRun(NotRun::Topic),
            "AWS::Logs::LogGroup" => Self::NotRun(NotRun::LogGroup),
            "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => Self::NotRun(NotRun::Alarm),
            "AWS::IAM::Role" => Self::Role,
            "AWS::IAM::ManagedPolicy" => Self::ManagedPolicy,
            "AWS::ApiGatewayV2::DomainName" => Self::NotRun(NotRun::Domain),
            "AWS::ApiGatewayV2::ApiMapping"
            | "AWS::CertificateManager::Certificate"
            | "AWS::CloudWatch::Dashboard"
            | "AWS::Events::EventBusPolicy"
            | "AWS::IAM::Policy"
            | "AWS::KMS::Alias"
            | "AWS::KMS::Key"
            | "AWS::Lambda::Permission"
            | "AWS::Logs::MetricFilter"
            | "AWS::Logs::QueryDefinition"
            | "AWS::Logs::ResourcePolicy"
            | "AWS::Route53::RecordSet"
            | "AWS::S3::BucketPolicy"
            | "AWS::SNS::Subscription"
            | "AWS::SNS::TopicPolicy"
            | "AWS::SSM::Parameter" => Self::NotRun(NotRun::Other),
            _ => return None,
        })
    }

    /// The property that names a resource of this kind, if the template's author wants a name of their own.
    pub(super) fn name_property(self) -> Option<&'static str> {
        match self {
            Self::Function => Some("FunctionName"),
            Self::Table => Some("TableName"),
            Self::Bucket => Some("BucketName"),
            Self::Queue => Some("QueueName"),
            Self::Bus | Self::Rule | Self::ConfigurationSet | Self::Secret => Some("Name"),
            Self::Identity => Some("EmailIdentity"),
            Self::Role => Some("RoleName"),
            Self::ManagedPolicy => Some("ManagedPolicyName"),
            Self::NotRun(NotRun::Topic) => Some("TopicName"),
            Self::NotRun(NotRun::LogGroup) => Some("LogGroupName"),
            Self::NotRun(NotRun::Alarm) => Some("AlarmName"),
            Self::NotRun(NotRun::Domain) => Some("DomainName"),
            Self::HttpApi | Self::QueuePolicy | Self::EventDestination | Self::NotRun(NotRun::Other) => None,
        }
    }

    /// The name CloudFormation would make up.
    pub(super) fn default_name(self, stack: &str, logical_id: &str) -> String {
        match self {
            Self::Bucket | Self::HttpApi => format!("{stack}-{logical_id}").to_lowercase(),
            _ => format!("{stack}-{logical_id}"),
        }
    }
}

/// A resource that exists, ready to be referred to.
pub(super) struct Named<'a> {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// The bus of a rule.
    pub(super) bus: Option<String>,
    /// Where SQS listens.
    pub(super) sqs_endpoint: &'a str,
    /// Where the HTTP API listens.
    pub(super) api_endpoint: &'a str,
}

impl Named<'_> {
    /// What `Ref` gives.
    pub(super) fn reference(&self) -> String {
        let name = &self.name;
        match (self.kind, self.bus.as_deref()) {
            (Kind::Queue, _) => format!("{}/{ACCOUNT}/{name}", self.sqs_endpoint),
            (Kind::Rule, Some(bus)) if bus != DEFAULT_BUS => format!("{bus}|{name}"),
            (Kind::ManagedPolicy, _) => format!("arn:aws:iam::{ACCOUNT}:policy/{name}"),
            (Kind::Secret, _) => secret_arn(name),
            (Kind::NotRun(NotRun::Topic), _) => topic_arn(name),
            _ => name.clone(),
        }
    }

    /// What `Fn::GetAtt` gives; nothing for an attribute that is not known.
    pub(super) fn attribute(&self, attribute: &str) -> Option<String> {
        let name = &self.name;
        Some(match (self.kind, attribute) {
            (Kind::Function, "Arn") => format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"),
            (Kind::HttpApi, "ApiEndpoint") => self.api_endpoint.to_owned(),
            (Kind::Table, "Arn") => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"),
            (Kind::Bucket, "Arn") => format!("arn:aws:s3:::{name}"),
            (Kind::Bucket, "DomainName") => format!("{name}.s3.amazonaws.com"),
            (Kind::Bucket, "RegionalDomainName") => format!("{name}.s3.{REGION}.amazonaws.com"),
            (Kind::Queue, "Arn") => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"),
            (Kind::Queue, "QueueName") | (Kind::Bus, "Name") => name.clone(),
            (Kind::Queue, "QueueUrl") => self.reference(),
            (Kind::Bus, "Arn") => format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"),
            (Kind::Rule, "Arn") => rule_arn(self.bus.as_deref().unwrap_or(DEFAULT_BUS), name),
            (Kind::NotRun(NotRun::Topic), "TopicArn") => self.reference(),
            (Kind::NotRun(NotRun::Topic), "TopicName") => name.clone(),
            (Kind::NotRun(NotRun::LogGroup), "Arn") => log_group_arn(name),
            (Kind::NotRun(NotRun::Alarm), "Arn") => alarm_arn(name),
            (Kind::NotRun(NotRun::Domain), "RegionalDomainName") => {
                format!("{name}.execute-api.{REGION}.amazonaws.com")
            }
            (Kind::NotRun(NotRun::Domain), "RegionalHostedZoneId") => "ZLOCAL".to_owned(),
            (Kind::Identity, _) => {
                let part = attribute.strip_prefix("DkimDNSToken")?;
                let (part, token) = (1..)
                    .zip(DKIM_TOKENS)
                    .find_map(|(number, token)| Some((part.strip_suffix(&number.to_string())?, token)))?;
                match part {
                    "Name" => format!("{token}._domainkey.{name}"),
                    "Value" => format!("{token}.dkim.amazonses.com"),
                    _ => return None,
                }
            }
            (Kind::Role, "Arn") => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            _ => return None,
        })
    }
}
