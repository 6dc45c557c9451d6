//! `portal webhook-secret show`: what a booking system has to know.

use portal_domain::webhook::WebhookSecret;
use serde::Serialize;

use super::Kept;
use crate::{
    global::Global,
    stack::Stack,
    terminal::{Failure, Page, Report},
};

/// What a booking system has to know. `--json` prints these fields.
#[derive(Serialize)]
pub(super) struct Shown {
    /// Where events are posted.
    url: String,
    /// The secrets that are good, the newest first, each `whsec_` and Base64. The first signs.
    secrets: Vec<String>,
}

pub(super) async fn show(global: &Global) -> Result<Shown, Failure> {
    let stack = Stack::find(global).await?;
    let Kept { url, secrets, .. } = Kept::read(&stack).await?;
    let mut page = Page::default();
    page.line(format_args!("The secret signs what is posted to {url}."));
    if secrets.all().len() > 1 {
        page.line(format_args!(
            "The one before it is good, too, until it is ended: {}",
            stack.command("webhook-secret rotate --end-old")
        ));
    }
    anstream::eprint!("{}", page.aligned());
    Ok(Shown { url, secrets: secrets.all().iter().map(WebhookSecret::reveal).collect() })
}

impl Report for Shown {
    fn show(&self, page: &mut Page) {
        self.secrets.iter().take(1).for_each(|secret| page.line(secret));
    }
}
