//! When a delivery first came to each of its statuses. An event tells only the one that a delivery has come to, so the portal
//! keeps the former ones: of each the earliest event with it, in whatever order they arrive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::{Delivery, DeliveryStatus};

/// When a delivery first came to each of its statuses; none where it has not, or where nobody told.
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
    /// The progress once an event that occurred at `at` has told of `delivery`, which may have been news before: an import
    /// tells of old ones.
    pub fn told(self, delivery: Option<&Delivery>, at: Timestamp) -> Self {
        let at = delivery.map_or(at, |delivery| at.min(delivery.updated_at));
        let earliest = |known: Option<Timestamp>| Some(known.map_or(at, |known| known.min(at)));
        match delivery.map(|delivery| delivery.status) {
            Some(DeliveryStatus::Scheduled) => Self { scheduled: earliest(self.scheduled), ..self },
            Some(DeliveryStatus::OnTheWay) => Self { on_the_way: earliest(self.on_the_way), ..self },
            Some(DeliveryStatus::Delivered) => Self { delivered: earliest(self.delivered), ..self },
            Some(DeliveryStatus::Failed) => Self { failed: earliest(self.failed), ..self },
            Some(DeliveryStatus::Unknown) | None => self,
        }
    }

    /// When `delivery` left; none if that is not known. One that had ended before and is under way again left when that was
    /// told.
    pub fn left_at(&self, delivery: &Delivery) -> Option<Timestamp> {
        let has_ended = self.delivered.is_some() || self.failed.is_some();
        match delivery.status {
            DeliveryStatus::OnTheWay if has_ended => Some(delivery.updated_at),
            DeliveryStatus::OnTheWay => self.on_the_way.or(Some(delivery.updated_at)),
            DeliveryStatus::Delivered => self.on_the_way.filter(|_| self.failed.is_none()),
            DeliveryStatus::Failed => self.on_the_way.filter(|_| self.delivered.is_none()),
            DeliveryStatus::Scheduled | DeliveryStatus::Unknown => None,
        }
    }

    /// When `delivery` ended, either way; none while it has not.
    pub fn ended_at(&self, delivery: &Delivery) -> Option<Timestamp> {
        let (first, other) = match delivery.status {
            DeliveryStatus::Delivered => (self.delivered, self.failed),
            DeliveryStatus::Failed => (self.failed, self.delivered),
            _ => return None,
        };
        first.filter(|_| other.is_none()).or(Some(delivery.updated_at))
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

    fn delivery(status: &str, minute: usize) -> Option<Delivery> {
        let delivery = serde_json::json!({"status": status, "updated_at": at(minute)});
        (status != "none").then(|| serde_json::from_value(delivery).unwrap())
    }

    #[test]
    fn each_status_has_the_time_of_its_first_event_however_they_arrive() {
        // The events of minutes 0, 1, 2, …; when the last of them left and ended.
        for (statuses, left, ended) in [
            ("none", None, None),
            ("scheduled", None, None),
            ("scheduled on_the_way", Some(1), None),
            ("scheduled on_the_way on_the_way", Some(1), None),
            ("scheduled on_the_way on_the_way delivered delivered", Some(1), Some(3)),
            ("scheduled on_the_way failed failed", Some(1), Some(2)),
            ("delivered", None, Some(0)),
            ("scheduled on_the_way failed scheduled", None, None),
            ("scheduled on_the_way failed scheduled on_the_way", Some(4), None),
            ("scheduled on_the_way failed scheduled on_the_way delivered", None, Some(5)),
            ("scheduled on_the_way delivered on_the_way", Some(3), None),
            ("scheduled teleported on_the_way", Some(2), None),
        ] {
            let events: Vec<(usize, Option<Delivery>)> = statuses
                .split_whitespace()
                .enumerate()
                .map(|(minute, status)| (minute, delivery(status, minute)))
                .collect();
            let told = |progress: Progress, (minute, delivery): &(usize, Option<Delivery>)| {
                progress.told(delivery.as_ref(), at(*minute))
            };
            let progress = events.iter().fold(Progress::default(), told);
            assert_eq!(progress, events.iter().rev().fold(progress, told), "{statuses}, the other way, and again");
            let last = events.last().and_then(|(_, delivery)| delivery.as_ref());
            let times = last.map(|last| (progress.left_at(last), progress.ended_at(last))).unwrap_or_default();
            assert_eq!(times, (left.map(at), ended.map(at)), "{statuses}");
        }
    }

    #[test]
    fn a_delivery_that_was_only_planned_has_the_time_of_that_too() {
        let progress = Progress::default().told(delivery("scheduled", 1).as_ref(), at(1));
        assert_eq!(progress, Progress { scheduled: Some(at(1)), ..Progress::default() });
    }

    #[test]
    fn an_import_of_old_deliveries_has_their_own_times() {
        let progress = Progress::default().told(delivery("delivered", 3).as_ref(), at(50));
        assert_eq!(progress.delivered, Some(at(3)));
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
