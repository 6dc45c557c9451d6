//! libFuzzer's program. `FUZZ_TARGET` says which of the targets it tries; all else is libFuzzer's own.
#![no_main]

use std::sync::LazyLock;

use portal_fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let names = TARGETS.map(|(name, _)| name).join(", ");
    TARGETS.into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("FUZZ_TARGET is one of {names}"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.1)(bytes));
