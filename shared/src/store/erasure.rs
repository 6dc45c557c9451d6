//! Erasure: a customer's data goes, and older events do not bring it back.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem},
};
use jiff::Timestamp;

use super::{Error, Item, Store, Subject, bookings::StoredBooking, failed, keys, number, refused};
use crate::{booking::BookingId, customer::CustomerId, sign_in::SignIn};

/// What became of writes about a customer.
pub(super) enum Outcome {
    Written,
    /// The customer was erased later than what they are about.
    Erased,
    /// Somebody else changed an item first, or is about to.
    Conflict,
}

enum Transaction {
    Written,
    /// By the condition of the item at this place, or by another transaction.
    Cancelled {
        by: usize,
    },
}

impl Store {
    /// Notes that what occurred to the customer up to `occurred_at` is void from now on.
    pub async fn mark_erased(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::erased(customer)))
            .condition_expression("attribute_not_exists(erased_at) OR erased_at < :occurred_at")
            .update_expression("SET erased_at = :occurred_at")
            .expression_attribute_values(":occurred_at", number(occurred_at.as_microsecond()))
            .send();
        match update.await {
            Ok(_) => Ok(()),
            Err(error) => refused(error).map(drop), // erased at a later moment already
        }
    }

    /// The customer's bookings as of `occurred_at`; later ones are not subject to an erasure of that moment.
    pub async fn bookings_up_to(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<Vec<BookingId>, Error> {
        let mut rows = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :rows)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::customer_partition(customer)))
            .expression_attribute_values(":rows", keys::rows_prefix())
            .into_paginator()
            .items()
            .send();
        let mut bookings = Vec::new();
        while let Some(row) = rows.next().await {
            let id = keys::booking_of_row(&row.map_err(failed("Query"))?).ok_or(Error::Item("row"))?;
            if let Some(stored) = self.stored_booking(&id).await?
                && stored.owner == customer
                && stored.occurred_at <= occurred_at
            {
                bookings.push(id);
            }
        }
        Ok(bookings)
    }

    /// Removes a booking, its row and what is known of its mail, unless a later event changed it.
    pub async fn erase_booking(&self, id: &BookingId, occurred_at: Timestamp) -> Result<(), Error> {
        let Some(StoredBooking { owner, revision, occurred_at: last, row_key, .. }) = self.stored_booking(id).await?
        else {
            return Ok(());
        };
        if last > occurred_at {
            return Ok(());
        }
        let booking = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::booking(id)))
            .condition_expression("revision = :seen")
            .expression_attribute_values(":seen", number(revision));
        let row = Delete::builder().table_name(&self.table).set_key(Some(keys::row(owner, &row_key)));
        let confirmation = Delete::builder().table_name(&self.table).set_key(Some(keys::confirmation(id)));
        let mut writes = Vec::new();
        for delete in [booking, row, confirmation] {
            let delete = delete.build().map_err(|_| Error::Item("booking"))?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        match self.transact(writes).await? {
            Transaction::Written => Ok(()),
            Transaction::Cancelled { .. } => Err(Error::Conflicts("erasing a booking")),
        }
    }

    /// Removes the customer's sign-ins and counters.
    pub async fn erase_traces(&self, customer: CustomerId) -> Result<(), Error> {
        let mut sign_ins = self.sign_ins(customer).into_paginator().items().send();
        while let Some(item) = sign_ins.next().await {
            let sign_in: SignIn = super::read("sign-in", item.map_err(failed("Query"))?)?;
            self.delete(keys::sign_in(customer, &sign_in.link)).await?;
        }
        for counter in [Subject::Customer(customer), Subject::RenewingCustomer(customer)] {
            self.delete(keys::limit(counter)).await?;
        }
        Ok(())
    }

    async fn delete(&self, key: Item) -> Result<(), Error> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send();
        delete.await.map(drop).map_err(failed("DeleteItem"))
    }

    /// Writes all or nothing, and nothing if the customer was erased after `occurred_at`.
    pub(super) async fn write_unless_erased(
        &self,
        mut writes: Vec<TransactWriteItem>,
        customer: CustomerId,
        occurred_at: Timestamp,
    ) -> Result<Outcome, Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::erased(customer)))
            .condition_expression("attribute_not_exists(erased_at) OR erased_at < :occurred_at")
            .expression_attribute_values(":occurred_at", number(occurred_at.as_microsecond()))
            .build()
            .map_err(|_| Error::Item("erasure"))?;
        writes.insert(0, TransactWriteItem::builder().condition_check(check).build());
        Ok(match self.transact(writes).await? {
            Transaction::Written => Outcome::Written,
            Transaction::Cancelled { by: 0 } => Outcome::Erased,
            Transaction::Cancelled { .. } => Outcome::Conflict,
        })
    }

    /// Writes all or nothing.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transaction, Error> {
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(writes)).send().await else {
            return Ok(Transaction::Written);
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Err(failed("TransactWriteItems")(error));
        };
        let codes: Vec<&str> =
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        let place_of = |code| codes.iter().position(|&found| found == code);
        match (place_of("ConditionalCheckFailed"), place_of("TransactionConflict")) {
            (Some(by), _) => Ok(Transaction::Cancelled { by }),
            // Another transaction holds an item. Its end decides, so what is told here is only that it is not ours.
            (None, Some(_)) => Ok(Transaction::Cancelled { by: codes.len() }),
            (None, None) => Err(Error::Call { action: "TransactWriteItems", context: codes.join(", ") }),
        }
    }
}
