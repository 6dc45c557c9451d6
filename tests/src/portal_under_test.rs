//! A portal: the local stack, with the functions' real binaries.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use portal_aws::store::Store;
use portal_domain::{
    customer::{CustomerId, EmailAddress},
    customer_key::CustomerKey,
    link::LinkToken,
    sign_in::SignIn,
};
use portal_local::{Options, Stack, aws::SECRET_ACCESS_KEY, start};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{PATIENCE, Person, Proxy, Service, TlsFront, functions_dir, soon, soon_or};

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// An access key that may do everything, since it is no function's.
pub const OPERATOR: &str = "operator";

/// A running portal of one test.
pub struct Portal {
    /// The stack it runs on.
    pub stack: Stack,
    client: reqwest::Client,
    /// Where TLS ends, if there is such a place before it.
    tls: Option<TlsFront>,
}

/// The project's template.
pub fn template() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"))
}

/// A copy of the template in which each of these texts, which must be there, is another.
pub fn edited(edits: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let mut text = std::fs::read_to_string(template()).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "the template has no {from:?}");
        text = text.replace(from, to);
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

impl Portal {
    /// A portal with nothing in it.
    pub async fn empty() -> Self {
        Self::start(Options::new(template(), functions_dir())).await
    }

    /// A portal with nothing in it, whose template gets these parameters.
    pub async fn with_parameters(parameters: &[(&str, &str)]) -> Self {
        let mut options = Options::new(template(), functions_dir());
        options.parameters.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::start(options).await
    }

    /// A portal with the demo data, all of it there.
    pub async fn with_demo_data() -> Self {
        Self::with_demo_data_and(&[]).await
    }

    /// A portal with the demo data, all of it there, whose template gets these parameters.
    pub async fn with_demo_data_and(parameters: &[(&str, &str)]) -> Self {
        let mut options = Options { demo: true, ..Options::new(template(), functions_dir()) };
        options.parameters.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let portal = Self::start(options).await;
        let demo = portal_local::demo::demo(jiff::Timestamp::now()).unwrap();
        let ids = demo.events.iter().map(|event| event["Detail"]["booking"]["booking_id"].as_str().unwrap());
        let bookings = ids.collect::<BTreeSet<_>>().len();
        soon("the demo data", async || (portal.count_items("BOOKING").await >= bookings).then_some(())).await;
        portal.rests().await;
        soon("the one confirmation mail", async || portal.mails().await.pop()).await;
        portal
    }

    /// A portal of these options.
    pub async fn start(options: Options) -> Self {
        let stack = start(options).await.unwrap();
        Self { stack, client: reqwest::Client::new(), tls: None }
    }

    /// A portal with nothing in it that customers reach over https.
    pub async fn behind_tls() -> Self {
        let tls = TlsFront::new().await;
        let mut options = Options::new(template(), functions_dir());
        options.parameters.insert("PortalUrl".into(), tls.url.clone());
        let portal = Self::start(options).await;
        tls.leads_to(portal.stack.url());
        Self { tls: Some(tls), ..portal }
    }

    /// A portal with nothing in it, whose functions see DynamoDB through a proxy.
    pub async fn with_dynamodb_behind(proxy: &Proxy) -> Self {
        Self::start_behind(Options::new(template(), functions_dir()), &[(Service::DynamoDb, proxy)]).await
    }

    /// A portal of these options, whose functions see services through proxies.
    pub async fn start_behind(mut options: Options, proxies: &[(Service, &Proxy)]) -> Self {
        for (service, proxy) in proxies {
            let variable = match service {
                Service::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
                Service::S3 => "AWS_ENDPOINT_URL_S3",
                Service::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
                Service::Ses => "AWS_ENDPOINT_URL_SESV2",
                Service::Sqs => "AWS_ENDPOINT_URL_SQS",
            };
            options.environment.insert(variable.into(), proxy.url.clone());
        }
        let portal = Self::start(options).await;
        let endpoints = &portal.stack.aws.endpoints;
        for (service, proxy) in proxies {
            proxy.leads_to(match service {
                Service::DynamoDb => &endpoints.dynamodb,
                Service::S3 => &endpoints.s3,
                Service::SecretsManager => &endpoints.secrets,
                Service::Ses => &endpoints.ses,
                Service::Sqs => &endpoints.sqs,
            });
        }
        portal
    }

    /// Kills the instance of a function that is at work.
    pub async fn kill_the_busy_instance(&self, function: &str) {
        let busy = || self.stack.lambda.instances(function).into_iter().find(|instance| instance.busy);
        let killed = soon("the function at work", async || busy()).await;
        assert!(Command::new("kill").args(["-9", &killed.pid.unwrap().to_string()]).status().unwrap().success());
    }

    /// The portal's origin.
    pub fn url(&self) -> &str {
        self.tls.as_ref().map_or(self.stack.url(), |tls| &tls.url)
    }

    /// Somebody with a browser of their own.
    pub fn person(&self) -> Person {
        Person::new(self.stack.url()).seeing(self.url())
    }

    /// Somebody with a browser of their own, whose network address is 127.0.`network`.1.
    pub fn person_at(&self, network: u8) -> Person {
        Person::at(self.url(), IpAddr::from([127, 0, network, 1]))
    }

    /// What `/_local/<what>` answers.
    pub async fn local(&self, what: &str) -> Value {
        self.client.get(format!("{}/_local/{what}", self.stack.url())).send().await.unwrap().json().await.unwrap()
    }

    /// Every mail sent, newest first.
    pub async fn mails(&self) -> Vec<Value> {
        self.local("mails").await.as_array().cloned().unwrap_or_default()
    }

    /// The mails to an address, newest first.
    pub async fn mails_to(&self, address: &str) -> Vec<Value> {
        let mut mails = self.mails().await;
        mails.retain(|mail| mail["to"] == json!([address]));
        mails
    }

    /// Waits for the mail to an address that carries a link, and gives the link's path.
    pub async fn link_to(&self, address: &str) -> String {
        let mail = soon("a mail", async || self.mails_to(address).await.into_iter().next()).await;
        self.path_in(&mail)
    }

    /// The path of the link in a mail.
    pub fn path_in(&self, mail: &Value) -> String {
        let start = format!("{}/link/", self.url());
        let text = mail["text"].as_str().unwrap();
        let link = text.lines().find(|line| line.starts_with(&start)).expect("a link alone on its line");
        link[self.url().len()..].to_owned()
    }

    /// Someone who is signed in with this address.
    pub async fn signed_in(&self, address: &str) -> Person {
        let person = self.person();
        person.sign_in(self, address).await;
        person
    }

    /// The id of the customer who reads the mail of this address.
    pub fn customer(&self, address: &str) -> CustomerId {
        let key = self.stack.description.variable("RequestLink", "CUSTOMER_KEY").unwrap();
        let key: CustomerKey = key.parse().unwrap();
        key.customer(&EmailAddress::parse(address).unwrap())
    }

    /// Someone who holds a link for this address, whether it is known or not, and has followed it.
    pub async fn holder_of(&self, address: &str) -> Person {
        let token = LinkToken::generate(self.customer(address)).unwrap();
        let address = EmailAddress::parse(address).unwrap();
        let sign_in = SignIn::new(&token, &address, "", jiff::Timestamp::now());
        self.store().await.keep_sign_in(&sign_in).await.unwrap();
        let person = self.person();
        assert_eq!(person.post(&format!("/link/{}", token.reveal()), &[]).await.landing(), "/");
        person
    }

    /// Publishes one event and asserts that the bus took it.
    pub async fn publish(&self, detail_type: &str, detail: &Value) {
        let bus = self.stack.description.event_bus();
        let entries = json!([{
            "Source": "golfcartops.bookings", "DetailType": detail_type, "Detail": detail.to_string(), "EventBusName": bus
        }]);
        let events = format!("{}/_local/events", self.stack.url());
        let answer: Value = self.client.post(events).json(&entries).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
    }

    /// How often the functions have counted a metric.
    pub fn counted(&self, metric: &str) -> usize {
        let lines = self.stack.log().lines();
        let metrics = lines.iter().filter_map(|line| serde_json::from_str::<Value>(&line.line).ok());
        let is_it = |line: &Value| line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] == metric;
        metrics.filter(|line| is_it(line) && line[metric] == 1).count()
    }

    /// A client of the local DynamoDB.
    pub async fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk(OPERATOR, &self.stack.aws.endpoints.dynamodb).await)
    }

    /// A client of the local S3.
    pub async fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.sdk(OPERATOR, &self.stack.aws.endpoints.s3).await)
    }

    /// A client of the local SQS.
    pub async fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk(OPERATOR, &self.stack.aws.endpoints.sqs).await)
    }

    /// The SDK's configuration for a local service, with this access key.
    pub async fn sdk(&self, access_key_id: &str, endpoint: &str) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new().build_http();
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new(access_key_id, SECRET_ACCESS_KEY, None, None, "test"))
            .http_client(http)
            .endpoint_url(endpoint)
            .load()
            .await
    }

    /// Puts the least that counts as a PDF into the documents bucket.
    pub async fn put_document(&self, key: &str) {
        self.put_file(key, b"%PDF-").await;
    }

    /// Puts a file into the documents bucket.
    pub async fn put_file(&self, key: &str, bytes: &[u8]) {
        let put = self.s3().await.put_object().bucket(self.bucket()).key(key).body(bytes.to_vec().into());
        put.send().await.unwrap();
    }

    /// The keys of all versions of all documents, those that mark a deletion among them.
    pub async fn document_versions(&self) -> Vec<String> {
        let list = self.s3().await.list_object_versions().bucket(self.bucket()).send().await.unwrap();
        let markers = list.delete_markers().iter().map(|marker| marker.key().unwrap().to_owned());
        list.versions().iter().map(|version| version.key().unwrap().to_owned()).chain(markers).collect()
    }

    /// The name of the table.
    pub fn table(&self) -> String {
        self.stack.description.tables[0].name.clone()
    }

    /// The name of the documents bucket.
    pub fn bucket(&self) -> String {
        self.stack.description.buckets[0].name.clone()
    }

    /// The URL of a queue by its name in the template.
    pub fn queue_url(&self, logical_id: &str) -> String {
        let queue = self.stack.description.queues.iter().find(|queue| queue.logical_id == logical_id).unwrap();
        self.stack.aws.sqs.queue_url(&queue.name)
    }

    /// How many items of the table have this sort key.
    pub async fn count_items(&self, sk: &str) -> usize {
        self.items().await.iter().filter(|item| item["sk"].as_s().unwrap() == sk).count()
    }

    /// Every item of the table.
    pub async fn items(&self) -> Vec<Item> {
        let scan = self.dynamodb().await.scan().table_name(self.table()).into_paginator().items().send();
        scan.collect::<Result<_, _>>().await.unwrap()
    }

    /// The items whose partition and sort key begin so.
    pub async fn items_of(&self, pk: &str, sk: &str) -> Vec<Item> {
        let begins = |item: &Item, key: &str, with: &str| item[key].as_s().unwrap().starts_with(with);
        let mut items = self.items().await;
        items.retain(|item| begins(item, "pk", pk) && begins(item, "sk", sk));
        items
    }

    /// The sign-in whose link has this path.
    pub async fn sign_in_of(&self, link: &str) -> Item {
        let token = LinkToken::parse(link.strip_prefix("/link/").unwrap()).unwrap();
        self.items_of("SIGNINS#", &String::from(token.hash())).await.pop().expect("the sign-in of the link")
    }

    /// Overwrites numbers of an item, such as the times of a sign-in.
    pub async fn set(&self, item: &Item, numbers: &[(&str, i64)]) {
        for (name, number) in numbers {
            let update = self.dynamodb().await.update_item().table_name(self.table());
            let update = update.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
            let update = update.update_expression("SET #name = :number").expression_attribute_names("#name", *name);
            let update = update.expression_attribute_values(":number", AttributeValue::N(number.to_string()));
            update.send().await.unwrap();
        }
    }

    /// Makes every counter of a limit so many seconds older.
    pub async fn limits_age(&self, seconds: i64) {
        for counter in self.items_of("LIMIT#", "LIMIT").await {
            let aged = ["burst_tat", "sustained_tat", "last_at"]
                .map(|name| (name, counter[name].as_n().unwrap().parse::<i64>().unwrap() - seconds));
            self.set(&counter, &aged).await;
        }
    }

    /// Puts an item of texts into the table, whatever else refers to it.
    pub async fn put(&self, texts: &[(&str, &str)]) {
        let item = texts.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned())));
        self.put_item(item.collect()).await;
    }

    /// Puts an item into the table, whatever else refers to it.
    pub async fn put_item(&self, item: Item) {
        let put = self.dynamodb().await.put_item().table_name(self.table());
        put.set_item(Some(item)).send().await.unwrap();
    }

    /// Removes an item, whatever else refers to it.
    pub async fn remove(&self, item: &Item) {
        let delete = self.dynamodb().await.delete_item().table_name(self.table());
        delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
    }

    /// The table as the functions' own store knows it.
    pub async fn store(&self) -> Store {
        Store::new(&self.sdk(OPERATOR, &self.stack.aws.endpoints.dynamodb).await, self.table())
    }

    /// Waits until no queue that feeds a function holds a message, seen or unseen.
    pub async fn rests(&self) {
        self.rests_within(PATIENCE).await;
    }

    /// As [`Portal::rests`], where messages come again or are many.
    pub async fn rests_within(&self, patience: Duration) {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages as Waiting, ApproximateNumberOfMessagesNotVisible as InFlight,
        };
        let sqs = self.sqs().await;
        let empty = soon_or(patience, async || {
            for queue in ["BookingQueue", "MailQueue", "FeedbackQueue"] {
                let get = sqs.get_queue_attributes().queue_url(self.queue_url(queue));
                let attributes = get.attribute_names(Waiting).attribute_names(InFlight).send().await.ok()?.attributes?;
                attributes.values().all(|count| count == "0").then_some(())?;
            }
            Some(())
        });
        empty.await.expect("the queues are empty");
    }

    /// Up to ten messages that lie in a queue now, with all their attributes; they stay visible.
    pub async fn messages(&self, logical_id: &str) -> Vec<aws_sdk_sqs::types::Message> {
        let receive = self.sqs().await.receive_message().queue_url(self.queue_url(logical_id));
        let receive = receive.max_number_of_messages(10).visibility_timeout(0).message_attribute_names("All");
        let receive = receive.message_system_attribute_names("All".into());
        receive.send().await.unwrap().messages.unwrap_or_default()
    }
}
