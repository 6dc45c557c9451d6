//! What SES tells of mails, and what is noted of it.

use jiff::Timestamp;
use portal_domain::suppression::Suppression;
use serde_json::{Value, json};

use crate::{
    customers::{Customer, fresh},
    queues::{Message, batch, failed, message},
    stack::{Stack, logged, on_the_stack},
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
    report_of(&fresh("mail"), customer, detail)
}

fn report_of(mail_id: &str, customer: &Customer, detail: &Value) -> Message {
    let mut detail = detail.clone();
    let headers = json!({"to": [customer.address], "subject": "Your sign-in link"});
    detail["mail"] = json!({
        "messageId": mail_id, "tags": {"customer": [customer.id]}, "destination": [customer.address], "commonHeaders": headers,
    });
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

/// The log answers "Where is my mail?" without quoting SMTP answers, which hold addresses.
#[test]
fn what_became_of_a_mail_is_logged_with_kind_mail_and_code_only() {
    on_the_stack(async |stack| {
        let customer = stack.customer();
        let address = &customer.address;
        let recipients = |status: &str| {
            let answer = format!("smtp; 550 {status} <{address}>: no");
            json!([{"emailAddress": address, "status": status, "diagnosticCode": answer}])
        };
        let delivery = |answer: String| json!({"delivery": {"smtpResponse": answer, "recipients": [address]}});
        for (kind, level, status, detail) in [
            ("delivery", "INFO", Some("2.6.0"), delivery(format!("250 2.6.0 <{address}> received"))),
            ("delivery", "INFO", None, delivery(format!("250 {address} is fine"))),
            ("delay", "INFO", Some("4.4.1"), json!({"deliveryDelay": {"delayedRecipients": recipients("4.4.1")}})),
            ("delay", "INFO", None, json!({"deliveryDelay": {"delayedRecipients": recipients(address)}})),
            ("reject", "ERROR", None, json!({"reject": {"reason": "Bad content"}})),
            (
                "bounce",
                "WARN",
                Some("5.1.1"),
                json!({"bounce": {"bounceType": "Permanent", "timestamp": EARLIER, "bouncedRecipients": recipients("5.1.1")}}),
            ),
            ("soft bounce", "INFO", None, bounce("Transient", EARLIER)),
            ("complaint", "WARN", None, complaint(Some("abuse"), EARLIER)),
            ("not spam", "INFO", None, complaint(Some("not-spam"), EARLIER)),
        ] {
            let mail_id = fresh("mail");
            assert_eq!(stack.mail_feedback(&[report_of(&mail_id, &customer, &detail)]).await, [""; 0], "{kind}");
            let lines = logged("", &mail_id);
            let [line] = lines.as_slice() else { panic!("{kind}: {lines:?}") };
            let mut fields = line["fields"].as_object().unwrap().clone();
            fields.remove("message");
            let mut expected = json!({"kind": kind, "mail_id": mail_id});
            if let Some(status) = status {
                expected["status"] = json!(status);
            }
            assert_eq!((Value::from(fields), &line["level"]), (expected, &json!(level)), "{kind}");
            assert!(!line.to_string().contains(address.as_str()), "{line}");
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
            ("none of the kinds that are asked for", report(&customer, &json!({"open": {"timestamp": EARLIER}}))),
            ("both", report(&customer, &json!({"bounce": whole["bounce"], "complaint": {"timestamp": EARLIER}}))),
            ("no time", report(&customer, &json!({"bounce": {"bounceType": "Permanent"}}))),
            (
                "no mail",
                message(&json!({"detail": {"mail": {"tags": {"customer": [customer.id]}}, "bounce": whole["bounce"]}})),
            ),
            (
                "no tag",
                message(&json!({"detail": {"mail": {"messageId": "1", "tags": {}}, "bounce": whole["bounce"]}})),
            ),
            (
                "an address for a tag",
                message(&json!({"detail": {
                    "mail": {"messageId": "1", "tags": {"customer": ["ana@example.com"]}}, "bounce": whole["bounce"],
                }})),
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
