//! `portal doctor` against a DNS server and an AWS of the tests' own, and against the local stack.

mod aws;
mod dns;
mod of_aws;
mod of_dns;
mod of_the_local_stack;
mod output;

use std::process::Stdio;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::process::Command;

use aws::{Aws, World};
use dns::Dns;

/// What the command said.
struct Examination {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Examination {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }

    /// The checks with this name.
    fn checks(&self, what: &str) -> Vec<Value> {
        let json = self.json();
        json["checks"].as_array().unwrap().iter().filter(|check| check["what"] == what).cloned().collect()
    }
}

/// Runs `portal doctor` with the variables in which AWS's tools read credentials, region and endpoints.
async fn doctor(aws: &str, arguments: &[&str]) -> Examination {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.arg("doctor").args(arguments).stdin(Stdio::null()).env_clear();
    command.envs([
        ("AWS_ENDPOINT_URL", aws),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_CONFIG_FILE", "/nonexistent"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
    ]);
    let output = command.output().await.unwrap();
    Examination {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What is otherwise than it should be, and what is said of it.
#[derive(Default)]
struct Case {
    /// Records, and what they are instead.
    zone: &'static [(&'static str, &'static str)],
    aws: World,
    /// The mark, what it is about, and parts of what was found and of the advice.
    said: (&'static str, &'static str, &'static str, &'static str),
}

impl Case {
    async fn run(self) {
        let (dns, aws) = tokio::join!(Dns::with(self.zone), Aws::of(self.aws));
        let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
        let (mark, what, found, advice) = self.said;
        let checks = examination.checks(what);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_said = checks.iter().any(|check| {
            check["mark"] == mark && text(&check["found"]).contains(found) && text(&check["advice"]).contains(advice)
        });
        assert!(is_said, "{:?} is not among {checks:#?}\n{}", self.said, examination.stderr);
        // Nothing else is wrong.
        let json = examination.json();
        for other in json["checks"].as_array().unwrap().iter().filter(|check| check["what"] != what) {
            assert_eq!(other["mark"], "ok", "{other:#} beside {:?}", self.said);
        }
        assert_eq!(examination.status, i32::from(mark == "failure"));
        assert!(!examination.stdout.contains("ana@example.com") && !examination.stderr.contains("ana@example.com"));
    }
}

/// Runs all cases, a few at once.
async fn run(cases: Vec<Case>) {
    let mut cases = cases.into_iter();
    loop {
        let some: Vec<_> = cases.by_ref().take(8).map(Case::run).collect();
        if some.is_empty() {
            break;
        }
        join_all(some).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_well_where_everything_is_set_up() {
    let (dns, aws) = tokio::join!(Dns::with(&[]), Aws::of(World::default()));
    let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
    assert_eq!(examination.stderr, "account 123456789012, region us-east-1, stack portal\n");
    let json = examination.json();
    for (name, value) in [
        ("account", json!("123456789012")),
        ("region", json!("us-east-1")),
        ("stack", json!("portal")),
        ("failures", json!(0)),
        ("warnings", json!(0)),
    ] {
        assert_eq!(json[name], value, "{json:#}");
    }
    for check in json["checks"].as_array().unwrap() {
        let fields: Vec<&String> = check.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["mark", "what", "found", "advice"]);
        assert_eq!((&check["mark"], &check["advice"]), (&json!("ok"), &Value::Null), "{check:#}");
    }
    assert_eq!(examination.status, 0);
}
