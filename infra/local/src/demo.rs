//! Demo data: three customers with different lives, told as their booking system would tell them, PDFs to S3 and
//! events to the bus.

use std::fmt::Write;

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    config::{BehaviorVersion, Region},
    error::SdkError,
    operation::put_object::PutObjectError,
};
use jiff::{RoundMode, Timestamp, ToSpan, Unit, Zoned, ZonedRound, tz::TimeZone};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::aws::{Aws, REGION, SECRET_ACCESS_KEY};

mod booking;
mod helvetica;
mod pdf;
#[cfg(test)]
mod tests;

use booking::{
    AddOn, Booking, Cart, Customer, Delivery, DeliveryStatus, Document, File, Fulfilment, Kind, Line, Location, Paper,
    Price, Status, Time,
};

/// Uploads the demo PDFs to `bucket`, then publishes the demo events on `bus`.
pub async fn load(aws: &Aws, bus: &str, bucket: &str, now: Timestamp) -> Result<(), Error> {
    let demo = demo(now)?;
    let s3 = s3_client(&aws.endpoints.s3);
    for DemoDocument { key, bytes } in demo.documents {
        s3.put_object()
            .bucket(bucket)
            .key(&key)
            .content_type("application/pdf")
            .body(bytes.into())
            .send()
            .await
            .map_err(|source| Error::Upload { key, source: Box::new(source) })?;
    }
    for events in demo.events.chunks(PUT_EVENTS_LIMIT) {
        let entries = events.iter().map(|event| entry(event, bus)).collect();
        let answer = aws.events.put_events(&Value::Array(entries));
        if answer["FailedEntryCount"] != json!(0) {
            return Err(Error::Refused(answer.to_string()));
        }
    }
    Ok(())
}

/// The demo data as of `now`; the same for the same `now`.
pub fn demo(now: Timestamp) -> Result<Demo, Error> {
    let clock = Clock { now: now.to_zoned(TimeZone::get(TIME_ZONE)?) };
    let mut demo = Demo { events: Vec::new(), documents: vec![sample_document()?] };
    ana(&clock, &mut demo)?;
    ben(&clock, &mut demo)?;
    carla(&clock, &mut demo)?;
    Ok(demo)
}

/// What the demo business has to tell.
pub struct Demo {
    /// The events in the order they occurred to each booking, with `Source`, `DetailType` and `Detail` (an object).
    pub events: Vec<Value>,
    /// The PDFs that the events name, and the one that the sample event `document.issued` names.
    pub documents: Vec<DemoDocument>,
}

/// A PDF and where it belongs.
pub struct DemoDocument {
    /// Its S3 key.
    pub key: String,
    /// The PDF itself.
    pub bytes: Vec<u8>,
}

/// Why the demo data could not be made or delivered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A demo time is out of range, or its zone is unknown.
    #[error("demo data: {0}")]
    Time(#[from] jiff::Error),
    /// A demo event is not JSON.
    #[error("demo data: {0}")]
    Json(#[from] serde_json::Error),
    /// S3 did not take a PDF.
    #[error("demo data: S3 did not take {key}")]
    Upload {
        /// Key of the PDF.
        key: String,
        /// What S3 answered.
        source: Box<SdkError<PutObjectError>>,
    },
    /// The bus did not take an event; holds its answer.
    #[error("demo data: the bus did not take an event: {0}")]
    Refused(String),
}

const TIME_ZONE: &str = "America/New_York";
const PUT_EVENTS_LIMIT: usize = 10;

fn s3_client(endpoint: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .credentials_provider(Credentials::new("demo", SECRET_ACCESS_KEY, None, None, "demo"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

fn entry(event: &Value, bus: &str) -> Value {
    json!({
        "Source": event["Source"],
        "DetailType": event["DetailType"],
        "Detail": event["Detail"].to_string(),
        "EventBusName": bus,
    })
}

/// Ana: carts on their way to her and in her hands, more to come, a past, and a change of plans.
fn ana(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let customer = || customer("ana@example.com", "Ana Ruiz");
    let home = "3 Ocean Ave, Tybee Island, GA 31328";

    for (number, days_ago, days, model, cart, status) in [
        (3977, 372, 3, FOUR_SEATER, 3, Status::Closed),
        (4188, 236, 2, LIFTED, 31, Status::Closed),
        (4410, 148, 4, SIX_SEATER, 18, Status::Closed),
        (4702, 24, 3, SIX_SEATER, 14, Status::Returned),
    ] {
        let plan = Plan {
            number,
            customer: customer(),
            starts_at: clock.at(-days_ago, 9)?,
            ends_at: clock.at(days - days_ago, 17)?,
            carts: &[(model, cart)],
            extras: &[(COOLER, 1)],
            delivered_to: Some(home),
            discount: None,
        };
        let mut story = Story::of(plan, demo)?;
        story.confirm_and_sign()?;
        story.hand_over()?;
        story.come_back(status)?;
    }

    let plan = Plan {
        number: 4655,
        customer: customer(),
        starts_at: clock.at(-45, 9)?,
        ends_at: clock.at(-42, 17)?,
        carts: &[(LIFTED, 33)],
        extras: &[],
        delivered_to: None,
        discount: None,
    };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.cancel()?;

    let plan = Plan {
        number: 4790,
        customer: customer(),
        starts_at: clock.at(-2, 9)?,
        ends_at: clock.at(2, 17)?,
        carts: &[(FOUR_SEATER, 7)],
        extras: &[(BEACH_CHAIR, 4)],
        delivered_to: None,
        discount: None,
    };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.hand_over()?;

    let plan = Plan {
        number: 4821,
        customer: customer(),
        starts_at: clock.soon()?,
        ends_at: clock.at(4, 17)?,
        carts: &[(SIX_SEATER, 14)],
        extras: &[(COOLER, 1)],
        delivered_to: Some(home),
        discount: None,
    };
    let mut story = Story::of(plan, demo)?;
    story.confirm_and_sign()?;
    story.deliver(DeliveryStatus::Scheduled, &clock.now.checked_sub(3.hours())?, None)?;
    story.deliver(
        DeliveryStatus::OnTheWay,
        &clock.now.checked_sub(4.minutes())?,
        Some(("https://track.example.com/d/8f3", clock.now.checked_add(20.minutes())?)),
    )?;

    let plan = Plan {
        number: 4862,
        customer: customer(),
        starts_at: clock.at(18, 10)?,
        ends_at: clock.at(21, 16)?,
        carts: &[(SIX_SEATER, 21), (FOUR_SEATER, 9)],
        extras: &[(COOLER, 2), (CHILD_SEAT, 1)],
        delivered_to: Some(home),
        discount: None,
    };
    let mut story = Story::of(plan, demo)?;
    story.booking.price.paid_minor = 20_000;
    story.confirm_and_sign()
}

/// Ben: a regular. His old rentals come as a booking system connected today replays them, each in its last state.
fn ben(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let customer = || customer("ben@example.com", "Ben Okafor");
    let models = [FOUR_SEATER, SIX_SEATER, LIFTED];

    for rental in (0..40_u8).rev() {
        let starts = -(20 + 31 * i32::from(rental));
        let days = 1 + i32::from(rental % 5);
        let plan = Plan {
            number: 4500 - 60 * u32::from(rental),
            customer: customer(),
            starts_at: clock.at(starts, 9)?,
            ends_at: clock.at(starts + days, 17)?,
            carts: &[(models[usize::from(rental) % models.len()], 1 + u32::from(rental) * 7 % 40)],
            extras: if rental % 2 == 0 { &[(COOLER, 1)] } else { &[] },
            delivered_to: if rental % 3 == 0 { Some("27 Jones Ave, Tybee Island, GA 31328") } else { None },
            discount: (rental < 30).then_some("Returning guest, 10% off"),
        };
        let mut story = Story::of(plan, demo)?;
        let status = if rental == 0 { Status::Returned } else { Status::Closed };
        story.replay(status)?;
    }

    for (number, days_ago, status) in [
        (2117, 1117, Status::Cancelled),
        (3017, 655, Status::NoShow),
        (3557, 372, Status::Cancelled),
        (4457, 34, Status::Cancelled),
    ] {
        let plan = Plan {
            number,
            customer: customer(),
            starts_at: clock.at(-days_ago, 9)?,
            ends_at: clock.at(2 - days_ago, 17)?,
            carts: &[(FOUR_SEATER, 11)],
            extras: &[],
            delivered_to: None,
            discount: None,
        };
        let mut story = Story::of(plan, demo)?;
        match status {
            Status::Cancelled => story.cancel()?,
            status => story.replay(status)?,
        }
    }

    let plan = Plan {
        number: 4855,
        customer: customer(),
        starts_at: clock.at(12, 9)?,
        ends_at: clock.at(15, 17)?,
        carts: &[(LIFTED, 30)],
        extras: &[(COOLER, 1), (BEACH_CHAIR, 2)],
        delivered_to: None,
        discount: Some("Returning guest, 10% off"),
    };
    let mut story = Story::of(plan, demo)?;
    story.booking.price.paid_minor = 15_000;
    story.confirm_and_sign()
}

/// Carla: just booked for the first time, and about to get her confirmation mail.
fn carla(clock: &Clock, demo: &mut Demo) -> Result<(), Error> {
    let plan = Plan {
        number: 4871,
        customer: customer("carla@example.com", "Carla Ng"),
        starts_at: clock.at(6, 9)?,
        ends_at: clock.at(8, 17)?,
        carts: &[(FOUR_SEATER, 5)],
        extras: &[],
        delivered_to: Some("114 Butler Ave, Unit 6, Tybee Island, GA 31328"),
        discount: None,
    };
    let mut story = Story::of(plan, demo)?;
    story.booking.price.paid_minor = story.booking.price.total_minor;
    story.confirm_and_notify(&clock.now)
}

/// The PDF that the sample event `document.issued` names, so that its download works too.
fn sample_document() -> Result<DemoDocument, Error> {
    let event: Value = serde_json::from_str(include_str!("../../events/samples/document.issued.json"))?;
    let detail = &event["Detail"]["booking"];
    let booking: Booking = serde_json::from_value(detail.clone())?;
    let document: Document = serde_json::from_value(detail["documents"][0].clone())?;
    let bytes = pdf::draw(&booking, &document.paper)?;
    Ok(DemoDocument { key: document.file.key, bytes })
}

struct Clock {
    now: Zoned,
}

impl Clock {
    fn at(&self, days: i32, hour: i8) -> Result<Zoned, jiff::Error> {
        self.now.date().checked_add(days.days())?.at(hour, 0, 0, 0).to_zoned(self.now.time_zone().clone())
    }

    /// The next half hour that is at least half an hour away.
    fn soon(&self) -> Result<Zoned, jiff::Error> {
        let half_hours = ZonedRound::new().smallest(Unit::Minute).increment(30).mode(RoundMode::Ceil);
        self.now.checked_add(30.minutes())?.round(half_hours)
    }
}

fn customer(email: &str, name: &str) -> Customer {
    Customer { email: email.into(), name: name.into() }
}

#[derive(Clone, Copy)]
struct Model {
    asset_type: &'static str,
    seats: u32,
    day_minor: i64,
}

const FOUR_SEATER: Model = Model { asset_type: "4-Seater Classic", seats: 4, day_minor: 9_500 };
const SIX_SEATER: Model = Model { asset_type: "6-Seater Premium", seats: 6, day_minor: 11_500 };
const LIFTED: Model = Model { asset_type: "6-Seater Lifted", seats: 6, day_minor: 13_500 };

#[derive(Clone, Copy)]
struct Extra {
    name: &'static str,
    each_minor: i64,
}

const COOLER: Extra = Extra { name: "Cooler", each_minor: 2_600 };
const BEACH_CHAIR: Extra = Extra { name: "Beach chair", each_minor: 1_200 };
const CHILD_SEAT: Extra = Extra { name: "Child seat", each_minor: 1_500 };
const DELIVERY_MINOR: i64 = 3_500;

/// What a customer asks for.
struct Plan<'a> {
    number: u32,
    customer: Customer,
    starts_at: Zoned,
    ends_at: Zoned,
    carts: &'a [(Model, u32)],
    extras: &'a [(Extra, u32)],
    delivered_to: Option<&'a str>,
    discount: Option<&'a str>,
}

impl Plan<'_> {
    fn booking(self) -> Result<Booking, jiff::Error> {
        let add_ons: Vec<AddOn> =
            self.extras.iter().map(|&(extra, quantity)| AddOn { name: extra.name.into(), quantity }).collect();
        let price = Price::taxed(self.lines(&add_ons)?);
        let fulfilment = match self.delivered_to {
            Some(address) => Fulfilment::Delivery {
                address: address.into(),
                window_start: Some(Time(self.starts_at.checked_sub(1.hour())?)),
                window_end: Some(Time(self.starts_at.checked_add(1.hour())?)),
            },
            None => Fulfilment::Pickup,
        };
        let carts = self.carts.iter().map(|(model, cart)| Cart {
            asset_type: model.asset_type.into(),
            name: format!("Cart #{cart}"),
            seats: model.seats,
        });
        Ok(Booking {
            booking_id: format!("bkg_{}", self.number),
            reference: format!("GCO-{}", self.number),
            revision: 0,
            status: Status::Confirmed,
            customer: self.customer,
            location: Location {
                name: "Tybee Beach Shop".into(),
                phone: "+1 912 555 0142".into(),
                address: "12 Dune Rd, Tybee Island, GA 31328".into(),
            },
            carts: carts.collect(),
            add_ons,
            fulfilment,
            delivery: None,
            price,
            documents: Vec::new(),
            starts_at: Time(self.starts_at),
            ends_at: Time(self.ends_at),
            time_zone: TIME_ZONE.into(),
        })
    }

    fn lines(&self, add_ons: &[AddOn]) -> Result<Vec<Line>, jiff::Error> {
        let days = i64::from(self.starts_at.date().until(self.ends_at.date())?.get_days());
        let unit = if days == 1 { "day" } else { "days" };
        let carts = self.carts.iter().map(|(model, _)| Line {
            label: format!("{days} {unit}, {}", model.asset_type),
            amount_minor: days * model.day_minor,
        });
        let extras = self.extras.iter().zip(add_ons).map(|((extra, quantity), add_on)| Line {
            label: add_on.to_string(),
            amount_minor: extra.each_minor * i64::from(*quantity),
        });
        let mut lines: Vec<Line> = carts.chain(extras).collect();
        if let Some(label) = self.discount {
            let sum: i64 = lines.iter().map(|line| line.amount_minor).sum();
            lines.push(Line { label: label.into(), amount_minor: -sum / 10 });
        }
        if self.delivered_to.is_some() {
            lines.push(Line { label: "Delivery and collection".into(), amount_minor: DELIVERY_MINOR });
        }
        Ok(lines)
    }
}

/// One booking's life: what happens to it, and the events that tell of it.
struct Story<'a> {
    booking: Booking,
    booked_at: Zoned,
    demo: &'a mut Demo,
}

impl<'a> Story<'a> {
    fn of(plan: Plan, demo: &'a mut Demo) -> Result<Self, jiff::Error> {
        let booking = plan.booking()?;
        let booked_at = booking.starts_at.0.checked_sub(22.days().hours(19))?;
        Ok(Story { booking, booked_at, demo })
    }

    fn confirm_and_sign(&mut self) -> Result<(), Error> {
        self.tell("booking.confirmed", &self.booked_at.clone())?;
        self.sign()?;
        self.tell("document.issued", &self.booked_at.checked_add(7.minutes())?)
    }

    fn confirm_and_notify(&mut self, at: &Zoned) -> Result<(), Error> {
        self.tell("booking.confirmed", at)?;
        if let Some(event) = self.demo.events.last_mut() {
            event["Detail"]["metadata"]["notify"] = json!(true);
        }
        Ok(())
    }

    fn deliver(&mut self, status: DeliveryStatus, at: &Zoned, tracking: Option<(&str, Zoned)>) -> Result<(), Error> {
        let (tracking_url, eta) = tracking.unzip();
        self.pay();
        self.booking.delivery = Some(Delivery {
            status,
            tracking_url: tracking_url.map(str::to_owned),
            eta: eta.map(Time),
            updated_at: Time(at.clone()),
        });
        self.tell("delivery.updated", at)
    }

    fn hand_over(&mut self) -> Result<(), Error> {
        let starts_at = self.booking.starts_at.0.clone();
        if let Fulfilment::Delivery { .. } = self.booking.fulfilment {
            self.deliver(DeliveryStatus::Delivered, &starts_at, None)?;
        }
        self.pay();
        self.booking.status = Status::CheckedOut;
        self.tell("booking.updated", &starts_at)
    }

    fn come_back(&mut self, status: Status) -> Result<(), Error> {
        let ends_at = self.booking.ends_at.0.clone();
        self.booking.status = status;
        self.tell("booking.updated", &ends_at)?;
        self.bill()?;
        self.tell("document.issued", &ends_at.checked_add(1.hour())?)
    }

    fn cancel(&mut self) -> Result<(), Error> {
        self.booking.status = Status::Cancelled;
        self.booking.price.waive();
        self.tell("booking.cancelled", &self.booking.starts_at.0.checked_sub(6.days())?)
    }

    /// Tells of the whole life in one event.
    fn replay(&mut self, status: Status) -> Result<(), Error> {
        self.sign()?;
        self.pay();
        self.booking.status = status;
        self.bill()?;
        self.booking.revision += 4;
        self.tell("document.issued", &self.booking.ends_at.0.checked_add(1.hour())?)
    }

    fn pay(&mut self) {
        self.booking.price.paid_minor = self.booking.price.total_minor;
    }

    fn sign(&mut self) -> Result<(), Error> {
        let issued_at = self.booked_at.checked_add(2.minutes())?;
        let signed_at = self.booked_at.checked_add(6.minutes())?;
        self.issue(Kind::Agreement, issued_at, Some(signed_at))
    }

    fn bill(&mut self) -> Result<(), Error> {
        let issued_at = self.booking.ends_at.0.checked_add(1.hour())?;
        self.issue(Kind::Invoice, issued_at.clone(), None)?;
        self.issue(Kind::Receipt, issued_at, None)
    }

    fn issue(&mut self, kind: Kind, issued_at: Zoned, signed_at: Option<Zoned>) -> Result<(), Error> {
        let booking_id = &self.booking.booking_id;
        let (word, title) = match kind {
            Kind::Agreement => ("agreement", "Rental agreement"),
            Kind::Invoice => ("invoice", "Invoice"),
            Kind::Receipt => ("receipt", "Receipt"),
        };
        let document_id = booking_id.replacen("bkg", "doc", 1) + "_" + word;
        let key = format!("documents/{booking_id}/{document_id}.pdf");
        let paper = Paper {
            document_id,
            kind,
            title: title.into(),
            issued_at: Time(issued_at),
            signed_at: signed_at.map(Time),
        };
        let bytes = pdf::draw(&self.booking, &paper)?;
        let file = File { key: key.clone(), size_bytes: bytes.len(), sha256: sha256(&bytes) };
        self.booking.documents.push(Document { paper, file });
        self.demo.documents.push(DemoDocument { key, bytes });
        Ok(())
    }

    /// Publishes the booking as it is now, in its next revision.
    fn tell(&mut self, detail_type: &str, at: &Zoned) -> Result<(), Error> {
        let booking = &mut self.booking;
        booking.revision += 1;
        self.demo.events.push(json!({
            "Source": "golfcartops.bookings",
            "DetailType": detail_type,
            "Detail": {
                "metadata": {
                    "event_id": format!("evt_{}_{}", booking.reference, booking.revision),
                    "schema_version": "1.1",
                    "occurred_at": serde_json::to_value(Time(at.clone()))?,
                },
                "booking": serde_json::to_value(booking)?,
            },
        }));
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
