//! The table: the only code that knows DynamoDB. One method an access pattern.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::{
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction},
    },
    error::{ProvideErrorMetadata, SdkError},
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::AttributeValue,
};

use crate::{
    aws::{Context, open_ahead},
    config::{BadConfiguration, Environment},
};

mod bookings;
mod confirmations;
mod erasure;
mod feedback;
mod keys;
mod limits;
mod sign_ins;
mod size;
mod transactions;
mod whole;

pub use bookings::{Applied, Cursor, Rows, Standing};
pub use limits::Subject;

/// The portal's one table.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
}

/// A single write that meets a transaction on the same item is tried again, as DynamoDB advises (Developer Guide,
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

/// The table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB did not do what was asked; its error code, never its message.
    #[error("{action} failed: {context}")]
    Call {
        /// What was asked.
        action: &'static str,
        /// The error code or the kind of failure.
        context: String,
    },
    /// An item is not of the form the portal writes.
    #[error("an item could not be read: {0}")]
    Item(&'static str),
    /// Others kept changing the same items.
    #[error("{0} met too many conflicts")]
    Conflicts(&'static str),
}

type Item = HashMap<String, AttributeValue>;

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
    pub async fn warm_up(&self, connections: Connections) {
        let read = || open_ahead(self.client.get_item().table_name(&self.table).set_key(Some(keys::warm_up())).send());
        match connections {
            Connections::One => read().await,
            Connections::Two => drop(tokio::join!(read(), read())),
        }
    }

    /// The beginning of an update of the item under `key`.
    fn update(&self, key: Item) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }

    /// The item under `key` as it is now, not as it was a moment ago.
    async fn get(&self, key: Item) -> Result<Option<Item>, Error> {
        let read = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true).send();
        Ok(read.await.map_err(failed("GetItem"))?.item)
    }
}

/// Waits for the check and the data side by side. A failed check answers at once, without waiting for the data;
/// nothing is handed out before the check has passed.
pub async fn checked<Check, Data, E>(
    check: impl Future<Output = Result<Option<Check>, E>>,
    data: impl Future<Output = Result<Data, E>>,
) -> Result<Option<(Check, Data)>, E> {
    let (mut check, mut data) = (std::pin::pin!(check), std::pin::pin!(data));
    tokio::select! {
        checked = &mut check => match checked? {
            None => Ok(None),
            Some(checked) => Ok(Some((checked, data.await?))),
        },
        data = &mut data => match check.await? {
            None => Ok(None),
            Some(checked) => Ok(Some((checked, data?))),
        },
    }
}

/// Keeps of a failed call what may be logged.
fn failed<E: ProvideErrorMetadata, R>(action: &'static str) -> impl FnOnce(SdkError<E, R>) -> Error {
    move |error| Error::Call { action, context: error.context() }
}

/// What became of an update with a condition.
enum Updated {
    /// Done; with the new item, if it was asked for.
    Done(Option<Item>),
    /// The condition did not hold; with the item as it stands, if it was asked for and there is one.
    Refused(Option<Item>),
}

/// Carries out an update. That its condition does not hold is an outcome, not a failure.
async fn carry_out(update: UpdateItemFluentBuilder) -> Result<Updated, Error> {
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

/// Reads an item of the portal's own making.
fn read<T: serde::de::DeserializeOwned>(what: &'static str, item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(|_| Error::Item(what))
}

/// Writes an item under its key.
fn write<T: serde::Serialize>(what: &'static str, key: Item, fields: &T) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(fields).map_err(|_| Error::Item(what))?;
    item.extend(key);
    Ok(item)
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
