//! The functions' binaries: a test on stale ones would prove nothing, so they are refused.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::SystemTime,
};

/// Where cargo leaves the functions' binaries: beside the folder of this test's own.
///
/// Panics, and says what to run, unless `make build` has seen every source as it is now.
pub fn functions_dir() -> PathBuf {
    static CHECKED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let checked = CHECKED.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.ancestors().nth(2).unwrap().to_owned();
        is_current(&folder, Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).map(|()| folder)
    });
    checked
        .clone()
        .unwrap_or_else(|reason| panic!("{reason}: run `make build`, or `make test ONLY=…`, which builds first"))
}

/// Whether the binaries in a folder are what a workspace's sources make; if not, why.
///
/// `make build` leaves a copy of Cargo.lock as `built-from`, with the time at which it began: cargo leaves a binary
/// alone that a change does not alter, so its own time says nothing. Which sources are a binary's, and whether they are
/// those of another clone that builds into the same folder, says the list that cargo keeps beside it.
fn is_current(folder: &Path, workspace: &Path) -> Result<(), String> {
    let stamp = folder.join("built-from");
    let begun = changed(&stamp).ok_or("the functions are not built")?;
    if fs::read(&stamp).ok() != fs::read(workspace.join("Cargo.lock")).ok() {
        return Err("Cargo.lock is not the one that the functions were built from".into());
    }
    let libraries = fs::read_dir(workspace.join("shared")).unwrap().map(|library| library.unwrap().path());
    let manifests = libraries.filter(|library| library.is_dir()).map(|library| library.join("Cargo.toml"));
    let mut sources: Vec<PathBuf> = manifests.collect();
    sources.push(workspace.join("Cargo.toml"));
    let functions = fs::read_dir(workspace.join("functions")).unwrap().map(Result::unwrap);
    for function in functions.filter(|entry| entry.path().is_dir()) {
        let (home, name) = (function.path(), function.file_name());
        let binary = folder.join(&name);
        let listed = listed(&binary.with_extension("d"));
        if !binary.exists() || listed.is_empty() {
            return Err(format!("{} is not built", name.display()));
        }
        if !listed.contains(&home.join("src/main.rs")) {
            return Err(format!("{} is built from other sources than {}", binary.display(), home.display()));
        }
        sources.push(home.join("Cargo.toml"));
        // What is not of the workspace was made by a build script, during the build.
        let made = folder.join("build");
        sources.extend(listed.into_iter().filter(|source| source.starts_with(workspace) && !source.starts_with(&made)));
    }
    match sources.iter().find(|source| changed(source).is_none_or(|time| time > begun)) {
        Some(source) => Err(format!("{} has changed since the functions were built", source.display())),
        None => Ok(()),
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

/// The sources in a list of cargo's, which is a rule of a Makefile; none where there is no list.
fn listed(list: &Path) -> Vec<PathBuf> {
    let rule = fs::read_to_string(list).unwrap_or_default().replace("\\ ", "\0");
    rule.split_whitespace().skip(1).map(|source| source.replace('\0', " ").into()).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use tempfile::TempDir;

    use super::*;

    /// A workspace of one function and one library, and the folder in which it is built.
    fn built() -> (TempDir, PathBuf, PathBuf) {
        let home = TempDir::new().unwrap();
        let (workspace, folder) = (home.path().join("the workspace"), home.path().join("debug"));
        let file = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path.display().to_string().replace(' ', "\\ ")
        };
        for manifest in ["Cargo.toml", "functions/greet/Cargo.toml", "shared/words/Cargo.toml", "Cargo.lock"] {
            file(workspace.join(manifest), "");
        }
        let binary = file(folder.join("greet"), "");
        let sources = [
            file(workspace.join("functions/greet/src/main.rs"), ""),
            file(workspace.join("shared/words/src/style.css"), ""),
            file(folder.join("build/words/made.rs"), ""),
        ];
        file(folder.join("greet.d"), &format!("{binary}: {}\n", sources.join(" ")));
        file(folder.join("built-from"), "");
        (home, workspace, folder)
    }

    fn touch(file: &Path, later: Duration) {
        File::options().append(true).open(file).unwrap().set_modified(SystemTime::now() + later).unwrap();
    }

    #[test]
    fn binaries_are_refused_once_a_source_is_newer() {
        for source in
            ["Cargo.toml", "functions/greet/Cargo.toml", "functions/greet/src/main.rs", "shared/words/src/style.css"]
        {
            let (_home, workspace, folder) = built();
            assert_eq!(is_current(&folder, &workspace), Ok(()));
            touch(&workspace.join(source), Duration::from_secs(1));
            let refusal = is_current(&folder, &workspace).unwrap_err();
            assert!(refusal.ends_with(&format!("{source} has changed since the functions were built")), "{refusal}");
            touch(&folder.join("built-from"), Duration::from_secs(2));
            assert_eq!(is_current(&folder, &workspace), Ok(()));
        }
    }

    #[test]
    fn binaries_are_refused_that_are_not_there_or_are_of_other_sources() {
        let (_home, workspace, folder) = built();
        touch(&folder.join("build/words/made.rs"), Duration::from_secs(1));
        assert_eq!(is_current(&folder, &workspace), Ok(()), "the build itself made it");
        fs::write(workspace.join("Cargo.lock"), "another").unwrap();
        assert!(is_current(&folder, &workspace).unwrap_err().starts_with("Cargo.lock is not"));

        let (_home, workspace, folder) = built();
        fs::remove_file(workspace.join("shared/words/src/style.css")).unwrap();
        assert!(is_current(&folder, &workspace).unwrap_err().contains("style.css has changed"));

        let (_other_home, other_clone, _) = built();
        let refusal = is_current(&folder, &other_clone).unwrap_err();
        assert!(refusal.contains("greet is built from other sources"), "{refusal}");

        for missing in ["greet", "greet.d", "built-from"] {
            let (_home, workspace, folder) = built();
            fs::remove_file(folder.join(missing)).unwrap();
            assert!(is_current(&folder, &workspace).unwrap_err().ends_with("not built"), "{missing}");
        }
    }
}
