//! The headers of signed requests: the portal and the library of Standard Webhooks say the same.

use jiff::Timestamp;
use lambda_http::http::{HeaderMap, HeaderValue};
use portal_domain::webhook::{Signed, WebhookSecrets};
use standardwebhooks::Webhook;

use crate::inputs::parts;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SECRETS: &str =
    r#"{"secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]}"#;

/// The input is an id, a time, signatures and a body, a line each. In the time `@` stands for now, in the signatures for that of
/// their library: else no input would ever be signed.
pub(crate) fn read(bytes: &[u8]) {
    let [id, time, signatures, body] = parts(bytes);
    let texts = (str::from_utf8(id), str::from_utf8(time), str::from_utf8(signatures), str::from_utf8(body));
    let (Ok(id), Ok(time), Ok(signatures), Ok(_)) = texts else { return };
    let (now, theirs, ours) =
        (Timestamp::now(), Webhook::new(SECRET).unwrap(), WebhookSecrets::parse(SECRETS).unwrap());
    let time = time.replace('@', &now.as_second().to_string());
    let good = time.parse().ok().and_then(|second| theirs.sign(id, second, body).ok()).unwrap_or_default();
    let signatures = signatures.replace('@', &good);

    let we_say = ours.verify(&Signed { id, timestamp: &time, signatures: &signatures }, body, now);
    let mut headers = HeaderMap::new();
    for (name, value) in [("webhook-id", id), ("webhook-timestamp", &time), ("webhook-signature", &signatures)] {
        let Ok(value) = HeaderValue::from_str(value) else { return };
        if value.to_str().is_err() {
            return; // neither the function nor their library reads a header that is not ASCII
        }
        headers.insert(name, value);
    }
    let they_say = theirs.verify(body, &headers);
    // What the portal is strict about: an id that could run into the time or be two, and a time that is not digits alone. A time
    // with zeros before it their library signs without them, though the specification signs the header as it is.
    let is_plain = !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !b".,".contains(&byte))
        && time.bytes().all(|byte| byte.is_ascii_digit())
        && !time.starts_with('0');
    match (we_say.is_ok(), they_say.is_ok()) {
        (true, false) => panic!("taken, and their library refuses it: {they_say:?}"),
        (false, true) => assert!(!is_plain, "refused, and their library takes it: {we_say:?}"),
        _ => {}
    }
    // One who knows neither secret is refused whatever was signed, and what is signed here is taken there.
    if is_plain && we_say.is_ok() {
        let strangers = WebhookSecrets::parse(r#"{"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#).unwrap();
        assert!(strangers.verify(&Signed { id, timestamp: &time, signatures: &signatures }, body, now).is_err());
        let altered = [body, b" "].concat();
        assert!(ours.verify(&Signed { id, timestamp: &time, signatures: &signatures }, &altered, now).is_err());
        let signatures = ours.sign(id, &time, body);
        headers.insert("webhook-signature", HeaderValue::from_str(&signatures).unwrap());
        theirs.verify(body, &headers).unwrap();
    }
}
