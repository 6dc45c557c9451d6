//! What customers were seen to wait for, as JSON and as a table.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::{delays::Delay, statistics::Series};

/// What a customer waits for, everything cold, with the delays of AWS and of a phone put in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Waits {
    pub(crate) runs: usize,
    /// From asking for a link to the mail in the mailbox.
    pub(crate) mail: Option<Wait>,
    /// From the click in the mail to the last byte of the dashboard.
    pub(crate) page: Option<Wait>,
    /// To its first contentful paint, in Chromium.
    pub(crate) painted: Option<Wait>,
    pub(crate) delays: Vec<Delay>,
}

/// How long something took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Wait {
    pub(crate) median_ms: f64,
    pub(crate) p90_ms: f64,
}

impl Wait {
    /// Of times in milliseconds.
    pub(crate) fn of(times: &Series) -> Self {
        Self { median_ms: times.median(), p90_ms: times.percentile(90.0) }
    }
}

impl Display for Waits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { runs, mail, page, painted, delays } = self;
        let title = format!("what a customer waits for, all functions cold, of {runs} sign-ins (ms)");
        writeln!(f, "{title:<78} {:>9} {:>7}", "median", "p90")?;
        for (of, wait) in [
            ("“Email me a link” to the mail in the mailbox", mail),
            ("click in the mail to the last byte of the dashboard", page),
            ("click in the mail to the dashboard painted, in Chromium", painted),
        ] {
            match wait {
                Some(Wait { median_ms, p90_ms }) => writeln!(f, "{of:<78} {median_ms:>9.0} {p90_ms:>7.0}")?,
                None => writeln!(f, "NOT MEASURED: {of}")?,
            }
        }
        writeln!(f, "put in, of what AWS and a phone take (ms):")?;
        delays.iter().try_for_each(|Delay { of, ms, basis }| writeln!(f, "{ms:>5} {of}: {basis}"))
    }
}
