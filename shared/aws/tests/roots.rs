//! What the build script takes from a list of roots.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

#[path = "../build/roots.rs"]
mod roots;

use roots::{NEEDED, WHILE_LISTED, of_amazon};

fn list(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| format!("\u{0}{name}\u{1}").into_bytes()).collect()
}

#[test]
fn starfield_s_root_may_go_and_amazon_s_own_may_not() {
    let all = [&NEEDED[..], &["Somebody Else", WHILE_LISTED]].concat();
    assert_eq!(of_amazon(&list(&all)).unwrap().len(), 5);
    assert_eq!(of_amazon(&list(&NEEDED)).unwrap().len(), 4);
    for missing in NEEDED {
        let rest: Vec<&str> = all.iter().copied().filter(|name| *name != missing).collect();
        assert_eq!(of_amazon(&list(&rest)).unwrap_err(), format!("{missing} is not listed"));
    }
}
