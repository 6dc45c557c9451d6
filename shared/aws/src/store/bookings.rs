//! Bookings: read by their own pages, written by events.

use std::cmp::Ordering;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use portal_domain::{
    booking::{Booking, BookingId, Document},
    change::Change,
    confirmation::Confirmation,
    customer::CustomerId,
    dashboard::BookingRow,
    events::BookingEvent,
    filed::{ContentHash, FiledBooking, UnreadableBooking},
    progress::Progress,
    session::Session,
    sign_in::{Access, OwnBooking},
    suppression::Suppression,
    text::Text,
};
use serde::{Deserialize, Serialize};

use super::{
    errors::{Error, not_built},
    items::{Item, customer_set, number, read_any, write},
    keys::{self, RowKey},
    retry::{ATTEMPTS, Attempts},
    rows::StoredRow,
    sign_ins::session_of,
    size,
    table::Store,
    transactions::Outcome,
    whole::{read_text, text_of},
};

/// A booking as the table keeps it: beside it, as attributes, whatever is decided without reading it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredBooking {
    pub(super) owner: CustomerId,
    pub(super) reference: Text,
    pub(super) revision: u64,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub(super) occurred_at: Timestamp,
    pub(super) row_key: RowKey,
    pub(super) content_hash: ContentHash,
    /// The booking, as JSON.
    pub(super) booking: String,
    /// What was changed of it lately, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<String>,
    /// When its delivery took its steps, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) progress: Option<String>,
}

impl StoredBooking {
    pub(super) fn filed(self, id: &BookingId) -> Result<FiledBooking, UnreadableBooking> {
        match read_text(&self.booking, id) {
            Some(booking) => {
                let (change, progress) = (self.change(id), self.progress(id));
                Ok(FiledBooking { owner: self.owner, booking, change, progress })
            }
            None => Err(UnreadableBooking { owner: self.owner, booking_id: id.clone(), reference: self.reference }),
        }
    }

    fn change(&self, id: &BookingId) -> Option<Change> {
        self.change.as_deref().and_then(|change| read_text(change, id))
    }

    fn progress(&self, id: &BookingId) -> Progress {
        self.progress.as_deref().and_then(|progress| read_text(progress, id)).unwrap_or_default()
    }
}

/// The optimistic lock of a put: what it expects to find.
#[derive(Clone, Copy)]
enum Expect<'a> {
    /// Whatever is there.
    Anything,
    /// No item.
    Absent,
    /// This very booking, with what is known of its delivery.
    Known(&'a StoredBooking),
}

/// What an event did to a booking.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// The booking is now as the event says.
    Changed {
        /// The documents whose files it did not name before.
        new_documents: Vec<Document>,
    },
    /// The table has this revision already, or a newer one.
    Stale,
    /// The table has another booking of this very revision, which stays.
    Contradicted,
    /// The customer's data was erased after the event occurred.
    Erased,
    /// The booking is larger than the table can keep.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The most there may be.
        most: usize,
    },
}

/// A booking and what is known of its confirmation mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The newest revision.
    pub filed: FiledBooking,
    /// Whether it was mailed.
    pub confirmation: Confirmation,
}

impl Store {
    /// What the holder of this session may see of a booking, behind the session check.
    pub async fn own_booking(
        &self,
        session: &Session,
        id: Option<&BookingId>,
        now: Timestamp,
    ) -> Result<Access, Error> {
        let session_key = keys::sign_in(session.customer, &session.link_hash);
        let [sign_in, booking] = match id {
            Some(id) => self.get_all([session_key, keys::booking(id)]).await?,
            None => [self.get(session_key).await?, None],
        };
        let Some(customer) = session_of(sign_in, session, now)? else { return Ok(Access::NotSignedIn) };
        let booking: Option<StoredBooking> = read_any(booking)?;
        Ok(OwnBooking::check(customer, booking.zip(id).map(|(stored, id)| stored.filed(id))))
    }

    /// A booking, whosever it is; none, too, where it cannot be read.
    pub async fn booking(&self, id: &BookingId) -> Result<Option<FiledBooking>, Error> {
        Ok(self.stored_booking(id).await?.and_then(|stored| stored.filed(id).ok()))
    }

    pub(super) async fn stored_booking(&self, id: &BookingId) -> Result<Option<StoredBooking>, Error> {
        read_any(self.get(keys::booking(id)).await?)
    }

    /// Applies an event idempotently. The booking becomes what the event says, and `owner`'s, unless this revision or a
    /// newer one is known. That the event asks for a confirmation mail is noted in either case. Any order of arrival
    /// and any repetition end in the same items, except for what is told of a change.
    pub async fn apply(&self, event: &BookingEvent, owner: CustomerId) -> Result<Applied, Error> {
        let BookingEvent { booking, occurred_at, asks_for_confirmation } = event;
        let id = &booking.booking_id;
        let mut attempts = Attempts::new("applying an event", ATTEMPTS);
        loop {
            attempts.next().await?;
            let keys = [keys::booking(id), keys::confirmation(id), keys::suppression(owner)];
            let [known, confirmation, suppression] = self.get_all(keys).await?;
            let known: Option<StoredBooking> = read_any(known)?;
            let confirmation: Confirmation = read_any(confirmation)?.unwrap_or_default();
            let suppression: Suppression = read_any(suppression)?.unwrap_or_default();

            let before: Option<Booking> = known.as_ref().and_then(|known| read_text(&known.booking, id));
            let known_progress = known.as_ref().map(|known| known.progress(id)).unwrap_or_default();
            let progress = known_progress.told(booking.delivery.as_ref(), *occurred_at);
            let mut writes = Vec::new();
            let applied = if is_news(known.as_ref(), before.as_ref(), booking) {
                let theirs = known.as_ref().filter(|known| known.owner == owner);
                let change = theirs
                    .zip(before.as_ref())
                    .and_then(|(known, before)| Change::between(before, known.change(id), booking, *occurred_at));
                let mut items = Items::of(owner, booking, *occurred_at, change, progress)?;
                if items.largest() > size::LARGEST {
                    // With its change and progress it is too large: the booking is kept without them.
                    items = Items::of(owner, booking, *occurred_at, None, Progress::default())?;
                }
                let bytes = items.largest();
                if bytes > size::LARGEST {
                    return Ok(Applied::TooLarge { bytes, most: size::LARGEST });
                }
                writes.extend(self.replace(known.as_ref(), owner, items)?);
                if let Some(before) = known.as_ref().map(|known| known.owner).filter(|before| *before != owner) {
                    // The former owner may stand in the confirmation although no event of theirs asked: the mail goes
                    // to whoever has the booking. By this key an erasure of theirs finds it.
                    writes.push(self.put(keys::asked(before, id), Expect::Anything)?);
                }
                if suppression.is_cleared_by(*occurred_at) {
                    writes.push(self.confirm_address(owner, *occurred_at)?);
                }
                Applied::Changed { new_documents: new_documents(before.as_ref(), booking) }
            } else if contradicts(known.as_ref(), booking)? {
                Applied::Contradicted
            } else {
                if let Some((known, before)) =
                    known.as_ref().zip(before.as_ref()).filter(|_| progress != known_progress)
                {
                    let items = Items::of(known.owner, before, known.occurred_at, known.change(id), progress)?;
                    if items.largest() <= size::LARGEST {
                        writes.extend(self.replace(Some(known), known.owner, items)?);
                    }
                }
                Applied::Stale
            };
            if *asks_for_confirmation && !confirmation.asked.contains(&owner) {
                writes.extend(self.ask_for_confirmation(id, owner)?);
            }
            if !writes.is_empty() {
                match self.write_unless_erased(writes, owner, *occurred_at).await? {
                    Outcome::Written => {}
                    Outcome::Erased => return Ok(Applied::Erased),
                    Outcome::Conflict => continue,
                }
            }
            for customer in customers(known.as_ref(), owner) {
                self.cache_dashboard(customer).await?;
            }
            return Ok(applied);
        }
    }

    /// Whether the table can keep an event's booking; if not, what [`Store::apply`] would come to.
    pub fn too_large(event: &BookingEvent, owner: CustomerId) -> Result<Option<Applied>, Error> {
        let BookingEvent { booking, occurred_at, .. } = event;
        let bytes = Items::of(owner, booking, *occurred_at, None, Progress::default())?.largest();
        Ok((bytes > size::LARGEST).then_some(Applied::TooLarge { bytes, most: size::LARGEST }))
    }

    /// A booking and its confirmation as they stand now; none, too, where the booking cannot be read.
    pub async fn standing(&self, id: &BookingId) -> Result<Option<Standing>, Error> {
        let [booking, confirmation] = self.get_all([keys::booking(id), keys::confirmation(id)]).await?;
        let stored: Option<StoredBooking> = read_any(booking)?;
        let Some(Ok(filed)) = stored.map(|stored| stored.filed(id)) else { return Ok(None) };
        Ok(Some(Standing { filed, confirmation: read_any(confirmation)?.unwrap_or_default() }))
    }

    /// The writes that put a booking of `owner` and its row in the place of what is known.
    fn replace(
        &self,
        known: Option<&StoredBooking>,
        owner: CustomerId,
        items: Items,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let mut writes = Vec::new();
        if let Some(known) = known
            && (known.owner, &known.row_key) != (owner, &items.row_key)
        {
            let old = Delete::builder().table_name(&self.table).set_key(Some(keys::row(known.owner, &known.row_key)));
            writes.push(
                TransactWriteItem::builder().delete(old.build().map_err(not_built("TransactWriteItems"))?).build(),
            );
        }
        for customer in customers(known, owner) {
            writes.push(self.invalidate_dashboard(customer)?);
        }
        writes.push(self.put(items.row, Expect::Anything)?);
        writes.push(self.put(items.booking, known.map_or(Expect::Absent, Expect::Known))?);
        Ok(writes)
    }

    /// A put that takes place only where it finds what it expects.
    fn put(&self, item: Item, expect: Expect<'_>) -> Result<TransactWriteItem, Error> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match expect {
            Expect::Anything => put,
            Expect::Absent => put.condition_expression("attribute_not_exists(pk)"),
            Expect::Known(StoredBooking { revision, progress: None, .. }) => put
                .condition_expression("revision = :seen AND attribute_not_exists(progress)")
                .expression_attribute_values(":seen", number(*revision)),
            Expect::Known(StoredBooking { revision, progress: Some(progress), .. }) => put
                .condition_expression("revision = :seen AND progress = :progress")
                .expression_attribute_values(":seen", number(*revision))
                .expression_attribute_values(":progress", AttributeValue::S(progress.clone())),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(not_built("TransactWriteItems"))?).build())
    }

    /// The writes that ask for a confirmation, and lead an erasure of the customer to it.
    fn ask_for_confirmation(&self, id: &BookingId, owner: CustomerId) -> Result<[TransactWriteItem; 2], Error> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::confirmation(id)))
            .update_expression("ADD asked :customer")
            .expression_attribute_values(":customer", customer_set([owner]))
            .build()
            .map_err(not_built("TransactWriteItems"))?;
        let ask = TransactWriteItem::builder().update(update).build();
        Ok([ask, self.put(keys::asked(owner, id), Expect::Anything)?])
    }
}

/// Whose rows a booking of `owner` changes: theirs, and those of whoever had it before.
fn customers(known: Option<&StoredBooking>, owner: CustomerId) -> impl Iterator<Item = CustomerId> {
    let before = known.map(|known| known.owner).filter(|before| *before != owner);
    std::iter::once(owner).chain(before)
}

/// What the table keeps of a booking.
struct Items {
    row_key: RowKey,
    row: Item,
    booking: Item,
}

impl Items {
    fn of(
        owner: CustomerId,
        booking: &Booking,
        occurred_at: Timestamp,
        change: Option<Change>,
        progress: Progress,
    ) -> Result<Self, Error> {
        let row_key = RowKey::new(booking.status, booking.starts_at, &booking.booking_id);
        let (key, under) = (keys::booking(&booking.booking_id), keys::row(owner, &row_key));
        let text = text_of(&key, booking)?;
        let stored = StoredBooking {
            owner,
            reference: booking.reference.clone(),
            revision: booking.revision,
            occurred_at,
            row_key: row_key.clone(),
            content_hash: ContentHash::of(&text),
            booking: text,
            change: change.as_ref().map(|change| text_of(&key, change)).transpose()?,
            progress: (!progress.is_empty()).then(|| text_of(&key, &progress)).transpose()?,
        };
        let row = text_of(&under, &BookingRow::new(booking, change, progress))?;
        let row = StoredRow { reference: booking.reference.clone(), row };
        Ok(Self { row: write(under, &row)?, row_key, booking: write(key, &stored)? })
    }

    /// The size of the larger one in bytes.
    fn largest(&self) -> usize {
        size::of(&self.row).max(size::of(&self.booking))
    }
}

/// Whether an event's booking is newer than what is known, or as new as one that is known and cannot be read.
fn is_news(known: Option<&StoredBooking>, before: Option<&Booking>, booking: &Booking) -> bool {
    known.is_none_or(|known| match known.revision.cmp(&booking.revision) {
        Ordering::Less => true,
        Ordering::Equal => before.is_none(),
        Ordering::Greater => false,
    })
}

/// Whether an event says something else of the very revision that is known.
fn contradicts(known: Option<&StoredBooking>, booking: &Booking) -> Result<bool, Error> {
    let Some(known) = known.filter(|known| known.revision == booking.revision) else { return Ok(false) };
    Ok(known.content_hash != ContentHash::of(&text_of(&keys::booking(&booking.booking_id), booking)?))
}

/// The documents of a booking whose files it did not name before.
fn new_documents(before: Option<&Booking>, booking: &Booking) -> Vec<Document> {
    let was_named =
        |new: &Document| before.is_some_and(|before| before.documents.iter().any(|document| document.file == new.file));
    booking.documents.iter().filter(|document| !was_named(document)).cloned().collect()
}

#[cfg(test)]
mod tests;
