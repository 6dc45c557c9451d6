//! Sign-ins: made by a mail, used once, ended by signing out.

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use futures_util::{TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    customer::CustomerId,
    link::{LinkHash, LinkToken},
    secret::Secret,
    session::Session,
    sign_in::{Redemption, SignIn, SignedIn},
    time::after,
};
use serde::Deserialize;

use super::{
    errors::{Error, failed},
    items::{Item, name, number, read, read_any, write},
    keys,
    table::{Store, Updated, carry_out},
};

/// DynamoDB may remove a sign-in this long after nothing more can become of it.
const KEPT_LONGER_BY: SignedDuration = SignedDuration::from_hours(24);

/// Sign-ins that are ended side by side: each takes a connection.
const ENDED_AT_ONCE: usize = 16;

/// A sign-in of which nothing but its name was read.
#[derive(Deserialize)]
struct Named {
    link_hash: LinkHash,
}

impl Store {
    /// Keeps a sign-in whose link is about to be mailed.
    pub async fn keep_sign_in(&self, sign_in: &SignIn) -> Result<(), Error> {
        let mut item = write(keys::sign_in(sign_in.customer, &sign_in.link_hash), sign_in)?;
        // A session ends at most 30 days after a link's hour, so this is after that, too.
        let expires_at = after(sign_in.renewable_until, KEPT_LONGER_BY).as_second();
        item.insert(keys::EXPIRES_AT.into(), number(expires_at));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send();
        put.await.map(drop).map_err(failed("PutItem"))
    }

    /// Notes that SES has taken the mail of a sign-in.
    pub async fn sign_in_mailed(&self, sign_in: &SignIn, now: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::sign_in(sign_in.customer, &sign_in.link_hash))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET mailed_at = :now")
            .expression_attribute_values(":now", number(now.as_second()));
        carry_out(update).await.map(drop) // refused where it was erased meanwhile
    }

    /// Whether a mail has gone out that the queue message of this id asked for.
    pub async fn was_mailed(&self, customer: CustomerId, message_id: &str) -> Result<bool, Error> {
        let mut mailed = self
            .sign_ins(customer)
            .filter_expression("message_id = :message_id AND attribute_exists(mailed_at)")
            .expression_attribute_values(":message_id", AttributeValue::S(message_id.to_owned()))
            .into_paginator()
            .items()
            .send();
        Ok(mailed.try_next().await.map_err(failed("Query"))?.is_some())
    }

    /// The sign-in a link belongs to.
    pub async fn sign_in_of(&self, token: &LinkToken) -> Result<Option<SignIn>, Error> {
        read_any(self.get(keys::sign_in(token.customer(), &token.hash())).await?)
    }

    /// The sign-in a link belongs to, and the one that became this session, if the session lasts at `now`.
    pub async fn sign_in_and_session(
        &self,
        token: &LinkToken,
        session: Option<&Session>,
        now: Timestamp,
    ) -> Result<(Option<SignIn>, Option<SignedIn>), Error> {
        let Some(session) = session else { return Ok((self.sign_in_of(token).await?, None)) };
        let keys =
            [keys::sign_in(token.customer(), &token.hash()), keys::sign_in(session.customer, &session.link_hash)];
        let [sign_in, signed_in] = self.get_all(keys).await?;
        Ok((read_any(sign_in)?, session_of(signed_in, session, now)?))
    }

    /// The sign-in that became this session, if the session lasts at `now`.
    pub async fn signed_in(&self, session: &Session, now: Timestamp) -> Result<Option<SignedIn>, Error> {
        session_of(self.get(keys::sign_in(session.customer, &session.link_hash)).await?, session, now)
    }

    /// Uses a link: in one conditional write the sign-in becomes the session of `secret`. Of any number of
    /// simultaneous attempts exactly one wins; a repetition of the winner's own write wins again.
    pub async fn redeem_link(
        &self,
        token: &LinkToken,
        secret: &Secret,
        session_lasts: SignedDuration,
        now: Timestamp,
    ) -> Result<Redemption, Error> {
        let session = secret.hash();
        let update = self
            .update(keys::sign_in(token.customer(), &token.hash()))
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(used_at) AND attribute_not_exists(ended_at) \
                 AND valid_until > :now",
            )
            .update_expression("SET used_at = :now, #session = :session, session_until = :session_until")
            .expression_attribute_names("#session", "session")
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":session", AttributeValue::S(session.to_string()))
            .expression_attribute_values(":session_until", number(after(now, session_lasts).as_second()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match carry_out(update).await? {
            Updated::Done(Some(item)) => Ok(Redemption::Redeemed(read(item)?)),
            Updated::Done(None) => Err(Error::Contradiction { action: "using a link", key: "it left".into() }),
            Updated::Refused(None) => Ok(Redemption::Unknown),
            Updated::Refused(Some(item)) => {
                let key = name(&item);
                let sign_in: SignIn = read(item)?;
                match sign_in.dead_link(now) {
                    _ if sign_in.is_session_of(secret, now) => Ok(Redemption::Redeemed(sign_in)),
                    Some(dead) => Ok(Redemption::Refused(sign_in, dead)),
                    None => Err(Error::Contradiction { action: "using a link", key }),
                }
            }
        }
    }

    /// Ends the session, if it still lasts; says whose it was. The sign-in is read first and then ended on existence
    /// alone, so that the role of `sign_out` need not name the attributes that make a sign-in a session.
    pub async fn end_session(&self, session: &Session, now: Timestamp) -> Result<Option<SignedIn>, Error> {
        let signed_in = self.signed_in(session, now).await?;
        if signed_in.is_some() {
            self.end_sign_in(session.customer, &session.link_hash, now).await?;
        }
        Ok(signed_in)
    }

    /// Ends the session that a browser had before somebody signed in there. One write is enough, since the role of
    /// `redeem_link` may name the attributes that make a sign-in a session.
    pub async fn end_former_session(&self, session: &Session, now: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::sign_in(session.customer, &session.link_hash))
            .condition_expression("#session = :session")
            .update_expression("SET ended_at = if_not_exists(ended_at, :now)")
            .expression_attribute_names("#session", "session")
            .expression_attribute_values(":session", AttributeValue::S(session.secret.hash().to_string()))
            .expression_attribute_values(":now", number(now.as_second()));
        carry_out(update).await.map(drop) // refused where it was none
    }

    /// Ends every sign-in of the session's customer that is a session or can become one, if the session itself still
    /// lasts; says whose it was. The others end side by side, and this session last, so that a customer whose request
    /// failed half-way is still signed in and can ask again.
    pub async fn end_all_sign_ins(&self, session: &Session, now: Timestamp) -> Result<Option<SignedIn>, Error> {
        let Some(signed_in) = self.signed_in(session, now).await? else { return Ok(None) };
        let live = self.live_sign_ins(session.customer, now).await?;
        let others = live.into_iter().filter(|link_hash| *link_hash != session.link_hash);
        stream::iter(others.map(Ok))
            .try_for_each_concurrent(ENDED_AT_ONCE, |link_hash| async move {
                self.end_sign_in(session.customer, &link_hash, now).await
            })
            .await?;
        self.end_sign_in(session.customer, &session.link_hash, now).await?;
        Ok(Some(signed_in))
    }

    /// The customer's sign-ins that are sessions at `now` or can become one.
    async fn live_sign_ins(&self, customer: CustomerId, now: Timestamp) -> Result<Vec<LinkHash>, Error> {
        let mut live = self
            .sign_ins(customer)
            .filter_expression(
                "attribute_not_exists(ended_at) AND \
                 (session_until > :now OR attribute_not_exists(used_at) AND valid_until > :now)",
            )
            .expression_attribute_values(":now", number(now.as_second()))
            .projection_expression("pk, sk, link_hash")
            .into_paginator()
            .items()
            .send();
        let mut hashes = Vec::new();
        while let Some(item) = live.next().await {
            let Named { link_hash } = read(item.map_err(failed("Query"))?)?;
            hashes.push(link_hash);
        }
        Ok(hashes)
    }

    async fn end_sign_in(&self, customer: CustomerId, link_hash: &LinkHash, now: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::sign_in(customer, link_hash))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET ended_at = :now")
            .expression_attribute_values(":now", number(now.as_second()));
        carry_out(update).await.map(drop) // refused where it was removed meanwhile, which ends it, too
    }

    pub(super) fn sign_ins(&self, customer: CustomerId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::sign_ins_partition(customer)))
    }
}

/// The session check, of the item that the cookie names.
pub(super) fn session_of(item: Option<Item>, session: &Session, now: Timestamp) -> Result<Option<SignedIn>, Error> {
    let sign_in: Option<SignIn> = read_any(item)?;
    Ok(sign_in.and_then(|sign_in| SignedIn::check(sign_in, session, now)))
}
