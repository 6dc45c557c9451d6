//! Answers in AWS's JSON protocols.

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde_json::Value;
use uuid::Uuid;

/// A JSON answer with its status, content type and extra headers.
pub(super) fn json_response(
    status: u16,
    content_type: &'static str,
    headers: &[(&'static str, &str)],
    body: &Value,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(request_id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        fields.insert(HeaderName::from_static("x-amzn-requestid"), request_id);
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            fields.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
