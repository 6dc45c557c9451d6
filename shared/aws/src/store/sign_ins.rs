//! Sign-ins: made by a mail, used once, ended by signing out.

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::{SignedDuration, Timestamp};

use super::{Error, Item, Store, Updated, carry_out, failed, keys, number, read, read_any, write};
use portal_domain::{
    customer::CustomerId,
    link::{LinkHash, LinkToken},
    secret::Secret,
    session::Session,
    sign_in::{LinkState, Redemption, SignIn},
    time::after,
};

/// DynamoDB may remove a sign-in this long after nothing more can become of it.
const KEPT_LONGER_BY: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// Keeps a sign-in whose link is about to be mailed.
    pub async fn keep_sign_in(&self, sign_in: &SignIn) -> Result<(), Error> {
        let mut item = write("sign-in", keys::sign_in(sign_in.customer, &sign_in.link), sign_in)?;
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
            .update(keys::sign_in(sign_in.customer, &sign_in.link))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET mailed_at = :now")
            .expression_attribute_values(":now", number(now.as_second()));
        carry_out(update).await.map(drop) // refused where it was erased meanwhile
    }

    /// Whether a mail has gone out that this queue message asked for.
    pub async fn was_mailed(&self, customer: CustomerId, message: &str) -> Result<bool, Error> {
        let mut mailed = self
            .sign_ins(customer)
            .filter_expression("message = :message AND attribute_exists(mailed_at)")
            .expression_attribute_values(":message", AttributeValue::S(message.to_owned()))
            .into_paginator()
            .items()
            .send();
        Ok(mailed.try_next().await.map_err(failed("Query"))?.is_some())
    }

    /// The sign-in a link belongs to.
    pub async fn sign_in_of(&self, link: &LinkToken) -> Result<Option<SignIn>, Error> {
        read_any("sign-in", self.get(keys::sign_in(link.customer(), &link.hash())).await?)
    }

    /// The sign-in a link belongs to, and the one that became this session, if the session lasts at `now`.
    pub async fn sign_in_and_session(
        &self,
        link: &LinkToken,
        session: Option<&Session>,
        now: Timestamp,
    ) -> Result<(Option<SignIn>, Option<SignIn>), Error> {
        let Some(session) = session else { return Ok((self.sign_in_of(link).await?, None)) };
        let keys = [keys::sign_in(link.customer(), &link.hash()), keys::sign_in(session.customer, &session.sign_in)];
        let [sign_in, signed_in] = self.get_all(keys).await?;
        Ok((read_any("sign-in", sign_in)?, session_of(signed_in, session, now)?))
    }

    /// The sign-in that became this session, if the session lasts at `now`.
    pub async fn signed_in(&self, session: &Session, now: Timestamp) -> Result<Option<SignIn>, Error> {
        session_of(self.get(keys::sign_in(session.customer, &session.sign_in)).await?, session, now)
    }

    /// Uses a link: in one conditional write the sign-in becomes the session of `secret`. Of any number of
    /// simultaneous attempts exactly one wins; a repetition of the winner's own write wins again.
    pub async fn redeem_link(
        &self,
        link: &LinkToken,
        secret: &Secret,
        session_lasts: SignedDuration,
        now: Timestamp,
    ) -> Result<Redemption, Error> {
        let session = secret.hash();
        let update = self
            .update(keys::sign_in(link.customer(), &link.hash()))
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
            Updated::Done(item) => Ok(Redemption::Redeemed(read("sign-in", item.ok_or(Error::Item("sign-in"))?)?)),
            Updated::Refused(None) => Ok(Redemption::Unknown),
            Updated::Refused(Some(item)) => {
                let sign_in: SignIn = read("sign-in", item)?;
                Ok(match sign_in.link_state(now) {
                    _ if sign_in.is_session(secret, now) => Redemption::Redeemed(sign_in),
                    LinkState::Used => Redemption::Used(sign_in),
                    LinkState::Fresh | LinkState::Expired => Redemption::Expired(sign_in),
                })
            }
        }
    }

    /// Ends the session, if it is one.
    pub async fn end_session(&self, session: &Session, now: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::sign_in(session.customer, &session.sign_in))
            .condition_expression("#session = :session")
            .update_expression("SET ended_at = if_not_exists(ended_at, :now)")
            .expression_attribute_names("#session", "session")
            .expression_attribute_values(":session", AttributeValue::S(session.secret.hash().to_string()))
            .expression_attribute_values(":now", number(now.as_second()));
        carry_out(update).await.map(drop)
    }

    /// Ends every sign-in of the session's customer, used or not; that of the session last, so that a customer whose
    /// request failed half-way is still signed in and can ask again.
    pub async fn end_all_sign_ins(&self, session: &Session, now: Timestamp) -> Result<(), Error> {
        let customer = session.customer;
        let mut live =
            self.sign_ins(customer).filter_expression("attribute_not_exists(ended_at)").into_paginator().items().send();
        while let Some(item) = live.next().await {
            let sign_in: SignIn = read("sign-in", item.map_err(failed("Query"))?)?;
            if sign_in.link != session.sign_in {
                self.end_sign_in(customer, &sign_in.link, now).await?;
            }
        }
        self.end_sign_in(customer, &session.sign_in, now).await
    }

    async fn end_sign_in(&self, customer: CustomerId, link: &LinkHash, now: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::sign_in(customer, link))
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
            .key_condition_expression("pk = :pk AND begins_with(sk, :sign_ins)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::customer_partition(customer)))
            .expression_attribute_values(":sign_ins", keys::sign_ins_prefix())
    }
}

/// The sign-in of an item, if it is the session's and that lasts at `now`.
pub(super) fn session_of(item: Option<Item>, session: &Session, now: Timestamp) -> Result<Option<SignIn>, Error> {
    let sign_in: Option<SignIn> = read_any("sign-in", item)?;
    Ok(sign_in.filter(|sign_in| sign_in.is_session(&session.secret, now)))
}
