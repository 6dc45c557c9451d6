//! How the functions are run.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{aws::Callers, delays::Delays};

/// What every function shares.
#[derive(Clone)]
pub(crate) struct Configuration {
    /// The folder with the functions' binaries.
    pub(crate) functions_dir: PathBuf,
    /// The program, with its arguments, that runs them; nothing where this machine does.
    pub(crate) runner: Vec<String>,
    /// The most instances of one function.
    pub(crate) maximum_instances: usize,
    /// `AWS_ENDPOINT_URL_*` and whatever else comes from outside the template.
    pub(crate) environment: BTreeMap<String, String>,
    /// Who knows which access key belongs to which function.
    pub(crate) callers: Callers,
    /// How much longer AWS takes.
    pub(crate) delays: Delays,
}
