//! One standard queue: what is in it, and when it may be seen.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use super::attributes::MessageAttribute;

/// How long a purge may take.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html>
const PURGE: Duration = Duration::from_secs(60);

/// A queue and its messages.
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) settings: Settings,
    pub(super) created_at: Timestamp,
    messages: Mutex<Messages>,
    /// Told when a message may have become visible.
    changed: Notify,
}

/// What the queue was made with.
pub(super) struct Settings {
    pub(super) visibility_timeout: Duration,
    pub(super) retention: Duration,
    pub(super) delay: Duration,
    pub(super) wait: Duration,
    pub(super) maximum_size: usize,
    pub(super) redrive: Option<Redrive>,
}

/// Where a message goes that was received too often.
#[derive(Clone)]
pub(super) struct Redrive {
    pub(super) dead_letter_queue: String,
    pub(super) maximum_receive_count: u32,
}

/// A message in a queue.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) message_id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, MessageAttribute>,
    pub(super) trace_header: Option<String>,
    pub(super) sent_at: Timestamp,
    pub(super) first_received_at: Option<Timestamp>,
    pub(super) receive_count: u32,
    /// The ARN of the queue it failed in, once it is a dead letter.
    pub(super) dead_letter_source: Option<String>,
    /// The handle of the latest receive, the only one that is good.
    pub(super) receipt_handle: Option<String>,
    stored_at: Instant,
    visible_at: Instant,
}

/// The queue's approximate numbers, which here are exact.
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

/// Why a visibility time-out does not change.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    /// The message is gone, or was received again since.
    Stale,
    /// Its visibility time-out has ended.
    NotInFlight,
}

/// What one look into the queue found.
struct Taken {
    received: Vec<Stored>,
    dead: Vec<Stored>,
    /// When the next message becomes visible by itself.
    next_visible: Option<Instant>,
}

#[derive(Default)]
struct Messages {
    sent: u64,
    /// In the order they were sent.
    stored: BTreeMap<u64, Stored>,
    purged_at: Option<Instant>,
}

impl Stored {
    /// A message that has just been sent.
    pub(super) fn new(
        body: String,
        attributes: BTreeMap<String, MessageAttribute>,
        trace_header: Option<String>,
        delay: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            message_id: Uuid::new_v4().to_string(),
            body,
            attributes,
            trace_header,
            sent_at: Timestamp::now(),
            first_received_at: None,
            receive_count: 0,
            dead_letter_source: None,
            receipt_handle: None,
            stored_at: now,
            visible_at: now + delay,
        }
    }
}

impl Queue {
    pub(super) fn new(name: &str, arn: String, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            arn,
            settings,
            created_at: Timestamp::now(),
            messages: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Puts a message in.
    pub(super) fn put(&self, message: Stored) {
        self.messages().push(message);
        self.changed.notify_waiters();
    }

    /// Puts a message in that failed in the queue with the ARN `source`; it keeps its id, its body, its attributes, and
    /// its receive count, which SQS keeps "across all queues" (API reference, ReceiveMessage).
    fn put_dead(&self, message: Stored, source: String) {
        self.put(Stored {
            receipt_handle: None,
            dead_letter_source: Some(source),
            visible_at: Instant::now(),
            ..message
        });
    }

    /// Receives up to `maximum` messages, waiting for the first until `deadline` (for ever, if `None`).
    ///
    /// A message that was received too often goes to `dead_letters` instead.
    pub(super) async fn receive(
        &self,
        maximum: usize,
        visibility_timeout: Duration,
        deadline: Option<Instant>,
        dead_letters: Option<&Self>,
    ) -> Vec<Stored> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look into the queue, so that no change during it is missed.
            changed.as_mut().enable();

            let taken = self.take(maximum, visibility_timeout, dead_letters.is_some());
            if let Some(dead_letters) = dead_letters {
                for dead in taken.dead {
                    dead_letters.put_dead(dead, self.arn.clone());
                }
            }
            if !taken.received.is_empty() || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return taken.received;
            }
            match [taken.next_visible, deadline].into_iter().flatten().min() {
                Some(instant) => {
                    // Either way the loop looks again.
                    let _ = tokio::time::timeout_at(instant, changed).await;
                }
                None => changed.await,
            }
        }
    }

    /// Deletes the message, unless it was received again since.
    pub(super) fn delete(&self, receipt_handle: &str) {
        let mut messages = self.messages();
        if let Some(number) = messages.find(receipt_handle) {
            messages.stored.remove(&number);
        }
    }

    /// Starts the message's visibility time-out afresh.
    pub(super) fn change_visibility(&self, receipt_handle: &str, timeout: Duration) -> Result<(), Refused> {
        let mut messages = self.messages();
        let now = Instant::now();
        let message =
            messages.find(receipt_handle).and_then(|number| messages.stored.get_mut(&number)).ok_or(Refused::Stale)?;
        if message.visible_at <= now {
            return Err(Refused::NotInFlight);
        }
        message.visible_at = now + timeout;
        drop(messages);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Takes every visible message out for good.
    pub(super) fn drain(&self) -> Vec<Stored> {
        let mut messages = self.messages();
        messages.forget_older_than(self.settings.retention);
        let now = Instant::now();
        let (visible, hidden) =
            std::mem::take(&mut messages.stored).into_iter().partition(|(_, message)| message.visible_at <= now);
        messages.stored = hidden;
        let visible: BTreeMap<u64, Stored> = visible;
        visible.into_values().collect()
    }

    /// Deletes every message, in flight or not; `false`, and nothing is deleted, if the last purge is not over.
    pub(super) fn purge(&self) -> bool {
        let mut messages = self.messages();
        let now = Instant::now();
        if messages.purged_at.is_some_and(|purged_at| now.duration_since(purged_at) < PURGE) {
            return false;
        }
        messages.stored.clear();
        messages.purged_at = Some(now);
        true
    }

    pub(super) fn counts(&self) -> Counts {
        let mut messages = self.messages();
        messages.forget_older_than(self.settings.retention);
        let now = Instant::now();
        let mut counts = Counts { visible: 0, in_flight: 0, delayed: 0 };
        for message in messages.stored.values() {
            match (message.visible_at <= now, message.receipt_handle.is_some()) {
                (true, _) => counts.visible += 1,
                (false, true) => counts.in_flight += 1,
                (false, false) => counts.delayed += 1,
            }
        }
        counts
    }

    fn take(&self, maximum: usize, visibility_timeout: Duration, has_dead_letters: bool) -> Taken {
        let mut messages = self.messages();
        messages.forget_older_than(self.settings.retention);
        let now = Instant::now();
        let maximum_receive_count = self
            .settings
            .redrive
            .as_ref()
            .filter(|_| has_dead_letters)
            .map_or(u32::MAX, |redrive| redrive.maximum_receive_count);
        let mut received = Vec::new();
        let mut exhausted = Vec::new();
        let mut next_visible = None::<Instant>;
        for (number, message) in &mut messages.stored {
            if message.visible_at > now {
                next_visible = Some(next_visible.map_or(message.visible_at, |next| next.min(message.visible_at)));
            } else if message.receive_count >= maximum_receive_count {
                exhausted.push(*number);
            } else {
                message.receive_count += 1;
                message.first_received_at.get_or_insert_with(Timestamp::now);
                message.receipt_handle = Some(format!("{number}.{}", Uuid::new_v4().simple()));
                message.visible_at = now + visibility_timeout;
                received.push(message.clone());
                if received.len() == maximum {
                    break;
                }
            }
        }
        let dead = exhausted.iter().filter_map(|number| messages.stored.remove(number)).collect();
        Taken { received, dead, next_visible }
    }

    /// Locks and ignores poisoning: a panic while the lock was held has not left the messages half-changed.
    fn messages(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Messages {
    fn push(&mut self, message: Stored) {
        self.sent += 1;
        self.stored.insert(self.sent, message);
    }

    fn find(&self, receipt_handle: &str) -> Option<u64> {
        let number = receipt_handle.split('.').next()?.parse().ok()?;
        let message = self.stored.get(&number)?;
        (message.receipt_handle.as_deref() == Some(receipt_handle)).then_some(number)
    }

    fn forget_older_than(&mut self, retention: Duration) {
        let now = Instant::now();
        self.stored.retain(|_, message| now.duration_since(message.stored_at) < retention);
    }
}
