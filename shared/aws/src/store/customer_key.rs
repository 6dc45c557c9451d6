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
    /// Makes sure that this key made the table's customer ids; whoever comes first to an empty table leaves the
    /// fingerprint.
    pub(crate) async fn check_customer_key(&self, key: &CustomerKey) -> Result<(), Error> {
        let fingerprint = key.fingerprint();
        match read_any::<Fingerprint>(self.get(keys::customer_key()).await?)? {
            Some(known) if known.fingerprint == fingerprint => Ok(()),
            Some(_) => Err(Error::OtherCustomerKey),
            None => self.leave_fingerprint(fingerprint).await,
        }
    }

    async fn leave_fingerprint(&self, fingerprint: String) -> Result<(), Error> {
        let update = self
            .update(keys::customer_key())
            .condition_expression("attribute_not_exists(pk) OR fingerprint = :fingerprint")
            .update_expression("SET fingerprint = :fingerprint")
            .expression_attribute_values(":fingerprint", AttributeValue::S(fingerprint));
        match carry_out(update).await? {
            Updated::Done(_) => Ok(()),
            Updated::Refused(_) => Err(Error::OtherCustomerKey),
        }
    }
}
