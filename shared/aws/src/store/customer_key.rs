//! The fingerprint of the key of customer ids: with another key every customer would be somebody else, and find nothing.

use aws_sdk_dynamodb::types::AttributeValue;
use portal_domain::customer_key::CustomerKey;
use serde::Deserialize;

use super::{
    errors::Error,
    items::read_any,
    keys,
    table::{Store, Updated, carry_out},
};

#[derive(Deserialize)]
struct Fingerprint {
    fingerprint: String,
}

impl Store {
    /// Whether this key made the table's customer ids; none where no key has left its fingerprint yet.
    pub(crate) async fn is_of_key(&self, key: &CustomerKey) -> Result<Option<bool>, Error> {
        let known: Option<Fingerprint> = read_any(self.get(keys::customer_key()).await?)?;
        Ok(known.map(|known| known.fingerprint == key.fingerprint()))
    }

    /// Leaves the key's fingerprint, unless another key was faster.
    pub(crate) async fn leave_fingerprint(&self, key: &CustomerKey) -> Result<(), Error> {
        let update = self
            .update(keys::customer_key())
            .condition_expression("attribute_not_exists(pk) OR fingerprint = :fingerprint")
            .update_expression("SET fingerprint = :fingerprint")
            .expression_attribute_values(":fingerprint", AttributeValue::S(key.fingerprint()));
        match carry_out(update).await? {
            Updated::Done(_) => Ok(()),
            Updated::Refused(_) => Err(Error::OtherCustomerKey),
        }
    }
}
