//! What is known of mailing a customer: written by bounces, complaints and booking events, read before every mail.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;
use portal_domain::{customer::CustomerId, suppression::Suppression};

use super::{
    errors::{Error, failed, not_built},
    items::{number, read_any},
    keys,
    table::{Store, Updated, carry_out},
};

impl Store {
    /// What is known of mailing a customer.
    pub async fn suppression(&self, customer: CustomerId) -> Result<Suppression, Error> {
        Ok(read_any(self.get(keys::suppression(customer)).await?)?.unwrap_or_default())
    }

    /// Notes that a mail to the customer came back for good.
    pub async fn bounced(&self, customer: CustomerId, at: Timestamp) -> Result<(), Error> {
        self.note_suppression(customer, "bounced_at", at).await
    }

    /// Notes that the customer reported a mail as spam.
    pub async fn complained(&self, customer: CustomerId, at: Timestamp) -> Result<(), Error> {
        self.note_suppression(customer, "complained_at", at).await
    }

    /// Forgets that the customer reported a mail as spam; says whether that was noted.
    pub async fn forget_complaint(&self, customer: CustomerId) -> Result<bool, Error> {
        let update = self
            .update(keys::suppression(customer))
            .condition_expression("attribute_exists(complained_at)")
            .update_expression("REMOVE complained_at");
        Ok(matches!(carry_out(update).await?, Updated::Done(_)))
    }

    /// The later time stays, whatever the order in which they arrive.
    async fn note_suppression(&self, customer: CustomerId, what: &'static str, at: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::suppression(customer))
            .condition_expression("attribute_not_exists(#what) OR #what < :at")
            .update_expression("SET #what = :at")
            .expression_attribute_names("#what", what)
            .expression_attribute_values(":at", number(at.as_microsecond()));
        carry_out(update).await.map(drop) // refused where a later one stands
    }

    /// The write that notes that the booking system named the address again; refused where a later event did so.
    pub(super) fn confirm_address(&self, customer: CustomerId, at: Timestamp) -> Result<TransactWriteItem, Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::suppression(customer)))
            .condition_expression("attribute_not_exists(address_confirmed_at) OR address_confirmed_at < :at")
            .update_expression("SET address_confirmed_at = :at")
            .expression_attribute_values(":at", number(at.as_microsecond()))
            .build()
            .map_err(not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Forgets bounces, and keeps a complaint: that a customer wants no mail outlives an erasure, since the customer
    /// asked for it.
    pub(super) async fn forget_bounces(&self, customer: CustomerId) -> Result<(), Error> {
        let update = self
            .update(keys::suppression(customer))
            .condition_expression("attribute_exists(complained_at)")
            .update_expression("REMOVE bounced_at, address_confirmed_at");
        match carry_out(update).await? {
            Updated::Done(_) => Ok(()),
            Updated::Refused(_) => {
                let delete =
                    self.client.delete_item().table_name(&self.table).set_key(Some(keys::suppression(customer)));
                let delete = delete.condition_expression("attribute_not_exists(complained_at)").send().await;
                delete.map(drop).map_err(failed("DeleteItem")) // a complaint that came in between: the erasure comes again
            }
        }
    }
}
