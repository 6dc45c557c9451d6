//! What somebody should look at of a booking: of what stands in it, and of what the log says of its events.

use jiff::{SignedDuration, Timestamp};
use portal_aws::store::BookingRecord;
use portal_domain::{booking::BookingId, events::Warning, money::Price};
use serde::Serialize;

use crate::{
    commands::why::timeline::What,
    logs::{self, By},
    stack::Stack,
    terminal::Failure,
};

/// The log is looked at from so long before today on.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    /// When it was logged; none of what stands in the booking.
    pub(super) at: Option<Timestamp>,
    /// In words.
    pub(super) text: String,
}

/// What is remarkable, and what could not be looked at.
#[derive(Default)]
pub(super) struct Remarks {
    pub(super) warnings: Vec<Remark>,
    pub(super) not_checked: Vec<String>,
}

impl Remarks {
    pub(super) async fn of(stack: &Stack, id: &BookingId, record: &BookingRecord) -> Self {
        let price = record.filed.as_ref().and_then(|filed| filed.booking.price.as_ref());
        let sums = price.is_some_and(|price| !Price::adds_up(price)).then(|| Warning::PriceDoesNotAddUp.to_string());
        let of_log = of_log(stack, id, i64::try_from(record.revision).unwrap_or(i64::MAX)).await;
        let (logged, not_checked) = match of_log {
            Ok(logged) => (logged, Vec::new()),
            Err(failure) => (Vec::new(), vec![failure.to_string()]),
        };
        let logged = logged.into_iter().filter(|remark| Some(&remark.text) != sums.as_ref());
        let warnings = sums.iter().map(|text| Remark { at: None, text: text.clone() }).chain(logged).collect();
        Self { warnings, not_checked }
    }
}

/// What is logged of the event that made the booking what it is, and of those that contradict it.
async fn of_log(stack: &Stack, id: &BookingId, revision: i64) -> Result<Vec<Remark>, Failure> {
    let since = Timestamp::now() - LOOKS_BACK;
    let resources = stack.resources().await?;
    let lines = logs::lines(stack, &resources, "ProjectBookingsLog", By::Booking, &[id.as_str()], since).await?;
    let happened: Vec<(Timestamp, What)> = lines.iter().filter_map(|line| Some((line.at, What::of(line)?))).collect();
    let applied = happened.iter().rev().find_map(|(_, what)| match what {
        What::Applied { event, revision: applied } if *applied == revision => Some(event.as_str()),
        _ => None,
    });
    let remarks = happened.iter().filter_map(|(at, what)| {
        let text = match what {
            What::Remarkable { event, warning } if Some(event.as_str()) == applied => warning.clone(),
            What::Contradicted { revision: other, .. } if *other == revision => what.to_string(),
            _ => return None,
        };
        Some(Remark { at: Some(*at), text })
    });
    Ok(remarks.collect())
}
