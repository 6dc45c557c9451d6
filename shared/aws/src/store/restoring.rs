//! Restoring: makes the table what another table is, but for what a restore must not undo. Afterwards it holds
//!
//! - the source's bookings with their rows and confirmations, and no others; in a confirmation nobody who was erased since;
//! - no sign-ins, so that no link is unused again and no session goes on, and no counters of requests;
//! - no cached dashboards: they are made anew from the rows;
//! - every erasure of either table, the later one of each customer, and no booking that it is about;
//! - every bounce and complaint of either table, the later one of each customer.
//!
//! The source is read twice and no item of it is kept, so that memory grows with keys alone. Facts are written before anything
//! else, and nothing is deleted before everything is written: cut short, a restore goes on when it is made again.

mod plan;

use std::{cell::RefCell, time::Duration};

use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use futures_util::future::try_join_all;
use portal_domain::booking::BookingId;

use super::{
    errors::{Error, failed, not_built},
    items::Item,
    table::Store,
};
use crate::sdk::CallFailed;
use plan::{Plan, Source, Target};

/// Parts of a table that are scanned side by side (Developer Guide, "Parallel scan").
const SEGMENTS: i32 = 4;

/// The most that BatchWriteItem takes (API Reference).
const BATCH: usize = 25;

/// How often DynamoDB may leave out of a batch everything that is still to be written, and the first and longest wait, which
/// doubles in between.
const ATTEMPTS: u32 = 12;
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a restore came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// Bookings of the source that the table holds now.
    pub bookings: usize,
    /// How many items were read and changed.
    pub progress: Progress,
    /// Bookings left out since their customers were erased after the moment of the source.
    pub erased: usize,
    /// Bookings left out since the moment lies in the middle of a change to them, or since they cannot be read.
    pub torn: Vec<BookingId>,
}

/// How far a restore is, in items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Read of either table; those of the source are read twice.
    pub read: usize,
    /// Written into the table.
    pub written: usize,
    /// Deleted from it.
    pub deleted: usize,
}

/// Why nothing was restored, or not all.
#[derive(Debug, thiserror::Error)]
pub enum NotRestored {
    /// A table cannot be restored from itself.
    #[error("{0} is the portal's own table")]
    OwnTable(String),
    /// There is no such table.
    #[error("there is no table {0} here")]
    NoTable(String),
    /// There is nothing in the source.
    #[error("{0} is empty")]
    Empty(String),
    /// Nobody knows with which key of customer ids a table was written.
    #[error(
        "{0} has no fingerprint of the key of customer ids, which the portal writes with the first event or request for a link"
    )]
    NoFingerprint(String),
    /// With another key everybody would be a stranger to what is restored.
    #[error("{0} was written with another key of customer ids than {1}")]
    OtherKey(String, String),
    /// A table could not be read or written.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Restores from the table of this name; tells after every page how far it is. Where `dry`, it only looks.
    ///
    /// Whatever writes the table has to be stopped meanwhile.
    pub async fn restore(&self, from: &str, dry: bool, tell: impl Fn(Progress)) -> Result<Restored, NotRestored> {
        if from == self.table {
            return Err(NotRestored::OwnTable(from.to_owned()));
        }
        let progress = RefCell::new(Progress::default());
        let count = |change: fn(&mut Progress, usize), items| {
            let mut progress = progress.borrow_mut();
            change(&mut progress, items);
            tell(*progress);
        };
        let source = RefCell::new(Source::default());
        let noted = self.scan(from, async |items| {
            count(|progress, items| progress.read += items, items.len());
            items.into_iter().for_each(|item| source.borrow_mut().note(item));
            Ok(())
        });
        noted.await.map_err(|error| match error {
            Error::Call(CallFailed { code, .. }) if code == "ResourceNotFoundException" => {
                NotRestored::NoTable(from.to_owned())
            }
            error => error.into(),
        })?;
        let target = RefCell::new(Target::default());
        self.scan(&self.table, async |items| {
            count(|progress, items| progress.read += items, items.len());
            items.into_iter().for_each(|item| target.borrow_mut().note(item));
            Ok(())
        })
        .await?;
        let source = source.into_inner();
        self.check(from, &source, &target.borrow())?;

        let (plan, facts) = Plan::of(source, &target.borrow().facts);
        let write = async |wanted: Vec<Item>| {
            let lacking: Vec<Item> = wanted.into_iter().filter(|item| target.borrow_mut().lacks(item)).collect();
            for batch in lacking.chunks(BATCH) {
                if !dry {
                    self.write_batch(batch.iter().map(|item| put(item.clone())).collect::<Result<_, _>>()?).await?;
                }
                count(|progress, items| progress.written += items, batch.len());
            }
            Ok(())
        };
        write(facts).await?;
        self.scan(from, async |items| {
            count(|progress, items| progress.read += items, items.len());
            write(items.into_iter().flat_map(|item| plan.wanted(item)).collect()).await
        })
        .await?;
        let left_over: Vec<Item> = target.into_inner().left_over().collect();
        for batch in left_over.chunks(BATCH) {
            if !dry {
                self.write_batch(batch.iter().map(|key| delete(key.clone())).collect::<Result<_, _>>()?).await?;
            }
            count(|progress, items| progress.deleted += items, batch.len());
        }
        let (bookings, progress) = (plan.restored(), *progress.borrow());
        Ok(Restored { bookings, progress, erased: plan.erased, torn: plan.torn })
    }

    /// Whether both tables were written with the same key of customer ids.
    fn check(&self, from: &str, source: &Source, target: &Target) -> Result<(), NotRestored> {
        if !source.holds_items {
            return Err(NotRestored::Empty(from.to_owned()));
        }
        match (&source.facts.key, &target.facts.key) {
            (None, _) => Err(NotRestored::NoFingerprint(from.to_owned())),
            (_, None) => Err(NotRestored::NoFingerprint(self.table.clone())),
            (Some(source), Some(target)) if source != target => {
                Err(NotRestored::OtherKey(from.to_owned(), self.table.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Hands over every page of a table, by consistent reads of several parts at once.
    async fn scan(&self, table: &str, page: impl AsyncFn(Vec<Item>) -> Result<(), Error>) -> Result<(), Error> {
        let page = &page;
        let segments = (0..SEGMENTS).map(|segment| async move {
            let scan = self.client.scan().table_name(table).consistent_read(true);
            let mut pages = scan.segment(segment).total_segments(SEGMENTS).into_paginator().send();
            while let Some(found) = pages.next().await {
                page(found.map_err(failed("Scan"))?.items.unwrap_or_default()).await?;
            }
            Ok::<_, Error>(())
        });
        try_join_all(segments).await.map(drop)
    }

    /// Writes a batch. What DynamoDB leaves out is written again, with exponential back-off (API Reference, "BatchWriteItem").
    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), Error> {
        let (mut attempts, mut wait) = (0, FIRST_WAIT);
        while !requests.is_empty() {
            if attempts == ATTEMPTS {
                let attempts = usize::try_from(attempts).unwrap_or_default();
                return Err(Error::GaveUp { action: "BatchWriteItem", attempts });
            }
            if attempts > 0 {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            let asked = requests.len();
            let write = self.client.batch_write_item().request_items(&self.table, requests).send().await;
            let unprocessed = write.map_err(failed("BatchWriteItem"))?.unprocessed_items.unwrap_or_default();
            requests = unprocessed.into_values().flatten().collect();
            (attempts, wait) = if requests.len() < asked { (1, FIRST_WAIT) } else { (attempts + 1, wait) };
        }
        Ok(())
    }
}

fn put(item: Item) -> Result<WriteRequest, Error> {
    let put = PutRequest::builder().set_item(Some(item)).build().map_err(not_built("BatchWriteItem"))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

fn delete(key: Item) -> Result<WriteRequest, Error> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(not_built("BatchWriteItem"))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
