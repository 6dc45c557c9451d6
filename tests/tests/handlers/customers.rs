//! Customers of a case's own, their bookings and their sign-ins.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    link::LinkToken,
    secret::Secret,
    session::Session,
    sign_in::SignIn,
};
use portal_tests::{
    Item,
    samples::{confirmed, sample},
};
use serde_json::{Value, json};

use crate::{
    queues::{batch, event, failed},
    stack::Stack,
};

/// Something that no other case has, such as `bkg_00012`; none is the beginning of another.
pub(crate) fn fresh(before: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{before}{:05}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A customer of a case's own.
#[derive(Clone)]
pub(crate) struct Customer {
    pub(crate) address: String,
    pub(crate) id: CustomerId,
}

/// What has become of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Just mailed.
    Fresh,
    /// Its hour was over before anybody used it.
    Expired,
    /// That, and 30 days more.
    TooOld,
    /// Ended before it was used.
    EndedUnused,
    /// Used: a session.
    Used,
    /// A session that has been signed out.
    Ended,
    /// A session whose time is over.
    Over,
    /// Never made.
    Unknown,
}

/// A sign-in: its link, and what its session's cookie holds.
pub(crate) struct Kept {
    pub(crate) token: LinkToken,
    secret: Secret,
}

impl Kept {
    /// The session's cookie.
    pub(crate) fn cookie(&self) -> String {
        session_cookie(&self.session_with(self))
    }

    /// What the cookie would hold if its secret were that of another session.
    pub(crate) fn session_with(&self, other: &Self) -> Session {
        let secret = Secret::parse(&other.secret.reveal()).unwrap();
        Session { customer: self.token.customer(), link_hash: self.token.hash(), secret }
    }
}

/// The cookie of a session.
pub(crate) fn session_cookie(session: &Session) -> String {
    format!("__Host-session={}", session.reveal())
}

/// So many minutes before now.
pub(crate) fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

impl Stack {
    /// Somebody without bookings.
    pub(crate) fn customer(&self) -> Customer {
        self.customer_called("customer")
    }

    /// Somebody without bookings, whose address begins so.
    pub(crate) fn customer_called(&self, name: &str) -> Customer {
        let address = format!("{}@example.com", fresh(name));
        Customer { id: self.portal.customer(&address), address }
    }

    /// Somebody with a confirmed booking; no mail was asked for.
    pub(crate) async fn customer_with_booking(&self) -> (Customer, String) {
        let (customer, id) = (self.customer(), fresh("bkg_"));
        self.project("booking.confirmed", &confirmed(&id, &customer.address, 1, false)).await;
        (customer, id)
    }

    /// Has an event applied.
    pub(crate) async fn project(&self, detail_type: &str, detail: &Value) {
        let answer = self.project_bookings.handle(batch(&[event(detail_type, detail)])).await;
        assert_eq!(failed(answer), [""; 0]);
    }

    /// Keeps a sign-in of a customer.
    pub(crate) async fn keep(&self, customer: &Customer, life: Life) -> Kept {
        self.keep_as(customer, life, |sign_in| sign_in).await
    }

    /// Keeps a sign-in that is somehow special.
    pub(crate) async fn keep_as(&self, customer: &Customer, life: Life, special: impl Fn(SignIn) -> SignIn) -> Kept {
        let kept = Kept { token: LinkToken::generate(customer.id).unwrap(), secret: Secret::generate().unwrap() };
        let address = EmailAddress::parse(&customer.address).unwrap();
        let made_at = |minutes| SignIn::new(&kept.token, &address, "the message", minutes_ago(minutes));
        let used = |sign_in: SignIn, until| SignIn {
            used_at: Some(sign_in.made_at),
            session: Some(kept.secret.hash()),
            session_until: Some(until),
            ..sign_in
        };
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        let sign_in = match life {
            Life::Unknown => return kept,
            Life::Fresh => made_at(0),
            Life::Expired => made_at(61),
            Life::TooOld => made_at(30 * 24 * 60 + 1),
            Life::EndedUnused => SignIn { ended_at: Some(minutes_ago(1)), ..made_at(5) },
            Life::Used => used(made_at(5), tomorrow),
            Life::Ended => SignIn { ended_at: Some(minutes_ago(1)), ..used(made_at(5), tomorrow) },
            Life::Over => used(made_at(24 * 60 + 5), minutes_ago(5)),
        };
        self.store.keep_sign_in(&special(sign_in)).await.unwrap();
        kept
    }

    /// What the table holds of a customer, whose id or address may stand anywhere: the keys, with the customer's id as `@`.
    pub(crate) async fn left_of(&self, customer: &Customer) -> Vec<String> {
        let id = customer.id.to_string();
        let is_of = |item: &Item| {
            item.values().any(|value| {
                let text = match value {
                    AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
                    other => format!("{other:?}"),
                };
                text.contains(&id) || text.contains(&customer.address)
            })
        };
        let items = self.portal.items().await;
        let key = |item: &Item| format!("{} {}", item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap());
        let mut keys: Vec<_> =
            items.iter().filter(|item| is_of(item)).map(|item| key(item).replace(&id, "@")).collect();
        keys.sort();
        keys
    }

    /// Puts a text in place of an attribute of an item.
    pub(crate) async fn overwrite(&self, pk: &str, sk: &str, attribute: &str, text: &str) {
        let update = self.portal.dynamodb().await.update_item().table_name(self.portal.table());
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let update = update.key("pk", key(pk)).key("sk", key(sk)).update_expression("SET #attribute = :text");
        let update = update.expression_attribute_names("#attribute", attribute);
        update.expression_attribute_values(":text", key(text)).send().await.unwrap();
    }

    /// What the table holds of a sign-in.
    pub(crate) async fn sign_in(&self, kept: &Kept) -> Option<SignIn> {
        self.store.sign_in_of(&kept.token).await.unwrap()
    }

    /// Whether a sign-in is a session now.
    pub(crate) async fn is_signed_in(&self, kept: &Kept) -> bool {
        self.sign_in(kept).await.is_some_and(|sign_in| sign_in.is_session_of(&kept.secret, Timestamp::now()))
    }
}

/// A booking's id.
pub(crate) fn id(text: &str) -> BookingId {
    BookingId::parse(text).unwrap()
}

/// The detail of a sample event about this booking of a customer.
pub(crate) fn about(file: &str, booking: &str, customer: &Customer) -> Value {
    let (_, mut detail) = sample(file);
    detail["booking"]["booking_id"] = json!(booking);
    detail["booking"]["customer"]["email"] = json!(customer.address);
    let documents = detail["booking"].get_mut("documents").and_then(Value::as_array_mut);
    for document in documents.into_iter().flatten() {
        let name = document["document_id"].as_str().unwrap().to_owned();
        document["file"]["key"] = json!(format!("documents/{booking}/{name}.pdf"));
    }
    detail
}
