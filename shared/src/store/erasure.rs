//! Erasure: a customer's data goes, and older events do not bring it back.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use jiff::Timestamp;

use super::{
    Error, Item, Store, Subject, bookings::StoredBooking, carry_out, failed, keys, number, read,
    transactions::Transaction,
};
use crate::{booking::BookingId, customer::CustomerId, sign_in::SignIn};

impl Store {
    /// Notes that what occurred to the customer up to `occurred_at` is void from now on.
    pub async fn mark_erased(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<(), Error> {
        let update = self
            .update(keys::erased(customer))
            .condition_expression("attribute_not_exists(erased_at) OR erased_at < :occurred_at")
            .update_expression("SET erased_at = :occurred_at")
            .expression_attribute_values(":occurred_at", number(occurred_at.as_microsecond()));
        carry_out(update).await.map(drop) // refused where a later erasure stands
    }

    /// The customer's bookings as of `occurred_at`; later ones are not subject to an erasure of that moment.
    pub async fn bookings_up_to(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<Vec<BookingId>, Error> {
        let mut rows = self.row_query(customer).into_paginator().items().send();
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
            let sign_in: SignIn = read("sign-in", item.map_err(failed("Query"))?)?;
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
}
