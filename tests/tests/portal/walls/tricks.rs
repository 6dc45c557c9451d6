//! Ways in which somebody might come past a wall, without any wish to: the walls find each.

use super::{WALLS, sources::Sources};

const DOMAIN: &str = "shared/domain/src/lib.rs";
const RUNTIME: &str = "shared/runtime/src/lib.rs";
const FUNCTION: &str = "functions/dashboard/src/lib.rs";

#[test]
fn a_name_is_found_however_it_is_written() {
    for (file, text, found) in [
        (RUNTIME, "use std::env;", "names std::env"),
        (RUNTIME, "use std::{env, time::Duration}; fn f() { env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "use std::env as e; fn f() { e::var_os(\"X\"); }", "names std::env::var_os"),
        (RUNTIME, "use std as s; fn f() { s::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "use std::{self as s}; fn f() { s::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "extern crate std as s; fn f() { s::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "use std::env::var; fn f() { var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "use std::env::*; fn f() { var(\"X\"); }", "names std::env::*"),
        (RUNTIME, "use std::*; fn f() { env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "use jiff::*; fn f() { std::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "fn f() { let x = ::std::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "fn f() -> u8 { match 1 { _ => ::std::env::var(\"X\") } }", "names std::env::var"),
        (RUNTIME, "fn f() { let read = std::r#env::var; }", "names std::env::var"),
        (RUNTIME, "fn f() { use std::env; g(env::var(\"X\")); }", "names std::env::var"),
        (RUNTIME, "fn f() { g(env::var(\"X\")); use std::env; }", "names std::env::var"),
        (RUNTIME, "fn f() { tracing::info!(x = ?std::env::var(\"X\"), \"hm\"); }", "names std::env::var"),
        (RUNTIME, "use std::env; fn f() { html! { p.a { (env::var(\"X\")) } } }", "names std::env::var"),
        (RUNTIME, "macro_rules! f { ($x:expr) => { use std::env as e; e::var($x) } }", "names std::env::var"),
        (RUNTIME, "mod a { mod b { fn f() { std::env::var(\"X\"); } } }", "names std::env::var"),
        (RUNTIME, "use std::env as e; mod a { use super::*; fn f() { e::vars(); } }", "names std::env::vars"),
        (RUNTIME, "mod a { pub(super) use std::env as e; } fn f() { a::e::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "fn f() { mod a { fn f() { std::env::var(\"X\"); } } }", "names std::env::var"),
        (RUNTIME, "#[serde(default = \"std::env::args\")] struct A;", "names std::env::args"),
        (RUNTIME, "#[cfg(test)] mod tests {} fn f() { std::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "#[test] fn f() { std::env::var(\"X\"); }", "names std::env::var"),
        (RUNTIME, "use std::fs; fn f() { fs::read(\"x\"); }", "names std::fs::read"),
        (RUNTIME, "use tokio::fs::File;", "names tokio::fs::File"),
        (RUNTIME, "fn f() { format!(\"CUSTOMER#{}\", 1); }", "holds \"CUSTOMER#{}\""),
        (RUNTIME, "const A: &[u8] = b\"LIMIT#\";", "holds \"LIMIT#\""),
        (RUNTIME, "use lambda_http::Response;", "names lambda_http::Response"),
        (RUNTIME, "use lambda_http as h; fn f(r: h::Request) {}", "names lambda_http::Request"),
        (FUNCTION, "fn f() { maud::html! { p { \"Hi\" } } }", "names maud::html"),
        (RUNTIME, "fn f(e: aws_sdk_dynamodb::Error) {}", "names aws_sdk_dynamodb::Error"),
        (DOMAIN, "use jiff::Timestamp as T; fn f() { T::now(); }", "names jiff::Timestamp::now"),
        (DOMAIN, "use jiff::{Timestamp, Zoned}; fn f() { Zoned::now(); }", "names jiff::Zoned::now"),
        (DOMAIN, "use jiff::*; fn f() { Timestamp::now(); }", "names jiff::Timestamp::now"),
        (DOMAIN, "use jiff::Timestamp; fn f() { None.unwrap_or_else(Timestamp::now); }", "names jiff::Timestamp::now"),
        (DOMAIN, "use jiff::Timestamp; fn f() { <Timestamp>::now(); }", "names jiff::Timestamp::now"),
        (DOMAIN, "type T = jiff::Timestamp; fn f() { T::now(); }", "names jiff::Timestamp::now"),
        (DOMAIN, "fn f() { type T = jiff::Timestamp; T::now(); }", "names jiff::Timestamp::now"),
        (DOMAIN, "use std::time; fn f() { time::UNIX_EPOCH.elapsed(); }", "names std::time::UNIX_EPOCH"),
        (DOMAIN, "use std::time::Instant; fn f() { Instant::now(); }", "names std::time::Instant::now"),
        (DOMAIN, "use std::net::*; fn f(s: TcpStream) {}", "names std::net::TcpStream"),
        (DOMAIN, "use std::net::{IpAddr, UdpSocket};", "names std::net::UdpSocket"),
        (DOMAIN, "fn f() { tokio::spawn(g()); }", "names tokio::spawn"),
        (DOMAIN, "trait A { async fn f(); }", "names async"),
        (DOMAIN, "fn f() { g(async || 1); }", "names async"),
        (FUNCTION, "use aws_sdk_s3::Client;", "names aws_sdk_s3::Client"),
        (FUNCTION, "fn f() { if cfg!(debug_assertions) {} }", "names cfg(debug_assertions)"),
        (FUNCTION, "#[cfg(not(test))] fn f() {}", "names cfg(not(test))"),
        (FUNCTION, "#[cfg(test)] fn f() {}", "names cfg(test)"),
        (FUNCTION, "#[cfg(feature = \"local\")] mod a {}", "names cfg(feature = \"local\")"),
        (FUNCTION, "#[cfg_attr(test, derive(Debug))] struct A;", "names cfg(test, derive(Debug))"),
        (FUNCTION, "const A: &str = \"http://127.0.0.1:9000\";", "holds \"http://127.0.0.1:9000\""),
        (FUNCTION, "use portal_local::Stack;", "names portal_local::Stack"),
    ] {
        let offences = offences(&[(file, text)]);
        assert!(offences.contains(&format!("{file}:1 {found}")), "{text}: {offences:#?}");
    }
}

#[test]
fn a_name_is_found_behind_the_names_that_other_files_and_crates_give_it() {
    const TIME: &str = "shared/domain/src/time.rs";
    for (first, second, found) in [
        (
            (DOMAIN, "mod time; use time::Moment; fn f() { Moment::now(); }"),
            (TIME, "pub use jiff::Timestamp as Moment;"),
            "shared/domain/src/lib.rs:1 names jiff::Timestamp::now",
        ),
        (
            (DOMAIN, "mod time; use time::*; fn f() { Moment::now(); }"),
            (TIME, "pub type Moment = jiff::Timestamp;"),
            "shared/domain/src/lib.rs:1 names jiff::Timestamp::now",
        ),
        (
            (DOMAIN, "mod time; use jiff::Timestamp as Moment;"),
            (TIME, "\nfn f() { super::Moment::now(); }"),
            "shared/domain/src/time.rs:2 names jiff::Timestamp::now",
        ),
        (
            (RUNTIME, "pub use std::env as settings;"),
            (FUNCTION, "use portal_runtime as r; fn f() { r::settings::var(\"X\"); }"),
            "functions/dashboard/src/lib.rs:1 names std::env::var",
        ),
    ] {
        let offences = offences(&[first, second]);
        assert!(offences.iter().any(|offence| offence == found), "{offences:#?}");
    }
}

#[test]
fn what_only_looks_like_a_name_is_none() {
    for innocent in [
        "use std::net::IpAddr; use std::fmt::{self, Write}; fn f(env: &fmt::Write) { env.var(\"X\"); }",
        "/// Like `std::env::var`, but see `AWS_ENDPOINT_URL`.\n// std::env::var\nfn f() {}",
        "#[cfg(test)] mod tests { fn f() { std::env::var(\"CUSTOMER#\"); } }",
        "#[cfg(test)] #[allow(unused)] pub(crate) mod tests { async fn f() { tokio::spawn(); } }",
        "use jiff::Timestamp; fn now() -> Timestamp { Timestamp::MAX } fn f() { now(); }",
        "struct Timestamp; fn f() { Timestamp::now(); }",
    ] {
        assert_eq!(offences(&[(DOMAIN, innocent)]), [""; 0], "{innocent}");
    }
}

/// What the walls say of these files, of which each `lib.rs` begins a crate.
fn offences(files: &[(&str, &str)]) -> Vec<String> {
    let all = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    let roots: Vec<_> = files.iter().map(|(file, _)| *file).filter(|file| file.ends_with("/lib.rs")).collect();
    let name = |file: &str| format!("portal_{}", file.split('/').nth(1).unwrap());
    let sources = Sources::parse(&roots.iter().map(|root| (name(root), (*root).to_owned())).collect::<Vec<_>>(), &all);
    WALLS.iter().flat_map(|wall| wall.offences(&sources)).collect()
}
