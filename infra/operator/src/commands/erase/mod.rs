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
};
use tokio::time::{Instant, sleep};

use super::dead_letters::{self, Queues};
use crate::{
    global::Global,
    stack::Stack,
    terminal::{Failure, Outcome, confirm_address, counted, read_address},
};
use found::Found;
use receipt::Receipt;

/// How long an erasure may take: it waits in a queue behind other events.
const PATIENCE: Duration = Duration::from_mins(2);

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
    let at = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    event::send(&stack, &bus, &places.address, at).await?;
    places.wait(&stack, at).await?;
    let dead_letters = dead_letters::delete_about(&places.queues, &places.address, customer).await?;
    anstream::eprintln!("{} deleted", counted(dead_letters, "dead letter"));
    let after = places.after(&before.footprint).await?;
    Ok(Receipt::of(&stack, shown, customer, at, &before, &after))
}

impl Places {
    /// Everything of the customer, the documents of the customer's bookings among it.
    async fn before(&self) -> Result<Found, Failure> {
        let (footprint, dead_letters) = self.look().await?;
        let mut documents = 0;
        for id in &footprint.bookings {
            documents += self.documents.count(id, &Kept::Only(BTreeSet::new())).await?;
        }
        documents += self.count_left(footprint.documents_of.difference(&footprint.bookings)).await?;
        Ok(Found { footprint, documents, dead_letters })
    }

    /// What is left of the customer, documents of the bookings that were there before among it. Bookings that stand have
    /// their documents still.
    async fn after(&self, before: &Footprint) -> Result<Found, Failure> {
        let (footprint, dead_letters) = self.look().await?;
        let ids: BTreeSet<_> = before.bookings.union(&before.documents_of).chain(&footprint.documents_of).collect();
        let gone = ids.into_iter().filter(|id| !footprint.bookings.contains(*id));
        let documents = self.count_left(gone).await?;
        Ok(Found { footprint, documents, dead_letters })
    }

    async fn look(&self) -> Result<(Footprint, usize), Failure> {
        let footprint = async { Ok(self.store.footprint(self.customer).await?) };
        let letters = async {
            let about = dead_letters::about_customer(&self.queues, &self.address, self.customer).await?;
            Ok::<_, Failure>(about.len())
        };
        tokio::try_join!(footprint, letters)
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
                return Err(Failure::new(
                    format!("the erasure was sent and is not carried out after {seconds} s"),
                    format!(
                        "Look among the dead letters: {}. Then run this again: {}",
                        stack.command("dead-letters list --queue bookings"),
                        stack.command("erase")
                    ),
                ));
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
