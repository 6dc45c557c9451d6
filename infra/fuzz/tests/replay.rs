//! The corpus that `make fuzz` left, each input as it is and changed at random: some seconds of what it does for an hour.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::{
    fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use portal_fuzz::{TARGETS, Target};
use proptest::{
    prelude::*,
    sample::Index,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

/// How long each target is tried with what is made at random.
const LASTS: Duration = Duration::from_millis(1500);

/// A change at some place of an input.
#[derive(Debug, Clone)]
enum Edit {
    Put(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// A part of another input.
    Splice(Index, Index, Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let bytes = prop_oneof![prop::collection::vec(any::<u8>(), 1..9), "[ -~]{1,9}".prop_map(String::into_bytes)];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Put(at, byte)),
        (any::<Index>(), bytes).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        (any::<Index>(), any::<Index>(), any::<Index>(), 1..200_usize)
            .prop_map(|(at, of, from, length)| Edit::Splice(at, of, from, length)),
    ]
}

impl Edit {
    fn make(&self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let end = |at: usize, length: usize, bytes: &[u8]| bytes.len().min(at + length);
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Self::Put(at, byte) if !input.is_empty() => {
                let at = at.index(input.len());
                input[at] = *byte;
            }
            Self::Put(_, byte) => input.push(*byte),
            Self::Insert(at, bytes) => {
                let at = place(at, input);
                input.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, length) => {
                let at = place(at, input);
                let end = end(at, *length, input);
                input.drain(at..end);
            }
            Self::Splice(at, of, from, length) => {
                let other = of.get(corpus);
                let (at, from) = (place(at, input), place(from, other));
                let part = other[from..end(from, *length, other)].to_vec();
                input.splice(at..at, part);
            }
        }
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Tries an input; says which it was where a property does not hold.
fn holds((name, read): Target, input: &[u8]) {
    if let Err(why) = panic::catch_unwind(AssertUnwindSafe(|| read(input))) {
        println!("{name}: {:?}", String::from_utf8_lossy(input));
        panic::resume_unwind(why);
    }
}

fn is_read_well(name: &str) {
    let target = TARGETS.into_iter().find(|(known, _)| *known == name).unwrap();
    let corpus = corpus(name);
    assert!(!corpus.is_empty());
    corpus.iter().for_each(|input| holds(target, input));
    let mut runner = TestRunner::new(Config::default());
    let changes = (any::<Index>(), prop::collection::vec(edit(), 1..6));
    let (began, mut tried) = (Instant::now(), 0);
    while began.elapsed() < LASTS {
        let (of, edits) = changes.new_tree(&mut runner).unwrap().current();
        let mut input = of.get(&corpus).clone();
        edits.iter().for_each(|edit| edit.make(&mut input, &corpus));
        holds(target, &input);
        tried += 1;
    }
    println!("{name}: {} inputs of the corpus, {tried} at random", corpus.len());
}

#[test]
fn cookies_cost_each_other_nothing_whatever_stands_beside_them() {
    is_read_well("cookies");
}

#[test]
fn links_sessions_ids_and_addresses_have_one_text_each() {
    is_read_well("links");
}

#[test]
fn events_are_judged_alike_however_they_are_written_and_come_and_no_fault_quotes_them() {
    is_read_well("events");
}

#[test]
fn forms_are_read_as_others_read_them() {
    is_read_well("forms");
}

#[test]
fn signed_requests_are_judged_as_the_library_of_standard_webhooks_judges_them() {
    is_read_well("webhooks");
}

#[test]
fn reports_of_mails_leave_nothing_behind_that_could_be_an_address() {
    is_read_well("feedback");
}
