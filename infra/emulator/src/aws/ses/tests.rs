use super::{super::sqs::Sqs, *};
use crate::log::Log;

fn ses() -> Ses {
    let ses = Ses::new(EventBridge::new(Sqs::new("http://127.0.0.1"), Log::new()));
    ses.create_identity("example.com", &json!({ "EmailIdentity": "example.com" })).unwrap();
    ses.create_identity("solo@other.example", &json!({})).unwrap();
    ses.create_configuration_set("shop", &json!({})).unwrap();
    ses
}

fn mail() -> Value {
    json!({
        "FromEmailAddress": "=?UTF-8?B?U2hvcCDDnGJlcg==?= <hello@mail.example.com>",
        "Destination": { "ToAddresses": ["Ana Ruiz <Ana@example.org>"] },
        "ReplyToAddresses": ["desk@example.com"],
        "Content": { "Simple": {
            "Subject": { "Data": "Your link – GCO-1", "Charset": "UTF-8" },
            "Body": { "Text": { "Data": "text" }, "Html": { "Data": "<p>ü</p>", "Charset": "UTF-8" } },
            "Headers": [{ "Name": "Auto-Submitted", "Value": "auto-generated" }],
        } },
        "ConfigurationSetName": "shop",
        "ConfigurationOverrides": { "Tracking": { "OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED" } },
        "EmailTags": [{ "Name": "kind", "Value": "sign-in" }],
    })
}

fn send(ses: &Ses, mail: &Value) -> Result<Value, Fault> {
    ses.send_email(mail.to_string().as_bytes())
}

#[test]
fn a_mail_is_kept_as_its_reader_sees_it() {
    let ses = ses();
    let output = send(&ses, &mail()).unwrap();
    let mut shown = serde_json::to_value(ses.mails()).unwrap();
    assert!(shown[0]["sent_at"].take().as_str().unwrap().parse::<Timestamp>().is_ok());
    let expected = json!([{
        "id": output["MessageId"], "to": ["Ana@example.org"], "from": "Shop Über <hello@mail.example.com>",
        "reply_to": ["desk@example.com"], "subject": "Your link – GCO-1", "text": "text", "html": "<p>ü</p>",
        "headers": { "Auto-Submitted": "auto-generated" }, "configuration_set": "shop",
        "tracking": { "open": "DISABLED", "click": "DISABLED" }, "tags": { "kind": "sign-in" }, "sent_at": null,
    }]);
    assert_eq!(shown, expected);
    ses.clear();
    assert!(ses.mails().is_empty());
}

#[test]
fn the_newest_mail_comes_first() {
    let ses = ses();
    for subject in ["first", "second"] {
        let mut mail = mail();
        mail["Content"]["Simple"]["Subject"]["Data"] = json!(subject);
        send(&ses, &mail).unwrap();
    }
    let subjects: Vec<_> = ses.mails().into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["second", "first"]);
}

#[test]
fn a_bad_mail_gets_the_error_that_ses_gives() {
    let cases = [
        ("/FromEmailAddress", json!("a@unverified.example"), "MessageRejected"),
        ("/FromEmailAddress", json!("other@other.example"), "MessageRejected"),
        ("/FromEmailAddress", json!("Über <a@example.com>"), "BadRequestException"),
        ("/FromEmailAddress", json!("a@example.com, b@example.com"), "BadRequestException"),
        ("/FromEmailAddress", json!("a@example.com\r\nBcc: b@example.com"), "BadRequestException"),
        ("/Destination/ToAddresses", json!([]), "BadRequestException"),
        ("/Destination/ToAddresses", json!(["nobody"]), "BadRequestException"),
        ("/Destination/ToAddresses", json!(["a..b@example.com"]), "BadRequestException"),
        ("/Destination/ToAddresses", json!(vec!["a@example.com"; 51]), "BadRequestException"),
        ("/ReplyToAddresses", json!(["nobody"]), "BadRequestException"),
        ("/Content/Simple/Subject/Data", json!("a\nb"), "BadRequestException"),
        ("/Content/Simple/Subject", json!({ "Data": "ü" }), "BadRequestException"),
        ("/Content/Simple/Body", json!({}), "BadRequestException"),
        ("/Content/Simple/Headers/0/Name", json!("Two Words"), "BadRequestException"),
        ("/Content/Simple/Headers/0/Value", json!("a\r\nBcc: b@example.com"), "BadRequestException"),
        ("/ConfigurationSetName", json!("none"), "NotFoundException"),
        ("/ConfigurationOverrides/Tracking/OpenTrackingEnabled", json!("OFF"), "BadRequestException"),
        ("/EmailTags/0/Value", json!("a b"), "BadRequestException"),
    ];
    for (field, value, expected) in cases {
        let ses = ses();
        let mut mail = mail();
        *mail.pointer_mut(field).unwrap() = value.clone();
        let fault = send(&ses, &mail).unwrap_err();
        assert_eq!(fault.code, expected, "{field} = {value}: {}", fault.message);
        assert!(ses.mails().is_empty());
    }
}

#[test]
fn an_unknown_field_is_named() {
    for (within, field) in [("", "TenantName"), ("/Destination", "CcAddresses"), ("/Destination", "BccAddresses")] {
        let mut mail = mail();
        mail.pointer_mut(within).unwrap()[field] = json!(["ben@example.org"]);
        let fault = send(&ses(), &mail).unwrap_err();
        assert_eq!(fault.code, "BadRequestException");
        assert!(fault.message.contains(field), "{}", fault.message);
    }
}

#[test]
fn an_address_sends_with_itself_before_its_domain() {
    let ses = ses();
    ses.create_identity("ana@example.com", &json!({})).unwrap();
    assert_eq!(ses.identity_of("ana@example.com").as_deref(), Some("ana@example.com"));
    assert_eq!(ses.identity_of("bob@EXAMPLE.com").as_deref(), Some("example.com"));
    assert_eq!(ses.identity_of("bob@a.b.example.com").as_deref(), Some("example.com"));
    assert_eq!(ses.identity_of("bob@notexample.com"), None);
}

#[test]
fn the_suppression_list_is_kept() {
    let ses = ses();
    let put = json!({ "EmailAddress": "ana@example.org", "Reason": "BOUNCE" });
    ses.put_suppressed(put.to_string().as_bytes()).unwrap();
    assert_eq!(ses.get_suppressed("ana@example.org").unwrap()["SuppressedDestination"]["Reason"], "BOUNCE");
    assert_eq!(ses.list_suppressed()["SuppressedDestinationSummaries"][0]["EmailAddress"], "ana@example.org");
    ses.delete_suppressed("ana@example.org").unwrap();
    assert_eq!(ses.get_suppressed("ana@example.org").unwrap_err().code, "NotFoundException");
}

#[test]
fn an_account_that_is_paused_or_in_the_sandbox_sends_as_little_as_on_aws() {
    let ses = ses();
    ses.create_identity("guest@friends.example", &json!({})).unwrap();
    let to = |address: &str| {
        let mut mail = mail();
        mail["Destination"]["ToAddresses"] = json!([address]);
        send(&ses, &mail).map_err(|fault| (fault.code, fault.message))
    };
    let details = json!({ "MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com" });
    let production_access = |enabled: bool| {
        let mut details = details.clone();
        details["ProductionAccessEnabled"] = json!(enabled);
        ses.put_account_details(details.to_string().as_bytes()).unwrap();
    };
    production_access(false);
    let (code, message) = to("ana@example.org").unwrap_err();
    assert_eq!(code, "MessageRejected");
    assert!(message.contains("not verified") && message.ends_with("US-EAST-1: ana@example.org"), "{message}");
    for verified in ["guest@friends.example", "anybody@example.com", "success@simulator.amazonses.com"] {
        to(verified).unwrap();
    }
    ses.put_account_details(details.to_string().as_bytes()).unwrap();
    assert_eq!(lock(&ses.state).account.shown()["ProductionAccessEnabled"], false, "what is not named stays");
    production_access(true);
    to("ana@example.org").unwrap();

    ses.put_account_sending(b"{}").unwrap();
    assert_eq!(to("ana@example.org").unwrap_err().0, "SendingPausedException");
    ses.put_account_sending(br#"{"SendingEnabled": true}"#).unwrap();
    to("ana@example.org").unwrap();
    assert_eq!(lock(&ses.state).account.shown()["SendQuota"]["SentLast24Hours"], 5);
}

#[test]
fn a_suppressed_address_gets_no_mail_where_its_reason_counts() {
    let ses = ses();
    let complaints = json!({ "SuppressionOptions": { "SuppressedReasons": ["COMPLAINT"] } });
    ses.create_configuration_set("complaints", &complaints).unwrap();
    for (reason, set, comes) in [
        ("COMPLAINT", json!("complaints"), false),
        ("BOUNCE", json!("complaints"), true),
        ("BOUNCE", json!("shop"), false),
        ("BOUNCE", Value::Null, false),
    ] {
        ses.clear();
        let put = json!({ "EmailAddress": "Ana@example.org", "Reason": reason });
        ses.put_suppressed(put.to_string().as_bytes()).unwrap();
        let mut mail = mail();
        mail["ConfigurationSetName"] = set.clone();
        mail["Destination"]["ToAddresses"] = json!(["Ana@example.org", "ben@example.org"]);
        assert!(send(&ses, &mail).unwrap()["MessageId"].is_string(), "SES takes it all the same");
        let to = ses.mails().pop().unwrap().to;
        assert_eq!(to.contains(&"Ana@example.org".to_owned()), comes, "{reason} with {set}");
        assert!(to.contains(&"ben@example.org".to_owned()));
    }
}
