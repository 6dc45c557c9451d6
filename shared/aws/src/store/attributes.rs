//! What the table keeps of a booking beside its text: enough to know whose it is, and to remove it, where the text cannot be
//! read.

use jiff::Timestamp;
use portal_domain::customer::CustomerId;
use serde::Deserialize;

use super::keys::RowKey;

/// The attributes of a booking's item.
#[derive(Deserialize)]
pub(super) struct BookingAttributes {
    pub(super) owner: CustomerId,
    pub(super) revision: u64,
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub(super) occurred_at: Timestamp,
    pub(super) row_key: RowKey,
}
