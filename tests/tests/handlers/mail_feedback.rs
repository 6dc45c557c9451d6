//! What SES tells of mails, and what is noted of it.

use jiff::Timestamp;
use portal_domain::suppression::Suppression;
use serde_json::{Value, json};

use crate::{
    customers::Customer,
    queues::{Message, batch, failed, message},
    stack::{Stack, on_the_stack},
};

const EARLIER: &str = "2026-08-05T00:41:02.669Z";
const LATER: &str = "2026-08-06T10:00:00Z";

impl Stack {
    async fn mail_feedback(&self, messages: &[Message]) -> Vec<String> {
        failed(self.mail_feedback.handle(batch(messages)).await)
    }
}

/// A report of a mail to a customer.
fn report(customer: &Customer, detail: &Value) -> Message {
    let mut detail = detail.clone();
    detail["mail"] = json!({"tags": {"customer": [customer.id]}});
    message(&json!({"source": "aws.ses", "detail": detail}))
}

fn bounce(kind: &str, at: &str) -> Value {
    json!({"bounce": {"bounceType": kind, "timestamp": at}})
}

fn complaint(kind: Option<&str>, at: &str) -> Value {
    json!({"complaint": {"complaintFeedbackType": kind, "timestamp": at}})
}

#[test]
fn what_came_back_for_good_or_was_reported_as_spam_is_noted_with_its_latest_time() {
    on_the_stack(async |stack| {
        let (bounced, complained) = (|at| (Some(at), None), |at| (None, Some(at)));
        for (what, reports, noted) in [
            ("a bounce for good", vec![bounce("Permanent", EARLIER)], bounced(EARLIER)),
            ("the same again", vec![bounce("Permanent", EARLIER), bounce("Permanent", EARLIER)], bounced(EARLIER)),
            ("a later one", vec![bounce("Permanent", EARLIER), bounce("Permanent", LATER)], bounced(LATER)),
            ("an older one late", vec![bounce("Permanent", LATER), bounce("Permanent", EARLIER)], bounced(LATER)),
            ("a bounce this time", vec![bounce("Transient", EARLIER)], (None, None)),
            ("a bounce of a kind nobody knows", vec![bounce("Undetermined", EARLIER)], (None, None)),
            ("a complaint", vec![complaint(Some("abuse"), EARLIER)], complained(EARLIER)),
            ("a complaint of no kind", vec![complaint(None, EARLIER)], complained(EARLIER)),
            ("a later one", vec![complaint(None, EARLIER), complaint(None, LATER)], complained(LATER)),
            ("an older one late", vec![complaint(None, LATER), complaint(None, EARLIER)], complained(LATER)),
            ("not spam", vec![complaint(Some("not-spam"), EARLIER)], (None, None)),
            (
                "not spam, after a complaint",
                vec![complaint(None, EARLIER), complaint(Some("not-spam"), LATER)],
                complained(EARLIER),
            ),
            ("both", vec![bounce("Permanent", EARLIER), complaint(None, LATER)], (Some(EARLIER), Some(LATER))),
        ] {
            let customer = stack.customer();
            for detail in &reports {
                assert_eq!(stack.mail_feedback(&[report(&customer, detail)]).await, [""; 0], "{what}");
            }
            let at = |text: Option<&str>| text.map(|text| text.parse::<Timestamp>().unwrap());
            let (bounced_at, complained_at) = (at(noted.0), at(noted.1));
            let expected = Suppression { bounced_at, complained_at, address_confirmed_at: None };
            assert_eq!(stack.store.suppression(customer.id).await.unwrap(), expected, "{what}");
        }
    });
}

#[test]
fn what_is_no_report_comes_again_and_alone() {
    on_the_stack(async |stack| {
        let customer = stack.customer();
        let whole = bounce("Permanent", EARLIER);
        for (what, wrong) in [
            ("no JSON", Message { body: "a bounce".into(), ..message(&json!({})) }),
            ("nothing", Message { body: String::new(), ..message(&json!({})) }),
            ("no event", message(&json!({}))),
            ("neither bounce nor complaint", report(&customer, &json!({"delivery": {"timestamp": EARLIER}}))),
            ("both", report(&customer, &json!({"bounce": whole["bounce"], "complaint": {"timestamp": EARLIER}}))),
            ("no time", report(&customer, &json!({"bounce": {"bounceType": "Permanent"}}))),
            ("no tag", message(&json!({"detail": {"mail": {"tags": {}}, "bounce": whole["bounce"]}}))),
            (
                "an address for a tag",
                message(
                    &json!({"detail": {"mail": {"tags": {"customer": ["ana@example.com"]}}, "bounce": whole["bounce"]}}),
                ),
            ),
        ] {
            let (customer, other) = (stack.customer(), stack.customer());
            let batch = [report(&customer, &whole), wrong, report(&other, &whole)];
            assert_eq!(stack.mail_feedback(&batch).await, [batch[1].id.as_str()], "{what}");
            for customer in [customer, other] {
                let noted = stack.store.suppression(customer.id).await.unwrap();
                assert!(noted.bounced_at.is_some(), "{what}: the others are noted");
            }
        }
    });
}
