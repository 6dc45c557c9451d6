//! Headless Chromium by WebDriver, which says when a page is painted. <https://www.w3.org/TR/webdriver2/>

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::sleep};

use crate::result::Result;

/// How long anything of the browser's may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with one window, and its driver.
pub(crate) struct Chromium {
    client: reqwest::Client,
    session: String,
    _driver: Driver,
    _profile: TempDir,
}

/// chromedriver and, in its process group, the browser it started.
struct Driver(Child);

impl Chromium {
    /// Starts it; nothing where this machine has no chromedriver.
    pub(crate) async fn start() -> Result<Option<Self>> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).process_group(0);
        let Ok(driver) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
            return Ok(None);
        };
        let driver = Driver(driver);
        let (client, sessions, profile) =
            (reqwest::Client::new(), format!("http://127.0.0.1:{port}/session"), tempfile::tempdir()?);
        let arguments = [
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
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}});
        let begun = Instant::now();
        let answer = loop {
            match ask(&client, &sessions, &wanted).await {
                Err(error) if error.is::<reqwest::Error>() && begun.elapsed() < PATIENCE => {
                    sleep(Duration::from_millis(50)).await;
                }
                answer => break answer?,
            }
        };
        let id = answer["sessionId"].as_str().ok_or("chromedriver gave no session")?;
        Ok(Some(Self { session: format!("{sessions}/{id}"), client, _driver: driver, _profile: profile }))
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) -> Result<()> {
        ask(&self.client, &format!("{}/url", self.session), &json!({"url": url})).await.map(drop)
    }

    /// Takes the page's cookies away.
    pub(crate) async fn forget_cookies(&self) -> Result<()> {
        self.client.delete(format!("{}/cookie", self.session)).send().await?.error_for_status()?;
        Ok(())
    }

    /// What a script returns on the page.
    pub(crate) async fn run(&self, script: &str, argument: &str) -> Result<Value> {
        let script = json!({"script": script, "args": [argument]});
        ask(&self.client, &format!("{}/execute/sync", self.session), &script).await
    }

    /// What a script returns on the page as soon as it is a number.
    pub(crate) async fn number(&self, script: &str) -> Result<f64> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            // Between two pages there is none to run a script on.
            if let Some(number) = self.run(script, "").await.ok().and_then(|value| value.as_f64()) {
                return Ok(number);
            }
            sleep(Duration::from_millis(50)).await;
        }
        let shown = self.run("return location.pathname + ': ' + document.body.innerText", "").await?;
        Err(format!("Chromium still shows {shown}").into())
    }
}

async fn ask(client: &reqwest::Client, url: &str, command: &Value) -> Result<Value> {
    let request = client.post(url).header("content-type", "application/json").body(command.to_string());
    let answer = request.send().await?.bytes().await?;
    let mut answer: Value = serde_json::from_slice(&answer)?;
    match answer["value"]["error"].as_str() {
        Some(error) => Err(format!("chromedriver: {error}: {}", answer["value"]["message"]).into()),
        None => Ok(answer["value"].take()),
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The group outlives chromedriver where the browser did not close.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).status();
        let _ = self.0.wait();
    }
}
