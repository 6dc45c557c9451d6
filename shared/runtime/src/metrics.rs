//! Counts for the operator, as lines of CloudWatch's embedded metric format on standard output.
//!
//! Their one dimension is the function's name: nothing that could grow, nothing about a customer.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::{io::Write, sync::OnceLock};

use jiff::Timestamp;
use portal_domain::config::Environment;
use serde_json::{Value, json};

/// The CloudWatch namespace of all of them.
pub const NAMESPACE: &str = "CustomerPortal";

/// The name of the function that counts.
static FUNCTION: OnceLock<String> = OnceLock::new();

/// Notes which function counts.
pub(crate) fn init(env: &Environment) {
    FUNCTION.get_or_init(|| env.function_name());
}

/// Something that is counted; CloudWatch knows it by its name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A request was answered with the page that says something went wrong: Lambda counts no error then.
    RequestsFailed,
    /// A queue message failed and comes again: Lambda counts no error then, either.
    MessagesFailed,
    /// A sign-in link was asked for with an address.
    LinksRequested,
    /// A fresh link was asked for with a dead one.
    LinksRenewed,
    /// A link was asked for again within a minute.
    LinksRepeated,
    /// No link: too many were asked for from one network.
    LinksRefusedNetwork,
    /// No link: too many were asked for by or for one customer.
    LinksRefusedCustomer,
    /// A link signed somebody in.
    LinksRedeemed,
    /// A link had been used before, or its sign-in had ended.
    RedemptionsRefusedUsed,
    /// A link came too late.
    RedemptionsRefusedExpired,
    /// A link was not one of the portal's.
    RedemptionsRefusedUnknown,
    /// A request that changes something was not known to come from a page of the portal.
    RequestsRefusedForeign,
    /// A request of the booking system was not signed, or not just now, with a secret of the stack.
    SignaturesRefused,
    /// A booking event came over HTTPS and is on the queue.
    EventsQueued,
    /// SES took a mail.
    MailsSent,
    /// A mail was not sent, because its address had bounced or complained.
    MailsSuppressed,
    /// SES refuses the address or the mail for good, at once or after it took it.
    MailsRejected,
    /// A mail could not be sent now and comes again.
    MailsDelayed,
    /// SES sends nothing for this account: paused, still in the sandbox, or not set up.
    SendingPaused,
    /// A mailbox took a mail.
    MailsDelivered,
    /// A mailbox could not take a mail yet; SES goes on trying.
    DeliveriesDelayed,
    /// A mail came back for good.
    Bounces,
    /// A mail came back this time.
    SoftBounces,
    /// A mail was reported as spam.
    Complaints,
    /// A booking event changed a booking.
    EventsApplied,
    /// A booking event was older than what is known.
    EventsStale,
    /// A booking event was about a customer erased since.
    EventsVoid,
    /// A booking event broke the contract.
    EventsRefused,
    /// A booking event said something else of a revision that is known.
    EventsContradicted,
    /// A booking event occurred, as it says, after the bus had got it.
    EventsAhead,
    /// The lines of a booking's price added up to something else than its total.
    PricesNotAddingUp,
    /// A link in a booking event was dropped because of its host.
    LinksDropped,
    /// A booking event named a document whose file was not uploaded, or is empty.
    DocumentsMissing,
    /// A customer was erased.
    CustomersErased,
    /// An erasure found nothing of the customer.
    ErasuresEmpty,
    /// An erasure left bookings of the customer, since they occurred later.
    ErasuresPartial,
}

impl Metric {
    /// Counts one. Before `init` nothing is counted, as nothing is logged: a line without its function's name would count
    /// for nobody.
    pub fn count(self) {
        let Some(function) = FUNCTION.get() else { return };
        // One write a line, so that lines of other tasks do not run into it; a line that is lost spoils nothing.
        let _ = std::io::stdout().lock().write_all(format!("{}\n", self.line(function, Timestamp::now())).as_bytes());
    }

    fn line(self, function: &str, now: Timestamp) -> Value {
        let name = format!("{self:?}");
        json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [{"Name": name, "Unit": "Count"}],
                }],
            },
            "FunctionName": function,
            name: 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let line = Metric::MailsSent.line("portal-SendMail", Timestamp::UNIX_EPOCH);
        let expected = json!({
            "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{"Namespace": "CustomerPortal",
                "Dimensions": [["FunctionName"]], "Metrics": [{"Name": "MailsSent", "Unit": "Count"}]}]},
            "FunctionName": "portal-SendMail", "MailsSent": 1,
        });
        assert_eq!(line, expected);
    }
}
