//! The test bookings of a customer, which `trigger` makes and `clean` removes.

use portal_aws::store::{BookingRecord, CustomerRecord, Store, TestBookingId};
use portal_domain::{booking::BookingId, customer::CustomerId};

use crate::terminal::Failure;

/// The ids of all bookings of a customer, those that cannot be read among them.
pub(super) fn ids(record: &CustomerRecord) -> impl Iterator<Item = &BookingId> {
    let rows = &record.bookings;
    let read = rows.active.iter().chain(&rows.past).map(|row| &row.booking.booking_id);
    read.chain(rows.unreadable.iter().map(|booking| &booking.booking_id))
}

/// The ids that are called as those of test bookings, the oldest first: they begin with the time at which they were made.
pub(super) fn test_ids(record: &CustomerRecord) -> Vec<TestBookingId> {
    let mut ids: Vec<&BookingId> = ids(record).collect();
    ids.sort();
    ids.into_iter().filter_map(TestBookingId::of).collect()
}

/// A test booking as it stands; none where it is not one of this customer's after all.
pub(super) async fn test_booking(
    store: &Store,
    customer: CustomerId,
    id: &TestBookingId,
) -> Result<Option<BookingRecord>, Failure> {
    let known = store.booking_record(id.id()).await?;
    Ok(known.filter(|known| {
        known.owner == customer && known.reference.as_str().starts_with(TestBookingId::REFERENCE_PREFIX)
    }))
}
