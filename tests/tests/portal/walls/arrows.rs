//! Which package may depend on which: what `cargo metadata` says, held against the list.

use std::{collections::BTreeSet, fs, process::Command, sync::LazyLock};

use serde_json::{Value, json};

/// The rooms of ARCHITECTURE.md: each package, and the packages of the workspace it may depend on, in whatever way.
const ARROWS: &[(&str, &[&str])] = &[
    ("portal-domain", &[]),
    ("portal-runtime", &["portal-domain"]),
    ("portal-views", &["portal-domain"]),
    ("portal-aws", &["portal-runtime", "portal-domain"]),
    ("portal-web", &["portal-views", "portal-runtime", "portal-domain"]),
    ("request_link", HTTP_FUNCTION),
    ("redeem_link", HTTP_FUNCTION),
    ("receive_events", HTTP_FUNCTION),
    ("sign_out", HTTP_FUNCTION),
    ("dashboard", HTTP_FUNCTION),
    ("download_document", HTTP_FUNCTION),
    ("send_mail", WORKER),
    ("project_bookings", WORKER),
    ("mail_feedback", WORKER),
    ("sam-emulator", &[]), // it knows nothing of the portal
    ("portal-local", &["sam-emulator"]),
    ("portal-operator", &["portal-aws", "portal-domain", "portal-views", "portal-tests"]), // the last one for its tests
    ("portal-fuzz", &["portal-aws", "portal-domain", "portal-web"]),
    ("portal-bench", &["portal-aws", "portal-domain", "portal-local"]),
    ("get", &["portal-aws", "portal-runtime"]),
    ("hello", &["portal-runtime"]),
    // The functions, for their handlers are called in the process of a test.
    (
        "portal-tests",
        &[
            "portal-aws",
            "portal-domain",
            "portal-local",
            "portal-views",
            "request_link",
            "redeem_link",
            "receive_events",
            "sign_out",
            "dashboard",
            "download_document",
            "send_mail",
            "project_bookings",
            "mail_feedback",
        ],
    ),
];
const HTTP_FUNCTION: &[&str] = &["portal-web", "portal-aws", "portal-views", "portal-runtime", "portal-domain"];
const WORKER: &[&str] = &["portal-aws", "portal-views", "portal-runtime", "portal-domain"];

/// What `cargo metadata` says of the workspace.
pub(super) static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

#[test]
fn packages_depend_only_on_what_is_below_them() {
    let offences = offences(&METADATA, ARROWS);
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn the_picture_of_the_rooms_shows_the_list() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md")).unwrap();
    let arrows: BTreeSet<_> = text.lines().filter_map(|line| line.trim().split_once(" --> ")).collect();
    for (room, package) in [
        ("http", "dashboard"),
        ("workers", "send_mail"),
        ("web", "portal-web"),
        ("aws", "portal-aws"),
        ("views", "portal-views"),
        ("runtime", "portal-runtime"),
        ("domain", "portal-domain"),
    ] {
        let (_, listed) = ARROWS.iter().find(|(known, _)| *known == package).unwrap();
        let mut shown = BTreeSet::new();
        let mut next = vec![room];
        while let Some(from) = next.pop() {
            for (_, to) in arrows.iter().filter(|arrow| arrow.0 == from) {
                if shown.insert(format!("portal-{to}")) {
                    next.push(*to);
                }
            }
        }
        assert_eq!(shown, listed.iter().map(|below| (*below).to_owned()).collect(), "{room}");
    }
}

#[test]
fn a_dependency_that_leads_upwards_is_refused_by_name() {
    for (package, dependency, kind, refused) in [
        ("portal-domain", "portal-aws", "normal", "portal-domain depends on portal-aws"),
        ("portal-domain", "portal-aws", "dev", "portal-domain depends on portal-aws"),
        ("portal-views", "portal-runtime", "build", "portal-views depends on portal-runtime"),
        ("portal-runtime", "portal-aws", "normal", "portal-runtime depends on portal-aws"),
        ("portal-aws", "portal-web", "normal", "portal-aws depends on portal-web"),
        ("send_mail", "portal-web", "normal", "send_mail depends on portal-web"),
        ("dashboard", "sign_out", "normal", "dashboard depends on sign_out"),
        ("portal-local", "portal-domain", "normal", "portal-local depends on portal-domain"),
        ("sam-emulator", "portal-local", "dev", "sam-emulator depends on portal-local"),
        ("portal-bench", "dashboard", "normal", "portal-bench depends on dashboard"),
        ("portal-views", "aws-sdk-dynamodb", "normal", "portal-views depends on aws-sdk-dynamodb"),
        ("sign_out", "aws-config", "dev", "sign_out depends on aws-config"),
        ("portal-aws", "maud", "normal", "portal-aws depends on maud"),
        ("portal-runtime", "lambda_http", "normal", "portal-runtime depends on lambda_http"),
        ("send_mail", "lambda_http", "normal", "send_mail depends on lambda_http"),
    ] {
        let mut metadata = METADATA.clone();
        let kind = if kind == "normal" { Value::Null } else { kind.into() };
        // Under another name in the sources: it is the same package.
        let line = json!({"name": dependency, "kind": kind, "rename": "innocent"});
        let packages = metadata["packages"].as_array_mut().unwrap();
        let package = packages.iter_mut().find(|found| found["name"] == package).unwrap();
        package["dependencies"].as_array_mut().unwrap().push(line);
        assert_eq!(new_offences(&metadata, ARROWS), [refused]);
    }
}

#[test]
fn a_package_that_the_list_does_not_know_or_that_is_not_there_is_refused_by_name() {
    let mut metadata = METADATA.clone();
    let mut new = metadata["packages"][0].clone();
    (new["name"], new["dependencies"]) = ("made_up".into(), json!([{"name": "portal-web"}]));
    metadata["packages"].as_array_mut().unwrap().push(new);
    assert_eq!(new_offences(&metadata, ARROWS), ["the list does not know made_up"]);

    let arrows = [ARROWS, &[("portal-gone", &[]), ("portal-domain", &["portal-ghost"])]].concat();
    assert_eq!(
        new_offences(&METADATA, &arrows),
        ["the list knows portal-gone, which is not there", "the list knows portal-ghost, which is not there"]
    );
}

/// What is wrong besides what may be wrong today.
fn new_offences(metadata: &Value, arrows: &[(&str, &[&str])]) -> Vec<String> {
    let today = offences(&METADATA, ARROWS);
    offences(metadata, arrows).into_iter().filter(|offence| !today.contains(offence)).collect()
}

/// What is wrong with the dependencies of the workspace's packages.
fn offences(metadata: &Value, arrows: &[(&str, &[&str])]) -> Vec<String> {
    let root = metadata["workspace_root"].as_str().unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &'_ Value| package["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = packages.iter().map(name).collect();
    let mut offences = Vec::new();
    for package in packages {
        let name = name(package);
        let Some((_, below)) = arrows.iter().find(|(known, _)| *known == name) else {
            offences.push(format!("the list does not know {name}"));
            continue;
        };
        let manifest = package["manifest_path"].as_str().unwrap().strip_prefix(root).unwrap();
        let is_of_the_product = manifest.starts_with("/shared/") || manifest.starts_with("/functions/");
        for dependency in package["dependencies"].as_array().unwrap() {
            let dependency = dependency["name"].as_str().unwrap();
            let may = match dependency {
                _ if names.iter().any(|name| name == dependency) => below.contains(&dependency),
                "lambda_http" => {
                    *below == HTTP_FUNCTION
                        || ["portal-web", "portal-tests", "portal-fuzz", "get", "hello"].contains(&name.as_str())
                }
                "maud" => !is_of_the_product || name == "portal-views",
                // The SDK: aws-config, aws-sdk-…, aws-smithy-…, aws-types. (aws_lambda_events is not of it.)
                _ if dependency.starts_with("aws-") => !is_of_the_product || name == "portal-aws",
                _ => true,
            };
            if !may {
                offences.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    let known = arrows.iter().flat_map(|(package, below)| [package].into_iter().chain(*below));
    for missing in known.filter(|known| !names.iter().any(|name| name == *known)) {
        offences.push(format!("the list knows {missing}, which is not there"));
    }
    offences
}
