//! The embedded DynamoDB of the local stack, without its server: a table small enough to be taken down and put up again
//! between any two calls.

use std::{collections::BTreeMap, sync::Mutex};

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The portal's table.
pub(crate) const NAME: &str = "life";

/// The table that a restore reads.
pub(crate) const BACKUP: &str = "life-backup";

/// What a table holds, by key. Counters of requests are left out: here nobody is limited.
pub(crate) type Items = BTreeMap<String, Value>;

/// The database, and what the portal's table holds as far as is known.
pub(crate) struct Table {
    database: Database,
    known: Mutex<Option<Items>>,
}

/// What DynamoDB answered: a status and a body.
pub(crate) type Reply = (u16, String);

impl Table {
    pub(crate) fn new() -> Self {
        let table = Self { database: Database::memory().unwrap(), known: Mutex::new(None) };
        for name in [NAME, BACKUP] {
            table.must(
                "CreateTable",
                &json!({
                    "TableName": name,
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                    "BillingMode": "PAY_PER_REQUEST",
                }),
            );
        }
        table
    }

    /// Carries out one call.
    pub(crate) fn answer(&self, action: &str, input: &Value) -> Reply {
        let database = &self.database;
        if !matches!(action, "BatchGetItem" | "Query" | "Scan") {
            *self.known.lock().unwrap() = None;
        }
        match action {
            "BatchGetItem" => reply(input, |input| database.batch_get_item(input)),
            "Query" => reply(input, |input| database.query(input)),
            "Scan" => reply(input, |input| database.scan(input)),
            "UpdateItem" => reply(input, |input| database.update_item(input)),
            "PutItem" => reply(input, |input| database.put_item(input)),
            "DeleteItem" => reply(input, |input| database.delete_item(input)),
            "TransactWriteItems" => reply(input, |input| database.transact_write_items(input)),
            "BatchWriteItem" => reply(input, |input| database.batch_write_item(input)),
            "CreateTable" => reply(input, |input| database.create_table(input)),
            other => panic!("the table is asked for {other}"),
        }
    }

    fn must(&self, action: &str, input: &Value) -> Value {
        let (status, body) = self.answer(action, input);
        assert_eq!(status, 200, "{action}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What the portal's table holds.
    pub(crate) fn items(&self) -> Items {
        if let Some(known) = &*self.known.lock().unwrap() {
            return known.clone();
        }
        let scanned = self.must("Scan", &json!({"TableName": NAME, "ConsistentRead": true}));
        let items = scanned["Items"].as_array().unwrap().iter();
        let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let items = items.map(|item| (format!("{} {}", text(item, "pk"), text(item, "sk")), item.clone()));
        let items: Items = items.filter(|(key, _)| !key.starts_with("LIMIT#")).collect();
        *self.known.lock().unwrap() = Some(items.clone());
        items
    }

    /// Makes the portal's table hold exactly these items.
    pub(crate) fn put_up(&self, items: &Items) {
        let standing = self.items();
        for (key, item) in &standing {
            if !items.contains_key(key) {
                self.must("DeleteItem", &json!({"TableName": NAME, "Key": {"pk": item["pk"], "sk": item["sk"]}}));
            }
        }
        for (key, item) in items {
            if standing.get(key) != Some(item) {
                self.put(NAME, item);
            }
        }
        *self.known.lock().unwrap() = Some(items.clone());
    }

    pub(crate) fn put(&self, table: &str, item: &Value) {
        self.must("PutItem", &json!({"TableName": table, "Item": item}));
    }

    /// Forgets who asked how often.
    pub(crate) fn forget_limits(&self) {
        let scanned = self.must("Scan", &json!({"TableName": NAME}));
        for item in scanned["Items"].as_array().unwrap() {
            if item["pk"]["S"].as_str().unwrap().starts_with("LIMIT#") {
                self.must("DeleteItem", &json!({"TableName": NAME, "Key": {"pk": item["pk"], "sk": item["sk"]}}));
            }
        }
    }
}

fn reply<I: DeserializeOwned, O: Serialize>(input: &Value, call: impl FnOnce(I) -> Result<O, DynoxideError>) -> Reply {
    match call(I::deserialize(input).unwrap()) {
        Ok(output) => (200, serde_json::to_string(&output).unwrap()),
        Err(error) => (error.status_code(), error.to_json()),
    }
}
