//! A real browser: headless Chromium, driven over WebDriver.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use crate::soon;

/// A browser with a profile of its own; it ends with the test.
pub struct Browser {
    /// Drives it.
    pub driver: WebDriver,
    downloads: TempDir,
    _profile: TempDir,
    chromedriver: Child,
}

impl Browser {
    /// Starts Chromium; nothing, loudly, if `BROWSER=none` says to go without.
    pub async fn start() -> Option<Self> {
        if std::env::var("BROWSER").is_ok_and(|browser| browser == "none") {
            eprintln!("!!! BROWSER=none: this walk in a browser is SKIPPED");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let chromedriver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver; `make browser` installs it or says how");
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
        let address = format!("http://127.0.0.1:{port}");
        let driver = soon("chromedriver", async || WebDriver::new(&address, capabilities.clone()).await.ok()).await;
        Some(Self { driver, downloads, _profile: profile, chromedriver })
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

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.chromedriver.kill(); // its browser ends with it
        let _ = self.chromedriver.wait();
    }
}
