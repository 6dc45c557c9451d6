//! Times that the contract lets pass and that are probably not meant so: of another zone than the booking's, or in the wrong
//! order.

use jiff::{
    Timestamp,
    fmt::temporal::{Pieces, PiecesOffset},
    tz::Offset,
};
use portal_domain::booking::Booking;
use serde_json::Value;

/// The times of a booking that somebody plans on the clocks of its zone.
const PLANNED: [&str; 7] = [
    "starts_at",
    "ends_at",
    "fulfilment.window_start",
    "fulfilment.window_end",
    "delivery.eta",
    "return.window_start",
    "return.window_end",
];

/// Whole hours on the zone's clocks at which hardly any rental starts or ends.
const AT_NIGHT: std::ops::Range<i8> = 1..6;

/// What is odd about the times of a booking, as they are `written`.
pub(super) fn warnings(written: &Value, booking: &Booking) -> Vec<String> {
    let of_zone = PLANNED.iter().filter_map(|field| {
        let text = written.pointer(&format!("/{}", field.replace('.', "/")))?.as_str()?;
        Some(format!("booking.{field} {}", of_another_zone(text, booking)?))
    });
    let way_back = booking.way_back.as_ref().map(|way_back| (way_back.window_start, way_back.window_end));
    let windows = [("fulfilment", Some((booking.fulfilment.window_start, booking.fulfilment.window_end)))];
    let backwards = windows.into_iter().chain([("return", way_back)]).filter_map(|(of, window)| {
        let (start, end) = window?;
        (end? < start?).then(|| format!("booking.{of}.window_end is before window_start"))
    });
    of_zone.chain(backwards).collect()
}

fn of_another_zone(text: &str, booking: &Booking) -> Option<String> {
    let moment: Timestamp = text.parse().ok()?;
    let (written, is_utc) = match Pieces::parse(text).ok()?.offset()? {
        PiecesOffset::Zulu => (Offset::UTC, true),
        numeric => (numeric.to_numeric_offset(), numeric.to_numeric_offset() == Offset::UTC),
    };
    let local = booking.time_zone.at(moment);
    if written == local.offset() {
        None
    } else if !is_utc {
        Some("has an offset that booking.time_zone does not have at that moment".to_owned())
    } else if AT_NIGHT.contains(&local.hour()) {
        Some("is written in UTC and shows in the middle of the night: is it a local time?".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_of_another_zone_or_in_the_wrong_order_is_told() {
        let sample = include_str!("../../../../events/samples/booking.confirmed.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let other = "has an offset that booking.time_zone does not have at that moment";
        let night = "is written in UTC and shows in the middle of the night: is it a local time?";
        for (place, time, told) in [
            ("/starts_at", "2027-06-11T09:00:00-04:00", None),
            ("/starts_at", "2027-06-11T13:00:00Z", None),
            ("/starts_at", "2027-06-11t13:00:00z", None),
            ("/starts_at", "2027-06-11T09:00:00-05:00", Some(format!("booking.starts_at {other}"))),
            ("/starts_at", "2027-01-11T09:00:00-05:00", None),
            ("/starts_at", "2027-01-11T09:00:00-04:00", Some(format!("booking.starts_at {other}"))),
            ("/starts_at", "2027-06-11T09:00:00Z", Some(format!("booking.starts_at {night}"))),
            ("/starts_at", "2027-06-11T09:00:00+00:00", Some(format!("booking.starts_at {night}"))),
            ("/return/window_end", "2027-06-15T17:30:00+02:00", Some(format!("booking.return.window_end {other}"))),
        ] {
            let mut written = sample["Detail"]["booking"].clone();
            *written.pointer_mut(place).unwrap() = json!(time);
            let booking: Booking = serde_json::from_value(written.clone()).unwrap();
            let told_now = warnings(&written, &booking);
            assert_eq!(told_now.first(), told.as_ref(), "{place} {time}: {told_now:?}");
        }
        let mut written = sample["Detail"]["booking"].clone();
        written["fulfilment"]["window_end"] = json!("2026-01-01T09:00:00-05:00");
        let booking: Booking = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(warnings(&written, &booking), ["booking.fulfilment.window_end is before window_start"]);
    }
}
