//! Erasure: a customer's data goes, and older events do not bring it back.
//!
//! What is removed is found by keys and attributes alone, so that nothing stays because it cannot be read. An erasure
//! can be resumed: where a function dies after any step, the event comes again and the erasure goes on.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, ReturnValue, TransactWriteItem, Update, builders::DeleteBuilder,
};
use jiff::Timestamp;
use portal_domain::{booking::BookingId, confirmation::Confirmation, customer::CustomerId, rate_limit::RateLimitKey};
use serde::Deserialize;

use super::{
    attributes::BookingAttributes,
    errors::{Error, failed, not_built},
    items::{Item, customer_set, number, read, read_any},
    keys::{self, About, RowKey},
    retry::{ATTEMPTS, Attempts},
    table::{Store, Updated, carry_out},
    transactions::Transaction,
};
use crate::documents::Kept;

/// What is known of a customer's erasure.
#[derive(Deserialize)]
struct Erased {
    /// Bookings that are gone, and whose documents are still to go.
    #[serde(default)]
    documents_of: BTreeSet<BookingId>,
    /// Whether it has removed a booking.
    #[serde(default)]
    has_removed: bool,
    /// Whether it was carried out to its end.
    #[serde(default)]
    is_done: bool,
}

/// What an erasure removed from the table, and what it left there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Bookings, each with its row.
    pub bookings: usize,
    /// Confirmations that knew the customer: removed, or the customer taken out.
    pub confirmations: usize,
    /// Links and sessions.
    pub sign_ins: usize,
    /// The customer's bookings that stay, since they occurred later.
    pub later_bookings: usize,
    /// Items that stay, with what leads to them, since not even their attributes can be read.
    pub unreadable: usize,
}

impl Removed {
    /// What was read; none, counted and named in the log, where an item cannot be read: everything else still goes.
    fn readable<T>(&mut self, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Err(error @ Error::Read { .. }) => {
                tracing::error!(%error, "an item that may be an erased customer's cannot be read");
                self.unreadable += 1;
                Ok(None)
            }
            read => read.map(Some),
        }
    }
}

/// Whether an erasure is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// Nothing was removed before, as far as is known.
    First,
    /// An earlier attempt removed something and did not get to its end.
    Resumed,
    /// It was carried out before, or a later one stands.
    Repeated,
}

/// A booking's text.
#[derive(Deserialize)]
struct Naming {
    booking: String,
}

/// The files that a booking names: of its text nothing else has to be readable.
#[derive(Deserialize)]
struct NamedFiles {
    #[serde(default)]
    documents: Vec<NamedDocument>,
}

#[derive(Deserialize)]
struct NamedDocument {
    file: NamedFile,
}

#[derive(Deserialize)]
struct NamedFile {
    key: String,
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
            .update_expression("SET erased_at = :occurred_at REMOVE has_removed, is_done")
            .expression_attribute_values(":occurred_at", number(occurred_at.as_microsecond()));
        carry_out(update).await.map(drop) // refused where this one or a later one stands
    }

    /// Removes what the table holds of the customer as of `occurred_at`; bookings that occurred later stay. Afterwards
    /// [`Store::documents_to_erase`] names the bookings whose documents are to go.
    pub async fn erase(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<Removed, Error> {
        let mut removed = Removed::default();
        let items = self.items_about(customer).await?;
        let asked: BTreeSet<&BookingId> = items
            .iter()
            .filter(|(_, about, _)| matches!(about, About::Asked))
            .filter_map(|(_, _, id)| id.as_ref())
            .collect();
        let all: BTreeSet<&BookingId> = items.iter().filter_map(|(_, _, id)| id.as_ref()).collect();
        for id in all {
            match self.erase_booking(customer, id, occurred_at).await {
                Ok(true) => {
                    removed.bookings += 1;
                    removed.confirmations += usize::from(asked.contains(id));
                }
                Ok(false) => {}
                Err(Error::Read { .. }) => {} // it is met again, and counted, by what leads to it
                Err(error) => return Err(error),
            }
        }
        self.erase_what_leads_elsewhere(customer, &mut removed).await?;
        removed.sign_ins = self.erase_sign_ins(customer).await?;
        self.delete(keys::limit(RateLimitKey::Customer(customer))).await?;
        self.forget_bounces(customer).await?;
        Ok(removed)
    }

    /// The keys of the customer's rows and of what leads to confirmations, and the bookings they are about.
    pub(super) async fn items_about(
        &self,
        customer: CustomerId,
    ) -> Result<Vec<(Item, About, Option<BookingId>)>, Error> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(keys::customer_partition(customer)))
            .projection_expression("pk, sk")
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(failed("Query"))?;
            if let Some((about, id)) = About::of(&item) {
                found.push((item, about, id));
            }
        }
        Ok(found)
    }

    /// Removes a booking, its row, its confirmation and the customer's cached dashboard, unless the booking is somebody
    /// else's or a later event changed it; says whether. In the same write it goes on the list of those whose documents are
    /// still to go: afterwards nothing else leads to them.
    async fn erase_booking(&self, customer: CustomerId, id: &BookingId, occurred_at: Timestamp) -> Result<bool, Error> {
        let mut attempts = Attempts::new("erasing a booking", ATTEMPTS);
        loop {
            attempts.next().await?;
            let Some(BookingAttributes { owner, revision, occurred_at: last, row_key }) =
                self.booking_attributes(id).await?
            else {
                return Ok(false);
            };
            if owner != customer || last > occurred_at {
                return Ok(false);
            }
            let remember = Update::builder()
                .table_name(&self.table)
                .set_key(Some(keys::erased(customer)))
                .update_expression("SET has_removed = :yes ADD documents_of :booking")
                .expression_attribute_values(":yes", AttributeValue::Bool(true))
                .expression_attribute_values(":booking", one(id));
            let remember = remember.build().map_err(not_built("TransactWriteItems"))?;
            let mut writes = self.removal(customer, id, revision, &row_key)?;
            writes.push(TransactWriteItem::builder().update(remember).build());
            if let Transaction::Written = self.transact(writes).await? {
                return Ok(true);
            }
        }
    }

    /// The writes that remove a customer's booking of this revision, its row, its confirmation and the cached dashboard. That
    /// goes with its change id, the optimistic lock of the cache: rows as they were can no longer be cached.
    pub(super) fn removal(
        &self,
        customer: CustomerId,
        id: &BookingId,
        revision: u64,
        row_key: &RowKey,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let booking = self
            .removing(keys::booking(id))
            .condition_expression("revision = :seen")
            .expression_attribute_values(":seen", number(revision));
        let mut writes = vec![built(booking)?];
        for key in
            [keys::row(customer, row_key), keys::confirmation(id), keys::asked(customer, id), keys::dashboard(customer)]
        {
            writes.push(built(self.removing(key))?);
        }
        Ok(writes)
    }

    /// Removes the cached dashboard, rows that no booking of the customer has, and the customer from the confirmations
    /// of bookings that have moved away. The optimistic lock of each write is that there is no dashboard: whoever
    /// changes the customer's rows makes one anew, so while there is none, what was seen of the rows is true.
    async fn erase_what_leads_elsewhere(&self, customer: CustomerId, removed: &mut Removed) -> Result<(), Error> {
        let mut attempts = Attempts::new("erasing what bookings that moved away left", ATTEMPTS);
        'again: loop {
            attempts.next().await?;
            self.delete(keys::dashboard(customer)).await?;
            (removed.later_bookings, removed.unreadable) = (0, 0);
            for (item, about, id) in self.items_about(customer).await? {
                let booking = match &id {
                    Some(id) => self.booking_attributes(id).await,
                    None => Ok(None),
                };
                let Some(booking) = removed.readable(booking)? else { continue };
                let own = booking.filter(|booking| booking.owner == customer);
                let mut writes = match (&about, own) {
                    (About::Row(row_key), Some(own)) if own.row_key == *row_key => {
                        removed.later_bookings += 1;
                        continue;
                    }
                    (About::Asked, Some(_)) => continue,
                    _ => vec![self.while_nothing_is_cached(customer)?, built(self.removing(item))?],
                };
                if let (About::Asked, Some(id)) = (&about, &id) {
                    let taken_out = self.take_out_of_confirmation(customer, id).await;
                    let Some(taken_out) = removed.readable(taken_out)? else { continue };
                    writes.push(taken_out);
                }
                let Transaction::Written = self.transact(writes).await? else { continue 'again };
                removed.confirmations += usize::from(matches!(about, About::Asked));
            }
            return Ok(());
        }
    }

    /// The write that takes a customer out of a booking's confirmation, or removes that where it knows nobody else.
    async fn take_out_of_confirmation(&self, customer: CustomerId, id: &BookingId) -> Result<TransactWriteItem, Error> {
        let key = keys::confirmation(id);
        let known: Confirmation = read_any(self.get(key.clone()).await?)?.unwrap_or_default();
        if [&known.asked, &known.answered, &known.sent].into_iter().flatten().all(|known| *known == customer) {
            let nobody_else = ["asked", "answered", "sent"]
                .map(|set| format!("(attribute_not_exists({set}) OR {set} = :customer)"))
                .join(" AND ");
            return built(
                self.removing(key)
                    .condition_expression(nobody_else)
                    .expression_attribute_values(":customer", customer_set([customer])),
            );
        }
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("attribute_exists(pk)")
            .update_expression("DELETE asked :customer, answered :customer, sent :customer ADD erasures :one")
            .expression_attribute_values(":customer", customer_set([customer]))
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn while_nothing_is_cached(&self, customer: CustomerId) -> Result<TransactWriteItem, Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::dashboard(customer)))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    fn removing(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.table).set_key(Some(key))
    }

    /// Removes the customer's links and sessions; says how many.
    async fn erase_sign_ins(&self, customer: CustomerId) -> Result<usize, Error> {
        let mut sign_ins = self.sign_ins(customer).projection_expression("pk, sk").into_paginator().items().send();
        let mut erased = 0;
        while let Some(item) = sign_ins.next().await {
            self.delete(item.map_err(failed("Query"))?).await?;
            erased += 1;
        }
        Ok(erased)
    }

    /// The erased bookings of a customer whose documents are still to go.
    pub async fn documents_to_erase(&self, customer: CustomerId) -> Result<BTreeSet<BookingId>, Error> {
        let erased: Option<Erased> = read_any(self.get(keys::erased(customer)).await?)?;
        Ok(erased.map(|erased| erased.documents_of).unwrap_or_default())
    }

    /// Which files of a booking stay when those of an erased customer go: all where the booking stands under somebody else,
    /// or cannot be read.
    pub async fn files_kept_from(&self, customer: CustomerId, id: &BookingId) -> Result<Kept, Error> {
        let Some(item) = self.get(keys::booking(id)).await? else { return Ok(Kept::Only(BTreeSet::new())) };
        let BookingAttributes { owner, .. } = read(item.clone())?;
        if owner != customer {
            return Ok(Kept::All);
        }
        let Naming { booking } = read(item)?;
        Ok(match serde_json::from_str::<NamedFiles>(&booking) {
            Ok(named) => Kept::Only(named.documents.into_iter().map(|document| document.file.key).collect()),
            Err(_) => Kept::All, // another release may know what it names
        })
    }

    /// Notes that the documents of an erased booking are gone.
    pub async fn documents_erased(&self, customer: CustomerId, id: &BookingId) -> Result<(), Error> {
        let update = self
            .update(keys::erased(customer))
            .update_expression("DELETE documents_of :booking")
            .expression_attribute_values(":booking", one(id));
        carry_out(update).await.map(drop)
    }

    /// Notes that an erasure was carried out to its end; says whether it had been before.
    pub async fn finish_erasure(&self, customer: CustomerId, occurred_at: Timestamp) -> Result<Erasure, Error> {
        let update = self
            .update(keys::erased(customer))
            .condition_expression("erased_at = :occurred_at")
            .update_expression("SET is_done = :yes")
            .expression_attribute_values(":occurred_at", number(occurred_at.as_microsecond()))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .return_values(ReturnValue::AllOld);
        let Updated::Done(Some(before)) = carry_out(update).await? else { return Ok(Erasure::Repeated) };
        Ok(match read(before)? {
            Erased { is_done: true, .. } => Erasure::Repeated,
            Erased { has_removed: true, .. } => Erasure::Resumed,
            Erased { .. } => Erasure::First,
        })
    }

    pub(super) async fn booking_attributes(&self, id: &BookingId) -> Result<Option<BookingAttributes>, Error> {
        read_any(self.get(keys::booking(id)).await?)
    }
}

fn built(delete: DeleteBuilder) -> Result<TransactWriteItem, Error> {
    let delete = delete.build().map_err(not_built("TransactWriteItems"))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}
