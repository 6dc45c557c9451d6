//! Confirmation mails: asked for by events, leased and marked as sent by the mail worker.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};
use portal_domain::{booking::BookingId, confirmation::Confirmation, customer::CustomerId, time::after};

use super::{
    errors::Error,
    items::{number, read},
    keys,
    table::{Store, Updated, carry_out},
};

impl Store {
    /// Leases a booking's confirmation to one queue message for a while, so that no other message sends it, too; none if
    /// another message holds the lease, or nothing was asked for. A message that comes again keeps its lease.
    pub async fn lease_confirmation(
        &self,
        booking: &BookingId,
        message: &str,
        for_so_long: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Confirmation>, Error> {
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
            .return_values(ReturnValue::AllNew);
        match carry_out(update).await? {
            Updated::Done(item) => item.map(read).transpose(),
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Gives the lease back, for a booking whose mail is not due or suppressed.
    pub async fn release_confirmation(&self, booking: &BookingId) -> Result<(), Error> {
        let update = self
            .update(keys::confirmation(booking))
            .condition_expression("attribute_exists(pk)")
            .update_expression("REMOVE leased_by, leased_until");
        carry_out(update).await.map(drop) // refused where it was erased meanwhile
    }

    /// Notes that every request `leased` knew of is answered, by a mail to `customer` if one was sent.
    pub async fn confirmation_answered(
        &self,
        booking: &BookingId,
        leased: &Confirmation,
        sent_to: Option<CustomerId>,
    ) -> Result<(), Error> {
        let update = self
            .update(keys::confirmation(booking))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":answered", number(leased.asked.len()));
        let update = match sent_to {
            None => update.update_expression("SET answered = :answered REMOVE leased_by, leased_until"),
            Some(customer) => update
                .update_expression("SET answered = :answered REMOVE leased_by, leased_until ADD sent :customer")
                .expression_attribute_values(":customer", AttributeValue::Ss(vec![customer.to_string()])),
        };
        carry_out(update).await.map(drop) // refused where it was erased meanwhile
    }
}
