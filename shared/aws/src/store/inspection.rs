//! What the operator's tool shows of the table: read whole, never written.

use std::collections::HashMap;

use jiff::Timestamp;
use portal_domain::{
    booking::BookingId,
    confirmation::Confirmation,
    customer::CustomerId,
    dashboard::Rows,
    filed::FiledBooking,
    rate_limit::{Counter, RateLimitKey},
    sign_in::SignIn,
    suppression::Suppression,
    text::Text,
};
use serde::Deserialize;

use super::{
    bookings::StoredBooking,
    errors::{Error, failed},
    items::{Item, name, read, read_any},
    keys::{self, About},
    rows::RawRows,
    table::Store,
};

/// What the table knows of a customer.
#[derive(Debug)]
pub struct CustomerRecord {
    /// The customer's bookings, all of them.
    pub bookings: Rows,
    /// Bookings that were this customer's, or asked for a confirmation to this customer, and are somebody else's now.
    pub moved_away: Vec<BookingId>,
    /// Links and sessions, newest first.
    pub sign_ins: Vec<SignIn>,
    /// What bounces and complaints mean for mail to this customer.
    pub suppression: Suppression,
    /// What occurred up to then is erased.
    pub erased_at: Option<Timestamp>,
    /// The customer's requests for links, as far as they still count.
    pub requests: Option<Counter>,
}

/// What the table knows of a booking.
#[derive(Debug)]
pub struct BookingRecord {
    /// Whose it is.
    pub owner: CustomerId,
    /// What people call it.
    pub reference: Text,
    /// The newest revision that is known.
    pub revision: u64,
    /// When that occurred.
    pub occurred_at: Timestamp,
    /// The booking; none where this release cannot read it.
    pub filed: Option<FiledBooking>,
    /// What is known of its confirmation mail.
    pub confirmation: Confirmation,
}

/// Of the mark of an erasure its time alone.
#[derive(Deserialize)]
struct Erased {
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    erased_at: Timestamp,
}

fn record(id: &BookingId, booking: Option<Item>, confirmation: Option<Item>) -> Result<Option<BookingRecord>, Error> {
    let Some(stored) = read_any::<StoredBooking>(booking)? else { return Ok(None) };
    Ok(Some(BookingRecord {
        owner: stored.owner,
        reference: stored.reference.clone(),
        revision: stored.revision,
        occurred_at: stored.occurred_at,
        filed: stored.filed(id).ok(),
        confirmation: read_any(confirmation)?.unwrap_or_default(),
    }))
}

impl Store {
    /// What is known of a customer.
    pub async fn customer_record(&self, customer: CustomerId) -> Result<CustomerRecord, Error> {
        let keys = [keys::suppression(customer), keys::erased(customer), keys::limit(RateLimitKey::Customer(customer))];
        let [suppression, erased, requests] = self.get_all(keys).await?;
        Ok(CustomerRecord {
            bookings: self.all_rows(customer).await?.read(customer),
            moved_away: self.moved_away(customer).await?,
            sign_ins: self.all_sign_ins(customer).await?,
            suppression: read_any(suppression)?.unwrap_or_default(),
            erased_at: read_any::<Erased>(erased)?.map(|erased| erased.erased_at),
            requests: read_any(requests)?,
        })
    }

    /// What is known of a booking.
    pub async fn booking_record(&self, id: &BookingId) -> Result<Option<BookingRecord>, Error> {
        Ok(self.booking_records(std::slice::from_ref(id)).await?.pop().flatten())
    }

    /// What is known of each of these bookings, by one read for every fifty.
    pub async fn booking_records(&self, ids: &[BookingId]) -> Result<Vec<Option<BookingRecord>>, Error> {
        /// Each has two items, and a request asks for at most a hundred (API Reference, "BatchGetItem").
        const AT_ONCE: usize = 50;
        let mut records = Vec::with_capacity(ids.len());
        for ids in ids.chunks(AT_ONCE) {
            let asked: Vec<Item> = ids.iter().flat_map(|id| [keys::booking(id), keys::confirmation(id)]).collect();
            let found = self.get_all(asked).await?;
            let found: HashMap<String, Item> = found.into_iter().map(|item| (name(&item), item)).collect();
            for id in ids {
                let item = |key| found.get(&name(&key)).cloned();
                records.push(record(id, item(keys::booking(id)), item(keys::confirmation(id)))?);
            }
        }
        Ok(records)
    }

    /// Every row of a customer's, active ones before history.
    async fn all_rows(&self, customer: CustomerId) -> Result<RawRows, Error> {
        let mut rows = RawRows::default();
        let mut items = self.row_query(customer).into_paginator().items().send();
        while let Some(item) = items.next().await {
            rows.add(&item.map_err(failed("Query"))?);
        }
        Ok(rows)
    }

    /// The bookings to which the customer leads, and which are somebody else's.
    async fn moved_away(&self, customer: CustomerId) -> Result<Vec<BookingId>, Error> {
        let mut moved = Vec::new();
        for (_, about, id) in self.items_about(customer).await? {
            let (About::Asked, Some(id)) = (about, id) else { continue };
            let owner = self.booking_attributes(&id).await?.map(|booking| booking.owner);
            if owner.is_some_and(|owner| owner != customer) {
                moved.push(id);
            }
        }
        Ok(moved)
    }

    async fn all_sign_ins(&self, customer: CustomerId) -> Result<Vec<SignIn>, Error> {
        let mut items = self.sign_ins(customer).into_paginator().items().send();
        let mut found: Vec<SignIn> = Vec::new();
        while let Some(item) = items.next().await {
            found.push(read(item.map_err(failed("Query"))?)?);
        }
        found.sort_by_key(|sign_in| std::cmp::Reverse(sign_in.made_at));
        Ok(found)
    }
}
