//! Forms: the portal finds in a body what serde_urlencoded finds there, however API Gateway hands the body on.

use lambda_http::Body;
use portal_web::requests;

use crate::requests::with_body;

/// The fields of the portal's forms.
const FIELDS: [&str; 5] = ["email", "to", "everywhere", "leaving", ""];

pub(crate) fn read(bytes: &[u8]) {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).unwrap();
    let binary = with_body(Body::Binary(bytes.to_vec()));
    let text = str::from_utf8(bytes).ok().map(|text| with_body(Body::Text(text.to_owned())));
    for name in FIELDS.into_iter().chain(pairs.iter().map(|(name, _)| name.as_str())) {
        let theirs = pairs.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        assert_eq!(requests::form_field(&binary, name), theirs, "{name:?}");
        if let Some(text) = &text {
            assert_eq!(requests::form_field(text, name), theirs, "{name:?}");
        }
        let _ = requests::landing(theirs);
    }
}
