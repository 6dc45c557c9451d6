//! `portal allow-mail`: a customer who had reported a mail as spam wants mail again.

use aws_sdk_sesv2::operation::delete_suppressed_destination::DeleteSuppressedDestinationError;
use portal_domain::customer::EmailAddress;
use serde::Serialize;

use crate::{
    global::Global,
    stack::Stack,
    terminal::{Failure, Outcome, Page, Report, read_address},
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
}

pub(crate) async fn run(global: &Global) -> Outcome {
    Outcome::of(global, allow_mail(global).await)
}

async fn allow_mail(global: &Global) -> Result<Allowed, Failure> {
    let stack = Stack::find(global).await?;
    let address = read_address("Address of the customer who asked for mail again: ")?;
    let customer = stack.customer_key().await?.customer(&address);
    let was_suppressed_by_ses = remove_from_suppression_list(&stack, &address).await?;
    let was_suppressed_by_portal = stack.store()?.forget_complaint(customer).await?;
    let address = global.shown(&address);
    Ok(Allowed { address, customer: customer.to_string(), was_suppressed_by_ses, was_suppressed_by_portal })
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
        page.headline(None, "Mail to this customer is allowed again.");
        page.row(&[&"customer", &format_args!("{} ({})", self.customer, self.address)]);
        page.row(&[&"SES suppression list", &had(self.was_suppressed_by_ses)]);
        page.row(&[&"complaint noted here", &had(self.was_suppressed_by_portal)]);
    }
}
