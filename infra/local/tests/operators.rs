//! What an operator's tool reads of the portal's own template.
#![allow(clippy::unwrap_used, reason = "a failed test ends there")]

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use portal_local::{
    Options,
    aws::{REGION, SECRET_ACCESS_KEY},
    start,
};

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");

async fn sdk(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(Credentials::new("operator", SECRET_ACCESS_KEY, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .load()
        .await
}

#[tokio::test]
async fn every_alarm_subscription_identity_and_log_that_the_template_declares_is_told_of() {
    let mut options = Options::new(TEMPLATE, "");
    options.parameters.insert("AlarmAddress".into(), "ana@example.com".into());
    let stack = start(options).await.unwrap();
    let endpoints = &stack.aws.endpoints;

    let cloudformation = aws_sdk_cloudformation::Client::new(&sdk(&endpoints.cloudformation).await);
    let described = cloudformation.describe_stacks().stack_name("portal").send().await.unwrap();
    let parameters = described.stacks()[0].parameters();
    let parameters: BTreeMap<_, _> =
        parameters.iter().map(|one| (one.parameter_key().unwrap(), one.parameter_value().unwrap())).collect();
    assert_eq!((parameters["AlarmAddress"], parameters["PortalUrl"]), ("ana@example.com", stack.url()));
    let listed = cloudformation.list_stack_resources().stack_name("portal").into_paginator().items().send();
    let listed = listed.collect::<Result<Vec<_>, _>>().await.unwrap();
    let of = |kind: &str| {
        let of_kind = listed.iter().filter(|resource| resource.resource_type() == Some(kind));
        of_kind.map(|resource| resource.physical_resource_id().unwrap().to_owned()).collect::<Vec<_>>()
    };

    let cloudwatch = aws_sdk_cloudwatch::Client::new(&sdk(&endpoints.cloudwatch).await);
    let alarms = of("AWS::CloudWatch::Alarm");
    assert!(alarms.len() > 10, "{alarms:?}");
    let told =
        cloudwatch.describe_alarms().set_alarm_names(Some(alarms.clone())).max_records(100).send().await.unwrap();
    let told: Vec<_> = told.metric_alarms().iter().map(|alarm| alarm.alarm_name().unwrap()).collect();
    assert_eq!(told, alarms);

    let sns = aws_sdk_sns::Client::new(&sdk(&endpoints.sns).await);
    let topic = of("AWS::SNS::Topic").remove(0);
    let subscribed = sns.list_subscriptions_by_topic().topic_arn(topic).send().await.unwrap();
    assert_eq!(subscribed.subscriptions()[0].endpoint(), Some("ana@example.com"));

    let ses = aws_sdk_sesv2::Client::new(&sdk(&endpoints.ses).await);
    let identity = ses.get_email_identity().email_identity(&of("AWS::SES::EmailIdentity")[0]).send().await.unwrap();
    let dkim = identity.dkim_attributes().unwrap();
    let records = described.stacks()[0].outputs().iter().filter_map(|output| output.output_value());
    let records: Vec<_> = records.filter(|value| value.contains("._domainkey.")).collect();
    assert_eq!(records.len(), 3);
    for (record, token) in records.iter().zip(dkim.tokens()) {
        assert!(
            record.starts_with(token) && record.ends_with(&format!("CNAME {token}.dkim.amazonses.com")),
            "{record}"
        );
    }

    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk(&endpoints.logs).await);
    let groups = of("AWS::Logs::LogGroup");
    for function in &stack.description.functions {
        assert!(groups.contains(&function.log_group), "{}", function.logical_id);
        logs.filter_log_events().log_group_name(&function.log_group).filter_pattern("\"x\"").send().await.unwrap();
    }
}
