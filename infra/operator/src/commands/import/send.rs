//! Bookings are sent, and followed until it is known what became of each. What the portal has already is not sent again, so an
//! import that was cut short goes on where it was, and keeps no file for that.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use portal_domain::events::Received;

use super::plan::{Booking, Line, Outcome};
use crate::{
    commands::events::{
        files::Given,
        follow::{Fate, Seen, Watch},
        put::put,
    },
    stack::Stack,
    terminal::Failure,
};

/// How many bookings are under way at once: as many as the portal writes in a few seconds, so that it never waits for them and
/// they never wait long.
const UNDER_WAY: usize = 500;

/// Requests of PutEvents side by side. Each takes tens of milliseconds, so they stay below the 400 a second that EventBridge
/// allows in every region (Amazon EventBridge quotas, "PutEvents throttle limit").
const SIDE_BY_SIDE: usize = 4;

/// How long is waited for news of any booking.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Bookings on their way.
pub(super) struct Sending<'a> {
    pub(super) stack: &'a Stack,
    /// The name of the bus.
    pub(super) bus: &'a str,
    pub(super) watch: Watch<'a>,
    pub(super) bookings: &'a [Booking],
    /// Those that the portal has already, by their places.
    pub(super) known: HashMap<usize, Seen>,
}

impl Sending<'_> {
    /// How many are still to be sent.
    pub(super) fn left(&self) -> usize {
        self.bookings.len() - self.known.len()
    }

    /// What becomes of every row if it is sent.
    pub(super) fn lines(&self) -> Vec<Line> {
        let line = |(i, booking): (usize, &Booking)| match self.known.get(&i) {
            Some(seen) => of_known(booking, seen),
            None => booking.told(Outcome::ToImport, "").collect(),
        };
        self.bookings.iter().enumerate().flat_map(line).collect()
    }

    /// Sends what the portal does not have, and says of every row what became of it.
    pub(super) async fn send(mut self) -> Result<Vec<Line>, Failure> {
        let known = self.known.iter().filter_map(|(i, seen)| Some(of_known(self.bookings.get(*i)?, seen)));
        let mut lines: Vec<Line> = known.flatten().collect();
        let left: Vec<&Booking> = self
            .bookings
            .iter()
            .enumerate()
            .filter(|(i, _)| !self.known.contains_key(i))
            .map(|(_, left)| left)
            .collect();
        let mut progress = Progress::of(left.len());
        let mut stopped: Option<String> = None;
        for some in left.chunks(UNDER_WAY) {
            if let Some(why) = &stopped {
                lines.extend(some.iter().flat_map(|booking| booking.told(Outcome::Failed, why)));
                continue;
            }
            self.watch.begin_anew();
            let events: Vec<&Given> = some.iter().map(|booking| &booking.given).collect();
            let codes = match put(self.stack, self.bus, &events, SIDE_BY_SIDE).await {
                Ok(codes) => codes,
                Err(failure) if progress.done == 0 => return Err(failure),
                Err(failure) => vec![Some(failure.in_short()); some.len()],
            };
            let (taken, not_taken): (Vec<_>, Vec<_>) = some.iter().zip(codes).partition(|(_, code)| code.is_none());
            if taken.is_empty() {
                stopped = Some("not sent, for the bus took nothing any more".to_owned());
            }
            for (booking, code) in not_taken {
                lines.extend(
                    booking.told(Outcome::Failed, &format!("the bus did not take it: {}", code.unwrap_or_default())),
                );
            }
            let events: Vec<&Received> = taken.iter().map(|(booking, _)| &booking.received).collect();
            let seen = self.watch.follow(&events, PATIENCE, |settled, _| progress.tell(settled)).await?;
            if !seen.is_empty() && seen.iter().all(|seen| seen.fate == Fate::Unseen) {
                stopped = Some("not sent, for nothing was seen of those before it".to_owned());
            }
            for ((booking, _), seen) in taken.iter().zip(&seen) {
                lines.extend(of_sent(booking, seen));
            }
            progress.done += some.len();
        }
        progress.end();
        Ok(lines)
    }
}

/// A booking that the portal had before anything was sent.
fn of_known(booking: &Booking, seen: &Seen) -> Vec<Line> {
    let outcome = if seen.fate == Fate::Contradicted { Outcome::Refused } else { Outcome::AlreadyThere };
    booking.told(outcome, &words(seen)).collect()
}

/// A booking that was sent.
fn of_sent(booking: &Booking, seen: &Seen) -> Vec<Line> {
    let outcome = match seen.fate {
        Fate::Applied => Outcome::Imported,
        Fate::Stale => Outcome::AlreadyThere,
        Fate::Contradicted | Fate::Dropped | Fate::Refused => Outcome::Refused,
        Fate::Unseen => Outcome::Failed,
    };
    booking.told(outcome, &words(seen)).collect()
}

fn words(seen: &Seen) -> String {
    match seen.fate {
        Fate::Contradicted => format!("{}; [revision] plus = 1 in the map replaces it", seen.words),
        _ => seen.words.clone(),
    }
}

/// How far an import is, told on standard error.
struct Progress {
    total: usize,
    done: usize,
    began: Instant,
    told: Instant,
}

impl Progress {
    fn of(total: usize) -> Self {
        Self { total, done: 0, began: Instant::now(), told: Instant::now() }
    }

    fn tell(&mut self, settled: usize) {
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            let (done, seconds) = (self.done + settled, self.began.elapsed().as_secs_f64());
            let rate = done as f64 / seconds;
            let left = (self.total - done) as f64 / rate.max(0.1);
            anstream::eprintln!("{done} of {} bookings, {rate:.0} a second, {left:.0} s left", self.total);
        }
    }

    fn end(&self) {
        let seconds = self.began.elapsed().as_secs_f64();
        anstream::eprintln!("{} of {} bookings in {seconds:.0} s", self.done, self.total);
    }
}
