//! The services as the AWS SDK for Rust meets them.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_sdk_s3::{presigning::PresigningConfig, primitives::ByteStream};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as Letter};
use aws_sdk_sqs::types::MessageAttributeValue;
use axum::{
    body::{Body as HttpBody, Bytes, to_bytes},
    http::{HeaderMap, Request},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use super::*;

mod objects;
mod operators;

const OPERATOR: &str = "operator";
const FUNCTION_KEY: &str = "function-key";

struct Clients {
    dynamodb: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    ses: aws_sdk_sesv2::Client,
    sqs: aws_sdk_sqs::Client,
}

/// The configuration of a client that holds the access key.
async fn config(access_key_id: &str) -> aws_config::SdkConfig {
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region(REGION)
        .credentials_provider(Credentials::new(access_key_id, SECRET_ACCESS_KEY, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .load()
        .await
}

/// Clients that hold the access key.
async fn clients(aws: &Aws, access_key_id: &str) -> Clients {
    let config = config(access_key_id).await;
    let endpoints = &aws.endpoints;
    Clients {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(
            aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(&endpoints.dynamodb).build(),
        ),
        s3: aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&config).endpoint_url(&endpoints.s3).force_path_style(true).build(),
        ),
        ses: aws_sdk_sesv2::Client::from_conf(
            aws_sdk_sesv2::config::Builder::from(&config).endpoint_url(&endpoints.ses).build(),
        ),
        sqs: aws_sdk_sqs::Client::from_conf(
            aws_sdk_sqs::config::Builder::from(&config).endpoint_url(&endpoints.sqs).build(),
        ),
    }
}

async fn stack(statements: &Value) -> Aws {
    let aws = Aws::start(None).await.unwrap();
    let table = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "sk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }],
        "TimeToLiveSpecification": { "AttributeName": "expires_at", "Enabled": "true" },
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
    });
    aws.dynamodb.create_table("shop", &table).await.unwrap();
    aws.dynamodb.create_table("shop", &table).await.unwrap();
    aws.s3.create_bucket("documents", &json!({ "VersioningConfiguration": { "Status": "Enabled" } })).unwrap();
    aws.sqs.create_queue("mail", &json!({})).unwrap();
    aws.ses.create_identity("example.com", &json!({})).unwrap();
    aws.callers.register(FUNCTION_KEY, "dashboard", statements).unwrap();
    aws.callers.set_request(FUNCTION_KEY, Some("request-1"));
    aws
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

#[tokio::test]
async fn a_function_may_do_what_its_policy_says_and_every_call_is_recorded() {
    let table = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/shop");
    let aws = stack(&json!([
        { "Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:Query"], "Resource": table,
          "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["BUYER#*"] } } },
    ]))
    .await;
    let dynamodb = clients(&aws, FUNCTION_KEY).await.dynamodb;
    let put = |key: &str| dynamodb.put_item().table_name("shop").item("pk", text(key)).item("sk", text("A"));
    put("BUYER#1").send().await.unwrap();
    let refused = put("ORDER#1").send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDeniedException"));

    let query = |key: &str| {
        dynamodb
            .query()
            .table_name("shop")
            .key_condition_expression("#pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_values(":pk", text(key))
            .expression_attribute_values(":sk", text("A"))
    };
    assert_eq!(query("BUYER#1").send().await.unwrap().count(), 1);
    assert!(query("ORDER#1").send().await.is_err());
    assert!(
        dynamodb.get_item().table_name("shop").key("pk", text("BUYER#1")).key("sk", text("A")).send().await.is_err()
    );

    let transact = |keys: &[&str]| {
        let items = keys.iter().map(|key| {
            let put = Put::builder().table_name("shop").item("pk", text(key)).item("sk", text("T")).build().unwrap();
            TransactWriteItem::builder().put(put).build()
        });
        dynamodb.transact_write_items().set_transact_items(Some(items.collect())).send()
    };
    transact(&["BUYER#1", "BUYER#2"]).await.unwrap();
    assert!(transact(&["BUYER#3", "ORDER#2"]).await.is_err());

    let calls = serde_json::to_value(aws.calls.all()).unwrap();
    let shown: Vec<_> = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            assert_eq!((&call["function"], &call["request_id"]), (&json!("dashboard"), &json!("request-1")));
            assert_eq!((&call["service"], &call["resource"]), (&json!("dynamodb"), &json!("shop")));
            assert!(call["start"].as_str().unwrap() <= call["end"].as_str().unwrap());
            assert_eq!(call["start"].as_str().unwrap().len(), "2026-07-01T14:03:22.123456Z".len());
            (call["action"].as_str().unwrap(), call["status"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("PutItem", 200),
            ("PutItem", 400),
            ("Query", 200),
            ("Query", 400),
            ("GetItem", 400),
            ("TransactWriteItems", 200),
            ("TransactWriteItems", 400),
        ]
    );
}

#[tokio::test]
async fn a_presigned_url_serves_the_object_as_its_signer_wishes() {
    let aws = stack(
        &json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::documents/documents/*" }]),
    )
    .await;
    let operator = clients(&aws, OPERATOR).await.s3;
    let function = clients(&aws, FUNCTION_KEY).await.s3;
    let body = vec![b'x'; 200_000];
    for key in ["documents/b 1/doc.pdf", "other/doc.pdf"] {
        let put = operator.put_object().bucket("documents").key(key).content_type("application/pdf");
        put.body(ByteStream::from(body.clone())).send().await.unwrap();
    }
    let head = function.head_object().bucket("documents").key("documents/b 1/doc.pdf").send().await.unwrap();
    assert_eq!((head.content_type(), head.content_length()), (Some("application/pdf"), Some(200_000)));

    let presign = async |key: &str, signed_at: SystemTime| {
        let get = function.get_object().bucket("documents").key(key);
        let get = get
            .response_content_disposition("attachment; filename=\"a.pdf\"")
            .response_content_type("application/x-pdf");
        let signed = get
            .presigned(
                PresigningConfig::builder().start_time(signed_at).expires_in(Duration::from_secs(60)).build().unwrap(),
            )
            .await
            .unwrap();
        signed.uri().to_owned()
    };
    let now = SystemTime::now();
    let url = presign("documents/b 1/doc.pdf", now).await;
    let (status, headers, received) = fetch(&url).await;
    assert_eq!((status, received.len()), (200, 200_000), "{received:?}");
    assert_eq!(headers["content-disposition"], "attachment; filename=\"a.pdf\"");
    assert_eq!(headers["content-type"], "application/x-pdf");

    let unsigned = url.split('?').next().unwrap();
    assert_eq!(fetch(unsigned).await.0, 403);
    assert_eq!(fetch(&url.replace("a.pdf", "b.pdf")).await.0, 403);
    assert_eq!(fetch(&presign("other/doc.pdf", now).await).await.0, 403);
    let expired = presign("documents/b 1/doc.pdf", now - Duration::from_secs(61)).await;
    let (status, _, body) = fetch(&expired).await;
    assert_eq!(status, 403);
    assert!(String::from_utf8_lossy(&body).contains("Request has expired"));

    let calls = aws.calls.all();
    let presigned = calls.iter().find(|call| call.action == "GetObject").unwrap();
    assert_eq!(presigned.function.as_deref(), Some("dashboard"));
    assert_eq!(presigned.request_id, None);
    assert_eq!(presigned.resource.as_deref(), Some("documents/documents/b 1/doc.pdf"));
}

#[tokio::test]
async fn a_missing_object_is_missing_only_to_those_who_may_list() {
    let aws =
        stack(&json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::documents/*" }])).await;
    let get = async |key: &str| {
        let s3 = clients(&aws, key).await.s3;
        s3.get_object().bucket("documents").key("none").send().await.unwrap_err().into_service_error()
    };
    assert!(get(OPERATOR).await.is_no_such_key());
    assert_eq!(get(FUNCTION_KEY).await.meta().code(), Some("AccessDenied"));
    let head =
        clients(&aws, FUNCTION_KEY).await.s3.head_object().bucket("documents").key("none").send().await.unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 403);
}

#[tokio::test]
async fn all_versions_under_a_prefix_can_be_found_and_deleted() {
    let aws = stack(&json!([
        { "Effect": "Allow", "Action": "s3:ListBucketVersions", "Resource": "arn:aws:s3:::documents" },
        {
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": "arn:aws:s3:::documents/a/*",
        },
    ]))
    .await;
    let operator = clients(&aws, OPERATOR).await.s3;
    let function = clients(&aws, FUNCTION_KEY).await.s3;
    for key in ["a/1", "a/b/2 & <3>", "a/4", "b/1"] {
        operator.put_object().bucket("documents").key(key).body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    let first = function.list_object_versions().bucket("documents").prefix("a/").max_keys(2).send().await.unwrap();
    assert_eq!((first.versions().len(), first.is_truncated()), (2, Some(true)));
    let rest =
        function.list_object_versions().bucket("documents").prefix("a/").key_marker(first.next_key_marker().unwrap());
    let rest = rest.send().await.unwrap();
    let versions: Vec<_> = first.versions().iter().chain(rest.versions()).cloned().collect();
    assert_eq!(versions.iter().filter_map(|version| version.key()).collect::<Vec<_>>(), ["a/1", "a/4", "a/b/2 & <3>"]);

    assert!(function.delete_object().bucket("documents").key("b/1").send().await.is_err());
    let one = function.delete_object().bucket("documents").key("a/1").version_id(versions[0].version_id().unwrap());
    one.send().await.unwrap();
    let identifiers = versions[1..].iter().map(|version| {
        let identifier = aws_sdk_s3::types::ObjectIdentifier::builder();
        identifier.key(version.key().unwrap()).version_id(version.version_id().unwrap()).build().unwrap()
    });
    let delete = aws_sdk_s3::types::Delete::builder().set_objects(Some(identifiers.collect())).build().unwrap();
    function.delete_objects().bucket("documents").delete(delete).send().await.unwrap();
    let left = operator.list_objects_v2().bucket("documents").send().await.unwrap();
    assert_eq!(left.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["b/1"]);
}

#[tokio::test]
async fn versions_are_deleted_only_by_who_may_delete_objects_too() {
    for (allowed, deletes) in [
        (json!(["s3:DeleteObject", "s3:DeleteObjectVersion"]), true),
        (json!(["s3:DeleteObjectVersion"]), false),
        (json!(["s3:DeleteObject"]), false),
    ] {
        let aws =
            stack(&json!([{ "Effect": "Allow", "Action": allowed, "Resource": "arn:aws:s3:::documents/*" }])).await;
        let operator = clients(&aws, OPERATOR).await.s3;
        let function = clients(&aws, FUNCTION_KEY).await.s3;
        let put = operator.put_object().bucket("documents").key("a").body(ByteStream::from_static(b"x"));
        let version = put.send().await.unwrap().version_id().unwrap().to_owned();
        let object = aws_sdk_s3::types::ObjectIdentifier::builder().key("a").version_id(version).build().unwrap();
        let delete = aws_sdk_s3::types::Delete::builder().objects(object).build().unwrap();
        let deleted = function.delete_objects().bucket("documents").delete(delete).send().await;
        assert_eq!(deleted.is_ok(), deletes, "{allowed}: {deleted:?}");
    }
}

#[tokio::test]
async fn queues_speak_the_sdks_protocol() {
    let aws =
        stack(&json!([{ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": Sqs::queue_arn("mail") }])).await;
    let function = clients(&aws, FUNCTION_KEY).await.sqs;
    let operator = clients(&aws, OPERATOR).await.sqs;
    let url = operator.get_queue_url().queue_name("mail").send().await.unwrap().queue_url().unwrap().to_owned();
    let attribute = MessageAttributeValue::builder().data_type("String").string_value("grüße").build().unwrap();
    let send = function.send_message().queue_url(&url).message_body("{\"a\":1}").message_attributes("kind", attribute);
    send.send().await.unwrap();
    let received = operator.receive_message().queue_url(&url).message_attribute_names("All").send().await.unwrap();
    let message = &received.messages()[0];
    assert_eq!(message.body(), Some("{\"a\":1}"));
    assert_eq!(message.message_attributes().unwrap()["kind"].string_value(), Some("grüße"));

    let refused = function.receive_message().queue_url(&url).send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDenied"));
    let refused = function.purge_queue().queue_url(&url).send().await.unwrap_err().into_service_error();
    assert_eq!(refused.meta().code(), Some("AccessDenied"));
    operator.purge_queue().queue_url(&url).send().await.unwrap();
    let again = operator.purge_queue().queue_url(&url).send().await.unwrap_err();
    assert!(again.into_service_error().is_purge_queue_in_progress());
    let missing =
        operator.send_message().queue_url(aws.sqs.queue_url("none")).message_body("x").send().await.unwrap_err();
    assert!(missing.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn mails_speak_the_sdks_protocol() {
    let may_mail_with = |identity: &str| {
        json!([{
            "Effect": "Allow", "Action": "ses:SendEmail", "Resource": format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}"),
            "Condition": { "StringEquals": { "ses:FromAddress": "hello@example.com" } },
        }])
    };
    let send = async |aws: &Aws, from: &str, set: Option<&str>| {
        let part = |data: &str| Content::builder().data(data).charset("UTF-8").build().unwrap();
        let letter = Letter::builder().subject(part("Hällo")).body(Body::builder().text(part("text")).build()).build();
        let send = clients(aws, FUNCTION_KEY).await.ses.send_email().from_email_address(from);
        let send = send.destination(Destination::builder().to_addresses("ana@example.org").build());
        let send = send.content(EmailContent::builder().simple(letter).build());
        let sent = send.set_configuration_set_name(set.map(str::to_owned)).send().await;
        sent.map_err(|error| error.into_service_error().meta().code().unwrap_or_default().to_owned())
    };
    let aws = stack(&may_mail_with("*")).await;
    let id = send(&aws, "hello@example.com", None).await.unwrap().message_id().unwrap().to_owned();
    assert_eq!(aws.ses.mails()[0].id, id);
    for (from, set) in [("other@example.com", None), ("hello@example.com", Some("shop"))] {
        assert_eq!(send(&aws, from, set).await.unwrap_err(), "AccessDeniedException", "{from} {set:?}");
    }
    let calls = serde_json::to_string(&aws.calls.all()).unwrap();
    assert!(calls.contains("example.com") && !calls.contains("ana@"), "{calls}");

    // As in the sandbox, the sender's identity alone is not enough.
    let aws = stack(&may_mail_with("example.com")).await;
    assert_eq!(send(&aws, "hello@example.com", None).await.unwrap_err(), "AccessDeniedException");
}

#[tokio::test]
async fn events_are_put_over_http_onto_the_buses_the_policy_names() {
    let bus = format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/orders");
    let aws = stack(&json!([{ "Effect": "Allow", "Action": "events:PutEvents", "Resource": bus }])).await;
    aws.events.create_bus("orders", &json!({})).unwrap();
    let rule = json!({
        "EventBusName": "orders",
        "EventPattern": { "source": ["test"] },
        "Targets": [{ "Id": "mail", "Arn": Sqs::queue_arn("mail") }],
    });
    aws.events.put_rule("rule", &rule).unwrap();
    let put = async |buses: &[&str]| {
        let entry = |bus: &&str| json!({ "Source": "test", "DetailType": "t", "Detail": "{}", "EventBusName": bus });
        let entries: Vec<_> = buses.iter().map(entry).collect();
        let request = Request::post(&aws.endpoints.events)
            .header("x-amz-target", "AWSEvents.PutEvents")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={FUNCTION_KEY}/d/r/events/aws4_request, Signature=0"),
            )
            .body(json!({ "Entries": entries }).to_string().into())
            .unwrap();
        let (status, _, body) = exchange(request).await;
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    let (status, output) = put(&["orders"]).await;
    assert_eq!((status, &output["FailedEntryCount"]), (200, &json!(0)));
    assert_eq!(aws.sqs.receive("mail", 10).await.len(), 1);
    let (status, output) = put(&["orders", "default"]).await;
    assert_eq!((status, &output["__type"]), (400, &json!("AccessDeniedException")));
    let (status, output) = put(&[]).await;
    assert_eq!(
        (status, &output["__type"]),
        (400, &json!("AccessDeniedException")),
        "naming no bus is not a way around"
    );
    assert_eq!(aws.calls.all()[1].resource.as_deref(), Some("default, orders"));
}

#[tokio::test]
async fn an_unknown_property_is_named_for_every_resource() {
    let aws = stack(&json!([])).await;
    let errors = [
        aws.dynamodb
            .create_table("t", &json!({ "AttributeDefinitions": [], "KeySchema": [], "Surprise": 1 }))
            .await
            .unwrap_err(),
        aws.s3.create_bucket("bucket", &json!({ "Surprise": 1 })).unwrap_err(),
        aws.sqs.create_queue("q", &json!({ "Surprise": 1 })).unwrap_err(),
        aws.events.create_bus("b", &json!({ "Surprise": 1 })).unwrap_err(),
        aws.ses.create_identity("i", &json!({ "Surprise": 1 })).unwrap_err(),
        aws.ses.create_configuration_set("s", &json!({ "Surprise": 1 })).unwrap_err(),
        aws.events.put_rule("r", &json!({ "EventPattern": { "source": ["a"] }, "Surprise": 1 })).unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().contains("Surprise"), "{error}");
    }
}

async fn fetch(url: &str) -> (u16, HeaderMap, Bytes) {
    exchange(Request::get(url).body(HttpBody::empty()).unwrap()).await
}

async fn exchange(request: Request<HttpBody>) -> (u16, HeaderMap, Bytes) {
    let client = Client::builder(TokioExecutor::new()).build_http::<HttpBody>();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(HttpBody::new(body), usize::MAX).await.unwrap())
}

#[tokio::test]
async fn a_data_folder_keeps_tables_and_objects() {
    let folder = tempfile::tempdir().unwrap();
    let table = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
    });
    for run in 0..2 {
        let aws = Aws::start(Some(&folder.path().join("data"))).await.unwrap();
        aws.dynamodb.create_table("shop", &table).await.unwrap();
        aws.s3.create_bucket("documents", &json!({})).unwrap();
        let clients = clients(&aws, OPERATOR).await;
        if run == 0 {
            clients.dynamodb.put_item().table_name("shop").item("pk", text("A")).send().await.unwrap();
            let put = clients.s3.put_object().bucket("documents").key("a").content_type("application/pdf");
            put.body(ByteStream::from_static(b"x")).send().await.unwrap();
        } else {
            let item = clients.dynamodb.get_item().table_name("shop").key("pk", text("A")).send().await.unwrap();
            assert!(item.item().is_some());
            let object = clients.s3.get_object().bucket("documents").key("a").send().await.unwrap();
            assert_eq!(object.content_type(), Some("application/pdf"));
        }
    }
}
