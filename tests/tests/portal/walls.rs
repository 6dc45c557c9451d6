//! The walls of ARCHITECTURE.md that crates cannot keep: who may name what. `arrows` keeps the list of who may depend on
//! whom, `circles` that no file needs one that needs it, and `tricks` tries the walls themselves.
//!
//! What Rust calls a method names no path, so it is not seen here: `clippy.toml` of each room disallows what matters.

mod arrows;
mod circles;
mod features;
mod names;
mod sources;
mod tricks;

use std::{
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;
use sources::{SOURCES, Sources};

/// Something that only some files may name.
struct Wall {
    /// The folders whose files it is about.
    around: &'static [&'static str],
    /// Paths, each with all that is below it.
    paths: &'static [&'static str],
    /// What texts in quotation marks may not hold.
    texts: &'static [&'static str],
    /// Files or folders that may, and the paths they may name; without any, all.
    but: &'static [(&'static str, &'static [&'static str])],
}

const PRODUCT: &[&str] = &["shared/", "functions/"];

const TABLE: Wall = Wall {
    around: &["shared/", "functions/", "infra/operator/src/"],
    paths: &["aws_sdk_dynamodb", "serde_dynamo"],
    texts: &["CUSTOMER#", "BOOKING#", "SIGNINS#", "SUPPRESSION#", "LIMIT#", "ROW#", "SOURCE#"],
    but: &[
        ("shared/aws/src/store/", &[]),
        // The error types of all SDK crates are the same ones, as are credentials.
        (
            "shared/aws/src/sdk.rs",
            &[
                "aws_sdk_dynamodb::error",
                "aws_sdk_dynamodb::config::Credentials",
                "aws_sdk_dynamodb::config::SharedCredentialsProvider",
            ],
        ),
    ],
};

const SDK: Wall = Wall {
    around: &["functions/"],
    paths: &["aws_config", "aws_sdk_dynamodb", "aws_sdk_s3", "aws_sdk_sesv2", "aws_sdk_sqs", "aws_types"],
    texts: &[],
    but: &[],
};

const HTTP: Wall = Wall { around: &["shared/"], paths: &["lambda_http"], texts: &[], but: &[("shared/web/", &[])] };

const HTML: Wall = Wall { around: PRODUCT, paths: &["maud"], texts: &[], but: &[("shared/views/", &[])] };

const ENVIRONMENT: Wall = Wall {
    around: PRODUCT,
    paths: &["std::env"],
    texts: &[],
    but: &[("shared/runtime/src/environment.rs", &["std::env::var"]), ("shared/aws/build/main.rs", &[])],
};

const FILES: Wall = Wall {
    around: PRODUCT,
    paths: &["std::fs", "tokio::fs"],
    texts: &[],
    but: &[("shared/aws/src/sdk.rs", &["std::fs::read"]), ("shared/aws/build/main.rs", &[])],
};

const OUTSIDE_WORLD: Wall = Wall {
    around: &["shared/domain/", "shared/views/"],
    paths: &[
        "async",
        "jiff::Timestamp::now",
        "jiff::Zoned::now",
        "jiff::tz::TimeZone::system",
        "jiff::tz::TimeZone::try_system",
        "std::net::TcpListener",
        "std::net::TcpStream",
        "std::net::ToSocketAddrs",
        "std::net::UdpSocket",
        "std::net::*",
        "std::os",
        "std::process",
        "std::thread",
        "std::time::Instant",
        "std::time::SystemTime",
        "std::time::UNIX_EPOCH",
        "tokio",
    ],
    texts: &[],
    but: &[],
};

/// Who is signed in, and whose booking it is, is found out in one place.
const PROOFS: Wall = Wall {
    around: PRODUCT,
    paths: &["portal_domain::sign_in::SignedIn::check", "portal_domain::sign_in::OwnBooking::check"],
    texts: &[],
    but: &[("shared/aws/src/store/", &[])],
};

/// What is shown without a session is a preview, which the operator's tool makes.
const PREVIEWS: Wall = Wall {
    around: PRODUCT,
    paths: &[
        "portal_domain::sign_in::SignedIn::previewed",
        "portal_domain::sign_in::OwnBooking::previewed",
        "portal_views::mails::letters::LeadsTo::Form",
    ],
    texts: &[],
    but: &[
        ("shared/domain/src/sign_in.rs", &["portal_domain::sign_in::SignedIn::previewed"]),
        ("shared/views/src/mails/letters.rs", &["portal_views::mails::letters::LeadsTo::Form"]),
    ],
};

const BRANCHES: Wall = Wall {
    around: PRODUCT,
    paths: &[
        "cfg",
        "std::cfg",
        "portal_local",
        "sam_emulator",
        "std::net::Ipv4Addr::LOCALHOST",
        "std::net::Ipv6Addr::LOCALHOST",
    ],
    texts: &["AWS_ENDPOINT_URL", "127.0.0.1"],
    // Its allocator is that of what is static, as functions are on AWS.
    but: &[("shared/runtime/src/run.rs", &["cfg(target_env = \"musl\")"])],
};

/// The operator's tool makes and uses no link, asks for none, and sends no mail.
const OPERATOR: Wall = Wall {
    around: &["infra/operator/src/"],
    paths: &[
        "portal_aws::link_requests",
        "portal_aws::mail_queue::MailQueue",
        "portal_aws::sender",
        "portal_aws::store::Store::count_request",
        "portal_domain::link",
        "portal_domain::secret",
        "portal_domain::session",
    ],
    texts: &["/link/", "/sign-in"],
    but: &[],
};

/// Of the portal's routes the operator's tool calls one alone, and only where it is told to: `events send --over-https` posts
/// where the booking system does. Otherwise it asks a local stack where its services are, and AWS by the SDK.
const CALLS: Wall = Wall {
    around: &["infra/operator/src/"],
    paths: &["aws_smithy_http_client", "aws_smithy_runtime_api", "hyper", "hyper_util", "reqwest"],
    texts: &[],
    but: &[
        ("infra/operator/src/stack.rs", &["aws_smithy_http_client", "reqwest"]),
        ("infra/operator/src/commands/events/post.rs", &["aws_smithy_http_client", "aws_smithy_runtime_api"]),
    ],
};

const WALLS: [&Wall; 12] = [
    &TABLE,
    &SDK,
    &HTTP,
    &HTML,
    &ENVIRONMENT,
    &FILES,
    &OUTSIDE_WORLD,
    &PROOFS,
    &PREVIEWS,
    &BRANCHES,
    &OPERATOR,
    &CALLS,
];

impl Wall {
    /// Asserts that the wall stands, and that each of its doors is used.
    fn stands(&self) {
        let offences = self.offences(&SOURCES);
        assert!(offences.is_empty(), "{offences:#?}");
        for door in self.but {
            let closed = Self { but: &[], ..*self };
            let through = closed.offences(&SOURCES);
            assert!(through.iter().any(|offence| offence.starts_with(door.0)), "{} needs no door", door.0);
        }
    }

    /// Each thing that is named where it may not be, with its place.
    fn offences(&self, sources: &Sources) -> Vec<String> {
        let mut offences = Vec::new();
        for (file, names) in sources.files.iter().filter(|(file, _)| begins(file, self.around)) {
            let but = self.but.iter().find(|(who, _)| file.starts_with(who));
            // Who may name `std::fs::read` may import `std::fs`.
            let is_above = |path: &str, what: &[&str]| what.iter().any(|below| is_below(below, &[path]));
            let may = |path: &str| {
                but.is_some_and(|(_, what)| what.is_empty() || is_below(path, what) || is_above(path, what))
            };
            for (path, line) in names.paths.iter().filter(|(path, _)| is_below(path, self.paths) && !may(path)) {
                offences.push(format!("{file}:{line} names {path}"));
            }
            let is_held = |text: &str| self.texts.iter().any(|held| text.contains(held)) && !may(text);
            for (text, line) in names.texts.iter().filter(|(text, _)| is_held(text)) {
                offences.push(format!("{file}:{line} holds {text:?}"));
            }
        }
        offences
    }
}

fn begins(file: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}

/// Whether a path is one of these or below it: `cfg` is meant by `cfg(feature = "local")`, too.
fn is_below(path: &str, paths: &[&str]) -> bool {
    paths.iter().any(|above| {
        let rest = path.strip_prefix(above);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || rest.starts_with('('))
    })
}

#[test]
fn only_the_store_knows_dynamodb_and_formats_keys() {
    TABLE.stands();
    SDK.stands();
}

#[test]
fn only_web_and_functions_know_http_and_only_views_know_html() {
    HTTP.stands();
    HTML.stands();
}

#[test]
fn the_environment_and_files_are_read_in_one_place_each() {
    ENVIRONMENT.stands();
    FILES.stands();
}

#[test]
fn the_domain_and_what_customers_see_do_no_io_and_are_told_the_time() {
    OUTSIDE_WORLD.stands();
}

#[test]
fn only_the_store_finds_out_who_is_signed_in_and_whose_booking_it_is() {
    PROOFS.stands();
}

#[test]
fn no_function_shows_anything_as_if_somebody_were_signed_in() {
    PREVIEWS.stands();
}

#[test]
fn every_file_that_architecture_md_names_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut named = 0;
    for path in text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|path| path.contains('/') && path.ends_with(".rs") && !path.contains('<'))
    {
        // In the flows, the rooms stand without the folder that they are all in.
        let homes = [path.to_owned(), format!("shared/{}", path.replacen('/', "/src/", 1))];
        assert!(
            homes.iter().any(|home| root().join(home).is_file()),
            "ARCHITECTURE.md names {path}, which is not there"
        );
        named += 1;
    }
    assert!(named > 20, "{named}");
}

#[test]
fn the_operator_s_tool_makes_no_link_and_sends_no_mail() {
    OPERATOR.stands();
}

#[test]
fn the_operator_s_tool_calls_no_route_but_the_one_for_events() {
    CALLS.stands();
}

#[test]
fn production_code_has_no_branch_for_tests_or_the_local_stack() {
    BRANCHES.stands();
}

#[test]
fn the_emulator_has_no_word_of_the_portal() {
    let mut texts = String::new();
    collect(&root().join("infra/emulator"), &mut texts);
    let words = Regex::new("(?i)portal|booking|customer|golf|\\bcarts?\\b|renter|rental").unwrap();
    let said: Vec<_> = texts.lines().filter(|line| words.is_match(line)).collect();
    assert!(said.is_empty(), "{said:#?}");
    assert!(texts.lines().count() > 5_000, "{}", texts.lines().count());
}

#[test]
fn every_source_belongs_to_a_crate() {
    assert_eq!(SOURCES.strays, [""; 0]);
    assert!(SOURCES.files.len() > 100, "{}", SOURCES.files.len());
}

#[test]
fn every_test_that_security_md_names_exists() {
    let mut tests = String::new();
    ["tests/tests", "shared", "infra/operator/tests"]
        .iter()
        .for_each(|folder| collect(&root().join(folder), &mut tests));
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

const TEXTS: [&str; 4] = ["rs", "toml", "yaml", "md"];

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The text of every source below a folder, and of what stands beside Rust's.
fn collect(folder: &Path, texts: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            collect(&entry, texts);
        } else if entry.extension().is_some_and(|extension| TEXTS.iter().any(|text| extension == *text)) {
            texts.push_str(&fs::read_to_string(&entry).unwrap());
        }
    }
}
