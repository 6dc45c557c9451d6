//! Which IAM action and which resource a request asks for, service by service, after AWS's Service Authorization Reference.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice,
    sync::LazyLock,
};

use axum::{
    body::Bytes,
    http::{Method, Request},
};
use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value;

use super::{
    cloudformation::stack_id,
    cloudwatch::{self, alarm_arn},
    dynamodb::DynamoDb,
    logs::{log_group_arn, log_group_name},
    names::{ACCOUNT, DEFAULT_BUS, REGION, bus_name, name_in_arn},
    policy::{ATTRIBUTES, FROM_ADDRESS, LEADING_KEYS, Need, RETURN_VALUES},
    query::Fields,
    service::Service,
    ses::{Action, Ses, bare_address},
    sqs::Sqs,
};

/// What a request asks for.
pub(super) struct Asked {
    /// The service's prefix in IAM.
    pub(super) service: &'static str,
    /// The API action, which the record shows.
    pub(super) action: String,
    /// What the record shows of the resource.
    pub(super) resource: Option<String>,
    /// Everything the caller has to be allowed; never empty.
    pub(super) needs: Vec<Need>,
}

/// Reads a request as far as its authorisation and the record need.
pub(super) fn asked(service: &Service, request: &Request<Bytes>) -> Asked {
    let mut asked = match service {
        Service::DynamoDb(dynamodb) => dynamodb_asked(dynamodb, request),
        Service::S3(_) => s3_asked(request),
        Service::Ses(ses) => ses_asked(ses, request),
        Service::Sqs(_) => sqs_asked(request),
        Service::EventBridge(_) => events_asked(request),
        Service::SecretsManager(_) => secrets_asked(request),
        Service::CloudFormation(_) => cloudformation_asked(request),
        Service::Logs(_) => logs_asked(request),
        Service::Sns(_) => sns_asked(request),
        Service::CloudWatch(_) => cloudwatch_asked(request),
    };
    // What names nothing, such as a batch without entries, needs the action on everything: no need would mean "allowed".
    if asked.needs.is_empty() {
        asked.needs.push(Need::new(format!("{}:{}", asked.service, asked.action), "*"));
    }
    asked
}

/// S3 tells that an object is missing only those who may list the bucket; to others it says "access denied".
pub(super) fn needed_to_see_that_an_object_is_missing(asked: &Asked) -> Option<Need> {
    if !matches!(asked.action.as_str(), "GetObject" | "HeadObject") {
        return None;
    }
    let (bucket, _) = asked.resource.as_deref()?.split_once('/')?;
    Some(Need::new("s3:ListBucket", bucket_arn(bucket)))
}

fn dynamodb_asked(dynamodb: &DynamoDb, request: &Request<Bytes>) -> Asked {
    let (action, input) = json_call(request);
    let (tables, needs) = match action.as_str() {
        // A transaction is authorised as the items' own actions.
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
        "TransactWriteItems" | "TransactGetItems" => {
            let mut tables = Vec::new();
            let mut needs = Vec::new();
            for item in input["TransactItems"].as_array().into_iter().flatten() {
                for (operation, item) in item.as_object().into_iter().flatten() {
                    let item_action = match operation.as_str() {
                        "Put" => "PutItem",
                        "Update" => "UpdateItem",
                        "Delete" => "DeleteItem",
                        "ConditionCheck" => "ConditionCheckItem",
                        _ => "GetItem",
                    };
                    let table = table_name(item);
                    needs.push(table_need(dynamodb, item_action, &table, slice::from_ref(item)));
                    tables.push(table);
                }
            }
            (tables, needs)
        }
        "BatchGetItem" | "BatchWriteItem" => input["RequestItems"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(table, items)| (table.clone(), table_need(dynamodb, &action, table, &batch_items(items))))
            .unzip(),
        "ListTables" => (Vec::new(), vec![Need::new("dynamodb:ListTables", "*")]),
        _ => {
            let table = table_name(&input);
            let need = table_need(dynamodb, &action, &table, slice::from_ref(&input));
            // Every write has the parameter, and NONE where it names none.
            let need = match action.as_str() {
                "PutItem" | "UpdateItem" | "DeleteItem" => {
                    need.with(RETURN_VALUES, vec![input["ReturnValues"].as_str().unwrap_or("NONE").to_owned()])
                }
                _ => need,
            };
            (vec![table], vec![need])
        }
    };
    Asked { service: "dynamodb", action, resource: distinct(tables), needs }
}

fn table_need(dynamodb: &DynamoDb, action: &str, table: &str, items: &[Value]) -> Need {
    let path = match items.iter().find_map(|item| item["IndexName"].as_str()) {
        Some(index) => format!("{table}/index/{index}"),
        None => table.to_owned(),
    };
    let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{path}");
    let need = Need::new(format!("dynamodb:{action}"), arn);
    let partition_key = dynamodb.partition_key(&path);
    let keys: Vec<_> = items.iter().filter_map(|item| leading_key(item, partition_key.as_deref())).collect();
    let need = need.with(ATTRIBUTES, items.iter().flat_map(attributes).collect());
    if keys.is_empty() { need } else { need.with(LEADING_KEYS, keys) }
}

/// A name at the beginning of a path; not a value or what follows a dot. A placeholder may begin with a digit, a name may
/// not. Compiled once: every call of DynamoDB asks for it.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(^|[^\w:#.])(#\w+|[A-Za-z_]\w*)").ok());

/// The top-level attributes that an item's request names: those of its key, its item, its expressions and what came before
/// expressions.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>
fn attributes(request: &Value) -> BTreeSet<String> {
    let named = [
        &request["Key"],
        &request["Item"],
        &request["PutRequest"]["Item"],
        &request["DeleteRequest"]["Key"],
        &request["AttributeUpdates"],
        &request["Expected"],
        &request["KeyConditions"],
        &request["QueryFilter"],
        &request["ScanFilter"],
    ];
    let mut attributes: BTreeSet<String> =
        named.into_iter().filter_map(Value::as_object).flat_map(|named| named.keys().cloned()).collect();
    let to_get = request["AttributesToGet"].as_array().into_iter().flatten().filter_map(Value::as_str);
    attributes.extend(to_get.map(str::to_owned));
    let expressions = [
        "ConditionExpression",
        "UpdateExpression",
        "FilterExpression",
        "ProjectionExpression",
        "KeyConditionExpression",
    ];
    let Some(name) = NAME.as_ref() else { return attributes };
    let words = ["SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"];
    for expression in expressions.iter().filter_map(|expression| request[expression].as_str()) {
        for found in name.captures_iter(expression) {
            let written = &found[2];
            let is_function = found.get(0).is_some_and(|name| expression[name.end()..].trim_start().starts_with('('));
            if !is_function && !words.contains(&written.to_uppercase().as_str()) {
                let written = request["ExpressionAttributeNames"][written].as_str().unwrap_or(written);
                attributes.insert(written.to_owned());
            }
        }
    }
    attributes
}

/// An attribute compared with a value.
static COMPARED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"([#\w.-]+)\s*=\s*(:\w+)").ok());

/// The partition key that an item's request names; empty, which no policy allows, where it cannot be told; `None` for a
/// request without keys, such as a Scan.
fn leading_key(request: &Value, partition_key: Option<&str>) -> Option<String> {
    let named = |attributes: &Value| {
        let value = attributes.get(partition_key?)?.as_object()?.values().next()?;
        value.as_str().map(str::to_owned)
    };
    let keys = [&request["Key"], &request["Item"], &request["PutRequest"]["Item"], &request["DeleteRequest"]["Key"]];
    if let Some(attributes) = keys.into_iter().find(|attributes| attributes.is_object()) {
        return Some(named(attributes).unwrap_or_default());
    }
    let condition = request["KeyConditionExpression"].as_str()?;
    let value = COMPARED.as_ref()?.captures_iter(condition).find_map(|comparison| {
        let name = &comparison[1];
        let name = request["ExpressionAttributeNames"][name].as_str().unwrap_or(name);
        let value = request["ExpressionAttributeValues"][&comparison[2]].as_object()?.values().next()?.as_str()?;
        (Some(name) == partition_key).then(|| value.to_owned())
    });
    Some(value.unwrap_or_default())
}

/// The single requests of one table's part in a batch.
fn batch_items(items: &Value) -> Vec<Value> {
    match items {
        Value::Array(writes) => writes.clone(),
        reads => reads["Keys"].as_array().into_iter().flatten().map(|key| serde_json::json!({ "Key": key })).collect(),
    }
}

fn table_name(input: &Value) -> String {
    name_in_arn(input["TableName"].as_str().unwrap_or_default()).to_owned()
}

fn s3_asked(request: &Request<Bytes>) -> Asked {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let (bucket, key) = match path.trim_start_matches('/').split_once('/') {
        Some((bucket, key)) => (bucket, key),
        None => (path.trim_start_matches('/'), ""),
    };
    let query: BTreeMap<_, _> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let has = |name: &str| query.contains_key(name);
    let object_or_version = |action: &str, version: &str| {
        if has("versionId") { version.to_owned() } else { action.to_owned() }
    };

    if bucket.is_empty() {
        return Asked {
            service: "s3",
            action: "ListBuckets".into(),
            resource: None,
            needs: vec![Need::new("s3:ListAllMyBuckets", "*")],
        };
    }
    let object_arn = |key: &str| format!("{}/{key}", bucket_arn(bucket));
    if key.is_empty() {
        let method = request.method();
        let (action, permission) = match *method {
            Method::GET if has("versions") => ("ListObjectVersions", "s3:ListBucketVersions"),
            Method::GET if has("uploads") => ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
            Method::GET if has("location") => ("GetBucketLocation", "s3:GetBucketLocation"),
            Method::GET if has("versioning") => ("GetBucketVersioning", "s3:GetBucketVersioning"),
            Method::GET if has("list-type") => ("ListObjectsV2", "s3:ListBucket"),
            Method::GET => ("ListObjects", "s3:ListBucket"),
            Method::HEAD => ("HeadBucket", "s3:ListBucket"),
            Method::PUT => ("CreateBucket", "s3:CreateBucket"),
            Method::DELETE => ("DeleteBucket", "s3:DeleteBucket"),
            _ => ("DeleteObjects", "s3:DeleteObject"),
        };
        let needs = if action == "DeleteObjects" {
            objects_to_delete(request.body())
                .into_iter()
                .flat_map(|(key, permissions)| permissions.iter().map(move |name| (key.clone(), *name)))
                .map(|(key, permission)| Need::new(permission, object_arn(&key)))
                .collect()
        } else {
            vec![Need::new(permission, bucket_arn(bucket))]
        };
        return Asked { service: "s3", action: action.into(), resource: Some(bucket.to_owned()), needs };
    }
    let (action, permission) = match *request.method() {
        Method::POST if has("uploads") => ("CreateMultipartUpload", "s3:PutObject".into()),
        Method::PUT if has("uploadId") => ("UploadPart", "s3:PutObject".into()),
        Method::POST if has("uploadId") => ("CompleteMultipartUpload", "s3:PutObject".into()),
        Method::DELETE if has("uploadId") => ("AbortMultipartUpload", "s3:AbortMultipartUpload".into()),
        Method::GET if has("uploadId") => ("ListParts", "s3:ListMultipartUploadParts".into()),
        Method::GET => ("GetObject", object_or_version("s3:GetObject", "s3:GetObjectVersion")),
        Method::HEAD => ("HeadObject", object_or_version("s3:GetObject", "s3:GetObjectVersion")),
        Method::DELETE => ("DeleteObject", object_or_version("s3:DeleteObject", "s3:DeleteObjectVersion")),
        _ if request.headers().contains_key("x-amz-copy-source") => ("CopyObject", "s3:PutObject".into()),
        _ => ("PutObject", "s3:PutObject".into()),
    };
    let mut needs = vec![Need::new(permission, object_arn(key))];
    if let Some(source) = request.headers().get("x-amz-copy-source").and_then(|source| source.to_str().ok()) {
        let source = percent_decode_str(source.trim_start_matches('/')).decode_utf8_lossy();
        let (source, permission) = match source.split_once("?versionId=") {
            Some((source, _)) => (source, "s3:GetObjectVersion"),
            None => (source.as_ref(), "s3:GetObject"),
        };
        needs.push(Need::new(permission, bucket_arn(source)));
    }
    Asked { service: "s3", action: action.into(), resource: Some(format!("{bucket}/{key}")), needs }
}

/// An object in the XML of DeleteObjects, and its key.
static OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<Object>(.*?)</Object>").ok());
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<Key>(.*?)</Key>").ok());

/// The keys in the XML of DeleteObjects, each with the permissions it takes: `s3:DeleteObject` always, and for a version
/// `s3:DeleteObjectVersion`, too (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>).
fn objects_to_delete(body: &[u8]) -> Vec<(String, &'static [&'static str])> {
    let body = String::from_utf8_lossy(body);
    let (Some(object), Some(key)) = (&*OBJECT, &*KEY) else { return Vec::new() };
    object
        .captures_iter(&body)
        .filter_map(|object| {
            let versioned = object[1].contains("<VersionId>");
            let key = key.captures(object.get(1)?.as_str())?;
            let key = key[1]
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&amp;", "&");
            let needed: &[&str] =
                if versioned { &["s3:DeleteObject", "s3:DeleteObjectVersion"] } else { &["s3:DeleteObject"] };
            Some((key, needed))
        })
        .collect()
}

fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

fn ses_asked(ses: &Ses, request: &Request<Bytes>) -> Asked {
    let action = Action::of(request);
    let name = action.as_ref().map_or("Unknown", Action::name);
    match action {
        Some(Action::SendEmail) => {}
        Some(Action::GetEmailIdentity(identity)) => {
            let need = Need::new("ses:GetEmailIdentity", format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}"));
            return Asked { service: "ses", action: name.into(), resource: Some(identity), needs: vec![need] };
        }
        // An address in the path belongs to a person and stays out of the record.
        _ => {
            let need = Need::new(format!("ses:{name}"), "*");
            return Asked { service: "ses", action: name.into(), resource: None, needs: vec![need] };
        }
    }
    let input = json_body(request);
    let from = input["FromEmailAddress"].as_str().and_then(bare_address).unwrap_or_default();
    let identity = ses.identity_of(&from).unwrap_or_else(|| from.clone());
    let mut resources = vec![format!("identity/{identity}")];
    // In the sandbox, and where a recipient's identity is verified in the account, SES authorises that identity, too.
    // Where none is known, the domain stands for it: the address belongs to a person.
    // https://github.com/aws/aws-sdk-js/issues/3641
    let recipients = input["Destination"]["ToAddresses"].as_array().into_iter().flatten();
    for address in recipients.filter_map(Value::as_str).filter_map(bare_address) {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
        resources.push(format!("identity/{}", ses.identity_of(&address).unwrap_or(domain)));
    }
    if let Some(set) = input["ConfigurationSetName"].as_str() {
        resources.push(format!("configuration-set/{set}"));
    }
    let needs = resources
        .iter()
        .map(|resource| {
            Need::new("ses:SendEmail", format!("arn:aws:ses:{REGION}:{ACCOUNT}:{resource}"))
                .with(FROM_ADDRESS, vec![from.clone()])
        })
        .collect();
    Asked { service: "ses", action: "SendEmail".into(), resource: Some(identity), needs }
}

fn sqs_asked(request: &Request<Bytes>) -> Asked {
    let (action, input) = json_call(request);
    let queue = ["QueueUrl", "QueueName", "SourceArn"]
        .iter()
        .find_map(|field| input[field].as_str())
        .map(|queue| queue.rsplit(['/', ':']).next().unwrap_or(queue).to_owned());
    // A batch is authorised as its single action.
    let permission = format!("sqs:{}", action.strip_suffix("Batch").unwrap_or(&action));
    let arn = queue.as_deref().map_or_else(|| "*".to_owned(), Sqs::queue_arn);
    Asked { service: "sqs", action, resource: queue, needs: vec![Need::new(permission, arn)] }
}

fn events_asked(request: &Request<Bytes>) -> Asked {
    let (action, input) = json_call(request);
    let mut buses: Vec<_> = input["Entries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| bus_name(entry["EventBusName"].as_str().unwrap_or(DEFAULT_BUS)).to_owned())
        .collect();
    buses.sort();
    buses.dedup();
    let needs = buses
        .iter()
        .map(|bus| Need::new(format!("events:{action}"), format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}")))
        .collect();
    Asked { service: "events", action, resource: distinct(buses), needs }
}

fn secrets_asked(request: &Request<Bytes>) -> Asked {
    let (action, input) = json_call(request);
    let secret = input["SecretId"].as_str().map(str::to_owned);
    let need = Need::new(format!("secretsmanager:{action}"), secret.clone().unwrap_or_default());
    Asked { service: "secretsmanager", action, resource: secret, needs: vec![need] }
}

fn cloudformation_asked(request: &Request<Bytes>) -> Asked {
    let fields = Fields::of(request);
    let (action, stack) = (fields.get("Action").to_owned(), fields.get("StackName").to_owned());
    let arn = if stack.starts_with("arn:") { stack.clone() } else { stack_id(&stack) };
    let needs = vec![Need::new(format!("cloudformation:{action}"), arn)];
    Asked { service: "cloudformation", action, resource: distinct(vec![stack]), needs }
}

fn logs_asked(request: &Request<Bytes>) -> Asked {
    let (action, input) = json_call(request);
    let group = ["logGroupName", "logGroupIdentifier"].iter().find_map(|field| input[field].as_str());
    let group = log_group_name(group.unwrap_or_default()).to_owned();
    let need = Need::new(format!("logs:{action}"), log_group_arn(&group));
    Asked { service: "logs", action, resource: distinct(vec![group]), needs: vec![need] }
}

fn sns_asked(request: &Request<Bytes>) -> Asked {
    let fields = Fields::of(request);
    let (action, topic) = (fields.get("Action").to_owned(), fields.get("TopicArn").to_owned());
    let needs = vec![Need::new(format!("sns:{action}"), topic.clone())];
    Asked { service: "sns", action, resource: distinct(vec![topic]), needs }
}

fn cloudwatch_asked(request: &Request<Bytes>) -> Asked {
    let (action, alarms) = (cloudwatch::action(request), cloudwatch::alarm_names(request));
    let arns =
        if alarms.is_empty() { vec![alarm_arn("*")] } else { alarms.iter().map(|name| alarm_arn(name)).collect() };
    let needs = arns.into_iter().map(|arn| Need::new(format!("cloudwatch:{action}"), arn)).collect();
    Asked { service: "cloudwatch", action: action.to_owned(), resource: distinct(alarms), needs }
}

/// The action in `X-Amz-Target` and the JSON body of an AWS JSON call.
fn json_call(request: &Request<Bytes>) -> (String, Value) {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let action = target.rsplit('.').next().unwrap_or_default();
    (if action.is_empty() { "Unknown" } else { action }.to_owned(), json_body(request))
}

fn json_body(request: &Request<Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap_or_default()
}

fn distinct(mut names: Vec<String>) -> Option<String> {
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_attribute_that_a_request_names_counts_however_it_names_it() {
        let names = json!({"#s": "session", "#0": "session", "#ended_at": "ended_at"});
        let update = |update: &str, condition: &str| {
            json!({
                "Key": {"pk": {"S": "x"}, "sk": {"S": "y"}}, "ExpressionAttributeNames": names,
                "UpdateExpression": update, "ConditionExpression": condition
            })
        };
        for (request, expected) in [
            (update("SET ended_at = :now", "attribute_exists(pk)"), "ended_at pk sk"),
            (update("SET #ended_at=if_not_exists(ended_at,:now)", "attribute_exists(pk)"), "ended_at pk sk"),
            (update("SET session = :s", "attribute_exists(pk)"), "pk session sk"),
            (update("SET #s = :s", "attribute_exists(pk)"), "pk session sk"),
            (update("SET ended_at = :now,#0=:s", "attribute_exists(pk)"), "ended_at pk session sk"),
            (update("SET session.x[0].y = :s", "attribute_exists(pk)"), "pk session sk"),
            (update("SET #s.#ended_at = :s", "attribute_exists(pk)"), "pk session sk"),
            (update("REMOVE ended_at, used_at", "attribute_exists(pk)"), "ended_at pk sk used_at"),
            (update("SET ended_at = session", "attribute_exists(pk)"), "ended_at pk session sk"),
            (
                update("SET ended_at = :now", "size( #0 ) > :n AND NOT contains(used_at, :x)"),
                "ended_at pk session sk used_at",
            ),
            (
                json!({"AttributeUpdates": {"session": {"Value": {"S": "x"}}}, "Expected": {"used_at": {"Exists": false}}}),
                "session used_at",
            ),
            (json!({"AttributesToGet": ["session"]}), "session"),
        ] {
            let found = attributes(&request).into_iter().collect::<Vec<_>>().join(" ");
            assert_eq!(found, expected, "{request}");
        }
    }
}
