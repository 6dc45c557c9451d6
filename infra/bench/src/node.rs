//! The function in Node, and the Node that runs it.

use std::{fs, path::Path, process::Command};

use crate::{baselines::NODE_BINARY, result::Result};

/// Puts the function among the binaries, and says which Node there is; nothing where there is none, or no function.
pub(crate) fn add(function: &Path, binaries: &Path) -> Result<Option<String>> {
    let Ok(version) = Command::new("node").arg("--version").output() else { return Ok(None) };
    if !version.status.success() || !function.exists() {
        return Ok(None);
    }
    // With its permission to be executed.
    fs::copy(function, binaries.join(NODE_BINARY))?;
    Ok(Some(String::from_utf8(version.stdout)?.trim().to_owned()))
}
