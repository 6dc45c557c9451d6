//! Token buckets of requests: the rule of `rate_limit` as conditional writes, so that it is exact under concurrency.
//!
//! DynamoDB has no `max()` and no sums in conditions. So each case has its own expressions, and what is added to `now` is
//! added here. A condition says what makes its case true and not what was seen, so a write fails only where the request
//! has become another case: the item that comes back with the failure (`ALL_OLD`) tells which.

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::Timestamp;
use portal_domain::{
    randomness::random,
    rate_limit::{Counter, Limit, RateLimitKey, Verdict},
};

use super::{
    errors::Error,
    items::{Item, number, read_any},
    keys,
    retry::{ATTEMPTS, Attempts},
    table::{Store, Updated, carry_out},
};

/// A counter is kept for so many seconds after both buckets are full again, for the clocks that are behind.
const KEPT_FOR: i64 = 600;

/// The last request that counted is not this one, whose answer was lost, and not one that this one repeats.
const NEITHER_OURS_NOR_REPEATED: &str = "counted_by <> :request AND (last_at <= :earlier OR last_at >= :later)";

impl Store {
    /// Counts one request, unless the limit or a recent request speaks against it. One write where nobody asked for a
    /// while, else two; more only where others count, at the same moment, what makes this request another case.
    pub async fn count_request(&self, key: RateLimitKey, limit: &Limit, now: Timestamp) -> Result<Verdict, Error> {
        // Names this request, so that it knows its own count where only the answer to the write was lost.
        let request = u64::from_le_bytes(random()?).to_string();
        let mut seen = None;
        let mut attempts = Attempts::new("counting a request", ATTEMPTS);
        loop {
            let write = self.counting(key, &request, limit, seen.as_ref(), now);
            let Updated::Refused(item) = carry_out(write).await? else { return Ok(Verdict::Counted) };
            if item.as_ref().is_some_and(|item| was_counted_by(item, &request)) {
                return Ok(Verdict::Counted);
            }
            seen = read_any::<Counter>(item)?;
            if let Some(objection) = seen.as_ref().and_then(|counter| limit.objection(counter, now)) {
                return Ok(objection);
            }
            attempts.next().await?;
        }
    }

    /// Lets the customer's next request count at once: the last one was counted, but came to nothing.
    pub async fn allow_repetition(&self, key: RateLimitKey) -> Result<(), Error> {
        let update = self
            .update(keys::limit(key))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET last_at = :long_ago")
            .expression_attribute_values(":long_ago", number(0));
        carry_out(update).await.map(drop)
    }

    /// The write that counts a request where the counter is still in the case in which it was seen.
    fn counting(
        &self,
        key: RateLimitKey,
        request: &str,
        limit: &Limit,
        seen: Option<&Counter>,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let after_an_idle_time = limit.counted(None, now);
        let (now, sustained_refill) = (now.as_second(), i64::from(limit.sustained.refill));
        let update = self
            .update(keys::limit(key))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":request", AttributeValue::S(request.to_owned()))
            .expression_attribute_values(":now", number(now));

        let Some(seen) = seen.filter(|seen| seen.sustained_tat > now) else {
            // Both buckets are full: the sustained one is never the first to be so.
            return update
                .condition_expression("attribute_not_exists(sustained_tat) OR sustained_tat <= :now")
                .update_expression(
                    "SET burst_tat = :burst, sustained_tat = :sustained, last_at = :now, counted_by = :request, \
                     expires_at = :expires_at",
                )
                .expression_attribute_values(":burst", number(after_an_idle_time.burst_tat))
                .expression_attribute_values(":sustained", number(after_an_idle_time.sustained_tat))
                .expression_attribute_values(":expires_at", number(after_an_idle_time.sustained_tat + KEPT_FOR));
        };

        let repeat_within = i64::from(limit.repeat_within);
        let update = update
            .expression_attribute_values(":sustained_latest", number(limit.sustained.latest(now)))
            .expression_attribute_values(":sustained_refill", number(sustained_refill))
            .expression_attribute_values(":kept", number(sustained_refill + KEPT_FOR))
            .expression_attribute_values(":earlier", number(now - repeat_within))
            .expression_attribute_values(":later", number(now + repeat_within));
        let (case, burst_tat, update) = if seen.burst_tat <= now {
            let update = update.expression_attribute_values(":burst", number(after_an_idle_time.burst_tat));
            ("burst_tat <= :now AND sustained_tat > :now", ":burst", update)
        } else {
            let update = update
                .expression_attribute_values(":burst_latest", number(limit.burst.latest(now)))
                .expression_attribute_values(":burst_refill", number(limit.burst.refill));
            ("burst_tat > :now AND burst_tat <= :burst_latest", "burst_tat + :burst_refill", update)
        };
        update
            .condition_expression(format!(
                "{case} AND sustained_tat <= :sustained_latest AND {NEITHER_OURS_NOR_REPEATED}"
            ))
            .update_expression(format!(
                "SET burst_tat = {burst_tat}, sustained_tat = sustained_tat + :sustained_refill, last_at = :now, \
                 counted_by = :request, expires_at = sustained_tat + :kept"
            ))
    }
}

fn was_counted_by(item: &Item, request: &str) -> bool {
    item.get("counted_by").and_then(|by| by.as_s().ok()).is_some_and(|by| by == request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_tells_by_which_request_it_was_counted() {
        let item = Item::from([("counted_by".into(), AttributeValue::S("request-1".into()))]);
        assert!(was_counted_by(&item, "request-1") && !was_counted_by(&item, "request-2"));
        assert!(!was_counted_by(&Item::new(), "request-1"));
    }
}
