//! DynamoDB: the embedded database, behind the recorder.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        Request, Response,
        uri::{Authority, Scheme, Uri},
    },
};
use dynoxide::{
    Database, DynoxideError,
    actions::{
        create_table::CreateTableRequest, describe_table::DescribeTableRequest, scan::ScanRequest,
        update_time_to_live::UpdateTimeToLiveRequest,
    },
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet, time::MissedTickBehavior};

use super::{error::Error, lenient, lock::lock, properties::properties, response::json_response};

/// The time between two TTL sweeps, and so the longest that an expired item stays. DynamoDB takes up to a few days.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// The least latency of an answer, about DynamoDB's own. Without it, calls that overlap in the cloud would follow one
/// another here.
const LATENCY: Duration = Duration::from_millis(4);

/// DynamoDB.
#[derive(Clone)]
pub struct DynamoDb(Arc<Inner>);

struct Inner {
    database: Database,
    /// The partition key of each table that the template makes.
    partition_keys: Mutex<HashMap<String, String>>,
    client: Client<HttpConnector, Body>,
    server: Authority,
    latency: Mutex<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TimeToLive {
    attribute_name: String,
    #[serde(deserialize_with = "lenient::boolean")]
    enabled: bool,
}

/// What the database takes as CloudFormation writes it, and the time to live, which has a call of its own.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TableProperties {
    attribute_definitions: Value,
    key_schema: Vec<KeyElement>,
    billing_mode: BillingMode,
    time_to_live_specification: Option<TimeToLive>,
}

/// CloudFormation's default is provisioned throughput, which the local stack does not know.
#[derive(Deserialize, Serialize)]
enum BillingMode {
    #[serde(rename = "PAY_PER_REQUEST")]
    PayPerRequest,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyElement {
    attribute_name: String,
    key_type: String,
}

impl DynamoDb {
    /// Makes a table from its CloudFormation properties; leaves one that exists as it is.
    pub async fn create_table(&self, name: &str, table: &Value) -> Result<(), Error> {
        const ACCEPTED: [&str; 8] = [
            "TableName",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "DeletionProtectionEnabled",
            "Tags",
            "TableClass",
            "ContributorInsightsSpecification",
            "OnDemandThroughput",
        ];
        let table: TableProperties = properties("AWS::DynamoDB::Table", name, table, &ACCEPTED)?;
        if let Some(element) = table.key_schema.iter().find(|element| element.key_type == "HASH") {
            lock(&self.0.partition_keys).insert(name.to_owned(), element.attribute_name.clone());
        }

        let describe = DescribeTableRequest { table_name: name.to_owned() };
        match self.0.database.describe_table(describe) {
            Ok(_) => return Ok(()),
            Err(DynoxideError::ResourceNotFoundException(_)) => {}
            Err(error) => return Err(refused(name, error)),
        }
        let time_to_live = table.time_to_live_specification.as_ref().filter(|specification| specification.enabled).map(
            |specification| {
                json!({
                    "TableName": name,
                    "TimeToLiveSpecification": { "AttributeName": specification.attribute_name, "Enabled": true },
                })
            },
        );
        let create = json!({
            "TableName": name,
            "AttributeDefinitions": table.attribute_definitions,
            "KeySchema": table.key_schema,
            "BillingMode": table.billing_mode,
        });
        let create = CreateTableRequest::deserialize(create).map_err(|error| refused(name, error))?;
        self.0.database.create_table(create).map_err(|error| refused(name, error))?;
        if let Some(time_to_live) = time_to_live {
            let update = UpdateTimeToLiveRequest::deserialize(time_to_live).map_err(|error| refused(name, error))?;
            self.0.database.update_time_to_live(update).map_err(|error| refused(name, error))?;
        }
        Ok(())
    }

    /// Opens the database, in memory or in `data`, and spawns its server and its TTL sweep.
    pub(super) async fn open(data: Option<&Path>, running: &mut JoinSet<()>) -> Result<Self, Error> {
        let database = match data {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                Database::new(&folder.join("dynamodb.sqlite").to_string_lossy())
            }
            None => Database::memory(),
        }
        .map_err(|error| Error::Database(error.to_string()))?;

        // The embedded server keeps its request handling to itself, hence the second socket behind the recorder.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let server = Authority::try_from(listener.local_addr()?.to_string()).map_err(std::io::Error::other)?;
        running.spawn(dynoxide::server::serve_on(listener, database.clone()));
        running.spawn(sweep(database.clone()));

        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self(Arc::new(Inner {
            database,
            partition_keys: Mutex::default(),
            client: Client::builder(TokioExecutor::new()).build(connector),
            server,
            latency: Mutex::new(LATENCY),
        })))
    }

    /// Whether a table holds nothing.
    pub fn is_empty(&self, table: &str) -> Result<bool, Error> {
        let scan = json!({ "TableName": table, "Limit": 1 });
        let scan = ScanRequest::deserialize(scan).map_err(|error| refused(table, error))?;
        let scanned = self.0.database.scan(scan).map_err(|error| refused(table, error))?;
        Ok(scanned.count == 0)
    }

    /// The partition key of a table, if the template made it.
    pub(super) fn partition_key(&self, table: &str) -> Option<String> {
        lock(&self.0.partition_keys).get(table).cloned()
    }

    /// From now on, every answer takes at least this long.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.0.latency) = latency;
    }

    /// Deletes what has expired now, without waiting for the next sweep; says how many items that were.
    pub fn delete_expired(&self) -> Result<usize, Error> {
        self.0.database.sweep_ttl().map_err(|error| Error::Database(error.to_string()))
    }

    pub(super) async fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let latency = *lock(&self.0.latency);
        let (answer, ()) = tokio::join!(self.forward(request), tokio::time::sleep(latency));
        match answer {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "the embedded DynamoDB did not answer");
                let body = json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error" });
                json_response(500, "application/x-amz-json-1.0", &[], &body)
            }
        }
    }

    async fn forward(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let (mut parts, body) = request.into_parts();
        let mut uri = parts.uri.into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.0.server.clone());
        parts.uri = Uri::from_parts(uri)?;
        let response = self.0.client.request(Request::from_parts(parts, Body::from(body))).await?;
        let (parts, body) = response.into_parts();
        Ok(Response::from_parts(parts, to_bytes(Body::new(body), usize::MAX).await?))
    }
}

/// Deletes expired items, as DynamoDB does in its own time.
async fn sweep(database: Database) {
    let mut interval = tokio::time::interval(SWEEP_INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items stay"),
            Err(error) => tracing::warn!(%error, "expired items stay"),
        }
    }
}

fn refused(table: &str, error: impl std::fmt::Display) -> Error {
    Error::Database(format!("table {table}: {error}"))
}
