//! The walls of ARCHITECTURE.md, as far as reading the sources can tell.

mod arrows;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every Rust source below a folder: its path from the project's root, and its text without its tests.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            collect(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&entry).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            found.push((entry.strip_prefix(root()).unwrap().display().to_string(), code));
        }
    }
}

/// Asserts that only files of which `may` approves hold one of these texts, and that some such file does.
fn only(folder: &str, texts: &[&str], may: impl Fn(&str) -> bool) {
    let mut at_home = 0;
    for (path, code) in sources(folder) {
        for text in texts.iter().filter(|text| code.contains(**text)) {
            assert!(may(&path), "{path} holds {text:?}");
            at_home += 1;
        }
    }
    assert!(at_home > 0, "nothing holds {texts:?}: the wall guards nothing");
}

#[test]
fn only_the_store_knows_dynamodb_and_formats_keys() {
    // sdk.rs names the SDK's common error types, which every SDK crate exports.
    only("shared", &["aws_sdk_dynamodb", "\"CUSTOMER#", "\"BOOKING#"], |path| {
        path.starts_with("shared/aws/src/store/") || path == "shared/aws/src/sdk.rs"
    });
    for (path, code) in sources("functions") {
        assert!(!code.contains("aws_sdk_"), "{path} knows an AWS SDK");
    }
}

#[test]
fn only_http_pages_and_functions_know_http_and_html() {
    only("shared", &["lambda_http::"], |path| path.starts_with("shared/web/"));
    only("shared", &["maud::"], |path| path.starts_with("shared/views/"));
}

#[test]
fn the_domain_does_no_io_and_is_told_the_time() {
    for (module, code) in sources("shared/domain/src").into_iter().chain(sources("shared/views/src")) {
        for text in ["async fn", "aws_", "Timestamp::now", "std::env", "std::fs", "lambda_http"] {
            assert!(!code.contains(text), "{module} holds {text:?}");
        }
    }
}

#[test]
fn production_code_has_no_branch_for_tests_or_the_local_stack() {
    for (path, code) in sources("functions").into_iter().chain(sources("shared")) {
        for text in [
            "cfg!(",
            "cfg(feature",
            "cfg(not(test",
            "debug_assertions",
            "AWS_ENDPOINT_URL",
            "127.0.0.1",
            "portal_local",
        ] {
            let said = code.lines().any(|line| line.contains(text) && !line.trim_start().starts_with("//"));
            assert!(!said, "{path} holds {text:?}");
        }
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    only("shared", &["std::env"], |path| path == "shared/runtime/src/environment.rs" || path == "shared/aws/build.rs");
    for (path, code) in sources("functions") {
        assert!(!code.contains("std::env"), "{path} reads the environment");
    }
}

#[test]
fn every_test_that_security_md_names_exists() {
    let tests: String = ["tests/tests", "shared"].map(|folder| whole(folder).into_iter().collect::<String>()).concat();
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, table) = text.split_once("| threat |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut named = 0;
    for row in table.lines().skip(2) {
        let proof = row.trim_end_matches('|').rsplit('|').next().unwrap();
        for name in proof.split('`').skip(1).step_by(2) {
            assert!(tests.contains(&format!("fn {name}(")), "SECURITY.md names {name}, and there is no such test");
            named += 1;
        }
    }
    assert!(named > 20, "{named}");
}

/// Every Rust source below a folder, its tests included.
fn whole(folder: &str) -> Vec<String> {
    sources(folder).into_iter().map(|(path, _)| fs::read_to_string(root().join(path)).unwrap()).collect()
}
