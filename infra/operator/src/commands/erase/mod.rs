//! `portal erase`: a customer's data goes, by the same event with which the booking system erases; then it is looked whether
//! anything is left. Killed at any point and run again, it comes to the same end: the newer erasure covers the older one.

mod event;
mod found;
mod receipt;

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use portal_aws::{
    documents::{Documents, Kept},
    store::{Footprint, Store},
};
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    time::second_of,
};
use tokio::time::{Instant, sleep};

use super::{
    dead_letters::{self, Queues, Unseen},
    why::listed,
};
use crate::{
    global::Global,
    stack::Stack,
    terminal::{Failure, Outcome, confirm_address, counted, read_address},
};
use found::Found;
use receipt::Receipt;

/// How long an erasure may take: it waits in a queue behind other events.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long it is waited for dead letters that somebody else looks at: SQS hides a message for half a minute, and counts what
/// was deleted for about one (Developer Guide, "Resources required to process messages").
const HIDDEN: Duration = Duration::from_secs(90);

/// How often it is looked whether the erasure is done, and how often the wait is mentioned.
const POLL: Duration = Duration::from_millis(500);
const MENTION: Duration = Duration::from_secs(10);

pub(crate) async fn run(global: &Global) -> Outcome {
    Outcome::of(global, erase(global).await)
}

/// Where a customer's data lies.
struct Places {
    store: Store,
    documents: Documents,
    queues: Queues,
    address: EmailAddress,
    customer: CustomerId,
}

async fn erase(global: &Global) -> Result<Receipt, Failure> {
    let stack = Stack::find(global).await?;
    let bus = stack.output("Bus")?.to_owned();
    let resources = stack.resources().await?;
    let address = read_address("Address of the customer to erase: ")?;
    let customer = stack.customer_key().await?.customer(&address);
    let shown = global.shown(&address);
    let places = Places {
        store: stack.store()?,
        documents: stack.documents()?,
        queues: Queues::of(&stack, &resources)?,
        address,
        customer,
    };
    let before = places.before().await?;
    anstream::eprintln!("Customer {customer} ({shown}) has {}. Erasing them cannot be undone.", before.counts());
    confirm_address("The same address again, to go on: ", &places.address)?;

    // The bus stamps whole seconds, and an event counts at most as its stamp.
    let at = second_of(Timestamp::now());
    event::send(&stack, &bus, &places.address, at).await?;
    let verified = async {
        places.wait(&stack, at).await?;
        let deleted = places.delete_dead_letters().await?;
        anstream::eprintln!("{} deleted", counted(deleted, "dead letter"));
        let after = places.after(&before.footprint).await?;
        Ok((after, listed(&stack, &places.address).await?))
    };
    let (after, listed) = verified.await.map_err(|failure: Failure| {
        let problem = format!("the erasure was sent, and is not verified: {}", failure.in_short());
        Failure::new(problem, format!("Run it again, which erases nothing twice: {}", stack.command("erase")))
    })?;
    Ok(Receipt::of(&stack, shown, customer, at, [&before, &after], listed.map(|listed| listed.reason)))
}

impl Places {
    /// Everything of the customer, the documents of the customer's bookings among it.
    async fn before(&self) -> Result<Found, Failure> {
        let (footprint, dead_letters, unseen) = self.look().await?;
        let mut documents = 0;
        for id in &footprint.bookings {
            documents += self.documents.count(id, &Kept::Only(BTreeSet::new())).await?;
        }
        documents += self.count_left(footprint.documents_of.difference(&footprint.bookings)).await?;
        Ok(Found { footprint, documents, dead_letters, unseen })
    }

    /// What is left of the customer, documents of the bookings that were there before among it. Bookings that stand have
    /// their documents still.
    async fn after(&self, before: &Footprint) -> Result<Found, Failure> {
        let (footprint, dead_letters, unseen) = self.look().await?;
        let ids: BTreeSet<_> = before.bookings.union(&before.documents_of).chain(&footprint.documents_of).collect();
        let gone = ids.into_iter().filter(|id| !footprint.bookings.contains(*id));
        let documents = self.count_left(gone).await?;
        Ok(Found { footprint, documents, dead_letters, unseen })
    }

    /// Deletes the dead letters of the customer; those that somebody else looks at once they can be seen again.
    async fn delete_dead_letters(&self) -> Result<usize, Failure> {
        let started = Instant::now();
        let mut deleted = 0;
        loop {
            let (now, unseen) = dead_letters::delete_about(&self.queues, &self.address, self.customer).await?;
            deleted += now;
            let Some(words) = unseen.words().filter(|_| started.elapsed() < HIDDEN) else { return Ok(deleted) };
            anstream::eprintln!("{words}");
            sleep(MENTION).await;
        }
    }

    async fn look(&self) -> Result<(Footprint, usize, Unseen), Failure> {
        let footprint = async { Ok(self.store.footprint(self.customer).await?) };
        let letters = async {
            let (about, unseen) = dead_letters::about_customer(&self.queues, &self.address, self.customer).await?;
            Ok::<_, Failure>((about.len(), unseen))
        };
        let (footprint, (dead_letters, unseen)) = tokio::try_join!(footprint, letters)?;
        Ok((footprint, dead_letters, unseen))
    }

    /// Versions and delete markers in the folders of bookings that are not the customer's any more, without those of bookings
    /// that are somebody else's now.
    async fn count_left(&self, ids: impl Iterator<Item = &BookingId>) -> Result<usize, Failure> {
        let mut left = 0;
        for id in ids {
            let kept = self.store.files_kept_from(self.customer, id).await?;
            left += self.documents.count(id, &kept).await?;
        }
        Ok(left)
    }

    /// Waits until the erasure is carried out to its end.
    async fn wait(&self, stack: &Stack, at: Timestamp) -> Result<(), Failure> {
        let started = Instant::now();
        let mut mentioned = started;
        anstream::eprintln!("The erasure is under way.");
        while !self.store.is_erased(self.customer, at).await? {
            if started.elapsed() > PATIENCE {
                let seconds = PATIENCE.as_secs();
                let dead_letters = stack.command("dead-letters list --queue bookings");
                let problem =
                    format!("it is not carried out after {seconds} s, so look among the dead letters ({dead_letters})");
                return Err(Failure::new(problem, ""));
            }
            if mentioned.elapsed() > MENTION {
                mentioned = Instant::now();
                anstream::eprintln!("Still under way after {} s.", started.elapsed().as_secs());
            }
            sleep(POLL).await;
        }
        Ok(())
    }
}
