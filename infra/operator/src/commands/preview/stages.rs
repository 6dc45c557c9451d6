//! The stages of a rental: what its booking says at each, and when, as it is planned.

use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    booking::{
        Booking,
        BookingStatus::{self, CheckedOut, Confirmed, Overdue, Returned},
        Delivery,
        DeliveryStatus::{self, Delivered, OnTheWay, Scheduled},
        FulfilmentMethod,
    },
    filed::FiledBooking,
    progress::Progress,
    stage::{self, Handover, Stage},
    time::after,
};

use super::moment::morning;

/// A booking as it stands at a stage.
pub(super) struct AtStage {
    pub(super) name: &'static str,
    pub(super) filed: FiledBooking,
    pub(super) at: Timestamp,
}

/// The stages that the rental comes to if all goes as planned, and then is late; one that it does not come to, such as a
/// delivery of carts that are picked up, is left out.
pub(super) fn of(filed: &FiledBooking) -> Vec<AtStage> {
    let booking = &filed.booking;
    let (handover, back) = (stage::planned_handover(booking).first(), stage::ready_by(booking).first());
    let last = booking.ends_at.max(stage::planned_return(booking).last().unwrap_or(booking.ends_at));
    let hour = SignedDuration::from_hours(1);
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let planned = [
        ("ahead", Confirmed, Scheduled, of_morning(booking, after(handover, -days(2)))),
        ("handover-day", Confirmed, Scheduled, of_morning(booking, handover).min(handover)),
        ("on-the-way", Confirmed, OnTheWay, handover),
        ("with-you", CheckedOut, Delivered, of_morning(booking, after(handover, days(1)))),
        ("return-day", CheckedOut, Delivered, of_morning(booking, back).max(after(handover, hour))),
        ("overdue", Overdue, Delivered, after(last, hour)),
        ("over", Returned, Delivered, of_morning(booking, after(last, days(1)))),
    ];
    planned
        .into_iter()
        .map(|(name, status, delivery, at)| AtStage { name, filed: told(filed, status, delivery, at), at })
        .filter(|there| there.name == name(stage::stage(&there.filed.booking, there.at).stage))
        .collect()
}

/// A booking as an event tells of it at a moment.
fn told(filed: &FiledBooking, status: BookingStatus, delivery: DeliveryStatus, at: Timestamp) -> FiledBooking {
    let booking = &filed.booking;
    let tracking_url = booking.delivery.as_ref().and_then(|delivery| delivery.tracking_url.clone());
    let delivery = Delivery { status: delivery, tracking_url, eta: None, updated_at: at };
    let delivery = (booking.fulfilment.method == FulfilmentMethod::Delivery).then_some(delivery);
    let progress = Progress::default().told(delivery.as_ref(), at);
    let booking = Booking { status, delivery, ..booking.clone() };
    FiledBooking { owner: filed.owner, booking, change: None, progress }
}

/// The morning of the day of a moment.
fn of_morning(booking: &Booking, at: Timestamp) -> Timestamp {
    booking.time_zone.moment(morning(booking.time_zone.at(at).date())).unwrap_or(at)
}

/// What a stage is called in the name of a file; nothing for those that a rental comes to otherwise than as planned.
fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Ahead(_) => "ahead",
        Stage::HandoverDay(Handover::OnTheWay) => "on-the-way",
        Stage::HandoverDay(_) => "handover-day",
        Stage::WithYou(_) => "with-you",
        Stage::ReturnDay(_) => "return-day",
        Stage::Overdue(_) => "overdue",
        Stage::Over => "over",
        Stage::Pending
        | Stage::Unconfirmed(_)
        | Stage::NotDelivered
        | Stage::Cancelled
        | Stage::NotPickedUp
        | Stage::Unclear => "",
    }
}

#[cfg(test)]
mod tests {
    use portal_domain::customer::CustomerId;
    use serde_json::{Value, json};

    use super::*;

    fn names(change: impl FnOnce(&mut Value)) -> Vec<&'static str> {
        let sample = include_str!("../../../../events/samples/booking.confirmed.json");
        let mut sample: Value = serde_json::from_str(sample).unwrap();
        let mut booking = sample["Detail"]["booking"].take();
        change(&mut booking);
        let booking = serde_json::from_value(booking).unwrap();
        let owner = CustomerId::from_bytes([1; 16]);
        let filed = FiledBooking { owner, booking, change: None, progress: Progress::default() };
        let stages = of(&filed);
        assert!(stages.is_sorted_by_key(|stage| stage.at));
        stages.iter().map(|stage| stage.name).collect()
    }

    #[test]
    fn a_rental_is_shown_at_each_stage_that_it_comes_to_whatever_it_says_today() {
        let all = ["ahead", "handover-day", "on-the-way", "with-you", "return-day", "overdue", "over"];
        for status in ["pending", "confirmed", "checked_out", "overdue", "returned", "cancelled"] {
            assert_eq!(names(|booking| booking["status"] = json!(status)), all, "{status}");
        }
        let picked_up = names(|booking| booking["fulfilment"]["method"] = json!("pickup"));
        assert_eq!(picked_up, ["ahead", "handover-day", "with-you", "return-day", "overdue", "over"]);
        // Of one day: there is no day between.
        let short = names(|booking| {
            let fulfilment = &mut booking["fulfilment"];
            (fulfilment["window_start"], fulfilment["window_end"]) = (Value::Null, Value::Null);
            (booking["starts_at"], booking["ends_at"]) =
                (json!("2027-06-11T09:00:00-04:00"), json!("2027-06-11T17:00:00-04:00"));
            booking["return"] = Value::Null;
        });
        assert!(!short.contains(&"with-you") && short.contains(&"return-day"), "{short:?}");
    }
}
