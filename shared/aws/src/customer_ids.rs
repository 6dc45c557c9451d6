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
    empty: OnEmptyTable,
    checked: OnceCell<()>,
}

/// What the first look at a table without a fingerprint comes to.
#[derive(Clone, Copy)]
enum OnEmptyTable {
    /// There is no customer yet, so any id will do.
    Pass,
    /// The first customers are about to come: the key leaves its fingerprint.
    LeaveFingerprint,
}

impl CustomerIds {
    /// With the key that the environment holds, for this table.
    pub fn from_env(store: &Store, env: &Environment) -> Result<Self, BadConfiguration> {
        let (key, store) = (CustomerKey::from_env(env)?, store.clone());
        Ok(Self { key, store, empty: OnEmptyTable::Pass, checked: OnceCell::new() })
    }

    /// The same, leaving the key's fingerprint in a table that has none.
    pub fn leaving_fingerprint(self) -> Self {
        Self { empty: OnEmptyTable::LeaveFingerprint, ..self }
    }

    /// Opens the connection to the table by checking the key. A wrong key stops the function. A check without an answer
    /// is made again with the first id.
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
        let check = async || match (self.store.is_of_key(&self.key).await?, self.empty) {
            (Some(true), _) | (None, OnEmptyTable::Pass) => Ok(()),
            (Some(false), _) => Err(Error::OtherCustomerKey),
            (None, OnEmptyTable::LeaveFingerprint) => self.store.leave_fingerprint(&self.key).await,
        };
        self.checked.get_or_try_init(check).await.copied()
    }
}
