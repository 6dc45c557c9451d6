//! The AWS query protocol: a form asks, XML answers.
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use axum::{
    body::Bytes,
    http::{HeaderValue, Request, Response, StatusCode, header},
};

/// The fields of a call.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(request: &Request<Bytes>) -> Self {
        Self(form_urlencoded::parse(request.body()).into_owned().collect())
    }

    /// A field's value, empty where it is missing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Where a page begins: its token is the number of what came before it. `None` for a token that is none.
    pub(super) fn page_start(&self) -> Option<usize> {
        match self.get("NextToken") {
            "" => Some(0),
            token => token.parse().ok(),
        }
    }
}

/// The most members of a list in one answer.
pub(super) const PAGE: usize = 100;

/// The members of one page, and the element that leads to the next one.
pub(super) fn page<T>(all: &[T], start: usize, member: impl Fn(&T) -> String) -> (String, String) {
    let members = all.iter().skip(start).take(PAGE).map(|one| format!("<member>{}</member>", member(one)));
    let end = start.saturating_add(PAGE);
    let next = if end < all.len() { element("NextToken", &end.to_string()) } else { String::new() };
    (members.collect(), next)
}

/// An element that holds a text.
pub(super) fn element(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{text}</{name}>")
}

/// The answer to an action.
pub(super) fn answer(namespace: &str, action: &str, result: &str) -> Response<Bytes> {
    let body =
        format!("<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result></{action}Response>");
    xml(StatusCode::OK, body)
}

/// An error.
pub(super) fn fault(namespace: &str, status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let (code, message) = (element("Code", code), element("Message", message));
    let error = format!("<Error><Type>Sender</Type>{code}{message}</Error>");
    xml(status, format!("<ErrorResponse xmlns=\"{namespace}\">{error}</ErrorResponse>"))
}

fn xml(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}
