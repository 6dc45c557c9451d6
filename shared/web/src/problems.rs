//! Answers to programs: JSON, and where something is wrong, a problem (RFC 9457).

use lambda_http::{
    Body, Error, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use portal_domain::{contract::Faults, posted::FaultOf};
use serde::Serialize;
use serde_json::Value;

use crate::responses::secure;

/// What is answered in place of what was asked for. None says anything of what was sent but where a fault is.
#[derive(Debug)]
pub enum Problem {
    /// 401: no secret of the stack signed the request just now. Why not, the log says and the answer does not.
    Unsigned,
    /// 404: no such path.
    NotFound,
    /// 405: not for this method.
    WrongMethod(Method),
    /// 413: larger than so many bytes.
    TooLarge(usize),
    /// 415: not JSON.
    NotJson,
    /// 422: it breaks the contract; every fault, and how many more there are.
    Faulty(Vec<FaultOf>, usize),
    /// 503: to be sent again.
    TryAgain,
}

/// How long a sender waits before it tries again, in seconds.
const RETRY_AFTER: u32 = 10;

impl Problem {
    /// The faults of a request that is one thing.
    pub fn faulty(faults: Faults) -> Self {
        let one =
            faults.listed.into_iter().map(|fault| FaultOf { index: 0, field: fault.field, expected: fault.expected });
        Self::Faulty(one.collect(), faults.more)
    }

    /// The answer.
    pub fn answer(self) -> Result<Response<Body>, Error> {
        /// The members of RFC 9457 §3.1, and those of the portal's own (§3.2).
        #[derive(Serialize)]
        struct Members {
            title: &'static str,
            status: u16,
            detail: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            errors: Vec<FaultOf>,
            #[serde(skip_serializing_if = "is_zero")]
            more: usize,
        }
        let (status, title, detail) = match &self {
            Self::Unsigned => (StatusCode::UNAUTHORIZED, "Not signed", "The signature could not be verified.".into()),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not found", "There is nothing at this path.".into()),
            Self::WrongMethod(allowed) => {
                (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", format!("This path takes {allowed}."))
            }
            Self::TooLarge(most) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "Too large", format!("A body has at most {most} bytes."))
            }
            Self::NotJson => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not JSON", "The content type is application/json.".into())
            }
            Self::Faulty(..) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "Not as the contract says",
                "Nothing of this request was taken. Sent again as it is, it will not be taken, either.".into(),
            ),
            Self::TryAgain => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Try again",
                "The request is fine so far. Send it again later.".into(),
            ),
        };
        let header = match &self {
            Self::WrongMethod(allowed) => Some((header::ALLOW, HeaderValue::from_str(allowed.as_str())?)),
            Self::TryAgain => Some((header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER))),
            _ => None,
        };
        let (errors, more) = match self {
            Self::Faulty(faults, more) => (faults, more),
            _ => (Vec::new(), 0),
        };
        let members = Members { title, status: status.as_u16(), detail, errors, more };
        let mut response = written(status, "application/problem+json", &members)?;
        response.headers_mut().extend(header);
        Ok(response)
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// An answer in JSON.
pub fn json(status: StatusCode, value: &Value) -> Result<Response<Body>, Error> {
    written(status, "application/json", value)
}

fn written(status: StatusCode, media_type: &'static str, value: &impl Serialize) -> Result<Response<Body>, Error> {
    let mut response = Response::new(Body::Text(serde_json::to_string(value)?));
    *response.status_mut() = status;
    secure(response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_in_json_is_kept_by_nobody() {
        let response = super::json(StatusCode::ACCEPTED, &json!({"taken": 2})).unwrap();
        let headers = response.headers();
        let told = [header::CONTENT_TYPE, header::CACHE_CONTROL].map(|name| headers[name].to_str().unwrap());
        assert_eq!((response.status(), told), (StatusCode::ACCEPTED, ["application/json", "no-store"]));
        assert_eq!(&response.body()[..], br#"{"taken":2}"#);
    }

    #[test]
    fn each_problem_is_told_as_rfc_9457_has_it() {
        let fault = FaultOf { index: 1, field: "booking.status".into(), expected: "one of pending".into() };
        for (problem, status, header) in [
            (Problem::Unsigned, 401, None),
            (Problem::NotFound, 404, None),
            (Problem::WrongMethod(Method::POST), 405, Some((header::ALLOW, "POST"))),
            (Problem::TooLarge(262_144), 413, None),
            (Problem::NotJson, 415, None),
            (Problem::Faulty(vec![fault], 2), 422, None),
            (Problem::TryAgain, 503, Some((header::RETRY_AFTER, "10"))),
        ] {
            let response = problem.answer().unwrap();
            let headers = response.headers();
            assert_eq!(response.status(), status);
            assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(headers[header::CACHE_CONTROL], "no-store");
            for name in [header::ALLOW, header::RETRY_AFTER] {
                let expected = header.as_ref().filter(|(of, _)| *of == name).map(|(_, value)| *value);
                assert_eq!(headers.get(&name).map(|value| value.to_str().unwrap()), expected, "{status} {name}");
            }
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(body["status"], status);
            let errors = json!([{"index": 1, "field": "booking.status", "expected": "one of pending"}]);
            let told = (body.get("errors").cloned(), body.get("more").cloned());
            assert_eq!(told, if status == 422 { (Some(errors), Some(json!(2))) } else { (None, None) });
        }
    }
}
