//! WebKit, which is what iPhones browse with: Debian's MiniBrowser, driven by WebKitWebDriver, on a display of its own.
//!
//! Facts: its window is never narrower than 447 pixels; a pointer of the type `touch` comes out as a mouse; it keeps a
//! `Secure` cookie only over https, so that it wants a portal [behind TLS](crate::Portal::behind_tls).

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{Capabilities, WebDriver};

use super::{ANSWER, Browser, Engine, WINDOW, Without, goes_without, group::Group, persistently};
use crate::soon_or;

/// WebKitWebDriver with the browser it started, and the display that they are on.
struct Processes {
    _driver: Group,
    _display: Group,
}

impl Browser {
    /// Starts WebKit; nothing, loudly, if `BROWSER` says to go without.
    pub(super) async fn webkit(without: Without) -> Option<Self> {
        if goes_without(&["none", "chromium"]) {
            return None;
        }
        Some(persistently("WebKit", async || Self::try_webkit(without).await).await)
    }

    /// What went wrong, and the last that the driver and the browser said, if it did not start.
    async fn try_webkit(without: Without) -> Result<Self, String> {
        let home = TempDir::new().unwrap();
        let downloads = home.path().join("Downloads");
        fs::create_dir(&downloads).unwrap();
        // https://www.freedesktop.org/wiki/Software/xdg-user-dirs
        fs::write(home.path().join("user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/Downloads\"\n").unwrap();
        let output = home.path().join("output");
        let said =
            |what: &'static str| format!("{what}: {}", fs::read_to_string(&output).unwrap_or_default().trim_end());
        let (processes, port) = Processes::start(home.path(), &output).await.map_err(said)?;
        let mut arguments = vec!["--automation"];
        match without {
            Without::Nothing => {}
            Without::Scripts => arguments.push("--enable-javascript-markup=false"),
            Without::Cookies => arguments.push("--cookies-policy=never"),
        }
        let mut capabilities = Capabilities::new();
        capabilities.set("acceptInsecureCerts", true).unwrap();
        capabilities.set("pageLoadStrategy", "none").unwrap(); // see leaves_by
        capabilities.set("webkitgtk:browserOptions", json!({"args": arguments})).unwrap();
        // While a page gives way to one of another site, a question may get no answer. Who waits for something asks again.
        let session = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities).request_timeout(ANSWER);
        let driver = session.await.map_err(|error| format!("{}: {error}", said("no session")))?;
        driver.set_window_rect(0, 0, WINDOW.0, WINDOW.1).await.unwrap();
        let (engine, processes) = (Engine::WebKit, Box::new(processes));
        Ok(Self { driver, engine, processes, downloads, folders: vec![home] })
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
        BufReader::new(display.output().unwrap()).read_line(&mut number).unwrap();
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
        let id = driver.id();
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
