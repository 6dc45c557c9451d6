//! What happens next for a booking, without words: pages, cards, mails and calendar files only lay it out.
//!
//! Status alone decides whether a booking is ahead, under way or over; within that, the days of the booking's own zone do.
//! Only what the portal knows is said: a time that has passed is a plan, not news, and without a `return` nobody is sent
//! anywhere.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Serialize;

use crate::{
    booking::{
        Booking, BookingStatus, DeliveryStatus, Fulfilment, FulfilmentMethod, InstructionStage, Location, ReturnMethod,
    },
    money::Money,
    text::Text,
};

/// What a customer should know and do now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextStep<'a> {
    /// Where the booking stands.
    pub stage: Stage,
    /// When that takes place or ends; none where it is over, or nothing is agreed.
    pub when: Option<When>,
    /// Where.
    pub place: Option<Place<'a>>,
    /// Which of the business's notes matter now.
    pub instruction: Option<InstructionStage>,
    /// What is still to be paid, either way.
    pub balance: Balance,
}

/// Where a booking stands, as its customer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Asked for, not agreed yet.
    Pending,
    /// Confirmed, for another day.
    Ahead(Handover),
    /// The carts change hands today, or are on their way.
    HandoverDay(Handover),
    /// They should have changed hands, and nobody said that they did.
    Unconfirmed(Handover),
    /// A delivery failed.
    NotDelivered,
    /// The customer has the carts.
    WithYou(WayBack),
    /// The customer has them, and the rental ends today.
    ReturnDay(WayBack),
    /// They should be back.
    Overdue(WayBack),
    /// They are back.
    Over,
    /// The booking was taken back.
    Cancelled,
    /// It ended, and nobody came for the carts.
    NotPickedUp,
    /// Nobody but the business can say.
    Unclear,
}

/// How the carts reach the customer, and how far that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// The customer comes for them.
    Pickup,
    /// They are brought as planned.
    Delivery,
    /// They have left.
    OnTheWay,
    /// They come after the time that was planned, or that time has passed.
    Late,
    /// The business knows.
    Unknown,
}

/// How the carts come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// The business comes for them.
    Collection,
    /// The customer brings them.
    DropOff,
    /// The business knows.
    Unknown,
}

/// A time as it was agreed or announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Not before.
    From(Timestamp),
    /// Not after.
    By(Timestamp),
    /// Within this window.
    Between(Timestamp, Timestamp),
    /// An estimate.
    About(Timestamp),
    /// Some time on its day.
    On(Timestamp),
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place<'a> {
    /// An address.
    Address(&'a Text),
    /// The shop.
    Shop(&'a Location),
}

/// What is still to be paid, so far as it can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// Nothing can be said: there is no price, it does not add up, or nothing is agreed yet.
    Unknown,
    /// Nothing.
    Settled,
    /// By the customer.
    Due(Money),
    /// The customer has paid too much of a booking that goes on.
    Credit(Money),
    /// The customer is to get money back for a booking that is over.
    RefundDue(Money),
}

/// How urgent a booking is among others of its customer; the first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "as in Stage and Handover")]
pub enum Urgency {
    Overdue,
    NotDelivered,
    Late,
    OnTheWay,
    ReturnDay,
    HandoverDay,
    WithYou,
    Changed,
    Pending,
    Ahead,
    Over,
}

impl NextStep<'_> {
    /// How urgent it is, where `changed` says that there is news of the booking itself.
    pub fn urgency(&self, changed: bool) -> Urgency {
        match self.stage {
            Stage::Overdue(_) => Urgency::Overdue,
            Stage::NotDelivered => Urgency::NotDelivered,
            Stage::HandoverDay(Handover::Late) | Stage::Unconfirmed(_) | Stage::Unclear => Urgency::Late,
            Stage::HandoverDay(Handover::OnTheWay) => Urgency::OnTheWay,
            Stage::ReturnDay(_) => Urgency::ReturnDay,
            Stage::HandoverDay(_) => Urgency::HandoverDay,
            Stage::WithYou(_) => Urgency::WithYou,
            Stage::Ahead(_) | Stage::Pending | Stage::Cancelled if changed => Urgency::Changed,
            Stage::Pending => Urgency::Pending,
            Stage::Ahead(_) => Urgency::Ahead,
            Stage::Over | Stage::Cancelled | Stage::NotPickedUp => Urgency::Over,
        }
    }
}

impl When {
    /// Its first moment, which is the one that gives it its day.
    pub fn first(self) -> Timestamp {
        match self {
            Self::From(moment)
            | Self::By(moment)
            | Self::Between(moment, _)
            | Self::About(moment)
            | Self::On(moment) => moment,
        }
    }

    /// Its last moment, if it has one.
    pub fn last(self) -> Option<Timestamp> {
        match self {
            Self::From(_) | Self::About(_) | Self::On(_) => None,
            Self::By(moment) | Self::Between(_, moment) => Some(moment),
        }
    }

    /// A window, as far as it is given.
    fn window(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Self> {
        match (from, to) {
            (Some(from), Some(to)) if from < to => Some(Self::Between(from, to)),
            (Some(from), _) => Some(Self::From(from)),
            (None, Some(to)) => Some(Self::By(to)),
            (None, None) => None,
        }
    }
}

/// What happens next for a booking at `now`.
pub fn stage(booking: &Booking, now: Timestamp) -> NextStep<'_> {
    let booking = Planned { booking, now };
    match booking.booking.status {
        BookingStatus::Pending => booking.before(Stage::Pending),
        BookingStatus::Confirmed => booking.confirmed(),
        BookingStatus::CheckedOut => booking.under_way(),
        // A cart that was not delivered cannot be overdue.
        BookingStatus::Overdue if booking.delivery() == Some(DeliveryStatus::Failed) => booking.over(Stage::Unclear),
        BookingStatus::Overdue => booking.ends(Stage::Overdue(booking.way_back())),
        BookingStatus::Returned | BookingStatus::Closed => booking.over(Stage::Over),
        BookingStatus::Cancelled => booking.over(Stage::Cancelled),
        BookingStatus::NoShow => booking.over(Stage::NotPickedUp),
        BookingStatus::Unknown => booking.over(Stage::Unclear),
    }
}

/// When the carts are to change hands, as it was planned.
pub fn planned_handover(booking: &Booking) -> When {
    let Fulfilment { method, window_start, window_end, .. } = booking.fulfilment;
    When::window(window_start, window_end).unwrap_or(match method {
        FulfilmentMethod::Pickup => When::From(booking.starts_at),
        FulfilmentMethod::Delivery | FulfilmentMethod::Unknown => When::On(booking.starts_at),
    })
}

/// When the carts are to come back, as it was planned: for the customer to have them ready, or to bring them.
pub fn planned_return(booking: &Booking) -> When {
    let window =
        booking.way_back.as_ref().and_then(|way_back| When::window(way_back.window_start, way_back.window_end));
    window.unwrap_or(When::By(booking.ends_at))
}

/// Where the carts change hands.
pub fn handover_place(booking: &Booking) -> Option<Place<'_>> {
    match booking.fulfilment.method {
        FulfilmentMethod::Delivery => booking.fulfilment.address.as_ref().map(Place::Address),
        FulfilmentMethod::Pickup => booking.location.as_ref().map(Place::Shop),
        FulfilmentMethod::Unknown => None,
    }
}

/// Where the carts come back from, or go to.
pub fn return_place(booking: &Booking) -> Option<Place<'_>> {
    let way_back = booking.way_back.as_ref()?;
    let address = way_back.address.as_ref().map(Place::Address);
    match way_back.method {
        ReturnMethod::Collection => address,
        ReturnMethod::DropOff => address.or_else(|| booking.location.as_ref().map(Place::Shop)),
        ReturnMethod::Unknown => None,
    }
}

/// The moment until which the carts are the customer's: the end of the rental, or the beginning of a collection before
/// it, or the end of the time in which they are to be brought back.
pub fn ready_by(booking: &Booking) -> When {
    match planned_return(booking) {
        When::Between(from, _) | When::From(from) if is_collected(booking) => When::By(from.min(booking.ends_at)),
        When::Between(_, to) | When::By(to) => When::By(to),
        _ => When::By(booking.ends_at),
    }
}

fn is_collected(booking: &Booking) -> bool {
    booking.way_back.as_ref().is_some_and(|way_back| way_back.method == ReturnMethod::Collection)
}

/// A booking and the moment at which it is looked at.
#[derive(Clone, Copy)]
struct Planned<'a> {
    booking: &'a Booking,
    now: Timestamp,
}

impl<'a> Planned<'a> {
    fn confirmed(self) -> NextStep<'a> {
        let Self { booking, now } = self;
        let (handover, today) = (planned_handover(booking), self.day(now));
        let day = self.day(handover.first());
        match self.delivery() {
            Some(DeliveryStatus::Delivered) if now < booking.ends_at || is_collected(booking) => {
                return self.under_way();
            }
            Some(DeliveryStatus::Failed) if now < booking.ends_at => return self.before(Stage::NotDelivered),
            Some(DeliveryStatus::OnTheWay) if now < booking.ends_at && self.is_on_the_way(today) => {
                return self.delivered(handover);
            }
            _ => {}
        }
        if today < day {
            return self.before(Stage::Ahead(self.handover()));
        }
        if now >= booking.ends_at && handover.last().is_none_or(|last| now >= last) {
            return self.over(Stage::Unclear);
        }
        let has_passed = handover.last().map_or(today > day, |last| now > last);
        let may_still_come = self.handover() == Handover::Delivery && (today == day || self.eta().is_some());
        if has_passed && !may_still_come {
            return self.before(Stage::Unconfirmed(self.handover()));
        }
        match self.handover() {
            Handover::Delivery => self.delivered(handover),
            handover => self.before(Stage::HandoverDay(handover)),
        }
    }

    /// A delivery today, or one that has left.
    fn delivered(self, planned: When) -> NextStep<'a> {
        let eta = self.eta();
        let is_late = planned.last().is_some_and(|last| eta.unwrap_or(self.now) > last);
        let has_left = self.delivery() == Some(DeliveryStatus::OnTheWay);
        let handover = match (is_late, has_left) {
            (true, _) => Handover::Late,
            (false, true) => Handover::OnTheWay,
            (false, false) => Handover::Delivery,
        };
        let step = self.before(Stage::HandoverDay(handover));
        match eta.filter(|_| is_late || has_left || planned.last().is_none()) {
            Some(eta) => NextStep { when: Some(When::About(eta)), ..step },
            None => step,
        }
    }

    fn under_way(self) -> NextStep<'a> {
        let Self { booking, now } = self;
        let today = self.day(now);
        let is_brought = booking.status == BookingStatus::CheckedOut && self.is_news_of(today);
        match self.delivery().filter(|_| is_brought) {
            Some(DeliveryStatus::OnTheWay) => return self.delivered(planned_handover(booking)),
            Some(DeliveryStatus::Failed) => return self.before(Stage::NotDelivered),
            _ => {}
        }
        let (way_back, planned) = (self.way_back(), planned_return(booking));
        let first = ready_by(booking).first();
        let last = match way_back {
            WayBack::Collection => planned.last().unwrap_or(booking.ends_at),
            WayBack::DropOff => planned.last().map_or(booking.ends_at, |last| last.max(booking.ends_at)),
            WayBack::Unknown => booking.ends_at,
        };
        // What ends at midnight ends on the day before.
        let last_day = self.day(first.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(first));
        self.ends(if now > last {
            Stage::Overdue(way_back)
        } else if today < last_day {
            Stage::WithYou(way_back)
        } else {
            Stage::ReturnDay(way_back)
        })
    }

    /// A step that comes before the customer has the carts.
    fn before(self, stage: Stage) -> NextStep<'a> {
        let instruction = match stage {
            Stage::HandoverDay(_) | Stage::Unconfirmed(_) | Stage::NotDelivered => InstructionStage::Handover,
            _ => InstructionStage::Before,
        };
        NextStep {
            stage,
            when: Some(planned_handover(self.booking)),
            place: handover_place(self.booking),
            instruction: Some(instruction),
            balance: self.balance(stage),
        }
    }

    /// A step while the customer has the carts.
    fn ends(self, stage: Stage) -> NextStep<'a> {
        let instruction = match stage {
            Stage::WithYou(_) => InstructionStage::During,
            _ => InstructionStage::Return,
        };
        let planned = planned_return(self.booking);
        let when = match stage {
            Stage::ReturnDay(WayBack::Collection) | Stage::Overdue(WayBack::Collection) => planned,
            // The time to bring them may have passed before the rental has.
            Stage::ReturnDay(WayBack::DropOff) if planned.last().is_some_and(|last| self.now > last) => {
                When::By(self.booking.ends_at)
            }
            Stage::ReturnDay(WayBack::DropOff) => planned,
            _ => ready_by(self.booking),
        };
        NextStep {
            stage,
            when: Some(when),
            place: return_place(self.booking),
            instruction: Some(instruction),
            balance: self.balance(stage),
        }
    }

    /// There is no further step.
    fn over(self, stage: Stage) -> NextStep<'a> {
        NextStep { stage, when: None, place: None, instruction: None, balance: self.balance(stage) }
    }

    fn balance(self, stage: Stage) -> Balance {
        let is_over = matches!(stage, Stage::Over | Stage::Cancelled | Stage::NotPickedUp);
        let price = self.booking.price.as_ref().filter(|_| !matches!(stage, Stage::Pending | Stage::Unclear));
        let Some((price, balance)) = price.and_then(|price| Some((price, price.balance_minor()?))) else {
            return Balance::Unknown;
        };
        let money = |amount_minor| Money { amount_minor, currency: price.currency };
        match balance {
            1.. => Balance::Due(money(balance)),
            0 => Balance::Settled,
            _ if is_over => Balance::RefundDue(money(balance.saturating_neg())),
            _ => Balance::Credit(money(balance.saturating_neg())),
        }
    }

    fn handover(self) -> Handover {
        match self.booking.fulfilment.method {
            FulfilmentMethod::Delivery => Handover::Delivery,
            FulfilmentMethod::Pickup => Handover::Pickup,
            FulfilmentMethod::Unknown => Handover::Unknown,
        }
    }

    fn way_back(self) -> WayBack {
        match self.booking.way_back.as_ref().map(|way_back| way_back.method) {
            Some(ReturnMethod::Collection) => WayBack::Collection,
            Some(ReturnMethod::DropOff) => WayBack::DropOff,
            Some(ReturnMethod::Unknown) | None => WayBack::Unknown,
        }
    }

    /// How far a delivery has come; nothing where the customer comes for the carts.
    fn delivery(self) -> Option<DeliveryStatus> {
        let is_picked_up = self.booking.fulfilment.method == FulfilmentMethod::Pickup;
        self.booking.delivery.as_ref().filter(|_| !is_picked_up).map(|delivery| delivery.status)
    }

    /// When a delivery should arrive, unless that has passed.
    fn eta(self) -> Option<Timestamp> {
        let delivery = self.booking.delivery.as_ref()?;
        let is_to_come = matches!(delivery.status, DeliveryStatus::Scheduled | DeliveryStatus::OnTheWay);
        delivery.eta.filter(|eta| is_to_come && *eta >= self.now)
    }

    /// Whether a delivery that has left can still be on its way.
    fn is_on_the_way(self, today: Date) -> bool {
        self.eta().is_some() || self.is_news_of(today) || today <= self.day(planned_handover(self.booking).first())
    }

    /// Whether what is known of the delivery was told on this day.
    fn is_news_of(self, day: Date) -> bool {
        self.booking.delivery.as_ref().is_some_and(|delivery| self.day(delivery.updated_at) == day)
    }

    fn day(self, moment: Timestamp) -> Date {
        self.booking.time_zone.at(moment).date()
    }
}

#[cfg(test)]
mod tests;
