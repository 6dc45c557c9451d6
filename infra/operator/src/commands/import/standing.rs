//! What stands already of the bookings of a file, before any is sent.

use std::collections::HashMap;

use super::plan::{Booking, Plan};
use crate::{
    commands::events::follow::{Seen, Standing, Watch},
    terminal::Failure,
};

/// How many times a revision may be the one before it where both are counted in one way. Milliseconds are a million times as many
/// as any count of changes, or more.
const COUNTS_ALIKE: u64 = 1_000;

const MOVES: &str = "stands under another address, which loses it";
const LEAPS: &str = "has a revision a thousand times that which stands: do the booking system's events count as the file does? \
    Below this one they are stale";

impl Plan {
    /// Looks which bookings the portal has already, by their places, and warns of what sending the others does.
    pub(super) async fn compare(&mut self, watch: &Watch<'_>) -> Result<HashMap<usize, Seen>, Failure> {
        let events: Vec<_> = self.bookings.iter().filter_map(Booking::event).collect();
        let standing = watch.standing(&events).await?;
        let mut warnings = Vec::new();
        for (booking, standing) in self.bookings.iter_mut().zip(&standing) {
            let (Some(Standing { revision, is_anothers, seen: None }), Some(line), Some(event)) =
                (standing, booking.lines.first().copied(), booking.event())
            else {
                continue;
            };
            let leaps = event.booking.revision / COUNTS_ALIKE >= *revision;
            let remarks = [(*is_anothers, MOVES), (leaps, LEAPS)].into_iter().filter(|(is_so, _)| *is_so);
            booking.remarks = remarks.map(|(_, remark)| remark).collect();
            warnings.extend(booking.remarks.iter().map(|remark| (line, *remark)));
        }
        warnings.into_iter().for_each(|(line, text)| self.warn(line, text));
        let known = standing.into_iter().enumerate();
        Ok(known.filter_map(|(at, standing)| Some((at, standing?.seen?))).collect())
    }
}
