//! A real browser: headless Chromium, driven over WebDriver.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use crate::soon;

/// A browser with a profile of its own; it ends with the test.
///
/// The order of the fields is the order in which they are dropped: the driver closes the browser, which takes a living
/// chromedriver, and the folders go last.
pub struct Browser {
    /// Drives it.
    pub driver: WebDriver,
    _chromedriver: Chromedriver,
    downloads: TempDir,
    _profile: TempDir,
}

/// chromedriver and, in its process group, every browser it started.
struct Chromedriver {
    process: Child,
    /// Held open, for chromedriver ends when it cannot write.
    output: BufReader<ChildStdout>,
}

impl Browser {
    /// Starts Chromium; nothing, loudly, if `BROWSER=none` says to go without.
    pub async fn start() -> Option<Self> {
        if std::env::var("BROWSER").is_ok_and(|browser| browser == "none") {
            eprintln!("!!! BROWSER=none: this walk in a browser is SKIPPED");
            return None;
        }
        let mut chromedriver = Chromedriver::start();
        let address = format!("http://127.0.0.1:{}", chromedriver.port());
        let (downloads, profile) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--window-size=390,844",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let preferences = json!({
            "download.default_directory": downloads.path(),
            "download.prompt_for_download": false,
            "plugins.always_open_pdf_externally": true,
        });
        capabilities.add_experimental_option("prefs", preferences).unwrap();
        let driver = WebDriver::new(&address, capabilities).await.unwrap();
        Some(Self { driver, _chromedriver: chromedriver, downloads, _profile: profile })
    }

    /// The one file downloaded so far, once it is whole: its name and bytes.
    pub async fn download(&self) -> (String, Vec<u8>) {
        soon("the download", async || whole_file(self.downloads.path())).await
    }
}

fn whole_file(folder: &Path) -> Option<(String, Vec<u8>)> {
    let file = std::fs::read_dir(folder).ok()?.next()?.ok()?;
    let name = file.file_name().into_string().ok()?;
    if name.ends_with(".crdownload") || name.starts_with('.') {
        return None;
    }
    Some((name, std::fs::read(file.path()).ok()?))
}

impl Chromedriver {
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver; `make browser` installs it or says how");
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    /// The port it took, which it says once it listens.
    fn port(&mut self) -> u16 {
        let line = self.output.by_ref().lines().map(Result::unwrap).find(|line| line.contains("successfully on port"));
        let line = line.expect("chromedriver starts");
        line.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap()
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // The group outlives chromedriver where a browser did not close.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
