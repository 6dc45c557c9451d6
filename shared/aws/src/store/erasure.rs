//! Erasure: a customer's data goes, and older events do not bring it back.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use jiff::Timestamp;
use portal_domain::{booking::BookingId, customer::CustomerId, rate_limit::RateLimitKey, sign_in::SignIn};
use serde::Deserialize;

use super::{
    bookings::StoredBooking,
    errors::{Error, failed, not_built},
    items::{number, read, read_any},
    keys,
    retry::{ATTEMPTS, Attempts},
    table::{Store, carry_out},
    transactions::Transaction,
};

#[derive(Deserialize)]
struct Erased {
    #[serde(default)]
    documents_of: BTreeSet<BookingId>,
}

fn one(id: &BookingId) -> AttributeValue {
    AttributeValue::Ss(vec![id.to_string()])
}

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
            let id = keys::booking_of_row(&row.map_err(failed("Query"))?)?;
            if let Some(stored) = self.stored_booking(&id).await?
                && stored.owner == customer
                && stored.occurred_at <= occurred_at
            {
                bookings.push(id);
            }
        }
        Ok(bookings)
    }

    /// Removes a booking, its row, the customer's cached dashboard and what is known of the booking's mail, unless a
    /// later event changed it. In the same write the booking goes on the list of those whose documents are still to go:
    /// afterwards nothing else leads to them.
    pub async fn erase_booking(
        &self,
        customer: CustomerId,
        id: &BookingId,
        occurred_at: Timestamp,
    ) -> Result<(), Error> {
        let mut attempts = Attempts::new("erasing a booking", ATTEMPTS);
        loop {
            attempts.next().await?;
            let Some(StoredBooking { owner, revision, occurred_at: last, row_key, .. }) =
                self.stored_booking(id).await?
            else {
                return Ok(());
            };
            if owner != customer || last > occurred_at {
                return Ok(());
            }
            let booking = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(keys::booking(id)))
                .condition_expression("revision = :seen")
                .expression_attribute_values(":seen", number(revision));
            let row = Delete::builder().table_name(&self.table).set_key(Some(keys::row(owner, &row_key)));
            let confirmation = Delete::builder().table_name(&self.table).set_key(Some(keys::confirmation(id)));
            // With its change id, so that what is about to be cached of the rows as they were is not.
            let dashboard = Delete::builder().table_name(&self.table).set_key(Some(keys::dashboard(customer)));
            let mut writes = Vec::new();
            for delete in [booking, row, confirmation, dashboard] {
                let delete = delete.build().map_err(not_built("TransactWriteItems"))?;
                writes.push(TransactWriteItem::builder().delete(delete).build());
            }
            let remember = Update::builder()
                .table_name(&self.table)
                .set_key(Some(keys::erased(customer)))
                .update_expression("ADD documents_of :booking")
                .expression_attribute_values(":booking", one(id));
            let remember = remember.build().map_err(not_built("TransactWriteItems"))?;
            writes.push(TransactWriteItem::builder().update(remember).build());
            if let Transaction::Written = self.transact(writes).await? {
                return Ok(());
            }
        }
    }

    /// The erased bookings of a customer whose documents are still to go.
    pub async fn documents_to_erase(&self, customer: CustomerId) -> Result<BTreeSet<BookingId>, Error> {
        let erased: Option<Erased> = read_any(self.get(keys::erased(customer)).await?)?;
        Ok(erased.map(|erased| erased.documents_of).unwrap_or_default())
    }

    /// Notes that the documents of an erased booking are gone.
    pub async fn documents_erased(&self, customer: CustomerId, id: &BookingId) -> Result<(), Error> {
        let update = self
            .update(keys::erased(customer))
            .update_expression("DELETE documents_of :booking")
            .expression_attribute_values(":booking", one(id));
        carry_out(update).await.map(drop)
    }

    /// Removes the customer's sign-ins, counter and bounces.
    pub async fn erase_traces(&self, customer: CustomerId) -> Result<(), Error> {
        let mut sign_ins = self.sign_ins(customer).into_paginator().items().send();
        while let Some(item) = sign_ins.next().await {
            let sign_in: SignIn = read(item.map_err(failed("Query"))?)?;
            self.delete(keys::sign_in(customer, &sign_in.link_hash)).await?;
        }
        self.delete(keys::limit(RateLimitKey::Customer(customer))).await?;
        self.forget_bounces(customer).await
    }
}
