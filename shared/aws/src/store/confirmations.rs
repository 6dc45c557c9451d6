//! Confirmation mails: asked for by events, leased and marked as sent by the mail worker.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::{SignedDuration, Timestamp};
use portal_domain::{booking::BookingId, confirmation::Confirmation, customer::CustomerId, time::after};

use super::{
    errors::Error,
    items::{customer_set, number, read},
    keys,
    retry::{ATTEMPTS, Attempts},
    table::{Store, Updated, carry_out},
};

/// Whether a queue message may send a booking's confirmation.
#[derive(Debug, Clone, PartialEq)]
pub enum Lease {
    /// It may, and no other message.
    Held(Confirmation),
    /// Another message may.
    Taken,
    /// Nothing is known of a confirmation: none was asked for, or it was erased.
    Gone,
}

impl Store {
    /// Leases a booking's confirmation to one queue message for a while, so that no other message sends it, too. A message
    /// that comes again keeps its lease.
    pub async fn lease_confirmation(
        &self,
        booking: &BookingId,
        message: &str,
        for_so_long: SignedDuration,
        now: Timestamp,
    ) -> Result<Lease, Error> {
        let until = after(now, for_so_long);
        let update = self
            .update(keys::confirmation(booking))
            .condition_expression(
                "attribute_exists(pk) AND \
                 (attribute_not_exists(leased_until) OR leased_until <= :now OR leased_by = :message)",
            )
            .update_expression("SET leased_by = :message, leased_until = :until")
            .expression_attribute_values(":message", AttributeValue::S(message.to_owned()))
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":until", number(until.as_second()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(match carry_out(update).await? {
            Updated::Done(Some(item)) => Lease::Held(read(item)?),
            Updated::Refused(Some(_)) => Lease::Taken,
            Updated::Done(None) | Updated::Refused(None) => Lease::Gone,
        })
    }

    /// Gives the lease back, for a booking whose mail is not due or suppressed.
    pub async fn release_confirmation(&self, booking: &BookingId) -> Result<(), Error> {
        let update = self
            .update(keys::confirmation(booking))
            .condition_expression("attribute_exists(pk)")
            .update_expression("REMOVE leased_by, leased_until");
        carry_out(update).await.map(drop) // refused where it was erased meanwhile
    }

    /// Notes that every request `leased` knew of is answered, by a mail to `customer` if one was sent. Whoever was erased
    /// meanwhile is not noted again: the number of erasures is the optimistic lock.
    pub async fn confirmation_answered(
        &self,
        booking: &BookingId,
        leased: &Confirmation,
        sent_to: Option<CustomerId>,
    ) -> Result<(), Error> {
        let (mut answered, mut sent_to, mut erasures) = (leased.asked.clone(), sent_to, leased.erasures);
        let mut attempts = Attempts::new("noting a confirmation as answered", ATTEMPTS);
        loop {
            attempts.next().await?;
            let update = self.noting(booking, &answered, sent_to, erasures);
            let Updated::Refused(Some(item)) = carry_out(update).await? else { return Ok(()) };
            let now: Confirmation = read(item)?;
            answered.retain(|customer| now.asked.contains(customer));
            sent_to = sent_to.filter(|customer| now.asked.contains(customer));
            erasures = now.erasures;
        }
    }

    fn noting(
        &self,
        booking: &BookingId,
        answered: &BTreeSet<CustomerId>,
        sent_to: Option<CustomerId>,
        erasures: u64,
    ) -> UpdateItemFluentBuilder {
        let update = self
            .update(keys::confirmation(booking))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match erasures {
            0 => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(erasures)"),
            _ => update
                .condition_expression("erasures = :erasures")
                .expression_attribute_values(":erasures", number(erasures)),
        };
        let mut changes = String::new();
        let update = if answered.is_empty() {
            update // DynamoDB has no empty sets
        } else {
            changes.push_str("SET answered = :answered ");
            update.expression_attribute_values(":answered", customer_set(answered.iter().copied()))
        };
        changes.push_str("REMOVE leased_by, leased_until");
        let update = match sent_to {
            None => update,
            Some(customer) => {
                changes.push_str(" ADD sent :customer");
                update.expression_attribute_values(":customer", customer_set([customer]))
            }
        };
        update.update_expression(changes)
    }
}
