//! What the table holds of one customer, read before and after an erasure.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::Select;
use jiff::Timestamp;
use portal_domain::{booking::BookingId, customer::CustomerId, rate_limit::RateLimitKey, suppression::Suppression};
use serde::Deserialize;

use super::{
    attributes::BookingAttributes,
    errors::{Error, failed},
    items::{read, read_any},
    keys::{self, About},
    table::Store,
};

/// Everything that the table holds of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The customer's own bookings.
    pub bookings: BTreeSet<BookingId>,
    /// Bookings, the customer's own or others', whose confirmation knows the customer.
    pub confirmations: BTreeSet<BookingId>,
    /// Erased bookings whose documents are still to go.
    pub documents_of: BTreeSet<BookingId>,
    /// Links and sessions.
    pub sign_ins: usize,
    /// Rows that no booking of the customer has, the cached dashboard, the counter of requests, and that a mail bounced.
    pub others: usize,
    /// Whether the customer reported a mail as spam, which an erasure leaves.
    pub has_complained: bool,
    /// The newest erasure of the customer.
    pub erased: Option<ErasureMark>,
}

/// What the table remembers of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ErasureMark {
    /// What occurred to the customer up to then is void.
    #[serde(rename = "erased_at", with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub at: Timestamp,
    /// Whether it was carried out to its end.
    #[serde(default)]
    pub is_done: bool,
}

impl ErasureMark {
    /// Whether everything of up to this moment is gone.
    pub fn covers(&self, moment: Timestamp) -> bool {
        self.is_done && self.voids(moment)
    }

    /// Whether what occurred at this moment is void.
    pub fn voids(&self, moment: Timestamp) -> bool {
        self.at >= moment
    }
}

impl Store {
    /// What the table holds of a customer, by consistent reads.
    pub async fn footprint(&self, customer: CustomerId) -> Result<Footprint, Error> {
        let mut found = Footprint {
            erased: self.erasure_mark(customer).await?,
            documents_of: self.documents_to_erase(customer).await?,
            sign_ins: self.count_sign_ins(customer).await?,
            ..Footprint::default()
        };
        for (_, about, id) in self.items_about(customer).await? {
            match (about, id) {
                (About::Row(row_key), Some(id)) => {
                    // An item that cannot be read is counted and named by the erasure itself.
                    let item = self.get(keys::booking(&id)).await?;
                    let booking: Option<BookingAttributes> = read_any(item).ok().flatten();
                    if booking.is_some_and(|booking| booking.owner == customer && booking.row_key == row_key) {
                        found.bookings.insert(id);
                    } else {
                        found.others += 1;
                    }
                }
                (About::Asked, Some(id)) => drop(found.confirmations.insert(id)),
                _ => found.others += 1,
            }
        }
        let (dashboard, limit) = (keys::dashboard(customer), keys::limit(RateLimitKey::Customer(customer)));
        let [dashboard, limit, suppression] = self.get_all([dashboard, limit, keys::suppression(customer)]).await?;
        let suppression: Option<Suppression> = suppression.map(read).transpose()?;
        found.has_complained = suppression.is_some_and(|suppression| suppression.complained_at.is_some());
        let bounced = suppression.is_some_and(|known| known.complained_at.is_none() || known.bounced_at.is_some());
        found.others +=
            [dashboard.is_some(), limit.is_some(), bounced].into_iter().filter(|is_there| *is_there).count();
        Ok(found)
    }

    /// Whether everything of the customer of up to this moment was erased to its end.
    pub async fn is_erased(&self, customer: CustomerId, at: Timestamp) -> Result<bool, Error> {
        Ok(self.erasure_mark(customer).await?.is_some_and(|mark| mark.covers(at)))
    }

    /// The newest erasure of a customer.
    pub async fn erasure_mark(&self, customer: CustomerId) -> Result<Option<ErasureMark>, Error> {
        read_any(self.get(keys::erased(customer)).await?)
    }

    async fn count_sign_ins(&self, customer: CustomerId) -> Result<usize, Error> {
        let mut pages = self.sign_ins(customer).select(Select::Count).into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += usize::try_from(page.map_err(failed("Query"))?.count).unwrap_or_default();
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erasure_voids_what_occurred_up_to_it_and_covers_that_once_it_is_done() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (is_done, moment, voids, covers) in
            [(true, 9, true, true), (true, 10, true, true), (true, 11, false, false), (false, 10, true, false)]
        {
            let mark = ErasureMark { at: at(10), is_done };
            assert_eq!((mark.voids(at(moment)), mark.covers(at(moment))), (voids, covers), "{is_done} {moment}");
        }
    }
}
