//! What an operator's tool asks, as the AWS SDK for Rust asks it.

use super::*;

/// A client of a service at its endpoint, with an access key.
macro_rules! client {
    ($sdk:ident, $endpoint:expr, $access_key_id:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::from(&config($access_key_id).await).endpoint_url(&$endpoint).build(),
        )
    };
}

#[tokio::test]
async fn a_stack_tells_its_parameters_outputs_and_resources() {
    let aws = stack(&json!([])).await;
    let resources = (0..250).map(|number| StackResource {
        logical_id: format!("Queue{number}"),
        physical_id: format!("http://127.0.0.1/{number}?a&b"),
        resource_type: "AWS::SQS::Queue".to_owned(),
    });
    aws.cloudformation.create_stack(DeployedStack {
        name: "orders".to_owned(),
        created_at: "2026-07-01T00:00:00.5Z".parse().unwrap(),
        parameters: [("Key".to_owned(), "****".to_owned()), ("Name".to_owned(), "<Ana & Ben>".to_owned())].into(),
        outputs: [("Url".to_owned(), "http://localhost/?a&b".to_owned())].into(),
        resources: resources.collect(),
    });
    let operator = client!(aws_sdk_cloudformation, aws.endpoints.cloudformation, OPERATOR);
    for name in ["orders".to_owned(), stack_id("orders")] {
        let described = operator.describe_stacks().stack_name(name).send().await.unwrap();
        let stack = &described.stacks()[0];
        assert_eq!(stack.stack_name(), Some("orders"));
        assert_eq!(stack.creation_time().unwrap().to_millis().unwrap(), 1_782_864_000_500);
        let parameters = stack.parameters().iter();
        let parameters: Vec<_> =
            parameters.map(|one| (one.parameter_key().unwrap(), one.parameter_value().unwrap())).collect();
        assert_eq!(parameters, [("Key", "****"), ("Name", "<Ana & Ben>")]);
        assert_eq!(stack.outputs()[0].output_value(), Some("http://localhost/?a&b"));
    }

    let first = operator.list_stack_resources().stack_name("orders").send().await.unwrap();
    assert_eq!(first.stack_resource_summaries().len(), 100);
    let all = operator.list_stack_resources().stack_name("orders").into_paginator().items().send();
    let all = all.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(all.len(), 250);
    let last = &all[249];
    assert_eq!(last.logical_resource_id(), Some("Queue249"));
    assert_eq!(last.physical_resource_id(), Some("http://127.0.0.1/249?a&b"));
    assert_eq!(last.resource_type(), Some("AWS::SQS::Queue"));
    assert_eq!(last.resource_status().unwrap().as_str(), "CREATE_COMPLETE");
    assert_eq!(last.last_updated_timestamp().unwrap().secs(), 1_782_864_000);

    let unknown = operator.list_stack_resources().stack_name("other").send().await.unwrap_err().into_service_error();
    assert_eq!(unknown.meta().code(), Some("ValidationError"));
    assert_eq!(unknown.meta().message(), Some("Stack with id other does not exist"));
    let function = client!(aws_sdk_cloudformation, aws.endpoints.cloudformation, FUNCTION_KEY);
    let refused = function.describe_stacks().stack_name("orders").send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDenied"));
    assert!(refused.meta().message().unwrap().contains("cloudformation:DescribeStacks"), "{refused:?}");
}

#[tokio::test]
async fn a_log_group_is_searched_for_a_term() {
    let aws = stack(&json!([
        { "Effect": "Allow", "Action": "logs:FilterLogEvents", "Resource": log_group_arn("/aws/lambda/take") },
    ]))
    .await;
    aws.logs.collect("Take", "/aws/lambda/take");
    aws.logs.collect("Ship", "/aws/lambda/ship");
    let before = jiff::Timestamp::now();
    for number in 0..5 {
        aws.log.write("Take", "one", format!("took \"order-{number}\""));
    }
    let function = client!(aws_sdk_cloudwatchlogs, aws.endpoints.logs, FUNCTION_KEY);
    let filter = || function.filter_log_events().start_time(before.as_millisecond());
    let found = filter().log_group_name("/aws/lambda/take").filter_pattern(r#""\"order-3\"""#).send().await.unwrap();
    let [event] = found.events() else { panic!("{found:?}") };
    assert_eq!(event.message(), Some("took \"order-3\""));
    assert!(event.log_stream_name().unwrap().ends_with("/[$LATEST]one"), "{event:?}");
    assert!(event.timestamp().unwrap() >= before.as_millisecond() && event.ingestion_time().is_some());
    let all = filter().log_group_identifier("/aws/lambda/take").limit(2).into_paginator().send();
    let all = all.collect::<Result<Vec<_>, _>>().await.unwrap();
    let mut ids = Vec::new();
    for page in &all {
        ids.extend(page.events().iter().map(|event| event.event_id().unwrap()));
    }
    ids.dedup();
    assert_eq!((all.len(), ids.len()), (3, 5));

    let refused = filter().log_group_name("/aws/lambda/ship").send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDeniedException"));
    let operator = client!(aws_sdk_cloudwatchlogs, aws.endpoints.logs, OPERATOR);
    let missing = operator.filter_log_events().log_group_name("/none").send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    let unknown = operator.filter_log_events().log_group_name("/aws/lambda/take").filter_pattern("took");
    let unknown = unknown.send().await.unwrap_err().into_service_error();
    assert!(unknown.is_invalid_parameter_exception());
    assert!(unknown.meta().message().unwrap().ends_with("took"), "{unknown:?}");
}

#[tokio::test]
async fn ses_tells_of_its_account_its_identities_and_who_is_suppressed() {
    use aws_sdk_sesv2::types::{DkimStatus, MailFromDomainStatus, MailType, SuppressionListReason};

    let aws = stack(&json!([
        { "Effect": "Allow", "Action": "ses:GetAccount", "Resource": "*" },
        { "Effect": "Allow", "Action": "ses:GetEmailIdentity", "Resource": format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/shop.example") },
    ]))
    .await;
    let properties = json!({
        "EmailIdentity": "shop.example",
        "DkimAttributes": { "SigningEnabled": "true" },
        "MailFromAttributes": { "MailFromDomain": "mail.shop.example", "BehaviorOnMxFailure": "REJECT_MESSAGE" },
    });
    aws.ses.create_identity("shop.example", &properties).unwrap();
    let function = clients(&aws, FUNCTION_KEY).await.ses;
    let operator = clients(&aws, OPERATOR).await.ses;

    let account = function.get_account().send().await.unwrap();
    assert!(account.sending_enabled() && account.production_access_enabled());
    assert_eq!(account.enforcement_status(), Some("HEALTHY"));
    let quota = account.send_quota().unwrap();
    assert_eq!((quota.max24_hour_send(), quota.max_send_rate(), quota.sent_last24_hours()), (50_000.0, 14.0, 0.0));
    let reasons = account.suppression_attributes().unwrap().suppressed_reasons();
    assert_eq!(reasons, [SuppressionListReason::Bounce, SuppressionListReason::Complaint]);
    operator.put_account_sending_attributes().sending_enabled(false).send().await.unwrap();
    let details = operator.put_account_details().mail_type(MailType::Transactional).website_url("https://shop.example");
    details.production_access_enabled(false).send().await.unwrap();
    let account = operator.get_account().send().await.unwrap();
    assert!(!account.sending_enabled() && !account.production_access_enabled());
    assert_eq!(account.send_quota().unwrap().max_send_rate(), 1.0);

    let identity = function.get_email_identity().email_identity("shop.example").send().await.unwrap();
    assert!(identity.verified_for_sending_status());
    let dkim = identity.dkim_attributes().unwrap();
    assert_eq!((dkim.signing_enabled(), dkim.status(), dkim.tokens().len()), (true, Some(&DkimStatus::Success), 3));
    let mail_from = identity.mail_from_attributes().unwrap();
    assert_eq!(mail_from.mail_from_domain(), "mail.shop.example");
    assert_eq!(mail_from.mail_from_domain_status(), &MailFromDomainStatus::Success);
    assert_eq!(mail_from.behavior_on_mx_failure().as_str(), "REJECT_MESSAGE");
    let refused = function.get_email_identity().email_identity("example.com").send().await.unwrap_err();
    assert_eq!(refused.into_service_error().meta().code(), Some("AccessDeniedException"));
    let unknown = operator.get_email_identity().email_identity("other.example").send().await.unwrap_err();
    assert!(unknown.into_service_error().is_not_found_exception());

    let put = operator.put_suppressed_destination().email_address("ana@example.org");
    put.reason(SuppressionListReason::Complaint).send().await.unwrap();
    let get = operator.get_suppressed_destination().email_address("ana@example.org").send().await.unwrap();
    let suppressed = get.suppressed_destination().unwrap();
    assert_eq!(suppressed.reason(), &SuppressionListReason::Complaint);
    assert!(suppressed.last_update_time().secs() > 1_700_000_000);
    let calls = serde_json::to_string(&aws.calls.all()).unwrap();
    assert!(calls.contains("shop.example") && !calls.contains("ana@"), "{calls}");
}

#[tokio::test]
async fn a_topic_tells_who_is_subscribed() {
    let alerts = topic_arn("alerts");
    let aws =
        stack(&json!([{ "Effect": "Allow", "Action": "sns:ListSubscriptionsByTopic", "Resource": alerts }])).await;
    let mail = |number: usize| json!({ "Protocol": "email", "Endpoint": format!("ana+{number}@example.com") });
    let topic = json!({ "DisplayName": "Alerts", "Subscription": (0..101).map(mail).collect::<Vec<_>>() });
    aws.sns.create_topic("alerts", &topic).unwrap();
    aws.sns.create_topic("quiet", &json!({})).unwrap();
    let queue = json!({ "TopicArn": alerts, "Protocol": "sqs", "Endpoint": Sqs::queue_arn("mail") });
    aws.sns.create_subscription("ToQueue", &queue).unwrap();
    assert!(aws.sns.create_subscription("ToNone", &mail(0)).is_err());

    let function = client!(aws_sdk_sns, aws.endpoints.sns, FUNCTION_KEY);
    let all = function.list_subscriptions_by_topic().topic_arn(&alerts).into_paginator().items().send();
    let all = all.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(all.len(), 102);
    let shown = |one: &aws_sdk_sns::types::Subscription| {
        assert!(one.subscription_arn().unwrap().starts_with(&format!("{alerts}:")), "{one:?}");
        (one.protocol().unwrap().to_owned(), one.endpoint().unwrap().to_owned())
    };
    assert_eq!(shown(&all[0]), ("email".to_owned(), "ana+0@example.com".to_owned()));
    assert_eq!(shown(&all[101]), ("sqs".to_owned(), Sqs::queue_arn("mail")));

    let quiet = function.list_subscriptions_by_topic().topic_arn(topic_arn("quiet")).send().await.unwrap_err();
    assert!(quiet.into_service_error().is_authorization_error_exception());
    let operator = client!(aws_sdk_sns, aws.endpoints.sns, OPERATOR);
    let of = |name: &str| operator.list_subscriptions_by_topic().topic_arn(topic_arn(name)).send();
    assert!(of("quiet").await.unwrap().subscriptions().is_empty());
    assert!(of("none").await.unwrap_err().into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn alarms_are_told_as_the_template_has_them_and_as_not_evaluated() {
    use aws_sdk_cloudwatch::types::{AlarmType, StateValue};

    let allowed = [alarm_arn("orders-Late"), alarm_arn("orders-1")];
    let aws = stack(&json!([{ "Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": allowed }])).await;
    let late = json!({
        "AlarmDescription": "Orders wait.", "AlarmActions": [topic_arn("alerts")], "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": [{ "Name": "QueueName", "Value": "orders" }],
        "Statistic": "Maximum", "Period": "300", "EvaluationPeriods": 1, "Threshold": 900,
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
        "Metrics": [{ "Id": "m1", "ReturnData": false, "MetricStat": {
            "Period": 300, "Stat": "Sum", "Metric": { "Namespace": "AWS/Lambda", "MetricName": "Errors" },
        } }],
        "Tags": [{ "Key": "team", "Value": "shop" }],
    });
    aws.cloudwatch.put_metric_alarm("orders-Late", &late);
    for number in 0..120 {
        aws.cloudwatch.put_metric_alarm(&format!("orders-{number}"), &json!({ "Threshold": "0.5" }));
    }
    aws.cloudwatch.put_metric_alarm("other", &json!({ "ActionsEnabled": "false" }));
    aws.cloudwatch.put_composite_alarm("orders-Any", &json!({ "AlarmRule": "ALARM(orders-Late)" }));

    let function = client!(aws_sdk_cloudwatch, aws.endpoints.cloudwatch, FUNCTION_KEY);
    let names = || function.describe_alarms().alarm_names("orders-Late").alarm_names("orders-1");
    let described = names().send().await.unwrap();
    let [late, other] = described.metric_alarms() else { panic!("{described:?}") };
    assert_eq!((late.alarm_name(), late.alarm_arn()), (Some("orders-Late"), Some(allowed[0].as_str())));
    assert_eq!(late.alarm_description(), Some("Orders wait."));
    assert_eq!(late.alarm_actions(), [topic_arn("alerts")]);
    assert_eq!((late.period(), late.evaluation_periods(), late.threshold()), (Some(300), Some(1), Some(900.0)));
    assert_eq!(late.dimensions()[0].value(), Some("orders"));
    let metric = &late.metrics()[0];
    assert_eq!((metric.return_data(), metric.metric_stat().unwrap().period()), (Some(false), Some(300)));
    assert_eq!(late.actions_enabled(), Some(true));
    assert_eq!(late.state_value(), Some(&StateValue::InsufficientData));
    assert_eq!(late.state_reason(), Some("The local stack evaluates no alarms"));
    assert!(late.state_updated_timestamp().unwrap().secs() > 1_700_000_000);
    assert_eq!(other.threshold(), Some(0.5));
    let refused = names().alarm_names("other").send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDenied"));
    assert!(function.describe_alarms().send().await.is_err(), "whoever names none asks for all");

    let operator = client!(aws_sdk_cloudwatch, aws.endpoints.cloudwatch, OPERATOR);
    let of_prefix = || operator.describe_alarms().alarm_name_prefix("orders-");
    let pages = of_prefix().into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    let counts: Vec<_> = pages.iter().map(|page| page.metric_alarms().len()).collect();
    assert_eq!(counts, [50, 50, 21]);
    let composite = of_prefix().alarm_types(AlarmType::CompositeAlarm).send().await.unwrap();
    assert_eq!(composite.composite_alarms()[0].alarm_rule(), Some("ALARM(orders-Late)"));
    assert!(composite.metric_alarms().is_empty());
    let other = operator.describe_alarms().alarm_names("other").send().await.unwrap();
    assert_eq!(other.metric_alarms()[0].actions_enabled(), Some(false));
    let rings = operator.describe_alarms().state_value(StateValue::Alarm).send().await.unwrap();
    assert!(rings.metric_alarms().is_empty());
    let both = of_prefix().alarm_names("other").send().await.unwrap_err().into_service_error();
    assert_eq!(both.meta().code(), Some("ValidationError"));
    let token = operator.describe_alarms().next_token("none").send().await.unwrap_err().into_service_error();
    assert!(token.is_invalid_next_token());
}

#[tokio::test]
async fn a_dead_letter_is_read_with_all_that_is_known_of_it_and_put_back() {
    use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Queue};

    let aws = stack(&json!([])).await;
    let redrive = json!({ "deadLetterTargetArn": Sqs::queue_arn("dead"), "maxReceiveCount": 1 });
    aws.sqs.create_queue("orders", &json!({ "RedrivePolicy": redrive })).unwrap();
    aws.sqs.create_queue("dead", &json!({ "VisibilityTimeout": 60 })).unwrap();
    let sqs = clients(&aws, OPERATOR).await.sqs;
    let (orders, dead) = (aws.sqs.queue_url("orders"), aws.sqs.queue_url("dead"));
    let attribute = |kind: &str| MessageAttributeValue::builder().data_type(kind);
    let send = sqs.send_message().queue_url(&orders).message_body("bad");
    let send = send.message_attributes("reason", attribute("String").string_value("no such shelf").build().unwrap());
    let send = send.message_attributes("code", attribute("Number").string_value("7").build().unwrap());
    let raw = attribute("Binary").binary_value(aws_sdk_sqs::primitives::Blob::new([0, 255])).build().unwrap();
    send.message_attributes("raw", raw).send().await.unwrap();
    let receive = |url: &str| {
        let receive = sqs.receive_message().queue_url(url).message_attribute_names("All").max_number_of_messages(10);
        receive.message_system_attribute_names(System::All).send()
    };
    let first = receive(&orders).await.unwrap().messages.unwrap().remove(0);
    let show = sqs.change_message_visibility().queue_url(&orders).visibility_timeout(0);
    show.receipt_handle(first.receipt_handle().unwrap()).send().await.unwrap();
    assert!(receive(&orders).await.unwrap().messages().is_empty());

    let message = receive(&dead).await.unwrap().messages.unwrap().remove(0);
    let attributes = message.message_attributes().unwrap();
    assert_eq!(attributes["reason"].string_value(), Some("no such shelf"));
    assert_eq!((attributes["code"].data_type(), attributes["code"].string_value()), ("Number", Some("7")));
    assert_eq!(attributes["raw"].binary_value().unwrap().as_ref(), [0, 255]);
    let system = message.attributes().unwrap();
    assert_eq!(system[&System::ApproximateReceiveCount], "2");
    assert_eq!(system[&System::DeadLetterQueueSourceArn], Sqs::queue_arn("orders"));
    assert_eq!(system[&System::SentTimestamp], first.attributes().unwrap()[&System::SentTimestamp]);
    assert!(system[&System::ApproximateFirstReceiveTimestamp] >= system[&System::SentTimestamp]);

    let counted = async |url: &str| {
        let get = sqs.get_queue_attributes().queue_url(url).attribute_names(Queue::All);
        get.send().await.unwrap().attributes.unwrap()
    };
    let later = sqs.send_message().queue_url(&dead).message_body("later").delay_seconds(60);
    later.send().await.unwrap();
    let attributes = counted(&dead).await;
    assert_eq!(attributes[&Queue::QueueArn], Sqs::queue_arn("dead"));
    assert_eq!(attributes[&Queue::ApproximateNumberOfMessages], "0");
    assert_eq!(attributes[&Queue::ApproximateNumberOfMessagesNotVisible], "1");
    assert_eq!(attributes[&Queue::ApproximateNumberOfMessagesDelayed], "1");
    assert!(attributes[&Queue::CreatedTimestamp].parse::<i64>().unwrap() > 1_700_000_000);
    let shown: Value = serde_json::from_str(&counted(&orders).await[&Queue::RedrivePolicy]).unwrap();
    assert_eq!(shown, redrive);
}
