//! Counters of requests. A window begins with its first request; DynamoDB removes it when it is over.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    randomness::random,
    rate_limit::{Counter, Limit, RateLimitKey, Verdict, WINDOW},
    time::after,
};

use super::{
    errors::Error,
    items::{number, read_any},
    keys,
    retry::Attempts,
    table::{Store, Updated, carry_out},
};

/// How often a counter that others change at the same moment is tried again.
const ATTEMPTS: usize = 64;

impl Store {
    /// Counts one request, unless the limit or a recent request speaks against it. Exact under concurrency: every
    /// count is one conditional write. The first request of a window, which most are, needs no second one.
    pub async fn count_request(&self, key: RateLimitKey, limit: Limit, now: Timestamp) -> Result<Verdict, Error> {
        // Names this request, so that it knows its own count where only the answer to the write was lost.
        let request = u64::from_le_bytes(random()?).to_string();
        let mut seen = None;
        let mut attempts = Attempts::new("counting a request", ATTEMPTS);
        loop {
            attempts.next().await?;
            let attempt = match seen.as_ref() {
                None => self.begin_window(key, &request, now).await?,
                Some(counter) => self.increment(key, &request, counter, now).await?,
            };
            let Updated::Refused(item) = attempt else { return Ok(Verdict::Counted) };
            if item.as_ref().and_then(|item| item.get("counted_by")?.as_s().ok()) == Some(&request) {
                return Ok(Verdict::Counted);
            }
            seen = read_any::<Counter>(item)?;
            if let Some(objection) = seen.as_ref().and_then(|counter| limit.objection(counter, now)) {
                return Ok(objection);
            }
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

    /// Counts the first request of a window; otherwise says what stands in the way.
    async fn begin_window(&self, key: RateLimitKey, request: &str, now: Timestamp) -> Result<Updated, Error> {
        let ends = after(now, WINDOW);
        let update = self
            .update(keys::limit(key))
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
        key: RateLimitKey,
        request: &str,
        seen: &Counter,
        now: Timestamp,
    ) -> Result<Updated, Error> {
        let update = self
            .update(keys::limit(key))
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
