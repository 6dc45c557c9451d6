//! Bookings: read by their own pages, written by events.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use portal_domain::{
    booking::{Booking, BookingId, FiledBooking},
    confirmation::Confirmation,
    customer::CustomerId,
    dashboard::BookingRow,
    events::BookingEvent,
    session::Session,
    sign_in::{Access, OwnBooking},
    suppression::Suppression,
};
use serde::{Deserialize, Serialize};

use super::{
    errors::{Error, not_built},
    items::{Item, customer_set, number, read_any, write},
    keys::{self, RowKey},
    retry::{ATTEMPTS, Attempts},
    sign_ins::session_of,
    size,
    table::Store,
    transactions::Outcome,
    whole,
};

/// A booking as the table keeps it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredBooking {
    pub(super) owner: CustomerId,
    pub(super) revision: u64,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub(super) occurred_at: Timestamp,
    /// When an event of a change last occurred, whatever its revision.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::microsecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) changed_at: Option<Timestamp>,
    pub(super) row_key: RowKey,
    #[serde(with = "whole")]
    pub(super) booking: Booking,
}

impl StoredBooking {
    fn filed(self) -> FiledBooking {
        FiledBooking { owner: self.owner, booking: self.booking }
    }
}

/// The optimistic lock of a put: what it expects to find.
enum Expect<'a> {
    /// Whatever is there.
    Anything,
    /// No item.
    Absent,
    /// The booking as it was seen.
    Unchanged(&'a StoredBooking),
}

/// What an event did to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The booking is now as the event says.
    Changed,
    /// The table knew better already.
    Stale,
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
    /// What who claims this session may see of a booking.
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
        Ok(OwnBooking::check(customer, booking.map(StoredBooking::filed)))
    }

    /// A booking, whosever it is.
    pub async fn booking(&self, id: &BookingId) -> Result<Option<FiledBooking>, Error> {
        Ok(self.stored_booking(id).await?.map(StoredBooking::filed))
    }

    pub(super) async fn stored_booking(&self, id: &BookingId) -> Result<Option<StoredBooking>, Error> {
        read_any(self.get(keys::booking(id)).await?)
    }

    /// Makes the booking what the event says, the booking of `owner`, unless a newer revision is known, and notes whether the event tells of a
    /// change and asks for a confirmation mail. Any order of arrival and any repetition end in the same items.
    pub async fn apply(&self, event: &BookingEvent, owner: CustomerId) -> Result<Applied, Error> {
        let BookingEvent { booking, occurred_at, .. } = event;
        let id = &booking.booking_id;
        let mut attempts = Attempts::new("applying an event", ATTEMPTS);
        loop {
            attempts.next().await?;
            let keys = [keys::booking(id), keys::confirmation(id), keys::suppression(owner)];
            let [known, confirmation, suppression] = self.get_all(keys).await?;
            let known: Option<StoredBooking> = read_any(known)?;
            let confirmation: Confirmation = read_any(confirmation)?.unwrap_or_default();
            let suppression: Suppression = read_any(suppression)?.unwrap_or_default();
            let is_news = known.as_ref().is_none_or(|known| known.revision < booking.revision);
            let changed_before = known.as_ref().and_then(|known| known.changed_at);
            let changed_at = event.changed_at.max(changed_before);

            let mut writes = Vec::new();
            if is_news {
                let items = Items::of(owner, booking, *occurred_at, changed_at)?;
                let bytes = items.largest();
                if bytes > size::LARGEST {
                    return Ok(Applied::TooLarge { bytes, most: size::LARGEST });
                }
                writes.extend(self.replace(known.as_ref(), owner, items)?);
                if let Some(before) = known.as_ref().map(|known| known.owner).filter(|before| *before != owner) {
                    // Its confirmation may know whoever had it, though no event of theirs asked: a mail goes to who has it.
                    writes.push(self.put(keys::asked(before, id), Expect::Anything)?);
                }
                if suppression.is_cleared_by(*occurred_at) {
                    writes.push(self.confirm_address(owner, *occurred_at)?);
                }
            } else if let Some(known) = known.as_ref().filter(|_| changed_at > changed_before) {
                let items = Items::of(known.owner, &known.booking, known.occurred_at, changed_at)?;
                writes.extend(self.replace(Some(known), known.owner, items)?);
            }
            if event.asks_for_confirmation && !confirmation.asked.contains(&owner) {
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
            return Ok(if is_news { Applied::Changed } else { Applied::Stale });
        }
    }

    /// A booking and its confirmation as they stand now.
    pub async fn standing(&self, id: &BookingId) -> Result<Option<Standing>, Error> {
        let [booking, confirmation] = self.get_all([keys::booking(id), keys::confirmation(id)]).await?;
        let Some(stored) = read_any::<StoredBooking>(booking)? else { return Ok(None) };
        Ok(Some(Standing { filed: stored.filed(), confirmation: read_any(confirmation)?.unwrap_or_default() }))
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
        writes.push(self.put(items.booking, known.map_or(Expect::Absent, Expect::Unchanged))?);
        Ok(writes)
    }

    /// A put that takes place only where it finds what it expects.
    fn put(&self, item: Item, expect: Expect<'_>) -> Result<TransactWriteItem, Error> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match expect {
            Expect::Anything => put,
            Expect::Absent => put.condition_expression("attribute_not_exists(pk)"),
            Expect::Unchanged(StoredBooking { revision, changed_at: None, .. }) => put
                .condition_expression("revision = :seen AND attribute_not_exists(changed_at)")
                .expression_attribute_values(":seen", number(*revision)),
            Expect::Unchanged(StoredBooking { revision, changed_at: Some(changed_at), .. }) => put
                .condition_expression("revision = :seen AND changed_at = :changed_at")
                .expression_attribute_values(":seen", number(*revision))
                .expression_attribute_values(":changed_at", number(changed_at.as_microsecond())),
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
        changed_at: Option<Timestamp>,
    ) -> Result<Self, Error> {
        let row_key = RowKey::new(booking.status, booking.starts_at, &booking.booking_id);
        let row = write(keys::row(owner, &row_key), &Fields { row: BookingRow::new(booking, changed_at) })?;
        let (revision, key) = (booking.revision, keys::booking(&booking.booking_id));
        let booking = booking.clone();
        let stored = StoredBooking { owner, revision, occurred_at, changed_at, row_key: row_key.clone(), booking };
        Ok(Self { row_key, row, booking: write(key, &stored)? })
    }

    /// The size of the larger one in bytes.
    fn largest(&self) -> usize {
        size::of(&self.row).max(size::of(&self.booking))
    }
}

#[derive(Serialize)]
struct Fields {
    #[serde(with = "whole")]
    row: BookingRow,
}
