//! What is asked of AWS and what it answers, whoever that is here.

use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode,
    body::Bytes,
    header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING},
    http::request::Parts,
};
use portal_local::aws::Endpoints;
use serde_json::Value;

use crate::result::Result;

/// What is asked of AWS, without what differs each time: the action, and the keys of the items it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) service: Service,
    pub(crate) action: String,
    pub(crate) keys: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    DynamoDb,
    Sqs,
    Ses,
    S3,
    SecretsManager,
}

impl Question {
    /// What a request asks.
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let (service, action) = match target.and_then(|target| target.split_once('.')) {
            Some((service, action)) if service.starts_with("DynamoDB") => (Service::DynamoDb, action.to_owned()),
            Some(("secretsmanager", action)) => (Service::SecretsManager, action.to_owned()),
            Some((_, action)) => (Service::Sqs, action.to_owned()),
            None => {
                let path = parts.uri.path();
                let service = if path.starts_with("/v2/email") { Service::Ses } else { Service::S3 };
                (service, format!("{} {path}", parts.method))
            }
        };
        let mut keys = Vec::new();
        if service == Service::DynamoDb {
            collect_keys(&serde_json::from_slice(body).unwrap_or_default(), &mut keys);
            // The SDK writes them in any order.
            keys.sort();
        }
        Self { service, action, keys }
    }

    /// Whether the other asks for items of the same kinds: a new sign-in has another key each time.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.service, &self.action) == (other.service, &other.action) && self.kinds() == other.kinds()
    }

    /// What the keys begin with; a sign-in's sort key is a hash.
    fn kinds(&self) -> Vec<&str> {
        let is_hash = |key: &str| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        let kinds =
            self.keys.iter().map(|key| if is_hash(key) { "" } else { key.split('#').next().unwrap_or_default() });
        let mut kinds: Vec<&str> = kinds.collect();
        kinds.sort_unstable();
        kinds
    }
}

/// The partition and sort keys anywhere in a DynamoDB request, those that a query compares with among them.
fn collect_keys(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.get("S").and_then(Value::as_str) {
                    Some(text) if name == "pk" || name == "sk" => keys.push(text.to_owned()),
                    Some(text) if name.starts_with(':') && text.contains('#') => keys.push(text.to_owned()),
                    _ => collect_keys(value, keys),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}

/// An answer of AWS.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Service {
    /// Where the local one is.
    pub(crate) fn endpoint(self, endpoints: &Endpoints) -> &str {
        match self {
            Self::DynamoDb => &endpoints.dynamodb,
            Self::Sqs => &endpoints.sqs,
            Self::Ses => &endpoints.ses,
            Self::S3 => &endpoints.s3,
            Self::SecretsManager => &endpoints.secrets,
        }
    }
}

impl Answer {
    /// What whoever is at this origin answers to a request.
    pub(crate) async fn from(client: &reqwest::Client, origin: &str, parts: Parts, body: Bytes) -> Result<Self> {
        let is_head = parts.method == Method::HEAD;
        let mut headers = parts.headers; // with the host, which is signed
        headers.remove(CONTENT_LENGTH);
        let request = client.request(parts.method, format!("{origin}{}", parts.uri)).headers(headers);
        let response = request.body(body).send().await?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        headers.remove(TRANSFER_ENCODING);
        if !is_head {
            headers.remove(CONTENT_LENGTH);
        }
        Ok(Self { status, headers, body: response.bytes().await? })
    }

    /// The answer as a server gives it.
    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use hyper::Request;
    use serde_json::json;

    use super::*;

    fn question(action: &str, body: &Value) -> Question {
        let target = format!("DynamoDB_20120810.{action}");
        let (parts, ()) = Request::post("/").header("x-amz-target", target).body(()).unwrap().into_parts();
        Question::of(&parts, body.to_string().as_bytes())
    }

    pub(crate) fn get(pk: &str, sk: &str) -> Question {
        question("GetItem", &json!({"TableName": "table", "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}))
    }

    const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    #[test]
    fn a_question_is_an_action_and_the_keys_it_is_about() {
        let query =
            json!({"ExpressionAttributeValues": {":pk": {"S": "CUSTOMER#1"}, ":row": {"S": "ROW#"}, ":n": {"N": "4"}}});
        assert_eq!(question("Query", &query).keys, ["CUSTOMER#1", "ROW#"]);
        let keys =
            json!([{"pk": {"S": "SIGNINS#1"}, "sk": {"S": "1"}}, {"pk": {"S": "BOOKING#1"}, "sk": {"S": "BOOKING"}}]);
        let batch = json!({"RequestItems": {"table": {"Keys": keys, "ConsistentRead": true}}});
        assert_eq!(question("BatchGetItem", &batch).keys, ["1", "BOOKING", "BOOKING#1", "SIGNINS#1"]);
        let write = json!({"TransactItems": [{"Put": {"Item": {"pk": {"S": "BOOKING#1"}, "sk": {"S": "BOOKING"}, "price": {"N": "1"}}}}]});
        assert_eq!(question("TransactWriteItems", &write).keys, ["BOOKING", "BOOKING#1"]);
        assert_ne!(get("SIGNINS#1", HASH), get("SIGNINS#1", &HASH.replace('0', "f")));
        assert!(get("SIGNINS#1", HASH).is_like(&get("SIGNINS#1", &HASH.replace('0', "f"))));
        assert!(!get("SIGNINS#1", HASH).is_like(&get("SUPPRESSION#1", "SUPPRESSION")));
    }
}
