//! A test booking: believable, and its steps as a booking system tells them.

use jiff::{SignedDuration, Timestamp, Zoned};
use portal_aws::store::TestBookingId;
use portal_domain::{
    booking::Booking,
    contract::table::{SCHEMA_VERSION, SOURCE},
    customer::EmailAddress,
    time::{Zone, basic_utc},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{stack::Stack, terminal::Failure};

/// What happens: one of the contract's detail-types, or a stage of a rental.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// A new booking is confirmed, and its confirmation mailed.
    #[value(name = "booking.confirmed", alias = "confirmed")]
    Confirmed,
    /// Its end moves by a day.
    #[value(name = "booking.updated", alias = "updated")]
    Updated,
    /// It is cancelled.
    #[value(name = "booking.cancelled", alias = "cancelled")]
    Cancelled,
    /// The carts are on their way, with a tracking link on the first of the stack's TrackingHosts.
    #[value(name = "delivery.updated", alias = "on_the_way")]
    OnTheWay,
    /// The carts were delivered.
    #[value(name = "delivered")]
    Delivered,
    /// An agreement is issued, a PDF of one page.
    #[value(name = "document.issued")]
    DocumentIssued,
    /// The customer has the carts.
    #[value(name = "checked_out")]
    CheckedOut,
    /// The carts are back.
    #[value(name = "returned")]
    Returned,
    /// Everything of the customer goes, where there is nothing but test bookings.
    #[value(name = "customer.erased", alias = "erased")]
    Erased,
}

impl Step {
    /// The detail-type that tells of it.
    pub(super) fn detail_type(self) -> &'static str {
        match self {
            Self::Confirmed => "booking.confirmed",
            Self::Updated | Self::CheckedOut | Self::Returned => "booking.updated",
            Self::Cancelled => "booking.cancelled",
            Self::OnTheWay | Self::Delivered => "delivery.updated",
            Self::DocumentIssued => "document.issued",
            Self::Erased => "customer.erased",
        }
    }
}

/// How long a test booking lasts, and how long before it a new one is made.
const LASTS: SignedDuration = SignedDuration::from_hours(4 * 24);
const AHEAD_DAYS: i64 = 3;

/// What a day costs, in cents.
const A_DAY_MINOR: i64 = 9_900;

/// A new test booking, as its first event has it; begins at nine in the morning in three days, if nobody says when.
pub(super) fn new(
    stack: &Stack,
    address: &EmailAddress,
    zone: &Zone,
    starts_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Value, Failure> {
    let number = Uuid::new_v4().simple().to_string().chars().take(6).collect::<String>();
    let starts_at = starts_at.map_or_else(|| morning(zone, now), Ok)?;
    let text = |at: Timestamp| zone.at(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let parameter = |name: &str, other: &'static str| stack.parameter(name).unwrap_or(other).to_owned();
    let window_end = moved(starts_at, SignedDuration::from_mins(30))?;
    let ends_at = moved(starts_at, LASTS)?;
    let total = A_DAY_MINOR * 4;
    Ok(json!({
        "booking_id": format!("{}{}_{number}", TestBookingId::PREFIX, basic_utc(now)),
        "reference": format!("{}{}", TestBookingId::REFERENCE_PREFIX, number.to_uppercase()),
        "revision": 1,
        "status": "confirmed",
        "customer": {"email": address, "name": "Test Customer"},
        "location": {
            "name": parameter("BusinessName", "Test shop"), "phone": parameter("BusinessPhone", "+1 912 555 0142"),
        },
        "starts_at": text(starts_at),
        "ends_at": text(ends_at),
        "time_zone": zone.name(),
        "carts": [{"asset_type": "6-Seater", "name": "Test cart", "seats": 6}],
        "fulfilment": {
            "method": "delivery", "address": "1 Test Street", "window_start": text(starts_at),
            "window_end": text(window_end),
        },
        "return": {"method": "collection", "address": "1 Test Street", "window_end": text(ends_at)},
        "instructions": [{"stage": "handover", "text": "This is a test: no cart will come."}],
        "price": {
            "currency": "USD", "lines": [{"label": "Rental, 4 days", "amount_minor": total}], "total_minor": total,
            "paid_minor": 0,
        },
    }))
}

/// What a step may need.
pub(super) struct Means<'a> {
    /// Where tracking links may lead; none where the stack allows none.
    pub(super) tracking_host: Option<&'a str>,
    /// How many bytes the next document has.
    pub(super) document_bytes: usize,
    /// When the rental is to begin, if it is to be moved.
    pub(super) starts_at: Option<Timestamp>,
}

/// The booking after a step, as the event of that step has it.
pub(super) fn after(booking: &Booking, step: Step, means: &Means<'_>, now: Timestamp) -> Result<Value, Failure> {
    let mut next = serde_json::to_value(booking).map_err(|error| Failure::cannot("write the booking", &error))?;
    next["revision"] = json!(booking.revision + 1);
    if let Some(starts_at) = means.starts_at {
        move_to(&mut next, booking.starts_at, starts_at)?;
    }
    let delivery = |status: &str| json!({"status": status, "updated_at": now});
    match step {
        Step::Confirmed => next["status"] = json!("confirmed"),
        Step::Updated => {
            for place in ["/ends_at", "/return/window_end"] {
                move_one(&mut next, place, SignedDuration::from_hours(24))?;
            }
        }
        Step::Cancelled => next["status"] = json!("cancelled"),
        Step::OnTheWay => {
            next["delivery"] = delivery("on_the_way");
            next["delivery"]["eta"] = json!(moved(now, SignedDuration::from_mins(45))?);
            if let Some(host) = means.tracking_host {
                next["delivery"]["tracking_url"] = json!(format!("https://{host}/{}", booking.booking_id));
            }
        }
        Step::Delivered => next["delivery"] = delivery("delivered"),
        Step::DocumentIssued => {
            let number = booking.documents.len() + 1;
            let key = document_key(booking, number);
            let document = json!({
                "document_id": format!("agreement-{number}"), "kind": "agreement", "title": "Test agreement",
                "issued_at": now, "file": {"key": key, "size_bytes": means.document_bytes},
            });
            match &mut next["documents"] {
                Value::Array(documents) => documents.push(document),
                none => *none = json!([document]),
            }
        }
        Step::CheckedOut => next["status"] = json!("checked_out"),
        Step::Returned => next["status"] = json!("returned"),
        Step::Erased => {} // it is not about a booking
    }
    Ok(next)
}

/// Where the file of a booking's next document lies.
pub(super) fn document_key(booking: &Booking, number: usize) -> String {
    format!("documents/{}/agreement-{number}.pdf", booking.booking_id)
}

/// The event of a step, as EventBridge would hand it on; its detail has the `booking`, or the customer to erase.
pub(super) fn event(step: Step, what: Value, business_id: Option<&str>, now: Timestamp) -> Value {
    let mut metadata = json!({
        "event_id": format!("portal-trigger-{}", Uuid::new_v4()), "schema_version": SCHEMA_VERSION, "occurred_at": now,
        "notify": step == Step::Confirmed,
    });
    if let Some(business_id) = business_id {
        metadata["business_id"] = json!(business_id);
    }
    let name = if step == Step::Erased { "customer" } else { "booking" };
    json!({"source": SOURCE, "detail-type": step.detail_type(), "detail": {"metadata": metadata, name: what}})
}

/// Moves a rental that begins at `from` so that it begins at `to`, with everything that is planned for it.
fn move_to(booking: &mut Value, from: Timestamp, to: Timestamp) -> Result<(), Failure> {
    let by = to.duration_since(from);
    let windows = ["/fulfilment/window_start", "/fulfilment/window_end", "/return/window_start", "/return/window_end"];
    ["/starts_at", "/ends_at"].into_iter().chain(windows).try_for_each(|place| move_one(booking, place, by))
}

/// Moves a time of a booking, if it is there.
fn move_one(booking: &mut Value, place: &str, by: SignedDuration) -> Result<(), Failure> {
    if let Some(value) = booking.pointer_mut(place)
        && let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok())
    {
        *value = json!(moved(at, by)?);
    }
    Ok(())
}

fn morning(zone: &Zone, now: Timestamp) -> Result<Timestamp, Failure> {
    let day: Zoned = zone.at(moved(now, SignedDuration::from_hours(24 * AHEAD_DAYS))?);
    let nine = day.date().at(9, 0, 0, 0).to_zoned(day.time_zone().clone());
    nine.map(|nine| nine.timestamp()).map_err(|error| Failure::cannot("make a time", &error))
}

fn moved(at: Timestamp, by: SignedDuration) -> Result<Timestamp, Failure> {
    at.checked_add(by).map_err(|error| Failure::cannot("make a time", &error))
}
