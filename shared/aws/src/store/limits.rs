//! Counters of requests. A window begins with its first request; DynamoDB removes it when it is over.

use std::{fmt, net::IpAddr};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};

use super::{Error, Store, Updated, carry_out, keys, number, read};
use portal_domain::{
    customer::CustomerId,
    limits::{Counter, Limit, Verdict, WINDOW},
    time::after,
};

/// Whose requests are counted, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Links asked for from a network address; of IPv6 the network counts (/64).
    Source(IpAddr),
    /// Links asked for with a customer's address.
    Customer(CustomerId),
    /// Links renewed from a network address.
    RenewingSource(IpAddr),
    /// Links of a customer renewed.
    RenewingCustomer(CustomerId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(address) => write!(f, "SOURCE#{}", network(*address)),
            Self::Customer(customer) => write!(f, "CUSTOMER#{customer}"),
            Self::RenewingSource(address) => write!(f, "RENEWING_SOURCE#{}", network(*address)),
            Self::RenewingCustomer(customer) => write!(f, "RENEWING_CUSTOMER#{customer}"),
        }
    }
}

/// The part of an address that one household or one attacker holds.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

/// How often a counter that others change at the same moment is tried again.
const ATTEMPTS: usize = 64;

impl Store {
    /// Counts one request, unless the limit or a recent request speaks against it. Exact under concurrency: every
    /// count is one conditional write. The first request of a window, which most are, needs no second one.
    pub async fn count_request(&self, subject: Subject, limit: Limit, now: Timestamp) -> Result<Verdict, Error> {
        let mut seen = None;
        // Names this request, so that it knows its own count where only the answer to the write was lost.
        let request = getrandom::u64().unwrap_or_else(|_| now.as_nanosecond() as u64).to_string();
        for _ in 0..ATTEMPTS {
            let attempt = match seen {
                None => self.begin_window(subject, &request, now).await?,
                Some(counter) => self.increment(subject, &request, &counter, now).await?,
            };
            let Updated::Refused(item) = attempt else { return Ok(Verdict::Counted) };
            if item.as_ref().and_then(|item| item.get("counted_by")?.as_s().ok()) == Some(&request) {
                return Ok(Verdict::Counted);
            }
            let counter = item.map(|item| read("counter", item)).transpose()?;
            if let Some(objection) = counter.and_then(|counter| limit.objection(&counter, now)) {
                return Ok(objection);
            }
            seen = counter;
        }
        Err(Error::Conflicts("counting a request"))
    }

    /// Lets the customer's next request count at once: the last one was counted, but came to nothing.
    pub async fn allow_repetition(&self, subject: Subject) -> Result<(), Error> {
        let update = self
            .update(keys::limit(subject))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET last_at = :long_ago")
            .expression_attribute_values(":long_ago", number(0));
        carry_out(update).await.map(drop)
    }

    /// Counts the first request of a window; otherwise says what stands in the way.
    async fn begin_window(&self, subject: Subject, request: &str, now: Timestamp) -> Result<Updated, Error> {
        let ends = after(now, WINDOW);
        let update = self
            .update(keys::limit(subject))
            .condition_expression("attribute_not_exists(pk) OR window_ends <= :now")
            .update_expression("SET #count = :one, window_ends = :ends, last_at = :now, counted_by = :request, expires_at = :expires_at")
            .expression_attribute_values(":request", AttributeValue::S(request.to_owned()))
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":ends", number(ends.as_second()))
            .expression_attribute_values(":expires_at", number(after(ends, SignedDuration::from_mins(5)).as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        carry_out(update).await
    }

    /// Counts one more if nobody counted since `seen`; otherwise says what stands there now.
    async fn increment(
        &self,
        subject: Subject,
        request: &str,
        seen: &Counter,
        now: Timestamp,
    ) -> Result<Updated, Error> {
        let update = self
            .update(keys::limit(subject))
            .condition_expression("#count = :seen AND window_ends = :ends")
            .update_expression("SET #count = :next, last_at = :now, counted_by = :request")
            .expression_attribute_values(":request", AttributeValue::S(request.to_owned()))
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":seen", number(seen.count))
            .expression_attribute_values(":next", number(seen.count + 1))
            .expression_attribute_values(":ends", number(seen.window_ends.as_second()))
            .expression_attribute_values(":now", number(now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        carry_out(update).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_source_is_its_network() {
        let counted = |address: &str| Subject::Source(address.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), counted("2001:db8:1:2::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }
}
