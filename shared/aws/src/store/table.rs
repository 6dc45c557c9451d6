//! The table itself: how it is connected to, and how items are read and updated.

use std::{collections::HashMap, mem};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::{
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction},
    },
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::KeysAndAttributes,
};
use portal_domain::config::{BadConfiguration, Environment};

use super::{
    errors::{Error, failed, not_built},
    items::Item,
    keys,
    retry::Attempts,
};
use crate::sdk::preconnect;

/// The portal's one table.
#[derive(Clone)]
pub struct Store {
    pub(super) client: Client,
    pub(super) table: String,
}

/// An update that meets a transaction on the same item is tried again, as DynamoDB advises (Developer Guide,
/// "Transaction conflict handling"); the SDK by itself gives up.
#[derive(Debug)]
struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn name(&self) -> &'static str {
        "transaction conflicts"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err).and_then(|error| error.as_operation_error());
        match error.and_then(|error| error.downcast_ref::<UpdateItemError>()) {
            Some(UpdateItemError::TransactionConflictException(_)) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }
}

/// How many calls to the table a function makes side by side.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Connections {
    One,
    Two,
}

/// How often what DynamoDB left out of an answer is asked for.
const READ_ATTEMPTS: usize = 6;

impl Store {
    /// The table that `TABLE` names.
    pub fn from_env(aws: &SdkConfig, env: &Environment) -> Result<Self, BadConfiguration> {
        Ok(Self::new(aws, env.text("TABLE", "the name of the DynamoDB table")?))
    }

    /// The table of this name.
    pub fn new(aws: &SdkConfig, table: String) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(aws).retry_classifier(RetryConflicts).build();
        Self { client: Client::from_conf(config), table }
    }

    /// Opens as many connections as a request needs at once. (DynamoDB speaks HTTP/1.1: calls side by side need a
    /// connection each.)
    pub async fn preconnect(&self, connections: Connections) {
        let read = || preconnect(self.get(keys::customer_key()));
        match connections {
            Connections::One => read().await,
            Connections::Two => drop(tokio::join!(read(), read())),
        }
    }

    /// The beginning of an update of the item under `key`.
    pub(super) fn update(&self, key: Item) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }

    /// The item under `key`, by a consistent read.
    pub(super) async fn get(&self, key: Item) -> Result<Option<Item>, Error> {
        let [item] = self.get_all([key]).await?;
        Ok(item)
    }

    /// The items under these keys, by one consistent read. What DynamoDB leaves out of its answer is asked for again,
    /// with back-off (API Reference, "BatchGetItem").
    pub(super) async fn get_all<K: Keys>(&self, keys: K) -> Result<K::Found, Error> {
        let mut asked: Vec<Item> = Vec::with_capacity(keys.as_ref().len());
        for key in keys.as_ref() {
            // DynamoDB refuses a key that is named twice.
            if !asked.contains(key) {
                asked.push(key.clone());
            }
        }
        let mut found = Vec::new();
        let mut attempts = Attempts::new("BatchGetItem", READ_ATTEMPTS);
        loop {
            attempts.next().await?;
            let asked_now =
                KeysAndAttributes::builder().set_keys(Some(mem::take(&mut asked))).consistent_read(true).build();
            let asked_now = asked_now.map_err(not_built("BatchGetItem"))?;
            let read = self.client.batch_get_item().request_items(&self.table, asked_now).send();
            let answer = read.await.map_err(failed("BatchGetItem"))?;
            found.extend(answer.responses.into_iter().flat_map(HashMap::into_values).flatten());
            asked =
                answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|left| left.keys).collect();
            if asked.is_empty() {
                break;
            }
        }
        Ok(keys.among(found))
    }

    /// Removes the item under `key`, if there is one.
    pub(super) async fn delete(&self, key: Item) -> Result<(), Error> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send();
        delete.await.map(drop).map_err(failed("DeleteItem"))
    }
}

/// At most a hundred keys that one read asks for, and how what is under them is handed on. (An `async fn` of its own for either
/// way would be one future more around each of the SDK's, which nest as deep as the compiler follows them.)
pub(super) trait Keys: AsRef<[Item]> {
    type Found;

    fn among(self, found: Vec<Item>) -> Self::Found;
}

/// Each key's item, if there is one.
impl<const N: usize> Keys for [Item; N] {
    type Found = [Option<Item>; N];

    fn among(self, found: Vec<Item>) -> Self::Found {
        let is_under = |key: &Item, item: &Item| key.iter().all(|(name, value)| item.get(name) == Some(value));
        self.map(|key| found.iter().find(|item| is_under(&key, item)).cloned())
    }
}

/// The items that there are, in any order.
impl Keys for Vec<Item> {
    type Found = Self;

    fn among(self, found: Self) -> Self {
        found
    }
}

/// What became of an update with a condition.
pub(super) enum Updated {
    /// Done; with the new item, if it was asked for.
    Done(Option<Item>),
    /// The condition did not hold; with the item as it stands, if it was asked for and there is one.
    Refused(Option<Item>),
}

/// Carries out an update. That its condition does not hold is an outcome, not a failure.
pub(super) async fn carry_out(update: UpdateItemFluentBuilder) -> Result<Updated, Error> {
    match update.send().await {
        Ok(done) => Ok(Updated::Done(done.attributes)),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                Ok(Updated::Refused(refusal.item.clone()))
            }
            _ => Err(failed("UpdateItem")(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    #[test]
    fn items_are_found_among_others_by_their_keys() {
        let item = |names: &[&str]| -> Item {
            names.iter().map(|name| ((*name).to_owned(), AttributeValue::S((*name).to_owned()))).collect()
        };
        let (one, other) = (item(&["pk", "one", "field"]), item(&["pk", "other", "field"]));
        let found = [item(&["pk", "other"]), item(&["pk", "one"]), item(&["pk", "none"])]
            .among(vec![one.clone(), other.clone()]);
        assert_eq!(found, [Some(other), Some(one), None]);
    }
}
