//! What is gathered before anything is said: the table, the logs, SES, the dead letters. What cannot be seen is named and
//! left out.

use std::collections::BTreeSet;

use aws_sdk_sesv2::operation::get_suppressed_destination::GetSuppressedDestinationError;
use jiff::{SignedDuration, Timestamp};
use portal_aws::store::{BookingRecord, CustomerRecord};
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    sign_in::SignIn,
};

use super::timeline::{Entry, What, is_near, timeline};
use crate::{
    commands::dead_letters::{self, Letter, Queue, Unseen},
    logs::{self, By, Line},
    stack::{Resources, Stack},
    terminal::Failure,
};

/// Everything that speaks for or against a mail, beside what the table has of its customer.
#[derive(Default)]
pub(crate) struct Evidence {
    /// None where SES could not be asked.
    pub(crate) account: Option<Account>,
    /// Whether the account's suppression list has the address.
    pub(crate) listed: Option<Listed>,
    /// Of a booking, the customers to whom its mails went or should have gone, by the log.
    pub(crate) customers: BTreeSet<CustomerId>,
    /// Oldest first.
    pub(crate) timeline: Vec<Entry>,
    /// What could not be seen, and why.
    pub(crate) not_checked: Vec<String>,
}

/// How SES stands to the account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) sends: bool,
    pub(crate) in_sandbox: bool,
}

/// An entry of the account's suppression list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// `BOUNCE` or `COMPLAINT`.
    pub(crate) reason: String,
    pub(crate) since: Option<Timestamp>,
}

/// A dead letter that is about the customer or the booking.
#[derive(Debug, Clone)]
pub(crate) struct Dead {
    /// What `portal dead-letters show` takes.
    pub(crate) id: String,
    /// Whether it is an event, and not a request for a mail.
    pub(crate) is_event: bool,
    /// The booking whose confirmation it asks for, if it is that.
    pub(crate) confirms: Option<BookingId>,
}

impl Dead {
    pub(crate) fn of(letter: &Letter) -> Self {
        Self {
            id: letter.short_id().to_owned(),
            is_event: letter.queue == Queue::Bookings,
            confirms: dead_letters::confirms(letter),
        }
    }
}

/// A customer.
pub(crate) struct OfCustomer {
    pub(crate) record: CustomerRecord,
    pub(crate) dead: Vec<Dead>,
    /// The bookings whose confirmations may be under way, the newest event first.
    pub(crate) confirmations: Vec<(BookingId, BookingRecord)>,
}

/// A booking, and whose it is.
pub(crate) struct OfBooking {
    pub(crate) record: Option<BookingRecord>,
    /// Where there is none: up to when a customer of its mails is erased.
    pub(crate) erased_at: Option<Timestamp>,
    pub(crate) owner: Option<OfCustomer>,
    pub(crate) dead: Vec<Dead>,
}

/// The logs that name customers.
const OF_CUSTOMERS: [&str; 5] = ["RequestLinkLog", "SendMailLog", "RedeemLinkLog", "SignOutLog", "ProjectBookingsLog"];

/// The logs that name bookings.
const OF_BOOKINGS: [&str; 2] = ["ProjectBookingsLog", "SendMailLog"];

impl Evidence {
    /// What SES and the logs know of a customer.
    pub(crate) async fn of_customer(
        stack: &Stack,
        resources: &Resources,
        customer: CustomerId,
        address: &EmailAddress,
        record: &CustomerRecord,
        confirmations: &[BookingId],
        since: Timestamp,
    ) -> Self {
        let mut evidence = Self::default();
        evidence.ask_ses(stack, Some(address)).await;
        let customer = customer.to_string();
        let bookings: Vec<&str> = confirmations.iter().map(BookingId::as_str).collect();
        let asked =
            [(By::Customer, &OF_CUSTOMERS[..], &[customer.as_str()][..]), (By::Booking, &OF_BOOKINGS, &bookings)];
        let lines = evidence.read(stack, resources, &asked, since).await;
        evidence.timeline = timeline(&lines, &record.sign_ins);
        evidence
    }

    /// What SES and the logs know of a booking's mails.
    pub(crate) async fn of_booking(
        stack: &Stack,
        resources: &Resources,
        booking: &BookingId,
        address: Option<&EmailAddress>,
        since: Timestamp,
    ) -> Self {
        let mut evidence = Self::default();
        evidence.ask_ses(stack, address).await;
        let asked = [(By::Booking, &OF_BOOKINGS[..], &[booking.as_str()][..])];
        let lines = evidence.read(stack, resources, &asked, since).await;
        evidence.customers = lines.iter().filter_map(|line| line.field("customer")?.parse().ok()).collect();
        evidence.timeline = timeline(&lines, &[]);
        evidence
    }

    /// The dead letters that were looked for.
    pub(crate) fn dead(&mut self, found: Result<(Vec<Letter>, Unseen), Failure>) -> Vec<Dead> {
        match found {
            Ok((letters, unseen)) => {
                self.not_checked.extend(unseen.words());
                letters.iter().map(Dead::of).collect()
            }
            Err(failure) => {
                self.not_checked.push(failure.to_string());
                Vec::new()
            }
        }
    }

    async fn ask_ses(&mut self, stack: &Stack, address: Option<&EmailAddress>) {
        match account(stack).await {
            Ok(account) => self.account = Some(account),
            Err(failure) => self.not_checked.push(failure.to_string()),
        }
        let Some(address) = address else { return };
        match listed(stack, address).await {
            Ok(listed) => self.listed = listed,
            Err(failure) => self.not_checked.push(failure.to_string()),
        }
    }

    /// The lines of these logs that name these, and those that tell what became of the mails they name.
    async fn read(
        &mut self,
        stack: &Stack,
        resources: &Resources,
        asked: &[(By, &[&str], &[&str])],
        since: Timestamp,
    ) -> Vec<Line> {
        let mut found = Vec::new();
        for (by, of, ids) in asked {
            for log in *of {
                self.add(&mut found, logs::lines(stack, resources, log, *by, ids, since).await);
            }
        }
        let mails: Vec<String> = found.iter().filter_map(|line| What::of(line)?.mail_id().map(str::to_owned)).collect();
        let mails: Vec<&str> = mails.iter().map(String::as_str).collect();
        self.add(&mut found, logs::lines(stack, resources, "MailFeedbackLog", By::Mail, &mails, since).await);
        found.sort_by_key(|line| line.at);
        found
    }

    fn add(&mut self, found: &mut Vec<Line>, lines: Result<Vec<Line>, Failure>) {
        match lines {
            // A line may name both a customer and a booking.
            Ok(lines) => lines.into_iter().for_each(|line| {
                if !found.contains(&line) {
                    found.push(line);
                }
            }),
            Err(failure) => {
                let why = failure.to_string();
                if !self.not_checked.contains(&why) {
                    self.not_checked.push(why);
                }
            }
        }
    }

    /// The last that happened of a kind.
    pub(crate) fn last(&self, is_it: impl Fn(&What) -> bool) -> Option<(Timestamp, &What)> {
        self.timeline.iter().rev().find(|entry| is_it(&entry.what)).map(|entry| (entry.at, &entry.what))
    }

    /// The mail that carried the link of a sign-in.
    pub(crate) fn mail_of(&self, sign_in: &SignIn) -> Option<&What> {
        let mailed_at = sign_in.mailed_at?;
        let mails = self.timeline.iter().filter(|entry| matches!(entry.what, What::Mailed { .. }));
        mails.filter(|entry| is_near(entry.at, mailed_at)).map(|entry| &entry.what).next()
    }

    /// When the mailbox took a mail.
    pub(crate) fn delivered(&self, mail: &What) -> Option<Timestamp> {
        self.of_mail(mail, |what| matches!(what, What::Delivered { .. }))
    }

    /// When the mailbox last put a mail off, or sent it back for once.
    pub(crate) fn delayed(&self, mail: &What) -> Option<Timestamp> {
        self.of_mail(mail, |what| matches!(what, What::Delayed { .. } | What::CameBack { .. }))
    }

    fn of_mail(&self, mail: &What, is_it: impl Fn(&What) -> bool) -> Option<Timestamp> {
        let id = mail.mail_id()?;
        self.last(|what| what.mail_id() == Some(id) && is_it(what)).map(|(at, _)| at)
    }
}

async fn account(stack: &Stack) -> Result<Account, Failure> {
    let account = stack.ses()?.get_account().send().await;
    let account = account.map_err(|error| Failure::of_call("ses:GetAccount", &error))?;
    let sends = account.sending_enabled() && account.enforcement_status() != Some("SHUTDOWN");
    Ok(Account { sends, in_sandbox: !account.production_access_enabled() })
}

/// What the account's suppression list in SES says of an address.
pub(in crate::commands) async fn listed(stack: &Stack, address: &EmailAddress) -> Result<Option<Listed>, Failure> {
    match stack.ses()?.get_suppressed_destination().email_address(address.as_str()).send().await {
        Ok(found) => Ok(found.suppressed_destination.map(|found| Listed {
            reason: found.reason.as_str().to_lowercase(),
            since: Timestamp::from_second(found.last_update_time.secs()).ok(),
        })),
        Err(error) => match error.as_service_error() {
            Some(GetSuppressedDestinationError::NotFoundException(_)) => Ok(None),
            _ => Err(Failure::of_call("ses:GetSuppressedDestination", &error)),
        },
    }
}

/// The beginning of what is looked at: so many days before `now`.
pub(crate) fn since(days: u16, now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::UNIX_EPOCH)
}
