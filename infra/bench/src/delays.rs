//! What AWS and a phone take and this machine does not: typical figures, each with where it comes from.

use std::time::Duration;

use serde::Serialize;

use crate::question::{Question, Service};

/// A delay that is put in.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Delay {
    pub(crate) of: &'static str,
    pub(crate) ms: u64,
    /// A source, or what is assumed.
    pub(crate) basis: &'static str,
}

impl Delay {
    pub(crate) const fn lasts(self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

/// A new connection of a phone takes three of them before its first request: for the name, for TCP and for TLS 1.3.
pub(crate) const ROUND_TRIP: Delay = Delay {
    of: "a phone's round trip to the region",
    ms: 70,
    basis: "WebPageTest's LTE profile (github.com/catchpoint/WebPageTest, connectivity.ini)",
};
pub(crate) const GATEWAY: Delay = Delay {
    of: "API Gateway's own share of a request",
    ms: 10,
    basis: "99 % take less (aws.amazon.com/blogs/compute/building-better-apis-http-apis-now-generally-available)",
};
pub(crate) const INSTANCE: Delay = Delay {
    of: "a microVM before the function's process starts",
    ms: 125,
    basis: "Firecracker's limit for its start (SPECIFICATION.md); that Lambda takes as long is an assumption",
};
pub(crate) const EVENT_SOURCE: Delay = Delay {
    of: "from a queue to the function",
    ms: 34,
    basis: "nine of ten take less (bitesizedserverless.com/bite/serverless-messaging-latency-compared)",
};
const READ: Delay = Delay {
    of: "a read of DynamoDB",
    ms: 4,
    basis: "assumed, of the single-digit milliseconds that AWS names (aws.amazon.com/dynamodb)",
};
const WRITE: Delay = Delay { of: "a write to DynamoDB", ms: 6, basis: "assumed, as of a read" };
const TRANSACTION: Delay =
    Delay { of: "a transaction of DynamoDB", ms: 12, basis: "assumed: it prepares, then commits" };
const QUEUE: Delay = Delay { of: "a call of SQS", ms: 10, basis: "assumed" };
const MAIL: Delay = Delay { of: "SES's SendEmail", ms: 60, basis: "assumed" };
/// Added to what was measured: nothing here waits for it.
pub(crate) const DELIVERY: Delay = Delay {
    of: "from SES to the mailbox",
    ms: 546,
    basis: "the delivery that SES's guide shows (docs.aws.amazon.com/ses/latest/dg/notification-contents.html)",
};

/// All of them.
pub(crate) const DELAYS: [Delay; 10] =
    [ROUND_TRIP, GATEWAY, INSTANCE, EVENT_SOURCE, READ, WRITE, TRANSACTION, QUEUE, MAIL, DELIVERY];

/// How long AWS takes for a question.
pub(crate) fn answer(question: &Question) -> Duration {
    let delay = match question.service {
        Service::DynamoDb => match question.action.as_str() {
            "GetItem" | "BatchGetItem" | "Query" => READ,
            "TransactWriteItems" | "TransactGetItems" => TRANSACTION,
            _ => WRITE,
        },
        Service::Ses => MAIL,
        Service::Sqs | Service::S3 | Service::SecretsManager => QUEUE,
    };
    delay.lasts()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_call_takes_its_own_time() {
        for (service, action, delay) in [
            (Service::DynamoDb, "BatchGetItem", READ),
            (Service::DynamoDb, "Query", READ),
            (Service::DynamoDb, "UpdateItem", WRITE),
            (Service::DynamoDb, "TransactWriteItems", TRANSACTION),
            (Service::Sqs, "SendMessage", QUEUE),
            (Service::Ses, "POST /v2/email/outbound-emails", MAIL),
        ] {
            let question = Question { service, action: action.to_owned(), keys: Vec::new() };
            assert_eq!(answer(&question), delay.lasts(), "{action}");
        }
    }
}
