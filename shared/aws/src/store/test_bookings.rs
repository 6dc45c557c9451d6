//! Test bookings, which the operator's tool makes by events as any other: the contract has no event that removes one booking, and
//! an erasure would remove its customer's real ones, too.

use portal_domain::{booking::BookingId, customer::CustomerId};

use super::{
    bookings::StoredBooking,
    errors::Error,
    items::read_any,
    keys,
    retry::{ATTEMPTS, Attempts},
    table::Store,
    transactions::Transaction,
};

/// The id of a test booking, which no real booking is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestBookingId(BookingId);

impl TestBookingId {
    /// What it begins with.
    pub const PREFIX: &str = "test_";

    /// What a test booking's reference begins with.
    pub const REFERENCE_PREFIX: &str = "TEST-";

    /// The id, if it is one of a test booking.
    pub fn of(id: &BookingId) -> Option<Self> {
        id.as_str().starts_with(Self::PREFIX).then(|| Self(id.clone()))
    }

    /// The same as an id like any other.
    pub fn id(&self) -> &BookingId {
        &self.0
    }
}

impl Store {
    /// Removes a customer's test booking, its row, its confirmation and the cached dashboard, as an erasure would; says whether.
    /// It stays where it is somebody else's by now, or is not called as test bookings are. Remove its documents before: nothing
    /// leads to them afterwards.
    pub async fn remove_test_booking(&self, customer: CustomerId, id: &TestBookingId) -> Result<bool, Error> {
        let mut attempts = Attempts::new("removing a test booking", ATTEMPTS);
        loop {
            attempts.next().await?;
            let known: Option<StoredBooking> = read_any(self.get(keys::booking(id.id())).await?)?;
            let is_meant = |known: &StoredBooking| {
                known.owner == customer && known.reference.as_str().starts_with(TestBookingId::REFERENCE_PREFIX)
            };
            let Some(known) = known.filter(is_meant) else { return Ok(false) };
            let writes = self.removal(customer, id.id(), known.revision, &known.row_key)?;
            if let Transaction::Written = self.transact(writes).await? {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_booking_is_called_one() {
        for (id, is_one) in [("test_1", true), ("bkg_test_1", false), ("test-1", false)] {
            let id = BookingId::parse(id).unwrap();
            assert_eq!(TestBookingId::of(&id).map(|test| test.id().clone()), is_one.then_some(id));
        }
    }
}
