//! A real browser, driven over WebDriver: headless [Chromium](chromium), [WebKit](webkit), or headless [Firefox](firefox).

mod chromium;
mod firefox;
mod group;
mod webkit;

use std::{
    any::Any,
    fs,
    io::{Write, stderr},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

pub use chromium::Screen;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    By, WebDriver, WebElement,
    common::command::{Actions, Command},
    error::WebDriverResult,
};

use crate::{PATIENCE, functions_dir, soon, soon_or};

/// As high as an iPhone, and as narrow as WebKit can be; Firefox is 500 pixels wide at least.
const WINDOW: (u32, u32) = (447, 844);

/// How long the driver of WebKit or Firefox may take for an answer.
const ANSWER: Duration = Duration::from_secs(8);

/// A browser with a profile of its own; it ends with the test.
///
/// The order of the fields is the order in which they are dropped: the driver closes the browser, which takes living
/// processes, and the folders go last.
pub struct Browser {
    /// The WebDriver session.
    pub driver: WebDriver,
    /// What it is.
    pub engine: Engine,
    processes: Box<dyn Any + Send + Sync>,
    downloads: PathBuf,
    folders: Vec<TempDir>,
}

/// What shows the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chrome's, Edge's, and that of most phones with Android.
    Chromium,
    /// Safari's, and that of every browser on an iPhone.
    WebKit,
    /// Firefox's.
    Gecko,
}

/// What a browser goes without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// It has what browsers have.
    Nothing,
    /// It runs no page's scripts.
    Scripts,
    /// It keeps no cookies.
    Cookies,
}

impl Engine {
    /// Starts a browser with this engine; nothing, loudly, if `BROWSER` says to go without.
    pub async fn start(self, without: Without) -> Option<Browser> {
        match (self, without) {
            (Self::Chromium, Without::Nothing) => Browser::start().await,
            (Self::Chromium, Without::Scripts) => Browser::without_javascript().await,
            (Self::Chromium, Without::Cookies) => Browser::without_cookies().await,
            (Self::WebKit, _) => Browser::webkit(without).await,
            (Self::Gecko, _) => Browser::firefox(without).await,
        }
    }
}

impl Browser {
    /// Opens a page and waits until it is loaded.
    pub async fn open(&self, url: &str) {
        match self.engine {
            Engine::Chromium => self.driver.goto(url).await.unwrap(),
            Engine::WebKit | Engine::Gecko => self.leaves_by(self.driver.goto(url)).await,
        }
    }

    /// Leaves the page in a way such as Back or a reload, and waits until another is loaded.
    ///
    /// WebKitWebDriver itself would wait for ever where Back leads to another site's page with a
    /// `Cross-Origin-Opener-Policy`, so it is told to wait for nothing.
    pub async fn leaves_by(&self, way: impl Future<Output = WebDriverResult<()>>) {
        static WAYS: AtomicUsize = AtomicUsize::new(1);
        let mark = WAYS.fetch_add(1, Ordering::Relaxed);
        self.run(&format!("window.left = {mark}")).await;
        way.await.unwrap();
        let is_another = format!("return document.readyState === 'complete' && window.left !== {mark}");
        let another = async || self.driver.execute(&is_another, Vec::new()).await.ok()?.json().as_bool()?.then_some(());
        soon("another page", another).await;
    }

    /// Goes on as a phone does whose system had ended the browser: on the page where it was, with its cookies. Firefox is
    /// killed, and finds its tab again by itself. WebKit's driver gives up with the process of its page, so there the
    /// address is opened anew, which is what becomes of a tab.
    pub async fn killed_and_opened_again(self) -> Self {
        let url = self.driver.current_url().await.unwrap();
        let again = if self.engine == Engine::Gecko {
            self.firefox_again().await
        } else {
            self.open("about:blank").await;
            self.open(url.as_str()).await;
            self
        };
        again.arrives_at(url.as_str()).await;
        again
    }

    /// The first element that matches, as soon as there is one.
    pub async fn one(&self, selector: &str) -> WebElement {
        soon(selector, async || self.driver.find(By::Css(selector)).await.ok()).await
    }

    /// The page's heading, if the page is there.
    pub async fn heading(&self) -> Option<String> {
        self.driver.find(By::Css("h1")).await.ok()?.text().await.ok()
    }

    /// What a person can read on the page.
    pub async fn text(&self) -> String {
        soon("a page", async || self.driver.find(By::Css("body")).await.ok()?.text().await.ok()).await
    }

    /// Waits until the page says these words.
    pub async fn says(&self, words: &str) {
        soon(words, async || self.text().await.contains(words).then_some(())).await;
    }

    /// Waits until the browser is at this address, marked with the time or not as where somebody lands who used a link.
    pub async fn arrives_at(&self, url: &str) {
        let mut at = String::new();
        let arrived = soon_or(PATIENCE, async || {
            at = self.driver.current_url().await.ok()?.to_string();
            (without_mark(&at) == without_mark(url)).then_some(())
        });
        assert!(arrived.await.is_some(), "did not arrive at {url} but at {at}");
    }

    /// The value of a cookie of the page's origin.
    pub async fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.driver.get_all_cookies().await.unwrap();
        cookies.into_iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value)
    }

    /// Runs a script in the page, which no policy of the page can forbid, and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// As [`Browser::run`], for a script that calls its last argument with its result.
    pub async fn run_until_done(&self, script: &str) -> Value {
        self.driver.execute_async(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Taps on an element with a finger. (WebKit's driver makes a mouse of it.)
    pub async fn tap(&self, element: &WebElement) {
        let place = element.rect().await.unwrap();
        #[allow(clippy::cast_possible_truncation, reason = "pixels of a window")]
        let (x, y) = ((place.x + place.width / 2.0) as i64, (place.y + place.height / 2.0) as i64);
        let finger = json!([{"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": [
            {"type": "pointerMove", "duration": 0, "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]}]);
        self.driver.cmd(Command::PerformActions(Actions::from(finger))).await.unwrap();
    }

    /// Keeps a picture of the page in the target folder, if [pictures are wanted](keeps_pictures): of Chromium's down to 6000
    /// pixels, as `screenshots/<name>.jpeg`, of another's what is in its window, as `screenshots/<name>.png`.
    pub async fn photograph(&self, name: &str) {
        if !keeps_pictures() {
            return;
        }
        let (ending, bytes) = match self.engine {
            Engine::Chromium => ("jpeg", self.whole_page().await),
            Engine::WebKit | Engine::Gecko => ("png", self.driver.screenshot_as_png().await.unwrap()),
        };
        let folder = functions_dir().parent().unwrap().join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.{ending}")), bytes).unwrap();
    }

    /// The one file downloaded since the last, once it is whole: its name and bytes.
    pub async fn download(&self) -> (String, Vec<u8>) {
        soon("the download", async || whole_file(&self.downloads)).await
    }
}

/// Whether pictures are kept of what the tests look at: `PICTURES` is set, as `make pictures` does.
pub fn keeps_pictures() -> bool {
    std::env::var_os("PICTURES").is_some()
}

/// An address without the mark of when somebody landed there.
fn without_mark(url: &str) -> &str {
    url.split_once("?signed-in=").map_or(url, |(address, _)| address)
}

/// The file in a folder, unless a browser is still writing it; it is there no longer.
fn whole_file(folder: &Path) -> Option<(String, Vec<u8>)> {
    let names: Option<Vec<String>> =
        fs::read_dir(folder).ok()?.map(|file| file.ok()?.file_name().into_string().ok()).collect();
    let names = names?;
    let is_partial = |name: &String| {
        name.starts_with('.') || [".crdownload", ".part", ".wkdownload"].iter().any(|end| name.ends_with(end))
    };
    if names.iter().any(is_partial) {
        return None;
    }
    let name = names.into_iter().next()?;
    let path = folder.join(&name);
    // Firefox puts an empty file where the whole one will be.
    let bytes = fs::read(&path).ok().filter(|bytes| !bytes.is_empty())?;
    fs::remove_file(path).ok()?;
    Some((name, bytes))
}

/// Whether `BROWSER` says to skip what needs a browser: it is one of these.
fn goes_without(those: &[&str]) -> bool {
    let browser = std::env::var("BROWSER").unwrap_or_default();
    let without = those.contains(&browser.as_str());
    if without {
        loudly(&format!("BROWSER={browser}: {} is SKIPPED", thread::current().name().unwrap_or_default()));
    }
    without
}

/// Prints past the harness, which keeps what a passed test prints to itself.
fn loudly(message: &str) {
    stderr().write_all(format!("!!! {message}\n").as_bytes()).unwrap();
}

/// Starts a browser, again where it does not come up: its driver leads it to a port that was free just before.
async fn persistently(browser: &str, start: impl AsyncFn() -> Result<Browser, String>) -> Browser {
    const ATTEMPTS: usize = 3;
    for attempt in 1..=ATTEMPTS {
        match start().await {
            Ok(started) => return started,
            Err(said) => loudly(&format!("{browser} did not start, attempt {attempt} of {ATTEMPTS}: {said}")),
        }
    }
    panic!("{browser} does not start; `make browser` or `make firefox` installs what it needs, or says how");
}
