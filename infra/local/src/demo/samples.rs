//! Sample events: what may happen next to the demo's bookings.

use jiff::Timestamp;
use serde_json::json;

use super::{
    booking::{DeliveryStatus, Status},
    clock::Clock,
    customers,
    data::{Demo, Error},
    story::Story,
};

/// An event that the demo business can publish at any time, and again.
#[derive(Debug)]
pub struct Sample {
    /// Its detail-type, by which it is asked for.
    pub detail_type: &'static str,
    /// What happens.
    pub title: &'static str,
    /// To whose booking, and what it looks like before.
    pub about: &'static str,
    /// What to look at afterwards.
    pub look: &'static str,
    /// Whether it cannot be undone.
    pub is_final: bool,
    tell: fn(&Clock, &Clock, &mut Demo) -> Result<(), Error>,
}

/// One of each detail-type.
pub const SAMPLES: [Sample; 6] = [
    Sample {
        detail_type: "booking.confirmed",
        title: "A booking is confirmed",
        about: "Dora Klein, GCO-4866: the 6-Seater Lifted she asked for, in 9 days.",
        look: "A confirmation email to her, the first time. Her booking no longer waits for confirmation.",
        is_final: false,
        tell: confirmed,
    },
    Sample {
        detail_type: "booking.updated",
        title: "A booking changes",
        about: "Ben Okafor, GCO-4855: his rental in 12 days starts and ends one day later.",
        look: "Ben's bookings say what changed, with the dates before and after.",
        is_final: false,
        tell: updated,
    },
    Sample {
        detail_type: "delivery.updated",
        title: "A delivery leaves",
        about: "Iris Cole, GCO-4833: her 12 carts, planned for today, are on their way.",
        look: "Iris's bookings say when the carts arrive, in 20 minutes, with a tracking link.",
        is_final: false,
        tell: on_the_way,
    },
    Sample {
        detail_type: "document.issued",
        title: "A cart is back, and its papers are issued",
        about: "Eli Brooks, GCO-4788: the 4-Seater Classic that is picked up today.",
        look: "Among Eli's past bookings: the invoice, the receipt, and the deposit released.",
        is_final: false,
        tell: issued,
    },
    Sample {
        detail_type: "booking.cancelled",
        title: "A booking is canceled",
        about: "Ana Ruiz, GCO-4862: her two carts in 18 days. She gets back what she paid.",
        look: "Ana's bookings say that it is canceled; its page, what was refunded.",
        is_final: false,
        tell: cancelled,
    },
    Sample {
        detail_type: "customer.erased",
        title: "A customer is erased",
        about: "Carla Ng: her bookings, links and documents are deleted for good.",
        look: "Carla is signed out. Asking for a link with her address sends no email any more.",
        is_final: true,
        tell: erased,
    },
];

impl Sample {
    /// The sample of this detail-type.
    pub fn of(detail_type: &str) -> Option<&'static Self> {
        SAMPLES.iter().find(|sample| sample.detail_type == detail_type)
    }

    /// The event as it happens `now`, to the demo as it was `told`, with the PDFs it names. From the next day on it happens to
    /// the demo as it would be told then.
    pub fn demo(&self, told: Timestamp, now: Timestamp) -> Result<Demo, Error> {
        let (told, now) = (Clock::new(told)?, Clock::new(now)?);
        let told = if told.now.date() == now.now.date() { told } else { Clock { now: now.now.clone() } };
        let mut demo = Demo::default();
        (self.tell)(&told, &now, &mut demo)?;
        Ok(demo)
    }
}

/// Drops what was told of the booking so far, and goes on with a revision that is higher than every one of it.
fn from_here<'a>(mut story: Story<'a>, now: &Clock) -> Story<'a> {
    story.demo.events.clear();
    story.demo.documents.clear();
    story.booking.revision = now.now.timestamp().as_second().unsigned_abs();
    story
}

fn confirmed(told: &Clock, now: &Clock, demo: &mut Demo) -> Result<(), Error> {
    from_here(customers::doras_request(told, demo)?, now).confirm_and_notify(&now.now)
}

fn updated(told: &Clock, now: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let mut story = from_here(customers::bens_next_booking(told, demo)?, now);
    story.booking.reschedule(told.at(13, 9)?, told.at(16, 17)?)?;
    story.tell("booking.updated", &now.now)
}

fn on_the_way(told: &Clock, now: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let mut story = from_here(customers::iris_delivery(told, demo)?, now);
    let tracking = ("https://track.example.com/d/f27", now.today(20)?);
    story.deliver(DeliveryStatus::OnTheWay, &now.now, Some(tracking))
}

fn issued(told: &Clock, now: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let mut story = from_here(customers::elis_return(told, demo)?, now);
    story.booking.status = Status::Returned;
    story.bill(&now.now)?;
    story.tell("document.issued", &now.now)
}

fn cancelled(told: &Clock, now: &Clock, demo: &mut Demo) -> Result<(), Error> {
    from_here(customers::anas_next_booking(told, demo)?, now).cancel(&now.now)
}

fn erased(_told: &Clock, now: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let event_id = format!("evt_erased_{}", now.now.timestamp().as_second());
    demo.tell("customer.erased", &event_id, &now.now, ("customer", json!({"email": customers::CARLA.email})))
}
