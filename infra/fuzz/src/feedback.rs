//! What SES reports of mails: it quotes addresses, and what servers say.

use portal_aws::feedback::{EnhancedStatus, Report};
use serde_json::{Value, value::RawValue};

/// How a report is written as JSON is nothing to what it says; of what a server says there is a status code and no more.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let report = Report::parse(text);
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let detail = value.get("detail").cloned().unwrap_or_default();
        // A name that stands there twice is a fault to the types, and to a value it is not.
        if report.is_ok() {
            let again = Report::parse(&serde_json::json!({ "detail": detail }).to_string());
            assert_eq!(again, report, "the same report, written otherwise");
        }
    } else if serde_json::from_str::<&RawValue>(text).is_err() {
        // JSON may escape half a surrogate pair (RFC 8259, section 8.2), which no value holds. Where nobody reads it, it is no fault.
        assert!(report.is_err());
    }
    match report {
        Ok(report) => {
            let status = report.status.as_ref().map(EnhancedStatus::as_str).unwrap_or_default();
            assert!(status.len() <= 9 && status.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{status}");
            assert!(!report.kind.name().is_empty());
        }
        Err(error) => {
            const SAID: [&str; 2] = ["its form", "none of the kinds that are asked for, or several"];
            let told = error.to_string();
            let reason = told.strip_prefix("not what SES reports of a mail: ");
            assert!(reason.is_some_and(|reason| SAID.contains(&reason)), "{told}");
        }
    }
}
