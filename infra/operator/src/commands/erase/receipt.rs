//! The receipt of an erasure.

use jiff::Timestamp;
use portal_domain::customer::CustomerId;
use serde::Serialize;

use super::found::{Counts, Found};
use crate::{
    commands::dead_letters::Unseen,
    stack::Stack,
    terminal::{Mark, Outcome, Page, Report, when},
};

/// What went, what is left, and what stays for a reason.
#[derive(Serialize)]
pub(super) struct Receipt {
    /// The customer's id, as logs name it.
    customer: String,
    /// The address, masked unless it may be shown.
    address: String,
    /// What occurred to the customer up to then is gone, and void if it comes again.
    erased_up_to: Timestamp,
    /// Whether anything was known of the customer, an earlier erasure included.
    was_known: bool,
    /// What was found before, and is not there any more.
    gone: Counts,
    /// What is there still. Bookings occurred later than the erasure.
    left: Counts,
    /// How many dead letters could not be looked at, whosever they are.
    unseen: Unseen,
    /// What stays, and why.
    stays: Vec<String>,
    /// The command that erases what is left.
    #[serde(skip)]
    again: String,
}

impl Receipt {
    pub(super) fn of(
        stack: &Stack,
        address: String,
        customer: CustomerId,
        at: Timestamp,
        [before, after]: [&Found; 2],
        listed: Option<String>,
    ) -> Self {
        let (was, left) = (before.counts(), after.counts());
        let gone = Counts {
            bookings: was.bookings.saturating_sub(left.bookings),
            documents: was.documents.saturating_sub(left.documents),
            sign_ins: was.sign_ins.saturating_sub(left.sign_ins),
            confirmations: was.confirmations.saturating_sub(left.confirmations),
            others: was.others.saturating_sub(left.others),
            dead_letters: was.dead_letters.saturating_sub(left.dead_letters),
        };
        let footprint = &before.footprint;
        let was_known = was != Counts::default() || footprint.erased.is_some() || footprint.has_complained;
        let days = stack.parameter("LogRetentionDays").unwrap_or("30");
        let listed = listed.map(|reason| {
            format!("the address itself, on the suppression list of SES in this account, for a {reason}: SES mails it nothing")
        });
        let complaint = after.footprint.has_complained.then(|| {
            "that the customer reported a mail as spam, a hash and a time: it is what the customer asked for".to_owned()
        });
        let stays = complaint.into_iter().chain(listed).chain([
            "that the customer was erased, a hash and a time: so that late events bring nothing back".to_owned(),
            "backups of the table, where the data ages out within 35 days".to_owned(),
            format!("logs, which hold ids and no address, for {days} days"),
        ]);
        Self {
            customer: customer.to_string(),
            address,
            erased_up_to: at,
            was_known,
            gone,
            left,
            unseen: after.unseen,
            stays: stays.collect(),
            again: stack.command("erase"),
        }
    }

    fn is_clean(&self) -> bool {
        self.left == Counts::default() && self.unseen == Unseen(0)
    }
}

impl Report for Receipt {
    fn show(&self, page: &mut Page) {
        match (self.is_clean(), self.was_known) {
            (true, true) => page.headline(Some(Mark::Ok), "The customer is erased."),
            (true, false) => page.headline(Some(Mark::Warning), "Nothing was known of this address."),
            (false, _) if self.left == Counts::default() => {
                page.headline(Some(Mark::Failure), "Not everything could be looked at.");
            }
            (false, _) => page.headline(Some(Mark::Failure), "Something of the customer is left."),
        }
        page.row(&[&"customer", &format_args!("{} ({})", self.customer, self.address)]);
        page.row(&[&"erased up to", &when(self.erased_up_to)]);
        page.row(&[&"gone", &self.gone]);
        page.row(&[&"left", &self.left]);
        self.unseen.words().iter().for_each(|words| page.line(words));
        page.heading("What stays, and why");
        self.stays.iter().for_each(|what| page.line(what));
        if !self.is_clean() {
            page.advice(format_args!("Erase what is left, too: {}", self.again));
        } else if !self.was_known {
            page.advice(format_args!("Ask whether it is the address that was booked with, then: {}", self.again));
        }
    }

    fn outcome(&self) -> Outcome {
        if self.is_clean() && self.was_known { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
