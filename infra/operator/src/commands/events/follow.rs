//! What became of events that were sent: by what stands in the table, by the log of the function that reads them, and
//! by the dead letters.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use portal_aws::store::{BookingRecord, Store};
use portal_domain::{
    booking::{Booking, BookingId},
    customer_key::CustomerKey,
    events::{BookingEvent, Event, Received},
    time::second_of,
};
use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    commands::dead_letters::{Letter, Queue, Queues},
    logs::{self, By},
    stack::{Resources, Stack},
    terminal::Failure,
};

/// How often the table is asked, and how often the log, whose lines come later and which fewer questions may be put to
/// (CloudWatch Logs quotas, "FilterLogEvents").
const TABLE_EVERY: Duration = Duration::from_millis(500);
const LOG_EVERY: Duration = Duration::from_secs(3);

/// How often the wait is mentioned.
const MENTION_EVERY: Duration = Duration::from_secs(10);

/// How many events are looked for by one read of the table, and how many reads go side by side.
const A_READ: usize = 50;
const AT_ONCE: usize = 8;

/// The function's words about an event that leaves no trace in the table.
const REFUSED: &str = "an event was refused";
const DROPPED: &str = "an event was dropped: its customer was erased";

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// The table has what it says.
    Applied,
    /// The table has a newer revision, or had the same before.
    Stale,
    /// The table has another booking of the same revision, which stays.
    Contradicted,
    /// Its customer was erased after it occurred.
    Dropped,
    /// The portal refused it, and it lies among the dead letters.
    Refused,
    /// Nothing was seen of it while it was waited for.
    Unseen,
}

/// What became of an event, and more about it in words.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) fate: Fate,
    pub(crate) words: String,
}

impl Seen {
    fn new(fate: Fate, words: impl Into<String>) -> Self {
        Self { fate, words: words.into() }
    }
}

/// What stands of a booking before an event about it is sent.
pub(crate) struct Standing {
    /// What became of the event already, by itself or by a newer one.
    pub(crate) seen: Option<Seen>,
    /// The revision that stands.
    pub(crate) revision: u64,
    /// Whether it is another customer's than the event says.
    pub(crate) is_anothers: bool,
}

/// Where it is looked.
pub(crate) struct Watch<'a> {
    stack: &'a Stack,
    resources: Resources,
    store: Store,
    key: CustomerKey,
    /// When the first event was sent.
    since: Timestamp,
    /// The revisions of bookings that stood before anything was sent.
    there_before: HashSet<(BookingId, u64)>,
}

impl<'a> Watch<'a> {
    /// Begins before anything is sent.
    pub(crate) async fn begin(stack: &'a Stack) -> Result<Self, Failure> {
        let (resources, key) = tokio::try_join!(stack.resources(), stack.customer_key())?;
        Ok(Self {
            stack,
            resources,
            store: stack.store()?,
            key,
            since: second_of(Timestamp::now()),
            there_before: HashSet::new(),
        })
    }

    /// Takes note of what stands before these are sent: what was there before is not applied by them.
    pub(crate) async fn knowing(mut self, events: &[&Received]) -> Result<Self, Failure> {
        let ids: HashSet<&BookingId> = events.iter().filter_map(|event| Some(&booking(event)?.booking_id)).collect();
        let ids: Vec<BookingId> = ids.into_iter().cloned().collect();
        let records = stream::iter(ids.chunks(A_READ)).map(|some| self.store.booking_records(some));
        let records: Vec<_> = records.buffered(AT_ONCE).try_collect().await?;
        let known = ids.iter().cloned().zip(records.into_iter().flatten());
        let known =
            known.filter_map(|(id, record)| Some((id, record.filter(|record| record.filed.is_some())?.revision)));
        self.there_before = known.collect();
        Ok(self)
    }

    /// From now on it looks for what comes after this moment.
    pub(crate) fn begin_anew(&mut self) {
        self.since = second_of(Timestamp::now());
    }

    /// What stands of the bookings of events that were not sent yet; none of a booking that is new.
    pub(crate) async fn standing(&self, events: &[&BookingEvent]) -> Result<Vec<Option<Standing>>, Failure> {
        let read = stream::iter(events.chunks(A_READ)).map(async |some| {
            let ids: Vec<BookingId> = some.iter().map(|event| event.booking.booking_id.clone()).collect();
            let records = some.iter().zip(self.store.booking_records(&ids).await?);
            let standing = records.map(|(event, record)| {
                let record = record?;
                let owner = self.key.customer(&event.booking.customer.email);
                let seen = of_record(event, &record, false);
                Some(Standing { seen, revision: record.revision, is_anothers: record.owner != owner })
            });
            Ok::<Vec<_>, Failure>(standing.collect())
        });
        let read: Vec<_> = read.buffered(AT_ONCE).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Waits until it is known what became of each event, or nothing was learned of any for `patience`. Tells how many are
    /// settled after each look.
    pub(crate) async fn follow(
        &self,
        events: &[&Received],
        patience: Duration,
        mut tell: impl FnMut(usize, usize),
    ) -> Result<Vec<Seen>, Failure> {
        let mut seen: HashMap<usize, Seen> = HashMap::new();
        let (mut news_at, mut log_read_at) = (Instant::now(), None::<Instant>);
        let mut unreadable_log = None;
        loop {
            let pending: Vec<usize> = (0..events.len()).filter(|i| !seen.contains_key(i)).collect();
            let mut news = self.look_at_table(events, &pending).await?;
            if unreadable_log.is_none() && log_read_at.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
                match self.look_at_log(events, &pending).await {
                    Ok(told) => news.extend(told),
                    Err(failure) => unreadable_log = Some(failure.to_string()),
                }
                log_read_at = Some(Instant::now());
            }
            if !news.is_empty() {
                news_at = Instant::now();
            }
            seen.extend(news);
            if seen.len() == events.len() || news_at.elapsed() >= patience {
                break;
            }
            tell(seen.len(), events.len());
            sleep(TABLE_EVERY).await;
        }
        let pending: Vec<usize> = (0..events.len()).filter(|i| !seen.contains_key(i)).collect();
        if !pending.is_empty() {
            seen.extend(self.look_at_dead_letters(events, &pending).await?);
        }
        let unseen = unreadable_log.unwrap_or_else(|| format!("nothing was seen of it for {} s", patience.as_secs()));
        let unseen = || Seen::new(Fate::Unseen, unseen.clone());
        Ok((0..events.len()).map(|i| seen.remove(&i).unwrap_or_else(unseen)).collect())
    }

    async fn look_at_table(&self, events: &[&Received], pending: &[usize]) -> Result<Vec<(usize, Seen)>, Failure> {
        let mut met = self.there_before.clone();
        let is_repeated = |event| booking(event).is_some_and(|of| !met.insert((of.booking_id.clone(), of.revision)));
        let repeated: Vec<bool> = events.iter().copied().map(is_repeated).collect();
        let repeated = &repeated;
        let looked = stream::iter(pending.chunks(A_READ)).map(async |some| {
            let booking = |i: &usize| match &events.get(*i)?.event {
                Event::Booking(event) => Some((*i, event)),
                Event::CustomerErased { .. } => None,
            };
            let bookings: Vec<(usize, &Box<BookingEvent>)> = some.iter().filter_map(booking).collect();
            let ids: Vec<BookingId> = bookings.iter().map(|(_, event)| event.booking.booking_id.clone()).collect();
            let records = self.store.booking_records(&ids).await?;
            let seen = bookings.into_iter().zip(records);
            let seen = seen.filter_map(|((i, event), record)| {
                Some((i, of_record(event, &record?, repeated.get(i) == Some(&true))?))
            });
            let mut seen: Vec<(usize, Seen)> = seen.collect();
            for i in some {
                let Some(Event::CustomerErased { occurred_at, address }) = events.get(*i).map(|event| &event.event)
                else {
                    continue;
                };
                let erased_at = self.store.customer_record(self.key.customer(address)).await?.erased_at;
                if erased_at.is_some_and(|at| at >= (*occurred_at).min(self.since)) {
                    seen.push((*i, Seen::new(Fate::Applied, "the customer is erased")));
                }
            }
            Ok::<_, Failure>(seen)
        });
        let looked: Vec<Vec<(usize, Seen)>> = looked.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(looked.into_iter().flatten().collect())
    }

    /// Where neither table nor log know of an event. This comes last, for a look hides the letters from others for a moment.
    async fn look_at_dead_letters(
        &self,
        events: &[&Received],
        pending: &[usize],
    ) -> Result<Vec<(usize, Seen)>, Failure> {
        let (letters, _) = Queues::of(self.stack, &self.resources)?.read(&[Queue::Bookings]).await?;
        let letters = letters.into_iter().filter(|letter| letter.since >= self.since);
        let letters: HashMap<String, Letter> =
            letters.filter_map(|letter| Some((event_id(&letter.body)?, letter))).collect();
        let found = pending.iter().filter_map(|i| {
            let letter = letters.get(events.get(*i)?.about.event_id.as_deref()?)?;
            Some((*i, Seen::new(Fate::Refused, letter.reason().unwrap_or("it lies among the dead letters"))))
        });
        Ok(found.collect())
    }

    async fn look_at_log(&self, events: &[&Received], pending: &[usize]) -> Result<Vec<(usize, Seen)>, Failure> {
        let log = "ProjectBookingsLog";
        let lines = logs::lines(self.stack, &self.resources, log, By::Message, &[REFUSED, DROPPED], self.since).await?;
        let told = pending.iter().filter_map(|i| {
            let about = events.get(*i)?.about.to_string();
            let line = lines.iter().find(|line| line.field("about") == Some(about.as_str()))?;
            let seen = match line.field("reason") {
                Some(reason) => Seen::new(Fate::Refused, reason),
                None => Seen::new(Fate::Dropped, "its customer was erased after it occurred"),
            };
            Some((*i, seen))
        });
        Ok(told.collect())
    }
}

/// Mentions on standard error, every ten seconds, how many events are settled.
pub(crate) fn mention() -> impl FnMut(usize, usize) {
    let mut mentioned_at = Instant::now();
    move |settled, of| {
        if mentioned_at.elapsed() >= MENTION_EVERY {
            mentioned_at = Instant::now();
            anstream::eprintln!("{settled} of {of} are settled.");
        }
    }
}

/// The sender's id of an event, as EventBridge handed it on.
fn event_id(letter: &str) -> Option<String> {
    let envelope: Value = serde_json::from_str(letter).ok()?;
    envelope.pointer("/detail/metadata/event_id")?.as_str().map(str::to_owned)
}

/// The booking that an event tells of.
fn booking(event: &Received) -> Option<&Booking> {
    match &event.event {
        Event::Booking(event) => Some(&event.booking),
        Event::CustomerErased { .. } => None,
    }
}

/// What a booking that stands says of an event; nothing yet where it is older than that. An event `is_repeated` where its
/// revision was there before, or was sent before it.
fn of_record(event: &BookingEvent, known: &BookingRecord, is_repeated: bool) -> Option<Seen> {
    let revision = known.revision;
    match revision.cmp(&event.booking.revision) {
        Ordering::Less => None,
        Ordering::Equal if known.filed.as_ref().is_none_or(|filed| filed.booking == event.booking) => {
            Some(if is_repeated {
                Seen::new(Fate::Stale, format!("already there: revision {revision} stands"))
            } else {
                Seen::new(Fate::Applied, format!("revision {revision} stands"))
            })
        }
        Ordering::Equal => {
            Some(Seen::new(Fate::Contradicted, format!("another booking of revision {revision} came first, and stays")))
        }
        Ordering::Greater => Some(Seen::new(Fate::Stale, format!("revision {revision} stands"))),
    }
}
