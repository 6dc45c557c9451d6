//! How long a customer waits, as they live it: from asking for a link to the mail, and from the click in the mail to the
//! dashboard. Every function is cold, AWS answers over TLS, and what AWS and a phone take is put in (`delays.rs`).

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use portal_local::{Delays, Options, Stack, start};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    chromium::Chromium,
    delays::{DELAYS, DELIVERY, EVENT_SOURCE, INSTANCE},
    distant::Distant,
    growth::booking,
    line::Line,
    phone::Phone,
    progress::progress,
    requests::{apply, envelope},
    result::Result,
    served::{Aws, endpoints},
    statistics::Series,
    tls::Tls,
    waited::{Wait, Waits},
};

/// Of each customer, three of them still to come.
const BOOKINGS: usize = 10;

/// How long a mail is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A portal at the other end of a line.
struct Portal {
    stack: Stack,
    line: Line,
    /// An event to make those of other bookings of.
    event: Value,
}

/// Walks the road of a sign-in so often, each time as another customer: by HTTP alone, and in Chromium where there is one.
pub(crate) async fn measure(template: &str, functions: &Path, event: &Value, runs: usize) -> Result<Waits> {
    let folder = tempfile::tempdir()?;
    let (tls, distant, line) = (Tls::new(folder.path())?, Arc::new(Distant::default()), Line::new().await?);
    let mut options = Options {
        environment: endpoints(&Aws::Distant(Arc::clone(&distant)), Some(&tls.acceptor)).await?,
        delays: Delays { instance: INSTANCE.lasts(), event_source: EVENT_SOURCE.lasts() },
        ..Options::new(template, functions)
    };
    options.environment.extend(tls.environment);
    options.parameters.insert("PortalUrl".to_owned(), line.url.clone());
    // All customers share one network here.
    options.parameters.insert("RequestsPerSource".to_owned(), "10000".to_owned());
    let stack = start(options).await?;
    // The delays are put in before.
    stack.aws.dynamodb.set_latency(Duration::ZERO);
    distant.leads_to(&stack.aws.endpoints)?;
    line.leads_to(stack.url())?;
    let portal = Portal { stack, line, event: event.clone() };

    let (mut mail, mut page, mut paint) = (Series::default(), Series::default(), Series::default());
    for run in 0..runs {
        progress(&format!("\rsign-ins: {} of {runs} ", run + 1));
        let (to_mail, to_page) = portal.by_http(&format!("phone{run}@example.com")).await?;
        mail.push(to_mail + DELIVERY.ms as f64);
        page.push(to_page);
    }
    let chromium = if runs > 0 { Chromium::start().await? } else { None };
    if let Some(chromium) = &chromium {
        for run in 0..runs {
            progress(&format!("\rsign-ins in Chromium: {} of {runs} ", run + 1));
            paint.push(portal.in_chromium(chromium, &format!("browser{run}@example.com")).await?);
        }
    }
    progress("\n");
    let [mail, page, painted] = [mail, page, paint].map(|series| (series.count() > 0).then(|| Wait::of(&series)));
    Ok(Waits { runs, mail, page, painted, delays: DELAYS.to_vec() })
}

impl Portal {
    /// Milliseconds from asking for a link until SES has the mail, and from the click in it to the end of the dashboard.
    async fn by_http(&self, address: &str) -> Result<(f64, f64)> {
        self.know(address).await?;
        let mut phone = Phone::new(&self.line.url)?;
        phone.open("/sign-in").await?;

        self.cool_down().await;
        let pressed = Timestamp::now();
        phone.submit("/sign-in", &format!("email={}", address.replace('@', "%40"))).await?;
        let (path, sent_at) = self.link_to(address).await?;
        let to_mail = sent_at.duration_since(pressed).as_secs_f64() * 1000.0;

        self.cool_down().await;
        phone.forget_connection()?;
        let clicked = Instant::now();
        phone.open(&path).await?;
        let landing = phone.submit(&path, "").await?;
        let page = phone.open(&landing).await?;
        let to_page = clicked.elapsed().as_secs_f64() * 1000.0;
        match page.contains("/bookings/") {
            true => Ok((to_mail, to_page)),
            false => Err("the dashboard shows no booking".into()),
        }
    }

    /// Milliseconds from the click in the mail until the dashboard is painted.
    async fn in_chromium(&self, chromium: &Chromium, address: &str) -> Result<f64> {
        self.know(address).await?;
        chromium.open(&format!("{}/sign-in", self.line.url)).await?;
        chromium.run("const field = document.querySelector('[name=email]'); field.value = arguments[0]; field.form.requestSubmit()", address).await?;
        let (path, _) = self.link_to(address).await?;

        chromium.open("about:blank").await?;
        self.cool_down().await;
        self.line.hang_up();
        let click = "const now = performance.timeOrigin + performance.now(); location.href = arguments[0]; return now";
        let clicked = chromium.run(click, &format!("{}{path}", self.line.url)).await?;
        let clicked = clicked.as_f64().ok_or("Chromium does not know when it clicked")?;
        // By itself the page of the link goes on to the dashboard.
        let painted = "const [paint] = performance.getEntriesByName('first-contentful-paint');
            return location.pathname === '/' && paint ? performance.timeOrigin + paint.startTime : null";
        let painted = chromium.number(painted).await?;
        // The next customer is another person.
        chromium.forget_cookies().await?;
        Ok(painted - clicked)
    }

    /// Makes a customer of an address.
    async fn know(&self, address: &str) -> Result<()> {
        let bookings = (0..BOOKINGS).map(|number| booking(&self.event, address, number));
        let events: Vec<_> = bookings.map(|event| envelope(&json!("booking.confirmed"), &event)).collect();
        apply(&self.stack, &events).await
    }

    /// Ends all instances, as Lambda does sooner or later.
    async fn cool_down(&self) {
        for function in &self.stack.description.functions {
            self.stack.lambda.end_idle(&function.logical_id).await;
        }
    }

    /// The path of the link that was mailed to an address, and when SES took the mail.
    async fn link_to(&self, address: &str) -> Result<(String, Timestamp)> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let mails = self.stack.aws.ses.mails();
            if let Some(mail) = mails.iter().find(|mail| mail.to.iter().any(|to| to == address)) {
                let link = mail.text.split_whitespace().find_map(|word| word.strip_prefix(&self.line.url));
                let path = link.ok_or("a mail without a link")?;
                return Ok((path.to_owned(), mail.sent_at));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Err(format!("no mail to {address}").into())
    }
}
