//! The operator's tool brings more of the SDK than a function may load: it must not change how functions are built.

use std::{collections::BTreeSet, process::Command};

use super::arrows::METADATA;

/// The packages that a selection is built of, each with its features.
fn built(selection: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none"]);
    let output = command.args(["--format", "{p} {f}"]).args(selection).current_dir("..").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A package that was listed before ends with a star.
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// The packages of the functions that are built otherwise in this selection than where functions are built alone.
fn changed(selection: &[&str]) -> Vec<String> {
    let members = default_members();
    let functions: Vec<&str> = members.iter().flat_map(|member| ["--package", member]).collect();
    let (alone, selected) = (built(&functions), built(selection));
    let name = |line: &String| line.split(' ').next().map(str::to_owned);
    alone.difference(&selected).filter_map(name).collect()
}

fn default_members() -> Vec<String> {
    let ids = METADATA["workspace_default_members"].as_array().unwrap();
    let packages = METADATA["packages"].as_array().unwrap().iter();
    let members = packages.filter(|package| ids.contains(&package["id"]));
    members.map(|package| package["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_operator_s_tool_changes_no_feature_of_what_functions_load() {
    assert!(!default_members().contains(&"portal-operator".to_owned()));
    // What `sam build` and `cargo lambda build` select.
    assert_eq!(changed(&[]), Vec::<String>::new());
    // Control: together with the tool the SDK would be built otherwise, and still more of it with what signs in to AWS.
    let together = ["--workspace", "--features", "portal-operator/sign-in"];
    for of_the_sdk in ["aws-smithy-types", "aws-config"] {
        assert!(changed(&together).contains(&of_the_sdk.to_owned()), "{of_the_sdk}");
    }
}
