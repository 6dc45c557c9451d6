use standardwebhooks::Webhook;

use super::*;

/// The vector of Standard Webhooks' own libraries.
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const AT: i64 = 1_649_367_553;
const BODY: &str = r#"{"email":"test@example.com","username":"test_user"}"#;
const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn secrets(of: &[&str]) -> WebhookSecrets {
    WebhookSecrets::parse(&serde_json::json!({ "secrets": of }).to_string()).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[test]
fn the_vector_of_the_specification_s_libraries_passes() {
    let signed = Signed { id: ID, timestamp: &AT.to_string(), signatures: SIGNATURE };
    assert_eq!(secrets(&[SECRET]).verify(&signed, BODY.as_bytes(), at(AT)), Ok(()));
}

#[test]
fn a_message_is_signed_as_the_specification_s_libraries_sign_it() {
    assert_eq!(secrets(&[SECRET]).sign(ID, &AT.to_string(), BODY.as_bytes()), SIGNATURE);
    let both = secrets(&[OTHER, SECRET]).sign(ID, &AT.to_string(), BODY.as_bytes());
    assert!(both.ends_with(&format!(" {SIGNATURE}")), "{both}");
    for known in [OTHER, SECRET] {
        let signed = Signed { id: ID, timestamp: &AT.to_string(), signatures: &both };
        assert_eq!(secrets(&[known]).verify(&signed, BODY.as_bytes(), at(AT)), Ok(()));
    }
}

#[test]
fn a_rotated_secret_is_fresh_beside_the_one_that_was_newest_and_the_old_one_ends_alone() {
    let revealed = |json: &str| -> Vec<String> {
        WebhookSecrets::parse(json).unwrap().all().iter().map(WebhookSecret::reveal).collect()
    };
    for known in [&[SECRET][..], &[SECRET, OTHER], &[&SECRET[6..]]] {
        let rotated = revealed(&secrets(known).rotated().unwrap());
        assert_eq!((rotated.len(), rotated[1].as_str(), rotated[0].len()), (2, SECRET, 6 + 44));
        assert_ne!(rotated[0], revealed(&secrets(known).rotated().unwrap())[0]);
        assert_eq!(revealed(&secrets(known).without_old()), [SECRET]);
    }
}

#[test]
fn what_their_library_signs_passes() {
    for body in ["", "{}", BODY, "caf\u{e9} \u{1f6fa}\n", &"x".repeat(256 * 1024)] {
        let signatures = Webhook::new(SECRET).unwrap().sign("evt-1", AT, body.as_bytes()).unwrap();
        let signed = Signed { id: "evt-1", timestamp: &AT.to_string(), signatures: &signatures };
        assert_eq!(secrets(&[SECRET]).verify(&signed, body.as_bytes(), at(AT)), Ok(()));
    }
}

#[test]
fn a_request_passes_where_one_of_its_signatures_is_of_one_of_the_secrets() {
    use Unverified::{BadId, BadSignature, BadTimestamp, TooNew, TooOld};
    let (time, one) = (AT.to_string(), SIGNATURE);
    let text = one.strip_prefix("v1,").unwrap();
    let url_safe = one.replace('+', "-").replace('/', "_");
    let re_encoded = BODY.replace("\":\"", "\": \"");
    let several = format!("v2,abc v1a,{text} {one} v1,AAAA");
    let twice = format!("{one},{one}");
    let both = format!("{one} {one}");
    let cut = format!("v1,{}", &text[..20]);
    let loose = one.replace("Kkw=", "Kkx=");
    let mut as_hex = String::from("v1,");
    STANDARD.decode(text).unwrap().iter().for_each(|byte| as_hex.push_str(&format!("{byte:02x}")));
    for (what, id, timestamp, signatures, body, now, verified) in [
        ("as it was sent", ID, &*time, one, BODY, AT, Ok(())),
        ("the same again, at once", ID, &time, one, BODY, AT + 1, Ok(())),
        ("five minutes old", ID, &time, one, BODY, AT + 300, Ok(())),
        ("five minutes ahead", ID, &time, one, BODY, AT - 300, Ok(())),
        ("replayed after six minutes", ID, &time, one, BODY, AT + 301, Err(TooOld)),
        ("too far ahead", ID, &time, one, BODY, AT - 301, Err(TooNew)),
        ("several signatures, other versions among them", ID, &time, &several, BODY, AT, Ok(())),
        ("two signatures, both right", ID, &time, &both, BODY, AT, Ok(())),
        ("no signature", ID, &time, "", BODY, AT, Err(BadSignature)),
        ("no version", ID, &time, text, BODY, AT, Err(BadSignature)),
        ("another version", ID, &time, &one.replace("v1,", "v2,"), BODY, AT, Err(BadSignature)),
        ("a version in capitals", ID, &time, &one.replace("v1,", "V1,"), BODY, AT, Err(BadSignature)),
        ("an empty signature", ID, &time, "v1,", BODY, AT, Err(BadSignature)),
        ("a truncated signature", ID, &time, &cut, BODY, AT, Err(BadSignature)),
        ("a signature without its padding", ID, &time, one.trim_end_matches('='), BODY, AT, Err(BadSignature)),
        ("a signature of other trailing bits", ID, &time, &loose, BODY, AT, Err(BadSignature)),
        ("a signature in base64url", ID, &time, &url_safe, BODY, AT, Err(BadSignature)),
        ("a signature in hexadecimal digits", ID, &time, &as_hex, BODY, AT, Err(BadSignature)),
        ("two headers joined by a comma", ID, &time, &twice, BODY, AT, Err(BadSignature)),
        ("another body", ID, &time, one, "{}", AT, Err(BadSignature)),
        ("a truncated body", ID, &time, one, &BODY[..BODY.len() - 1], AT, Err(BadSignature)),
        ("the body, encoded anew", ID, &time, one, &re_encoded, AT, Err(BadSignature)),
        ("another id", "msg_2", &time, one, BODY, AT, Err(BadSignature)),
        ("another time", ID, "1649367554", one, BODY, AT, Err(BadSignature)),
        ("no id", "", &time, one, BODY, AT, Err(BadId)),
        ("an id that runs into the time", "msg.1649367553", &time, one, BODY, AT, Err(BadId)),
        ("two ids", "msg_1,msg_2", &time, one, BODY, AT, Err(BadId)),
        ("an id with a line break", "msg\n1", &time, one, BODY, AT, Err(BadId)),
        ("no time", ID, "", one, BODY, AT, Err(BadTimestamp)),
        ("two times", ID, "1649367553,1649367553", one, BODY, AT, Err(BadTimestamp)),
        ("a time with a sign", ID, "+1649367553", one, BODY, AT, Err(BadTimestamp)),
        ("a time in milliseconds", ID, "1649367553000", one, BODY, AT, Err(BadTimestamp)),
        ("a time in words", ID, "2022-04-07T21:39:13Z", one, BODY, AT, Err(BadTimestamp)),
        ("a time beyond all times", ID, "99999999999999999999", one, BODY, AT, Err(BadTimestamp)),
    ] {
        let signed = Signed { id, timestamp, signatures };
        // While secrets are rotated either will do, in either order, and a wrong one is none.
        for (known, expected) in [
            (&[SECRET][..], verified),
            (&[SECRET, OTHER], verified),
            (&[OTHER, SECRET], verified),
            (&[OTHER], verified.and(Err(BadSignature))),
        ] {
            assert_eq!(secrets(known).verify(&signed, body.as_bytes(), at(now)), expected, "{what}, {known:?}");
        }
    }
}

#[test]
fn a_secret_is_24_to_64_bytes_in_base64_and_prints_nothing() {
    let of = |bytes: usize| STANDARD.encode(vec![7; bytes]);
    // What Secrets Manager makes of letters and digits alone, which are Base64 of 48 bytes.
    let made = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345678901";
    for text in [SECRET, &SECRET[6..], &of(24), &of(64), made] {
        assert!(text.parse::<WebhookSecret>().is_ok(), "{text}");
    }
    for text in ["", "whsec_", &of(23), &of(65), &format!(" {SECRET}"), &of(32).replace('=', ""), "whsk_MfKQ9r8G"] {
        assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
    }
    assert_eq!(format!("{:?}", secrets(&[SECRET])), "WebhookSecrets([WebhookSecret(…)])");
}

#[test]
fn secrets_are_one_or_two_and_nothing_else_beside_them() {
    let (one, other) = (SECRET, OTHER);
    for (json, is_read) in [
        (format!(r#"{{"secret": "{one}"}}"#), true),
        (format!(r#"{{"secrets": ["{one}"]}}"#), true),
        (format!(r#"{{"secrets": ["{one}", "{other}"]}}"#), true),
        (format!(r#"{{"secrets": ["{one}", "{other}", "{one}"]}}"#), false),
        (r#"{"secrets": []}"#.to_owned(), false),
        (format!(r#"{{"secrets": ["{one}", "short"]}}"#), false),
        (format!(r#"{{"secrets": "{one}"}}"#), false),
        (format!(r#"{{"secret": "{one}", "secrets": ["{other}"]}}"#), false),
        (format!(r#"{{"secret": "{one}", "note": ""}}"#), false),
        (format!(r#""{one}""#), false),
        (one.to_owned(), false),
        ("{}".to_owned(), false),
        (String::new(), false),
    ] {
        let read = WebhookSecrets::parse(&json);
        assert_eq!(read.is_ok(), is_read, "{json}");
        if let Err(error) = read {
            assert!(!error.to_string().contains("whsec"), "{error}");
        }
    }
}
