//! No file needs another that needs it: what is below can be read, changed and tested without what is above.
//!
//! A file needs those whose items it names, through whatever re-exports. So a `mod.rs` that only declares and re-exports is
//! needed by nobody, while one that holds code of its own must not be needed by the files that it uses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::sources::{SOURCES, Sources};

/// For each file the files that it needs, each with one name that it needs from there.
type Needs = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn no_file_needs_another_that_needs_it() {
    let circles = circles(&needs(&SOURCES));
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn circles_are_found_through_imports_and_re_exports_and_nothing_else_is_one() {
    for (files, found) in [
        // A door that only declares and re-exports is no part of a circle, however it is named.
        (
            vec![
                ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
                ("a.rs", "use crate::B; pub struct A(B);"),
                ("b.rs", "use std::fmt; pub struct B;"),
            ],
            vec![],
        ),
        (
            vec![("lib.rs", "mod a; mod b;"), ("a.rs", "use super::b; fn f() { b::g(); }"), ("b.rs", "pub fn g() {}")],
            vec![],
        ),
        // Siblings, by a re-export, by whole paths, by an import of the module.
        (
            vec![
                ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
                ("a.rs", "use super::B; pub struct A(B);"),
                ("b.rs", "pub struct B(Vec<crate::A>);"),
            ],
            vec!["a.rs -> b.rs (krate::b::B) -> a.rs (krate::a::A)"],
        ),
        (
            vec![
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", "use crate::b; pub fn f() { b::g() }"),
                ("b.rs", "pub fn g() { tracing::info!(\"{}\", super::a::f()); }"),
            ],
            vec!["a.rs -> b.rs (krate::b::g) -> a.rs (krate::a::f)"],
        ),
        // What a macro makes belongs to the file that calls it; an attribute of serde's names what it calls.
        (
            vec![
                ("lib.rs", "mod a; mod b;"),
                ("a.rs", "id! { Id } fn f(_: crate::b::B) {}"),
                ("b.rs", "use super::a; struct B { #[serde(with = \"a\")] b: u8 }"),
            ],
            vec!["a.rs -> b.rs (krate::b::B) -> a.rs (krate::a)"],
        ),
        // A parent that holds code, which its child uses while it uses the child.
        (
            vec![
                ("lib.rs", "mod a;"),
                ("a/mod.rs", "mod b; use b::g; struct A; fn f() { g() }"),
                ("a/b.rs", "use super::A; pub fn g() {}"),
            ],
            vec!["a/b.rs -> a/mod.rs (krate::a::A) -> a/b.rs (krate::a::b::g)"],
        ),
        // Three files, one of them a parent in the way of the new edition.
        (
            vec![
                ("lib.rs", "mod a; mod c;"),
                ("a.rs", "mod b; pub fn f() -> crate::c::C {}"),
                ("a/b.rs", "fn g() { super::f() }"),
                ("c.rs", "pub struct C(crate::a::b::B);"),
            ],
            vec!["a.rs -> c.rs (krate::c::C) -> a/b.rs (krate::a::b::B) -> a.rs (krate::a::f)"],
        ),
        // Tests may look at everything, and a variable is not the module whose name it has.
        (
            vec![
                ("lib.rs", "mod a; fn f(a: u8) -> u8 { a }"),
                ("a.rs", "use crate::f; #[cfg(test)] mod tests;"),
                ("a/tests.rs", "use super::*;"),
            ],
            vec![],
        ),
    ] {
        let files = files.iter().map(|(file, text)| (format!("krate/{file}"), (*text).to_owned())).collect();
        let sources = Sources::parse(&[("krate".into(), "krate/lib.rs".into())], &files);
        let circles: Vec<String> =
            circles(&needs(&sources)).iter().map(|circle| circle.replace("krate/", "")).collect();
        assert_eq!(circles, found);
        assert_eq!(sources.strays, [""; 0]);
    }
}

fn needs(sources: &Sources) -> Needs {
    sources.files.iter().map(|(file, names)| (file.clone(), names.files.clone())).collect()
}

/// For each file that needs itself, the shortest circle, with a name for each step; the shortest of all first.
fn circles(needs: &Needs) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, needed) in needs {
        let ways = needed.keys().filter_map(|next| way(needs, next, file));
        let Some(circle) = ways.min_by_key(Vec::len) else { continue };
        if told.insert(circle.iter().copied().collect::<BTreeSet<&str>>()) {
            let steps = [&[file.as_str()], circle.as_slice()].concat();
            let steps = steps.windows(2).map(|step| format!(" -> {} ({})", step[1], needs[step[0]][step[1]]));
            circles.push((circle.len(), format!("{file}{}", steps.collect::<String>())));
        }
    }
    circles.sort();
    circles.into_iter().map(|(_, circle)| circle).collect()
}

/// The shortest way from one file to another, both included.
fn way<'a>(needs: &'a Needs, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let here = *way.last()?;
        if here == to {
            return Some(way);
        }
        for next in needs.get(here)?.keys().map(String::as_str).filter(|next| seen.insert(next)) {
            ways.push_back([way.as_slice(), &[next]].concat());
        }
    }
    None
}
