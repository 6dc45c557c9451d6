//! From addresses to customer ids, with the key that made all others of the table.

use portal_domain::{
    config::{BadConfiguration, Environment},
    customer::{CustomerId, EmailAddress},
    customer_key::CustomerKey,
};
use tokio::sync::OnceCell;

use crate::store::{Error, Store};

/// Makes customer ids, once it is certain that the table's are of the same key.
pub struct CustomerIds {
    /// `CUSTOMER_KEY`
    key: CustomerKey,
    store: Store,
    checked: OnceCell<()>,
}

impl CustomerIds {
    /// With the key that the environment holds, for this table.
    pub fn from_env(store: &Store, env: &Environment) -> Result<Self, BadConfiguration> {
        Ok(Self { key: CustomerKey::from_env(env)?, store: store.clone(), checked: OnceCell::new() })
    }

    /// Opens the connection to the table by checking the key. Another key stops the function; that there was no answer
    /// does not, for the first id asks again.
    pub async fn preconnect(&self) -> Result<(), Error> {
        match self.check().await {
            Err(error @ Error::OtherCustomerKey) => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The customer who reads the mail of `address`.
    pub async fn of(&self, address: &EmailAddress) -> Result<CustomerId, Error> {
        self.check().await?;
        Ok(self.key.customer(address))
    }

    async fn check(&self) -> Result<(), Error> {
        self.checked.get_or_try_init(|| self.store.check_customer_key(&self.key)).await.copied()
    }
}
