//! The table: the only code that knows DynamoDB. One method an access pattern.

mod attributes;
mod bookings;
mod confirmations;
mod customer_key;
mod dashboards;
mod erasure;
mod errors;
mod footprint;
mod inspection;
mod items;
mod keys;
mod rate_limits;
mod restoring;
mod retry;
mod rows;
mod sign_ins;
mod size;
mod suppression;
mod table;
mod test_bookings;
mod transactions;
mod whole;

pub use bookings::{Applied, Standing};
pub use confirmations::Lease;
pub use erasure::{Erasure, Removed};
pub use errors::Error;
pub use footprint::{ErasureMark, Footprint};
pub use inspection::{BookingRecord, CustomerRecord};
pub use restoring::{NotRestored, Progress, Restored};
pub use rows::Addressee;
pub use table::{Connections, Store};
pub use test_bookings::TestBookingId;
