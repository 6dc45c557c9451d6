//! WebKit, which is what iPhones browse with: Debian's MiniBrowser, driven by WebKitWebDriver, on a display of its own.
//!
//! Facts: its window is never narrower than 447 pixels; a pointer of the type `touch` comes out as a mouse; it keeps a
//! `Secure` cookie only over https, so that it wants a portal [behind TLS](crate::Portal::behind_tls).

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{Capabilities, WebDriver, error::WebDriverResult};

use super::{Browser, Engine, goes_without, loudly};
use crate::{soon, soon_or};

/// As narrow as it can be, as high as an iPhone.
const WINDOW: (u32, u32) = (447, 844);

/// How long the driver may take for an answer.
const ANSWER: Duration = Duration::from_secs(8);

/// WebKitWebDriver with the browser it started, and the display that they are on.
pub(super) struct Processes {
    _driver: Group,
    _display: Group,
}

impl Browser {
    /// Starts WebKit; nothing, loudly, if `BROWSER` says to go without.
    pub async fn webkit() -> Option<Self> {
        Self::webkit_with(&[]).await
    }

    /// Starts a WebKit that keeps no cookies.
    pub async fn webkit_without_cookies() -> Option<Self> {
        Self::webkit_with(&["--cookies-policy=never"]).await
    }

    /// Starts a WebKit that runs no page's scripts.
    pub async fn webkit_without_javascript() -> Option<Self> {
        Self::webkit_with(&["--enable-javascript-markup=false"]).await
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

    /// Starts it, again where it does not come up: the driver leads it to a port that was free just before.
    async fn webkit_with(arguments: &[&str]) -> Option<Self> {
        const ATTEMPTS: usize = 3;
        if goes_without(&["none", "chromium"]) {
            return None;
        }
        for attempt in 1..=ATTEMPTS {
            match Self::try_webkit(arguments).await {
                Ok(started) => return Some(started),
                Err(said) => loudly(&format!("WebKit did not start, attempt {attempt} of {ATTEMPTS}: {said}")),
            }
        }
        panic!("WebKit does not start; `make browser` installs what it needs, or says how");
    }

    /// What went wrong, and the last that the driver and the browser said, if it did not start.
    async fn try_webkit(arguments: &[&str]) -> Result<Self, String> {
        let home = TempDir::new().unwrap();
        let output = home.path().join("output");
        let said =
            |what: &'static str| format!("{what}: {}", fs::read_to_string(&output).unwrap_or_default().trim_end());
        let (processes, port) = Processes::start(home.path(), &output).await.map_err(said)?;
        let arguments: Vec<_> = ["--automation"].iter().chain(arguments).collect();
        let mut capabilities = Capabilities::new();
        capabilities.set("acceptInsecureCerts", true).unwrap();
        capabilities.set("pageLoadStrategy", "none").unwrap(); // see leaves_by
        capabilities.set("webkitgtk:browserOptions", json!({"args": arguments})).unwrap();
        // While a page gives way to one of another site, a question may get no answer. Who waits for something asks again.
        let session = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities).request_timeout(ANSWER);
        let driver = session.await.map_err(|error| format!("{}: {error}", said("no session")))?;
        driver.set_window_rect(0, 0, WINDOW.0, WINDOW.1).await.unwrap();
        Ok(Self {
            driver,
            engine: Engine::WebKit { _processes: processes },
            downloads: TempDir::new().unwrap(),
            _profile: home,
        })
    }
}

impl Processes {
    /// The driver and its port, with `home` for everything that it and the browser keep; or what is missing.
    async fn start(home: &Path, output: &Path) -> Result<(Self, u16), &'static str> {
        // It takes the first free display and says which.
        let mut xvfb = Group::of("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", "1024x900x24", "-nolisten", "tcp"]);
        let mut display = Group::start(xvfb.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut number = String::new();
        BufReader::new(display.0.stdout.take().unwrap()).read_line(&mut number).unwrap();
        if number.is_empty() {
            return Err("Xvfb does not start");
        }

        // Nothing of this session reaches the browser: no proxy, no other display, no message bus.
        let mut driver = Group::of("WebKitWebDriver");
        driver.args(["--host=127.0.0.1", "--port=0"]).env_clear();
        driver.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        driver.env("DISPLAY", format!(":{}", number.trim())).env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1");
        for folder in ["HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            driver.env(folder, home);
        }
        let output = File::create(output).unwrap();
        let driver = Group::start(driver.stdout(output.try_clone().unwrap()).stderr(output));
        let id = driver.0.id();
        let port =
            soon_or(Duration::from_secs(10), async || port_of(id)).await.ok_or("WebKitWebDriver does not listen")?;
        Ok((Self { _driver: driver, _display: display }, port))
    }
}

/// The port on which a process listens over IPv4. WebKitWebDriver does not say which it took.
fn port_of(process: u32) -> Option<u16> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).ok()?;
    let files = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()?.into_os_string().into_string().ok());
    let sockets: BTreeSet<String> =
        files.filter_map(|file| Some(file.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    // https://docs.kernel.org/networking/proc_net_tcp.html: local address, remote address, state, …, inode.
    fs::read_to_string("/proc/net/tcp").ok()?.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, "0A", .., inode] = fields.get(..10)? else { return None };
        sockets.contains(*inode).then(|| u16::from_str_radix(local.rsplit(':').next()?, 16).ok())?
    })
}

/// A program and, in its process group, all that it started. They end with this, and with the process of the test,
/// whatever becomes of that.
struct Group(Child);

impl Group {
    /// The command that starts a program like this. Its standard input is a pipe of this process, and a watcher in the
    /// group kills the group when the pipe ends.
    fn of(program: &str) -> Command {
        let lifeline = r#"exec 3<&0; { cat <&3; kill -KILL 0; } >/dev/null 2>&1 & exec "$0" "$@" 3<&- </dev/null"#;
        let mut command = Command::new("sh");
        command.args(["-c", lifeline, program]).process_group(0).stdin(Stdio::piped());
        command
    }

    fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[tokio::test]
    async fn what_a_test_started_ends_with_the_test_s_process_however_that_ends() {
        let mut group = Group::start(Group::of("sh").args(["-c", "sleep 1000 & sleep 1000"]));
        let id = group.0.id();
        let is_there = || Command::new("kill").args(["-0", "--", &format!("-{id}")]).stderr(Stdio::null()).status();
        assert!(is_there().unwrap().success());
        drop(group.0.stdin.take()); // which the kernel does with a process that ends
        let ended = soon("the end of the group", async || group.0.try_wait().unwrap()).await;
        assert_eq!(ended.signal(), Some(9));
    }
}
