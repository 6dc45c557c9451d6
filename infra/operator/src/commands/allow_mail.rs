//! `portal allow-mail`: a customer who had reported a mail as spam wants mail again. A bounce is not forgotten here: a later event
//! that names the address ends it (`portal_domain::suppression`).

use aws_sdk_sesv2::operation::delete_suppressed_destination::DeleteSuppressedDestinationError;
use jiff::Timestamp;
use portal_domain::{customer::EmailAddress, suppression::Suppressed};
use serde::Serialize;

use crate::{
    global::Global,
    stack::Stack,
    terminal::{Failure, Mark, Outcome, Page, Report, read_address, when},
};

/// What was done. `--json` prints these fields.
#[derive(Serialize)]
struct Allowed {
    /// The address, masked unless it may be shown.
    address: String,
    /// The customer's id, as logs name it.
    customer: String,
    /// Whether the account's suppression list in SES had it.
    was_suppressed_by_ses: bool,
    /// Whether the portal had noted a complaint.
    was_suppressed_by_portal: bool,
    /// Whether a booking has the address.
    has_booking: bool,
    /// When a mail came back for good, where nobody named the address again since: nothing is mailed until then.
    bounced_at: Option<Timestamp>,
    /// What to do, if there is something.
    advice: Option<String>,
}

pub(crate) async fn run(global: &Global) -> Outcome {
    Outcome::of(global, allow_mail(global).await)
}

async fn allow_mail(global: &Global) -> Result<Allowed, Failure> {
    let stack = Stack::find(global).await?;
    let address = read_address("Address of the customer who asked for mail again: ")?;
    let customer = stack.customer_key().await?.customer(&address);
    let was_suppressed_by_ses = remove_from_suppression_list(&stack, &address).await?;
    let store = stack.store()?;
    let was_suppressed_by_portal = store.forget_complaint(customer).await?;
    let has_booking = store.newest_addressee(customer).await?.is_some();
    let suppression = store.suppression(customer).await?;
    let bounced_at = suppression.bounced_at.filter(|_| suppression.suppressed() == Some(Suppressed::Bounced));
    let mut allowed = Allowed {
        address: global.shown(&address),
        customer: customer.to_string(),
        was_suppressed_by_ses,
        was_suppressed_by_portal,
        has_booking,
        bounced_at,
        advice: None,
    };
    allowed.advice = match allowed.state() {
        State::Bounced(_) => Some(format!(
            "Have the booking system send the booking again, with the right address and a higher revision: that event ends the \
             bounce. By hand: {}",
            stack.command("events send booking.json --wait")
        )),
        State::Unknown => Some(format!("Compare the address with the booking's: {}", stack.command("booking ID"))),
        State::Allowed | State::Free => None,
    };
    Ok(allowed)
}

/// How it stands about mail to the customer now.
enum State {
    /// A mail came back for good.
    Bounced(Timestamp),
    /// Nothing is known of the address.
    Unknown,
    /// Something was in the way, and is not there any more.
    Allowed,
    /// Nothing was in the way.
    Free,
}

impl Allowed {
    fn state(&self) -> State {
        match (self.bounced_at, self.was_suppressed_by_ses || self.was_suppressed_by_portal, self.has_booking) {
            (Some(at), ..) => State::Bounced(at),
            (None, true, _) => State::Allowed,
            (None, false, true) => State::Free,
            (None, false, false) => State::Unknown,
        }
    }
}

/// Whether the list had it.
async fn remove_from_suppression_list(stack: &Stack, address: &EmailAddress) -> Result<bool, Failure> {
    match stack.ses()?.delete_suppressed_destination().email_address(address.as_str()).send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(DeleteSuppressedDestinationError::NotFoundException(_)) => Ok(false),
            _ => Err(Failure::of_call("ses:DeleteSuppressedDestination", &error)),
        },
    }
}

impl Report for Allowed {
    fn show(&self, page: &mut Page) {
        let had = |had: bool| if had { "removed" } else { "was not there" };
        match self.state() {
            State::Bounced(at) => page.headline(
                Some(Mark::Failure),
                format_args!(
                    "A bounce stands since {}: nothing is mailed until a later event names the address.",
                    when(at)
                ),
            ),
            State::Unknown => {
                page.headline(Some(Mark::Failure), "No booking has this address, and nothing was in the way.");
            }
            State::Allowed => page.headline(Some(Mark::Ok), "Mail to this customer is allowed again."),
            State::Free => page.headline(Some(Mark::Ok), "Nothing was in the way of mail to this customer."),
        }
        page.row(&[&"customer", &format_args!("{} ({})", self.customer, self.address)]);
        page.row(&[&"SES suppression list", &had(self.was_suppressed_by_ses)]);
        page.row(&[&"complaint noted here", &had(self.was_suppressed_by_portal)]);
        page.row(&[&"bookings", if self.has_booking { &"found" } else { &"none" }]);
        if let Some(advice) = &self.advice {
            page.advice(advice);
        }
    }

    fn outcome(&self) -> Outcome {
        match self.state() {
            State::Bounced(_) | State::Unknown => Outcome::FoundSomething,
            State::Allowed | State::Free => Outcome::Fine,
        }
    }
}
