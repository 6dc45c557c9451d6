//! `portal erase`.

use crate::{
    global::Global,
    terminal::{Failure, Outcome},
};

pub(crate) async fn run(_: &Global) -> Outcome {
    anstream::eprintln!("portal: {}", Failure::new("not built yet", ""));
    Outcome::Failed
}
