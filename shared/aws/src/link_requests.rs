//! Asking for a link, with an address or with a dead link: counted first, then queued.

use jiff::Timestamp;
use lambda_runtime::Error;

use crate::{
    mail_queue::{Outbox, Wanted},
    store::{Store, Subject},
};
use portal_domain::limits::{Limit, Verdict};

/// Counts a customer's request and, if it counts, asks for the mail. Where the queue does not take it, the request may
/// be repeated at once.
pub async fn ask(
    store: &Store,
    outbox: &Outbox,
    subject: Subject,
    limit: Limit,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Verdict, Error> {
    let verdict = store.count_request(subject, limit, now).await?;
    if verdict == Verdict::Counted
        && let Err(error) = outbox.want(wanted).await
    {
        store.allow_repetition(subject).await?;
        return Err(error.into());
    }
    Ok(verdict)
}
