//! Transactions, and the one condition they share: nothing is written about a customer who was erased since.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{ConditionCheck, TransactWriteItem},
};
use jiff::Timestamp;
use portal_domain::customer::CustomerId;

use super::{
    errors::{Error, failed, not_built},
    items::number,
    keys,
    table::Store,
};
use crate::sdk::CallFailed;

/// What became of writes about a customer.
pub(super) enum Outcome {
    Written,
    /// The customer was erased later than what they are about.
    Erased,
    /// Somebody else changed an item first, or is about to.
    Conflict,
}

pub(super) enum Transaction {
    Written,
    /// By the condition of the item at this place, or by another transaction.
    Cancelled {
        by: usize,
    },
}

impl Store {
    /// Writes all or nothing, and nothing if the customer was erased after `occurred_at`.
    pub(super) async fn write_unless_erased(
        &self,
        mut writes: Vec<TransactWriteItem>,
        customer: CustomerId,
        occurred_at: Timestamp,
    ) -> Result<Outcome, Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::erased(customer)))
            .condition_expression("attribute_not_exists(erased_at) OR erased_at < :occurred_at")
            .expression_attribute_values(":occurred_at", number(occurred_at.as_microsecond()))
            .build()
            .map_err(not_built("TransactWriteItems"))?;
        writes.insert(0, TransactWriteItem::builder().condition_check(check).build());
        Ok(match self.transact(writes).await? {
            Transaction::Written => Outcome::Written,
            Transaction::Cancelled { by: 0 } => Outcome::Erased,
            Transaction::Cancelled { .. } => Outcome::Conflict,
        })
    }

    /// Writes all or nothing.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transaction, Error> {
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(writes)).send().await else {
            return Ok(Transaction::Written);
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Err(failed("TransactWriteItems")(error));
        };
        let codes: Vec<&str> =
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
        let place_of = |code| codes.iter().position(|&found| found == code);
        match (place_of("ConditionalCheckFailed"), place_of("TransactionConflict")) {
            (Some(by), _) => Ok(Transaction::Cancelled { by }),
            // Another transaction holds an item. Its end decides, so what is told here is only that it is not ours.
            (None, Some(_)) => Ok(Transaction::Cancelled { by: codes.len() }),
            (None, None) => Err(CallFailed { action: "TransactWriteItems", code: codes.join(", ") }.into()),
        }
    }
}
