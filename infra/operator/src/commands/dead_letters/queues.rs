//! The dead-letter queues: read whole, and each message handed over once.

use std::{
    collections::{HashMap, HashSet},
    ops::Add,
};

use aws_sdk_sqs::{
    Client,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
        QueueAttributeName,
    },
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    stack::{Resources, Stack},
    terminal::{Failure, counted},
};

/// The most messages of a queue that are looked at; what lies there besides is left for the next time.
const MOST: usize = 1000;

/// A message that is looked at is hidden from others for so many seconds at most, where the look is cut short: as long as SQS
/// itself hides one.
const HIDDEN: i32 = 30;

/// SQS asks all of its hosts for a receive that waits (Developer Guide, "Short and long polling"), so one that brings nothing
/// new is the end of a queue; in seconds.
const WAIT: i32 = 1;

/// The most that one call of SQS takes.
const BATCH: usize = 10;

/// A queue of the portal that has dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Queue {
    /// Requests for mails.
    Mail,
    /// Events of the booking system.
    Bookings,
    /// What SES told of mails.
    Feedback,
}

impl Queue {
    pub(crate) const ALL: [Self; 3] = [Self::Mail, Self::Bookings, Self::Feedback];

    /// Its name in a table, and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Bookings => "bookings",
            Self::Feedback => "feedback",
        }
    }

    /// What the template calls its dead letters, and the queue they come from.
    fn logical_ids(self) -> (&'static str, &'static str) {
        match self {
            Self::Mail => ("MailDeadLetters", "MailQueue"),
            Self::Bookings => ("BookingDeadLetters", "BookingQueue"),
            Self::Feedback => ("FeedbackDeadLetters", "FeedbackQueue"),
        }
    }
}

/// The fewest characters of an id that name a dead letter, as `list` prints them.
pub(super) const SHORTEST_ID: usize = 8;

/// The beginning of an id, which names a dead letter.
pub(super) fn short(id: &str) -> &str {
    id.get(..SHORTEST_ID).unwrap_or(id)
}

/// A message among the dead letters.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) queue: Queue,
    /// Its MessageId.
    pub(crate) id: String,
    /// What deletes it, until it is received again.
    receipt_handle: String,
    pub(crate) body: String,
    attributes: HashMap<String, MessageAttributeValue>,
    /// When it was sent: to the queue it failed in, where SQS itself moved it (Developer Guide, "Dead-letter queues").
    pub(crate) since: Timestamp,
    /// How often it was received.
    pub(crate) receives: u32,
}

impl Letter {
    fn of(queue: Queue, message: Message) -> Self {
        let system = message.attributes.unwrap_or_default();
        let number = |name| system.get(&name).and_then(|number| number.parse::<i64>().ok()).unwrap_or_default();
        Self {
            queue,
            id: message.message_id.unwrap_or_default(),
            receipt_handle: message.receipt_handle.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            attributes: message.message_attributes.unwrap_or_default(),
            since: Timestamp::from_millisecond(number(MessageSystemAttributeName::SentTimestamp)).unwrap_or_default(),
            receives: u32::try_from(number(MessageSystemAttributeName::ApproximateReceiveCount)).unwrap_or_default(),
        }
    }

    /// The beginning of its id, which names it.
    pub(crate) fn short_id(&self) -> &str {
        short(&self.id)
    }

    /// Why the portal refused it, if it said so.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.attributes.get(REASON)?.string_value()
    }
}

/// The message attribute with all faults of an event.
const REASON: &str = "reason";

/// How many messages a look did not see: somebody else looks at them right now, or there are more than are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Unseen(pub(crate) usize);

impl Unseen {
    /// In words; none where all were seen.
    pub(crate) fn words(self) -> Option<String> {
        let Self(unseen) = self;
        let were = if unseen == 1 { "was" } else { "were" };
        (unseen > 0).then(|| {
            format!(
                "{} {were} not seen: somebody else looks at dead letters right now, or there are more than {MOST} of a \
                 queue. Look again in {HIDDEN} seconds.",
                counted(unseen, "dead letter")
            )
        })
    }
}

impl Add for Unseen {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// What became of a message that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It stays, and can be seen by others again.
    Stays,
    /// It is gone.
    Gone,
}

/// The dead-letter queues of a stack and the queues they come from.
pub(crate) struct Queues {
    client: Client,
    /// By [`Queue::ALL`]: the URLs of its dead letters and of its source.
    urls: Vec<(Queue, String, String)>,
}

impl Queues {
    pub(crate) fn of(stack: &Stack, resources: &Resources) -> Result<Self, Failure> {
        let url = |id| resources.required(id).map(ToOwned::to_owned);
        let urls = Queue::ALL.into_iter().map(|queue| {
            let (dead, source) = queue.logical_ids();
            Ok((queue, url(dead)?, url(source)?))
        });
        Ok(Self { client: stack.sqs()?, urls: urls.collect::<Result<_, Failure>>()? })
    }

    fn urls(&self, queue: Queue) -> (&str, &str) {
        let found = self.urls.iter().find(|(of, _, _)| *of == queue);
        found.map_or(("", ""), |(_, dead, source)| (dead, source))
    }

    /// All messages of these queues that are to be seen, oldest first, and how many were not. Nothing changes but how often
    /// each was received.
    pub(crate) async fn read(&self, queues: &[Queue]) -> Result<(Vec<Letter>, Unseen), Failure> {
        let read = async |queue: Queue| {
            let mut letters = Vec::new();
            if !queues.contains(&queue) {
                return Ok((letters, Unseen(0)));
            }
            let keep = async |letter| {
                letters.push(letter);
                Ok(Then::Stays)
            };
            let unseen = self.each(queue, keep).await?;
            Ok::<_, Failure>((letters, unseen))
        };
        let [mail, bookings, feedback] = Queue::ALL;
        let (mail, bookings, feedback) = tokio::try_join!(read(mail), read(bookings), read(feedback))?;
        let unseen = mail.1 + bookings.1 + feedback.1;
        let mut letters: Vec<Letter> = [mail.0, bookings.0, feedback.0].into_iter().flatten().collect();
        letters.sort_by(|one, other| (one.queue, one.since, &one.id).cmp(&(other.queue, other.since, &other.id)));
        Ok((letters, unseen))
    }

    /// Hands each message of a queue over once, just received, until nothing new comes or [`MOST`] were seen; says how many
    /// were not seen. Whatever stays can be seen by others at once.
    pub(crate) async fn each(
        &self,
        queue: Queue,
        mut act: impl AsyncFnMut(Letter) -> Result<Then, Failure>,
    ) -> Result<Unseen, Failure> {
        let (mut seen, mut held) = (HashSet::new(), HashMap::new());
        let before = self.count(queue).await?;
        let acted = async {
            let mut is_more = true;
            while is_more && seen.len() < MOST {
                is_more = false;
                for letter in self.receive(queue).await? {
                    let id = letter.id.clone();
                    held.insert(id.clone(), letter.receipt_handle.clone());
                    if seen.insert(id.clone()) {
                        is_more = true;
                        if act(letter).await? == Then::Gone {
                            held.remove(&id);
                        }
                    }
                }
            }
            // SQS's counts lag behind a deletion; that is in both, but for what was deleted here.
            let after = self.count(queue).await?;
            Ok(Unseen(before.saturating_sub(seen.len()).min(after.saturating_sub(held.len()))))
        };
        let acted = acted.await;
        self.release(queue, held.into_values().collect()).await;
        acted
    }

    /// How many messages lie in a queue, those that somebody looks at among them: approximately, as SQS says (API Reference,
    /// "GetQueueAttributes").
    async fn count(&self, queue: Queue) -> Result<usize, Failure> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asked = self.client.get_queue_attributes().queue_url(self.urls(queue).0);
        let counts = asked.set_attribute_names(Some(names.to_vec())).send().await;
        let counts = counts.map_err(|error| Failure::of_call("sqs:GetQueueAttributes", &error))?.attributes;
        let counts = counts.into_iter().flatten().filter_map(|(_, count)| count.parse::<usize>().ok());
        Ok(counts.sum())
    }

    async fn receive(&self, queue: Queue) -> Result<Vec<Letter>, Failure> {
        let receive = self
            .client
            .receive_message()
            .queue_url(self.urls(queue).0)
            .max_number_of_messages(10)
            .visibility_timeout(HIDDEN)
            .wait_time_seconds(WAIT)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let received = receive.send().await.map_err(|error| Failure::of_call("sqs:ReceiveMessage", &error))?;
        Ok(received.messages.unwrap_or_default().into_iter().map(|message| Letter::of(queue, message)).collect())
    }

    /// Shows messages to others again. Where this fails, they show by themselves when [`HIDDEN`] is over.
    async fn release(&self, queue: Queue, receipt_handles: Vec<String>) {
        for batch in receipt_handles.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(at, receipt_handle)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(at.to_string())
                    .receipt_handle(receipt_handle)
                    .visibility_timeout(0)
                    .build()
            });
            let Ok(entries) = entries.collect::<Result<_, _>>() else { continue };
            let change = self.client.change_message_visibility_batch().queue_url(self.urls(queue).0);
            drop(change.set_entries(Some(entries)).send().await);
        }
    }

    /// Sends a message back to where it failed, then deletes it here. Killed in between, the message is there twice, which is
    /// harmless: of an event the second does nothing, a mail is sent once.
    pub(crate) async fn redrive(&self, letter: &Letter) -> Result<(), Failure> {
        let mut attributes = letter.attributes.clone();
        attributes.remove(REASON);
        let send = self.client.send_message().queue_url(self.urls(letter.queue).1).message_body(&letter.body);
        let send = send.set_message_attributes((!attributes.is_empty()).then_some(attributes)).send().await;
        send.map_err(|error| Failure::of_call("sqs:SendMessage", &error))?;
        self.delete(letter).await
    }

    pub(crate) async fn delete(&self, letter: &Letter) -> Result<(), Failure> {
        let delete = self.client.delete_message().queue_url(self.urls(letter.queue).0);
        let deleted = delete.receipt_handle(&letter.receipt_handle).send().await;
        deleted.map(drop).map_err(|error| Failure::of_call("sqs:DeleteMessage", &error))
    }
}
