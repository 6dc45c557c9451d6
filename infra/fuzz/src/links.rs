//! Links, sessions, secrets, ids and addresses: each has one text, and reads back from it.

use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    dashboard::Cursor,
    language::Language,
    link::LinkToken,
    phone,
    secret::Secret,
    session::Session,
    webhook::WebhookSecrets,
};

/// What reads is written again as it was. Of addresses that is so from the second time on.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let same = |written: Option<String>| assert!(written.is_none_or(|written| written == text), "two texts of one");
    same(LinkToken::parse(text).map(|token| token.reveal()));
    same(Session::parse(text).map(|session| session.reveal()));
    same(Secret::parse(text).map(|secret| secret.reveal()));
    same(BookingId::parse(text).map(|id| id.to_string()));
    same(CustomerId::try_from(text.to_owned()).ok().map(|id| id.to_string()));
    same(Cursor::parse(text).map(|cursor| cursor.as_str().to_owned()));
    if let Ok(address) = EmailAddress::parse(text) {
        assert_eq!(EmailAddress::parse(address.as_str()).as_ref(), Ok(&address));
        assert!(address.as_str().is_ascii() && address.as_str().len() <= 254);
        assert!(!address.masked().is_empty());
    }
    if let Ok(secrets) = WebhookSecrets::parse(text) {
        assert!(WebhookSecrets::parse(&secrets.without_old()).is_ok());
    }
    let _ = Language::preferred(text);
    let _ = phone::dialable(text);
}
