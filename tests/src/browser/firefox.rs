//! Firefox, headless, driven by geckodriver.
//!
//! Facts: its window is never narrower than 500 pixels; it asks before it sends a form again, and is answered yes; killed, it
//! opens its tab again when it is started next, with its cookies.

use std::{
    fs::{self, File},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{Capabilities, WebDriver};

use super::{ANSWER, Browser, Engine, WINDOW, Without, goes_without, group::Group, persistently};
use crate::{soon, soon_or};

impl Browser {
    /// Starts Firefox; nothing, loudly, if `BROWSER` says to go without.
    pub(super) async fn firefox(without: Without) -> Option<Self> {
        if goes_without(&["none", "chromium"]) {
            return None;
        }
        let start = async || {
            let home = TempDir::new().unwrap();
            let (driver, processes) = start(home.path(), preferences(home.path(), without)).await?;
            driver.set_window_rect(0, 0, WINDOW.0, WINDOW.1).await.unwrap();
            Ok(Self::of_firefox(driver, processes, home))
        };
        Some(persistently("Firefox", start).await)
    }

    /// Kills it once it has kept where it is, and starts it again with the profile it had.
    pub(super) async fn firefox_again(mut self) -> Self {
        let home = self.folders.pop().unwrap();
        let url = self.driver.current_url().await.unwrap();
        let cookies = self.driver.get_all_cookies().await.unwrap();
        soon("what Firefox keeps on the disk", async || {
            let (kept, jar) = (kept_in(home.path())?, cookies_in(home.path()));
            let is_kept = |value: &str| kept.to_string().contains(value) || contains(&jar, value);
            let all_are = page_of(&kept)? == url.as_str() && cookies.iter().all(|cookie| is_kept(&cookie.value));
            all_are.then_some(())
        })
        .await;
        self.driver.clone().leak().unwrap();
        self.processes = Box::new(());
        let (driver, processes) = start(home.path(), preferences(home.path(), Without::Nothing)).await.unwrap();
        Self::of_firefox(driver, processes, home)
    }

    fn of_firefox(driver: WebDriver, processes: Group, home: TempDir) -> Self {
        let downloads = home.path().join("Downloads");
        Self { driver, engine: Engine::Gecko, processes: Box::new(processes), downloads, folders: vec![home] }
    }
}

/// What is other than in a new profile of Firefox.
fn preferences(home: &Path, without: Without) -> Value {
    let mut preferences = json!({
        // A killed browser finds its tab again, and what it needs to is on the disk within 100 ms.
        "browser.startup.page": 3,
        "browser.sessionstore.resume_from_crash": true,
        "browser.sessionstore.interval": 100,
        "browser.sessionstore.max_resumed_crashes": 100,
        "toolkit.startup.max_resumed_crashes": -1,
        // A PDF is a file to keep, as in the tests' Chromium.
        "pdfjs.disabled": true,
        "browser.download.folderList": 2,
        "browser.download.dir": home.join("Downloads"),
        "browser.helperApps.neverAsk.saveToDisk": "application/pdf,text/calendar",
    });
    match without {
        Without::Nothing => {}
        Without::Scripts => preferences["javascript.enabled"] = json!(false),
        Without::Cookies => preferences["network.cookie.cookieBehavior"] = json!(2),
    }
    preferences
}

/// Windows, tabs and cookies as Firefox would have them again: behind a mark of eight bytes JSON in LZ4.
fn kept_in(home: &Path) -> Option<Value> {
    let kept = fs::read(home.join("profile/sessionstore-backups/recovery.jsonlz4")).ok()?;
    serde_json::from_slice(&lz4_flex::block::decompress_size_prepended(kept.get(8..)?).ok()?).ok()
}

/// The page that the first window shows; windows, tabs and pages are counted from 1.
fn page_of(kept: &Value) -> Option<&str> {
    let chosen = |list: &Value, of: &Value| -> Option<usize> {
        usize::try_from(of.as_u64()?).ok()?.checked_sub(1).filter(|at| *at < list.as_array().map_or(0, Vec::len))
    };
    let window = &kept["windows"][0];
    let tab = &window["tabs"][chosen(&window["tabs"], &window["selected"])?];
    tab["entries"][chosen(&tab["entries"], &tab["index"])?]["url"].as_str()
}

/// The pages of the database of its cookies, where values stand as they are.
fn cookies_in(home: &Path) -> Vec<u8> {
    let read = |name| fs::read(home.join("profile").join(name)).unwrap_or_default();
    [read("cookies.sqlite"), read("cookies.sqlite-wal")].concat()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes())
}

/// A Firefox that keeps everything in `home`, and its session; or what went wrong, and the last that it said.
async fn start(home: &Path, preferences: Value) -> Result<(WebDriver, Group), String> {
    let (profile, output) = (home.join("profile"), home.join("output"));
    fs::create_dir_all(&profile).unwrap();
    fs::create_dir_all(home.join("Downloads")).unwrap();
    let program = std::env::var("GECKODRIVER").unwrap_or_else(|_| "geckodriver".into());
    let mut geckodriver = Group::of(&program);
    geckodriver.args(["--host=127.0.0.1", "--port=0"]).env_clear().env("HOME", home);
    geckodriver.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    let file = File::create(&output).unwrap();
    let group = Group::start(geckodriver.stdout(file.try_clone().unwrap()).stderr(file));
    let said = || fs::read_to_string(&output).unwrap_or_default();
    let port = soon_or(Duration::from_secs(10), async || port_in(&said())).await;
    let port = port.ok_or_else(|| format!("geckodriver does not listen: {}", said()))?;

    let mut capabilities = Capabilities::new();
    capabilities.set("acceptInsecureCerts", true).unwrap();
    capabilities.set("pageLoadStrategy", "none").unwrap(); // see leaves_by
    capabilities.set("unhandledPromptBehavior", "accept").unwrap();
    let arguments = json!(["-headless", "-profile", profile]);
    let options = json!({"binary": "/usr/bin/firefox-esr", "args": arguments, "prefs": preferences});
    capabilities.set("moz:firefoxOptions", options).unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let session = WebDriver::builder(url, capabilities).request_timeout(4 * ANSWER);
    Ok((session.await.map_err(|error| format!("no session: {error}: {}", said()))?, group))
}

/// The port in "Listening on 127.0.0.1:4444".
fn port_in(said: &str) -> Option<u16> {
    let line = said.lines().find(|line| line.contains("Listening on 127.0.0.1:"))?;
    line.rsplit(':').next()?.parse().ok()
}
