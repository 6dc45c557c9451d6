//! Who calls: every function instance holds an access key of its own, as on AWS.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::Value;

use super::{error::Error, lock::lock, policy::Policy};

/// The secret of every local access key.
pub const SECRET_ACCESS_KEY: &str = "local-secret-access-key";

/// The registered access keys.
#[derive(Clone, Default)]
pub struct Callers(Arc<Mutex<HashMap<String, Caller>>>);

/// The function behind an access key, and what it may do.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) function: String,
    pub(super) policy: Arc<Policy>,
    /// The request that the instance handles now.
    pub(super) request_id: Option<String>,
}

impl Callers {
    /// Registers a function's access key with the array of its IAM statements; one that is not understood is an error.
    pub fn register(&self, access_key_id: &str, function: &str, policy: &Value) -> Result<(), Error> {
        let policy = Policy::parse(policy).map_err(|error| Error::Unsupported(format!("{function}: {error}")))?;
        let caller = Caller { function: function.to_owned(), policy: Arc::new(policy), request_id: None };
        lock(&self.0).insert(access_key_id.to_owned(), caller);
        Ok(())
    }

    /// Says which request the instance with this key handles from now on.
    pub fn set_request(&self, access_key_id: &str, request_id: Option<&str>) {
        if let Some(caller) = lock(&self.0).get_mut(access_key_id) {
            caller.request_id = request_id.map(str::to_owned);
        }
    }

    /// Forgets the key of an instance that has ended.
    pub fn remove(&self, access_key_id: &str) {
        lock(&self.0).remove(access_key_id);
    }

    /// The function behind the key; `None` for an operator's or a test's key.
    pub(super) fn get(&self, access_key_id: &str) -> Option<Caller> {
        lock(&self.0).get(access_key_id).cloned()
    }
}
