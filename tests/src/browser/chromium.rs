//! Headless Chromium, driven by chromedriver, and what only Chromium can do: its DevTools Protocol.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use super::{Browser, Engine, goes_without, loudly};
use crate::Person;

/// What a page is looked at on.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Width and height in pixels of an unzoomed page.
    pub size: (u32, u32),
    /// The browser's zoom: 2 for 200 %.
    pub zoom: u32,
    /// Whether the person prefers dark pages.
    pub dark: bool,
}

/// chromedriver and, in its process group, every browser it started.
struct Chromedriver {
    process: Child,
    /// Held open, for chromedriver ends when it cannot write.
    output: BufReader<ChildStdout>,
    /// The port it took.
    port: u16,
}

impl Browser {
    /// Starts Chromium; nothing, loudly, if `BROWSER` says to go without.
    pub async fn start() -> Option<Self> {
        Self::with_preferences(json!({})).await
    }

    /// Starts a Chromium that runs no page's scripts.
    pub async fn without_javascript() -> Option<Self> {
        Self::with_preferences(json!({"profile.managed_default_content_settings.javascript": 2})).await
    }

    /// Starts a Chromium that keeps no cookies.
    pub async fn without_cookies() -> Option<Self> {
        Self::with_preferences(json!({"profile.default_content_setting_values.cookies": 2})).await
    }

    /// Starts a Chromium that shows PDFs itself, as it does unless it is told otherwise; the others download them.
    pub async fn showing_pdfs() -> Option<Self> {
        Self::with_preferences(json!({"plugins.always_open_pdf_externally": false})).await
    }

    async fn with_preferences(mut preferences: Value) -> Option<Self> {
        if goes_without(&["none"]) {
            return None;
        }
        let chromedriver = Chromedriver::start(|| Command::new("chromedriver"));
        let address = format!("http://127.0.0.1:{}", chromedriver.port);
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
            "--hide-scrollbars",
            "--no-first-run",
            "--window-size=390,844",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        preferences["download.default_directory"] = json!(downloads.path());
        preferences["download.prompt_for_download"] = json!(false);
        let downloads_pdfs = &mut preferences["plugins.always_open_pdf_externally"];
        *downloads_pdfs = json!(downloads_pdfs.as_bool().unwrap_or(true));
        capabilities.add_experimental_option("prefs", preferences).unwrap();
        let driver = WebDriver::new(&address, capabilities).await.unwrap();
        let folder = downloads.path().to_owned();
        Some(Self {
            driver,
            engine: Engine::Chromium,
            processes: Box::new(chromedriver),
            downloads: folder,
            folders: vec![downloads, profile],
        })
    }

    /// Sends a command of the Chrome DevTools Protocol, which only Chromium speaks.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap()
    }

    /// Lets this browser be signed in as that person is.
    pub async fn sign_in_as(&self, person: &Person, url: &str) {
        let value = person.cookie("__Host-session").expect("the person is signed in");
        let cookie = json!({"name": "__Host-session", "value": value, "url": url, "path": "/", "secure": true});
        assert_eq!(self.devtools("Network.setCookie", cookie).await["success"], true);
    }

    /// Shows the page as on such a screen, at once.
    pub async fn look_on(&self, screen: &Screen) {
        let Screen { size: (width, height), zoom, dark } = *screen;
        let metrics =
            json!({"width": width / zoom, "height": height / zoom, "deviceScaleFactor": zoom, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        self.prefer(json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]})).await;
    }

    /// Sets what media queries see (`Emulation.setEmulatedMedia`).
    pub async fn prefer(&self, media: Value) {
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Presses a key as a person does.
    pub async fn press(&self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    pub(super) async fn whole_page(&self) -> Vec<u8> {
        let clip = "const {clientWidth: width, scrollHeight} = document.documentElement;
                    return {x: 0, y: 0, width, height: Math.min(Math.max(scrollHeight, innerHeight), 6000),
                            scale: 1 / devicePixelRatio}";
        let parameters = json!({"format": "jpeg", "quality": 70, "captureBeyondViewport": true, "optimizeForSpeed": true,
            "clip": self.run(clip).await});
        let picture = self.devtools("Page.captureScreenshot", parameters).await;
        STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }
}

impl Chromedriver {
    /// Starts it, again where it ends at once: it takes a free port of IPv6, and ends where another process has the same
    /// one of IPv4 ("IPv4 port not available").
    fn start(program: impl Fn() -> Command) -> Self {
        const ATTEMPTS: usize = 10;
        for attempt in 1..=ATTEMPTS {
            match Self::try_to_start(program()) {
                Ok(started) => return started,
                Err(said) => loudly(&format!("chromedriver did not start, attempt {attempt} of {ATTEMPTS}: {said}")),
            }
        }
        panic!("chromedriver does not start");
    }

    /// The last it said, if it ended.
    fn try_to_start(mut program: Command) -> Result<Self, String> {
        let mut process = program
            .arg("--port=0")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver; `make browser` installs it or says how");
        let mut started = Self { output: BufReader::new(process.stdout.take().unwrap()), process, port: 0 };
        let mut said = String::new();
        for line in started.output.by_ref().lines().map(Result::unwrap) {
            if line.contains("successfully on port") {
                started.port = line.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap();
                return Ok(started);
            }
            said = line;
        }
        Err(said)
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

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        hint,
        sync::atomic::{AtomicBool, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn thirty_drivers_start_at_once_on_a_busy_machine() {
        if goes_without(&["none"]) {
            return;
        }
        let done = AtomicBool::new(false);
        let drivers: Vec<Chromedriver> = thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().unwrap().get() {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        hint::spin_loop();
                    }
                });
            }
            let starting: Vec<_> =
                (0..30).map(|_| scope.spawn(|| Chromedriver::start(|| Command::new("chromedriver")))).collect();
            let drivers = starting.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<_, _>>();
            done.store(true, Ordering::Relaxed);
            drivers.expect("all of them start")
        });
        let ports: BTreeSet<u16> = drivers.iter().map(|driver| driver.port).collect();
        assert_eq!(ports.len(), 30);
    }

    #[test]
    fn a_driver_that_ends_at_once_is_started_again() {
        let folder = TempDir::new().unwrap();
        // The third start is the one that works.
        let script = "echo >> starts; [ $(wc -l < starts) = 3 ] && echo started successfully on port 4. || echo no port, as a test has it";
        let program = || {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]).current_dir(folder.path());
            shell
        };
        assert_eq!(Chromedriver::try_to_start(program()).err().unwrap(), "no port, as a test has it");
        assert_eq!(Chromedriver::start(program).port, 4);
    }
}
