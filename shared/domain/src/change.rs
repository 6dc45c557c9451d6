//! What a business changed of a booking lately, so far as its customer should look at it.
//!
//! It is computed from the booking that was known, whatever an event calls itself: an event that only records a payment, or
//! repeats what was known, changes nothing here. The order in which events arrive may decide it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    booking::{Booking, Cart, Fulfilment, Location, Return},
    money::{Currency, Price},
};

/// How long a change is news.
pub const NEWS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// When a booking was changed, and what it was before. What it is now, the booking says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// The former dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<Dates>,
    /// The former carts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carts: Option<Vec<Cart>>,
    /// Where and how they were to reach the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
    /// How they were to come back.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub way_back: Option<Return>,
    /// The former total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Booking")]
pub struct Dates {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// Where and how carts reach a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Booking")]
pub struct Handover {
    pub fulfilment: Fulfilment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// What a booking costs in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Price")]
pub struct Total {
    pub currency: Currency,
    pub total_minor: i64,
}

impl Change {
    /// What is to be told once `known` has become `next` at `at`, after what was `told` of `known` so far. Changes within
    /// [`NEWS`] of each other are told together, against what stood before the first of them; one that is taken back is
    /// told no more.
    pub fn between(known: &Booking, told: Option<Self>, next: &Booking, at: Timestamp) -> Option<Self> {
        let (was, is) = (Self::snapshot(known, at), Self::snapshot(next, at));
        if was.clone().unlike(&is).is_none() {
            return told;
        }
        let first = match told.filter(|told| told.is_news(at)) {
            Some(told) => Self {
                at,
                dates: told.dates.or(was.dates),
                carts: told.carts.or(was.carts),
                handover: told.handover.or(was.handover),
                way_back: told.way_back.or(was.way_back),
                total: told.total.or(was.total),
            },
            None => was,
        };
        first.unlike(&is)
    }

    /// Whether it is news still.
    pub fn is_news(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < NEWS
    }

    /// Everything of a booking whose change a customer should look at.
    fn snapshot(booking: &Booking, at: Timestamp) -> Self {
        let place = |location: &Location| Location { phone: None, ..location.clone() };
        // Another order of the same carts is no change.
        let mut carts = booking.carts.clone();
        carts.sort_by_cached_key(|cart| format!("{} {} {:?}", cart.asset_type, cart.name, cart.seats));
        let total = |price: &Price| Total { currency: price.currency, total_minor: price.total_minor };
        Self {
            at,
            dates: Some(Dates { starts_at: minute(booking.starts_at), ends_at: minute(booking.ends_at) }),
            carts: Some(carts),
            handover: Some(Handover {
                fulfilment: booking.fulfilment.clone(),
                location: booking.location.as_ref().map(place),
            }),
            way_back: booking.way_back.clone(),
            total: booking.price.as_ref().map(total),
        }
    }

    /// The parts of this snapshot that differ in `is`; none if no part does. A part that one of the two lacks is an
    /// addition or an omission, and no change.
    fn unlike(self, is: &Self) -> Option<Self> {
        fn changed<T: PartialEq>(was: Option<T>, is: Option<&T>) -> Option<T> {
            was.filter(|was| is.is_some_and(|is| was != is))
        }
        let unlike = Self {
            at: self.at,
            dates: changed(self.dates, is.dates.as_ref()),
            carts: changed(self.carts, is.carts.as_ref()),
            handover: changed(self.handover, is.handover.as_ref()),
            way_back: changed(self.way_back, is.way_back.as_ref()),
            total: changed(self.total, is.total.as_ref()),
        };
        let is_told = unlike.dates.is_some()
            || unlike.carts.is_some()
            || unlike.handover.is_some()
            || unlike.way_back.is_some()
            || unlike.total.is_some();
        is_told.then_some(unlike)
    }
}

/// The minute that a moment is told as.
fn minute(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second().div_euclid(60) * 60).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn booking(slips: &[(&str, Value)]) -> Booking {
        let sample = include_str!("../../../infra/events/samples/booking.confirmed.json");
        let mut sample: Value = serde_json::from_str(sample).unwrap();
        for (place, value) in slips {
            *sample["Detail"]["booking"].pointer_mut(place).unwrap() = value.clone();
        }
        serde_json::from_value(sample["Detail"]["booking"].take()).unwrap()
    }

    fn at(day: u8) -> Timestamp {
        format!("2026-07-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn later() -> (&'static str, Value) {
        ("/ends_at", json!("2027-06-16T17:00:00-04:00"))
    }

    #[test]
    fn only_what_a_customer_should_look_at_is_told_with_what_it_was() {
        let two_carts = [json!({"asset_type": "A", "name": "1"}), json!({"asset_type": "A", "name": "2"})];
        let known = booking(&[]);
        for (what, slips, told) in [
            ("nothing", vec![], ""),
            ("a payment", vec![("/price/paid_minor", json!(1)), ("/payments", json!([]))], ""),
            ("a status", vec![("/status", json!("checked_out"))], ""),
            ("seconds of a date", vec![("/ends_at", json!("2027-06-15T17:00:59-04:00"))], ""),
            ("the shop's phone", vec![("/location/phone", json!("+1 912 555 0199"))], ""),
            ("a first return", vec![], ""),
            ("the dates", vec![later()], "dates"),
            ("the cart", vec![("/carts/0/name", json!("Cart #9"))], "carts"),
            ("the order of the carts", vec![("/carts", json!([two_carts[1], two_carts[0]]))], ""),
            ("the place", vec![("/fulfilment/address", json!("4 Ocean Ave"))], "handover"),
            ("the shop", vec![("/location/address", json!("14 Dune Rd"))], "handover"),
            ("the time of delivery", vec![("/fulfilment/window_start", json!("2027-06-11T07:00:00Z"))], "handover"),
            ("the way back", vec![("/return/method", json!("drop_off"))], "return"),
            ("the total", vec![("/price/total_minor", json!(60000))], "total"),
            ("two of them", vec![later(), ("/price/total_minor", json!(60000))], "dates total"),
        ] {
            let known = if what.contains("order") { booking(&[("/carts", json!(two_carts))]) } else { known.clone() };
            let change = Change::between(&known, None, &booking(&slips), at(1));
            let value = serde_json::to_value(&change).unwrap();
            let fields: Vec<&str> = value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .filter(|name| *name != "at")
                .collect();
            assert_eq!(fields.join(" "), told, "{what}");
        }
        let change = Change::between(&known, None, &booking(&[later()]), at(1)).unwrap();
        assert_eq!(change.dates.unwrap().ends_at, known.ends_at, "what it was");
        assert_eq!(change.at, at(1));
        assert!(change.is_news(at(8) - SignedDuration::from_secs(1)) && !change.is_news(at(8)), "seven days");
    }

    #[test]
    fn changes_of_one_week_are_told_together_and_what_is_taken_back_is_told_no_more() {
        let known = booking(&[]);
        let moved = booking(&[later()]);
        let dearer = booking(&[later(), ("/price/total_minor", json!(60000))]);
        let first = Change::between(&known, None, &moved, at(1));
        let second = Change::between(&moved, first.clone(), &dearer, at(3)).unwrap();
        assert_eq!((second.at, second.dates.map(|dates| dates.ends_at)), (at(3), Some(known.ends_at)));
        assert!(second.total.is_some());
        let much_later = Change::between(&moved, first.clone(), &dearer, at(20)).unwrap();
        assert!(much_later.dates.is_none() && much_later.total.is_some());
        assert_eq!(Change::between(&moved, first.clone(), &known, at(2)), None, "taken back");
        assert_eq!(Change::between(&moved, first.clone(), &moved, at(2)), first, "a repetition is no news");
    }
}
