//! When a delivery took each of its steps. An event tells only the step that a delivery has come to, so the portal keeps the
//! former ones.
//!
//! As with a [`Change`](crate::change::Change), the order in which events arrive may decide it: of a step whose event comes
//! after that of a later one, the portal does not learn.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::{Delivery, DeliveryStatus};

/// When a delivery first came to each of its steps; none where it has not, or where nobody told. It ends in one of the last
/// two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in DeliveryStatus")]
pub struct Progress {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_the_way: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Timestamp>,
}

impl Progress {
    /// The progress once an event of `at` has told of `delivery`. The first event with a step gives its time. A delivery that
    /// falls back to a step takes it anew, and has yet to take those that follow.
    pub fn next(self, delivery: Option<&Delivery>, at: Timestamp) -> Self {
        let Some(delivery) = delivery else { return Self::default() };
        let Self { scheduled, on_the_way, delivered, failed } = self;
        let ended = delivered.or(failed);
        let first = |step: Option<Timestamp>, later: Option<Timestamp>| step.filter(|_| later.is_none()).or(Some(at));
        match delivery.status {
            DeliveryStatus::Scheduled => Self { scheduled: first(scheduled, on_the_way.or(ended)), ..Self::default() },
            DeliveryStatus::OnTheWay => Self { scheduled, on_the_way: first(on_the_way, ended), ..Self::default() },
            DeliveryStatus::Delivered => Self { delivered: first(delivered, None), failed: None, ..self },
            DeliveryStatus::Failed => Self { delivered: None, failed: first(failed, None), ..self },
            DeliveryStatus::Unknown => self,
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: usize) -> Timestamp {
        format!("2026-07-10T12:{minute:02}:00Z").parse().unwrap()
    }

    fn delivery(status: &str) -> Option<Delivery> {
        let delivery = serde_json::json!({"status": status, "updated_at": "2026-07-10T09:00:00Z"});
        (status != "none").then(|| serde_json::from_value(delivery).unwrap())
    }

    /// The steps with the minutes at which they were taken.
    fn written(progress: Progress) -> String {
        let Progress { scheduled, on_the_way, delivered, failed } = progress;
        let steps = [("S", scheduled), ("W", on_the_way), ("D", delivered), ("F", failed)];
        let taken = steps.iter().filter_map(|(name, step)| step.map(|step| format!("{name}{}", step.strftime("%-M"))));
        taken.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_step_has_the_time_of_the_first_event_with_it_and_a_delivery_begun_anew_has_its_later_steps_to_come() {
        // The events of minutes 0, 1, 2, …; what is known in the end.
        for (statuses, known) in [
            ("", ""),
            ("none", ""),
            ("scheduled", "S0"),
            ("scheduled scheduled", "S0"),
            ("scheduled on_the_way delivered", "S0 W1 D2"),
            ("scheduled on_the_way on_the_way delivered delivered", "S0 W1 D3"),
            ("scheduled on_the_way failed", "S0 W1 F2"),
            ("on_the_way", "W0"),
            ("delivered", "D0"),
            ("scheduled delivered", "S0 D1"),
            ("scheduled on_the_way scheduled", "S2"),
            ("scheduled on_the_way scheduled on_the_way", "S2 W3"),
            ("scheduled on_the_way failed scheduled", "S3"),
            ("scheduled on_the_way failed scheduled on_the_way delivered", "S3 W4 D5"),
            ("scheduled on_the_way failed on_the_way", "S0 W3"),
            ("scheduled on_the_way delivered on_the_way", "S0 W3"),
            ("scheduled delivered scheduled", "S2"),
            ("scheduled on_the_way failed delivered", "S0 W1 D3"),
            ("scheduled on_the_way delivered failed", "S0 W1 F3"),
            ("failed failed", "F0"),
            ("scheduled on_the_way none", ""),
            ("scheduled on_the_way none delivered", "D3"),
            ("scheduled teleported on_the_way", "S0 W2"),
        ] {
            let events = statuses.split_whitespace().enumerate();
            let end = events.fold(Progress::default(), |progress, (minute, status)| {
                progress.next(delivery(status).as_ref(), at(minute))
            });
            assert_eq!(written(end), known, "{statuses}");
        }
    }

    #[test]
    fn it_is_stored_without_what_is_not_known_and_read_whatever_is_beside_it() {
        let progress = Progress { on_the_way: Some(at(5)), ..Progress::default() };
        let stored = serde_json::to_string(&progress).unwrap();
        assert_eq!(stored, r#"{"on_the_way":"2026-07-10T12:05:00Z"}"#);
        for text in [stored.as_str(), r#"{"on_the_way":"2026-07-10T08:05:00-04:00","delivered":null,"landed":7}"#] {
            assert_eq!(serde_json::from_str::<Progress>(text).unwrap(), progress, "{text}");
        }
        assert_eq!(serde_json::to_string(&Progress::default()).unwrap(), "{}");
    }
}
