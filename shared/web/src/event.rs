//! The event of API Gateway, read so that a header or cookie that `lambda_http` cannot hold costs nothing but itself.
//!
//! An `http::HeaderValue` holds no control character but the tab. For one in a header `lambda_http` refuses the whole
//! event, and for one in any cookie it drops all cookies.

use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequest, http::HeaderName, request::LambdaRequest};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Value, value::RawValue};

/// A request in payload format 2.0, whose headers and cookies `lambda_http` can hold.
pub(crate) struct Event(pub(crate) LambdaRequest);

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let event = serde_json::from_str(json.get()).or_else(|_| with_clean_headers(json.get()));
        // What serde says can quote a header.
        let mut event: ApiGatewayV2httpRequest =
            event.map_err(|_| D::Error::custom("not an event of an HTTP API in payload format 2.0"))?;
        event.cookies.iter_mut().flatten().for_each(clean);
        Ok(Self(LambdaRequest::ApiGatewayV2(event)))
    }
}

/// The same once more, for the rare event with a header that cannot be held as it is.
fn with_clean_headers(json: &str) -> serde_json::Result<ApiGatewayV2httpRequest> {
    let mut event: Value = serde_json::from_str(json)?;
    if let Some(headers) = event.get_mut("headers").and_then(Value::as_object_mut) {
        headers.retain(|name, _| HeaderName::try_from(name).is_ok());
        for value in headers.values_mut() {
            if let Value::String(value) = value {
                clean(value);
            }
        }
    }
    serde_json::from_value(event)
}

/// Replaces control characters and does not drop them, so that nothing comes to read like something else.
fn clean(text: &mut String) {
    let is_control = |c: char| c.is_ascii_control() && c != '\t';
    if text.contains(is_control) {
        *text = text.replace(is_control, "\u{fffd}");
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::{
        Request,
        http::{HeaderValue, header},
    };
    use serde_json::json;

    use super::*;

    fn event(cookies: &Value, headers: &Value) -> String {
        json!({
            "version": "2.0", "routeKey": "GET /", "rawPath": "/", "rawQueryString": "",
            "cookies": cookies, "headers": headers, "isBase64Encoded": false,
            "requestContext": {"routeKey": "GET /", "stage": "$default", "domainName": "portal.example", "timeEpoch": 0,
                "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": ""}},
        })
        .to_string()
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a [u8]> {
        request.headers().get(name).map(HeaderValue::as_bytes)
    }

    #[test]
    fn a_cookie_that_cannot_be_held_costs_no_other() {
        let json = event(&json!(["a=\u{1}", "b=caf\u{e9}", "c\u{7f}=\n", "d=4"]), &json!({"host": "portal.example"}));
        let request = Request::from(serde_json::from_str::<Event>(&json).unwrap().0);
        let kept = "a=\u{fffd}; b=caf\u{e9}; c\u{fffd}=\u{fffd}; d=4";
        assert_eq!(header(&request, "cookie"), Some(kept.as_bytes()));

        let plain = Request::from(serde_json::from_str::<LambdaRequest>(&json).unwrap());
        assert_eq!(header(&plain, "cookie"), None, "lambda_http alone keeps none");
    }

    #[test]
    fn a_header_that_cannot_be_held_costs_no_request_and_does_not_read_like_another() {
        let headers = json!({"host": "portal.example", "x-note": "a\u{0}b", "origin": "https://portal.example\u{1f}",
                             "bad name": "1", "accept": "text/html"});
        let json = event(&json!(["a=1"]), &headers);
        let request = Request::from(serde_json::from_str::<Event>(&json).unwrap().0);
        assert_eq!(header(&request, "x-note"), Some("a\u{fffd}b".as_bytes()));
        assert_eq!(header(&request, header::ORIGIN.as_str()), Some("https://portal.example\u{fffd}".as_bytes()));
        assert_eq!(header(&request, "accept"), Some("text/html".as_bytes()));
        assert_eq!(header(&request, "cookie"), Some("a=1".as_bytes()));

        assert!(serde_json::from_str::<LambdaRequest>(&json).is_err(), "lambda_http alone refuses it");
    }

    #[test]
    fn what_is_no_event_is_refused_without_a_word_of_it() {
        for json in ["{}", "[]", "1", r#"{"headers": {"a": {"secret": 1}}, "requestContext": "secret"}"#] {
            let refusal = serde_json::from_str::<Event>(json).err().unwrap().to_string();
            assert!(refusal.starts_with("not an event of an HTTP API") && !refusal.contains("secret"), "{refusal}");
        }
    }
}
