//! The dead letters of a stack, each read and judged.

use jiff::Timestamp;

use super::{
    content::Content,
    queues::{Letter, Queue, Queues, SHORTEST_ID, Unseen},
    verdict::{Judge, Verdict},
};
use crate::{global::Global, stack::Stack, terminal::Failure};

/// A dead letter, read and judged.
pub(super) struct Judged {
    pub(super) letter: Letter,
    pub(super) content: Content,
    pub(super) verdict: Verdict,
}

impl Judged {
    /// What it is about: a booking, or else a customer, or else nothing but itself.
    pub(super) fn about(&self) -> String {
        let booking = self.content.booking().map(|booking| booking.to_string());
        let customer = || self.verdict.customer.map(|customer| customer.to_string());
        booking.or_else(customer).unwrap_or_else(|| self.letter.id.clone())
    }
}

/// The dead letters of a stack.
pub(super) struct Desk {
    pub(super) stack: Stack,
    pub(super) queues: Queues,
    judge: Judge,
}

impl Desk {
    pub(super) async fn open(global: &Global) -> Result<Self, Failure> {
        let stack = Stack::find(global).await?;
        let queues = Queues::of(&stack, &stack.resources().await?)?;
        let judge = Judge::of(&stack).await?;
        Ok(Self { stack, queues, judge })
    }

    pub(super) async fn judged(&self, letter: Letter) -> Result<Judged, Failure> {
        let now = Timestamp::now();
        let content = Content::of(&letter, &self.judge.accepted, now);
        let verdict = self.judge.judge(&letter, &content, now).await?;
        Ok(Judged { letter, content, verdict })
    }

    /// All dead letters of these queues that are to be seen, and how many were not.
    pub(super) async fn look(&self, queue: Option<Queue>) -> Result<(Vec<Judged>, Unseen), Failure> {
        let (letters, unseen) = self.queues.read(queue.as_ref().map_or(&Queue::ALL[..], std::slice::from_ref)).await?;
        let mut judged = Vec::with_capacity(letters.len());
        for letter in letters {
            judged.push(self.judged(letter).await?);
        }
        Ok((judged, unseen))
    }

    /// The one whose id begins so.
    pub(super) async fn one(&self, id: &str) -> Result<Judged, Failure> {
        let list = self.stack.command("dead-letters list");
        if id.len() < SHORTEST_ID {
            return Err(Failure::new(
                format!("an id has at least {SHORTEST_ID} characters"),
                format!("See all: {list}"),
            ));
        }
        let (letters, unseen) = self.queues.read(&Queue::ALL).await?;
        let mut named = letters.into_iter().filter(|letter| letter.id.starts_with(id));
        match (named.next(), named.next()) {
            (Some(letter), None) => self.judged(letter).await,
            (None, _) => {
                let unseen = unseen.words().map(|words| words + " ").unwrap_or_default();
                Err(Failure::new("no dead letter has this id", format!("{unseen}See all: {list}")))
            }
            (Some(_), Some(_)) => Err(Failure::new(
                "several dead letters have an id that begins so",
                format!("Give more of it: {list} --json"),
            )),
        }
    }
}
