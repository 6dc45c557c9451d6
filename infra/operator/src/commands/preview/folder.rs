//! Where previews are kept: files that only their owner may read, since they hold what customers see.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::mark::is_marked;
use crate::terminal::Failure;

/// A file to be written.
pub(super) struct File {
    /// Without an address.
    pub(super) name: String,
    /// A preview, with its mark.
    pub(super) text: String,
}

/// Writes all files into a folder, which is made where there is none. Earlier previews of the same names are replaced; where
/// one of the names is something else's, nothing is written. `elsewhere` is the command that writes into another folder.
pub(super) fn write(folder: &Path, files: &[File], elsewhere: &str) -> Result<Vec<PathBuf>, Failure> {
    let advice = || format!("Name another folder: {elsewhere}");
    let failed = |path: &Path, error| Failure::new(format!("cannot write {}: {error}", path.display()), advice());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| failed(folder, error))?;
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(&file.name)).collect();
    for path in &paths {
        if !may_be_replaced(path).map_err(|error| failed(path, error))? {
            let problem = format!("{} is no preview: it stays, and nothing was written", path.display());
            return Err(Failure::new(problem, advice()));
        }
    }
    for (path, file) in paths.iter().zip(files) {
        replace(path, &file.text).map_err(|error| failed(path, error))?;
    }
    Ok(paths)
}

/// Whether there is nothing at a path, or an earlier preview.
fn may_be_replaced(path: &Path) -> std::io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(found) => Ok(found.is_file() && fs::read_to_string(path).is_ok_and(|text| is_marked(&text))),
    }
}

/// A file of its own (mode 0600) in place of an earlier one, whose mode may be another.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}
