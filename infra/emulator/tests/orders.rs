//! A second template, of a shop, by the library and by the binary: the emulator knows neither it nor any other.
#![allow(clippy::unwrap_used, reason = "a failed test ends there")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Client;
use sam_emulator::{Options, Stack};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/orders/template.yaml");

/// The folder where cargo puts the shop's functions.
fn functions() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples")
}

/// A stack as whoever has its address meets it.
struct Shop {
    url: String,
    endpoints: Value,
}

impl Shop {
    async fn at(url: &str) -> Self {
        let endpoints =
            Client::new().get(format!("{url}/_local/endpoints")).send().await.unwrap().json().await.unwrap();
        Self { url: url.to_owned(), endpoints }
    }

    async fn sdk(&self, service: &str) -> SdkConfig {
        let text = |name: &str| self.endpoints[name].as_str().unwrap().to_owned();
        let credentials = Credentials::new(text("access_key_id"), text("secret_access_key"), None, None, "test");
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(text("region")))
            .credentials_provider(credentials)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(text(service))
            .load()
            .await
    }

    async fn order(&self, id: &str) -> u16 {
        let order = json!({"id": id, "thing": "tea"});
        Client::new().post(format!("{}/orders", self.url)).json(&order).send().await.unwrap().status().as_u16()
    }

    async fn state_of(&self, id: &str) -> Value {
        let order = Client::new().get(format!("{}/orders/{id}", self.url)).send().await.unwrap();
        order.json::<Value>().await.unwrap()["state"].clone()
    }

    async fn pay(&self, detail: &Value) {
        let entries = json!([{
            "Source": "shop.payments", "DetailType": "order.paid", "Detail": detail.to_string(),
            "EventBusName": self.endpoints["bus"],
        }]);
        let put = Client::new().post(format!("{}/_local/events", self.url)).json(&entries).send().await.unwrap();
        assert_eq!(put.json::<Value>().await.unwrap()["FailedEntryCount"], 0);
    }

    /// Orders, pays and waits for the parcel; then pays for nothing.
    async fn walk(&self, currency: &str) {
        assert_eq!(self.order("1").await, 201);
        let dynamodb = aws_sdk_dynamodb::Client::new(&self.sdk("dynamodb").await);
        let get = dynamodb.get_item().table_name(self.endpoints["table"].as_str().unwrap());
        let item = get.key("id", AttributeValue::S("1".into())).send().await.unwrap().item.unwrap();
        assert_eq!(
            (item["thing"].as_s().unwrap().as_str(), item["currency"].as_s().unwrap().as_str()),
            ("tea", currency)
        );
        assert_eq!(self.state_of("1").await, "taken");

        self.pay(&json!({"id": "1"})).await;
        soon("the order is shipped", async || self.state_of("1").await == "shipped").await;
        let s3 = aws_sdk_s3::config::Builder::from(&self.sdk("s3").await).force_path_style(true).build();
        let label = aws_sdk_s3::Client::from_conf(s3).get_object().bucket(self.endpoints["bucket"].as_str().unwrap());
        let label = label.key("1.txt").send().await.unwrap().body.collect().await.unwrap().into_bytes();
        assert_eq!(label, "Order 1");
        let sqs = aws_sdk_sqs::Client::new(&self.sdk("sqs").await);
        let waiting = async |queue: &str| {
            let get = sqs.get_queue_attributes().queue_url(self.endpoints["queues"][queue].as_str().unwrap());
            let counts = get.attribute_names("All".into()).send().await.unwrap().attributes.unwrap();
            let of = |name: &str| counts[&name.into()].parse::<usize>().unwrap();
            of("ApproximateNumberOfMessages") + of("ApproximateNumberOfMessagesNotVisible")
        };
        soon("the queue is empty", async || waiting("Shipping").await == 0).await;

        self.pay(&json!({})).await;
        soon("what cannot be shipped is a dead letter", async || waiting("ShippingDeadLetters").await == 1).await;
    }
}

async fn soon(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < end, "waited too long until {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn start(template: &Path) -> Stack {
    let options = Options { stack_name: "shop".into(), ..Options::new(template, functions()) };
    Stack::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_runs_a_template_of_another_product() {
    let stack = start(Path::new(TEMPLATE)).await;
    Shop::at(stack.url()).await.walk("EUR").await;
    let listed: Vec<_> =
        stack.description.resources.iter().map(|resource| resource.physical_id.as_str()).take(3).collect();
    assert_eq!(listed, ["shop-api", "shop-Orders", "shop-labels"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_whose_role_lacks_a_permission_is_refused() {
    let folder = TempDir::new().unwrap();
    for (permission, without) in
        [("[dynamodb:PutItem, dynamodb:GetItem]", "dynamodb:GetItem"), ("Action: s3:PutObject", "Action: s3:GetObject")]
    {
        let template = fs::read_to_string(TEMPLATE).unwrap();
        assert!(template.contains(permission), "{permission}");
        let path = folder.path().join("template.yaml");
        fs::write(&path, template.replace(permission, without)).unwrap();
        let stack = start(&path).await;
        let shop = Shop::at(stack.url()).await;
        let is_taken = shop.order("1").await == 201;
        if is_taken {
            shop.pay(&json!({"id": "1"})).await;
        }
        soon("the call is refused", async || {
            stack.aws.calls.all().iter().any(|call| call.action.starts_with("Put") && call.status >= Some(400))
        })
        .await;
        assert_eq!(is_taken, permission.contains("s3"), "{permission}");
        if is_taken {
            assert_eq!(shop.state_of("1").await, "taken");
        }
    }
}

/// The binary, started in a folder, its address, and the folder for what it keeps while it runs.
async fn run(home: &Path, arguments: &[String]) -> (Child, String, TempDir) {
    let temporary = TempDir::new().unwrap();
    let mut emulator = Command::new(env!("CARGO_BIN_EXE_sam-emulator"))
        .args(arguments)
        .args(["--port", "0"])
        .current_dir(home)
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(emulator.stdout.take().unwrap()).lines();
    let url = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some(url) = line.strip_prefix("API        ").and_then(|url| url.strip_suffix('/')) {
                return url.to_owned();
            }
        }
    };
    let url = timeout(Duration::from_secs(30), url).await.unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (emulator, url, temporary)
}

/// What README.md says to run, with the folder where the functions are.
fn arguments_of_the_readme() -> Vec<String> {
    let readme = include_str!("../README.md");
    let command = readme.lines().find_map(|line| line.strip_prefix("target/debug/sam-emulator ")).unwrap();
    let functions = functions().display().to_string();
    command
        .split_whitespace()
        .map(|word| if word == "target/debug/examples" { &functions } else { word }.to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_binary_runs_it_as_the_readme_says_and_leaves_nothing_behind() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let beside_the_functions = functions().parent().unwrap().to_owned();
    let relative = ["--template", TEMPLATE, "--functions", "examples"].map(str::to_owned).to_vec();
    for (home, arguments, currency, signal) in
        [(root, arguments_of_the_readme(), "USD", "-TERM"), (&beside_the_functions, relative, "EUR", "-INT")]
    {
        let (mut emulator, url, temporary) = run(home, &arguments).await;
        assert!(fs::read_dir(temporary.path()).unwrap().count() > 0, "buckets are in a temporary folder");
        Shop::at(&url).await.walk(currency).await;
        let pid = emulator.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
        let ended = timeout(Duration::from_secs(20), emulator.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "{signal}: {ended}");
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{signal}");
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_said_in_a_line() {
    let emulator = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sam-emulator")).args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    for (arguments, said) in [
        (vec!["--template", "nowhere.yaml", "--functions", "."], "cannot read nowhere.yaml"),
        (vec!["--template", TEMPLATE, "--functions", ".", "Colour=red"], "the template has no parameter Colour"),
        (vec!["--template", TEMPLATE, "--functions", ".", "Currency"], "a parameter is given as Name=Value"),
        (vec!["--template", TEMPLATE], "--functions <DIR>"),
    ] {
        let (succeeded, output) = emulator(&[&arguments[..], &["--port", "0"]].concat());
        assert!(!succeeded && output.contains(said), "{arguments:?}: {output}");
    }
    let (succeeded, help) = emulator(&["--help"]);
    assert!(succeeded && help.contains("sam-emulator --template template.yaml --functions"), "{help}");
}

#[test]
fn the_readme_shows_the_test_of_the_library() {
    let readme = include_str!("../README.md");
    assert!(readme.contains(include_str!("library.rs")), "README.md should show tests/library.rs as it is");
}
