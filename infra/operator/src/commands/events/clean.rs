//! `portal events clean`: what `trigger` made goes, and nothing else.

use std::collections::BTreeSet;

use clap::Args;
use portal_aws::documents::Kept;
use portal_domain::booking::BookingId;
use serde::Serialize;

use super::test_bookings::{test_booking, test_ids};
use crate::{
    global::Global,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, confirmed, counted, read_address},
};

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal events clean\n  portal events clean --yes --json < address.txt")]
pub(crate) struct Arguments {
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

/// What went. `--json` prints these fields.
#[derive(Serialize)]
struct Cleaned {
    #[serde(flatten)]
    place: Place,
    /// The customer's id, as logs name it.
    customer: String,
    /// The address, masked unless it may be shown.
    address: String,
    /// The test bookings that are gone.
    removed: Vec<BookingId>,
    /// How many of their documents went, each version counted.
    documents: usize,
    /// Bookings with the id of a test booking that stay, since nothing else speaks for a test.
    left: Vec<BookingId>,
}

pub(super) async fn run(global: &Global, arguments: &Arguments) -> Outcome {
    Outcome::of(global, clean(global, arguments).await)
}

async fn clean(global: &Global, Arguments { yes }: &Arguments) -> Result<Cleaned, Failure> {
    let stack = Stack::find(global).await?;
    let address = read_address("The test address: ")?;
    let customer = stack.customer_key().await?.customer(&address);
    let (store, bucket) = (stack.store()?, stack.documents()?);
    let (mut meant, mut left) = (Vec::new(), Vec::new());
    for id in test_ids(&store.customer_record(customer).await?) {
        match test_booking(&store, customer, &id).await? {
            Some(_) => meant.push(id),
            None => left.push(id.id().clone()),
        }
    }
    let mut cleaned = Cleaned {
        place: stack.place.clone(),
        customer: customer.to_string(),
        address: global.shown(&address),
        removed: Vec::new(),
        documents: 0,
        left,
    };
    if meant.is_empty() {
        return Ok(cleaned);
    }
    let bookings = counted(meant.len(), "test booking");
    anstream::eprintln!("{bookings} of {} with all documents will be removed.", cleaned.address);
    if !confirmed("Remove them? (y/n) ", *yes)? {
        let again = stack.command("events clean");
        return Err(Failure::new("nothing was removed", format!("Run it again and answer y: {again}")));
    }
    for id in meant {
        // First the documents: nothing leads to them once the booking is gone.
        let nothing_is_kept = async || Ok::<_, Failure>(Kept::Only(BTreeSet::new()));
        cleaned.documents += bucket.erase(id.id(), |_| true, nothing_is_kept).await?;
        if store.remove_test_booking(customer, &id).await? {
            cleaned.removed.push(id.id().clone());
        }
    }
    Ok(cleaned)
}

impl Report for Cleaned {
    fn show(&self, page: &mut Page) {
        let mark = if self.left.is_empty() { Mark::Ok } else { Mark::Warning };
        let (removed, documents) = (self.removed.len(), self.documents);
        let bookings = counted(removed, "test booking");
        page.headline(Some(mark), format_args!("{bookings} and {} removed", counted(documents, "document")));
        page.row(&[&"customer", &format_args!("{} ({})", self.customer, self.address)]);
        self.removed.iter().for_each(|id| page.row(&[&"removed", id]));
        self.left.iter().for_each(|id| page.row(&[&"left: not called as a test booking is", id]));
    }

    fn outcome(&self) -> Outcome {
        if self.left.is_empty() { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
