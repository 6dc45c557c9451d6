//! A booking as the event contract writes it, and what it costs at the demo business.

use std::fmt;

use jiff::Zoned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::clock::window_around;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Booking {
    pub(super) booking_id: String,
    pub(super) reference: String,
    pub(super) revision: u64,
    pub(super) status: Status,
    pub(super) customer: Customer,
    pub(super) location: Location,
    pub(super) starts_at: Time,
    pub(super) ends_at: Time,
    pub(super) time_zone: String,
    pub(super) carts: Vec<Cart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) add_ons: Vec<AddOn>,
    pub(super) fulfilment: Fulfilment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delivery: Option<Delivery>,
    #[serde(default, rename = "return", skip_serializing_if = "Option::is_none")]
    pub(super) way_back: Option<Return>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) instructions: Vec<Instruction>,
    pub(super) price: Price,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) payment: Option<Payment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) payments: Vec<Paid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) documents: Vec<Document>,
}

impl Booking {
    /// Moves the dates, and the times at which the carts are brought and collected.
    pub(super) fn reschedule(&mut self, starts_at: Zoned, ends_at: Zoned) -> Result<(), jiff::Error> {
        if let Fulfilment::Delivery { window_start, window_end, .. } = &mut self.fulfilment {
            (*window_start, *window_end) = window(&starts_at)?;
        }
        if let Some(Return { method: ReturnMethod::Collection, window_start, window_end, .. }) = &mut self.way_back {
            (*window_start, *window_end) = window(&ends_at)?;
        }
        (self.starts_at, self.ends_at) = (Time(starts_at), Time(ends_at));
        Ok(())
    }
}

/// The window in which carts are brought or collected at this time.
pub(super) fn window(time: &Zoned) -> Result<(Option<Time>, Option<Time>), jiff::Error> {
    let (start, end) = window_around(time)?;
    Ok((Some(Time(start)), Some(Time(end))))
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Pending,
    Confirmed,
    CheckedOut,
    Overdue,
    Returned,
    Closed,
    Cancelled,
    NoShow,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Customer {
    pub(super) email: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) greeting: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) locale: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Location {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) address: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Cart {
    pub(super) asset_type: String,
    pub(super) name: String,
    pub(super) seats: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AddOn {
    pub(super) name: String,
    pub(super) quantity: u32,
}

impl fmt::Display for AddOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quantity {
            1 => write!(formatter, "{}", self.name),
            quantity => write!(formatter, "{quantity} × {}", self.name),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub(super) enum Fulfilment {
    Delivery {
        address: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window_start: Option<Time>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window_end: Option<Time>,
    },
    Pickup,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) status: DeliveryStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tracking_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) eta: Option<Time>,
    pub(super) updated_at: Time,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryStatus {
    Scheduled,
    OnTheWay,
    Delivered,
    Failed,
}

/// How the carts come back.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Return {
    pub(super) method: ReturnMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) window_start: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) window_end: Option<Time>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReturnMethod {
    Collection,
    DropOff,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Instruction {
    pub(super) stage: InstructionStage,
    pub(super) text: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum InstructionStage {
    Before,
    Handover,
    During,
    Return,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Document {
    #[serde(flatten)]
    pub(super) paper: Paper,
    pub(super) file: File,
}

/// What a document says of itself, before there is a file.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Paper {
    pub(super) document_id: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) issued_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signed_at: Option<Time>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Agreement,
    Invoice,
    Receipt,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) key: String,
    pub(super) size_bytes: usize,
    pub(super) sha256: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Price {
    pub(super) currency: String,
    pub(super) lines: Vec<Line>,
    pub(super) total_minor: i64,
    pub(super) paid_minor: i64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) amount_minor: i64,
}

/// How what is due can be paid.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Payment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// Money that changed hands.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Paid {
    pub(super) at: Time,
    pub(super) amount_minor: i64,
    pub(super) kind: PaidKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaidKind {
    Payment,
    Refund,
    DepositHeld,
    DepositReleased,
}

impl Price {
    /// The lines with seven percent sales tax on top; nothing paid yet.
    pub(super) fn taxed(mut lines: Vec<Line>) -> Self {
        let net: i64 = lines.iter().map(|line| line.amount_minor).sum();
        let tax = (net * 7 + 50) / 100;
        lines.push(Line { label: "Sales tax, 7%".into(), amount_minor: tax });
        Self { currency: "USD".into(), lines, total_minor: net + tax, paid_minor: 0 }
    }

    /// What is still to pay.
    pub(super) fn balance_minor(&self) -> i64 {
        self.total_minor - self.paid_minor
    }

    /// Gives back what is asked and whatever was paid.
    pub(super) fn waive(&mut self) {
        self.lines.push(Line { label: "Canceled free of charge".into(), amount_minor: -self.total_minor });
        self.total_minor = 0;
        self.paid_minor = 0;
    }
}

/// A time, written in RFC 3339 with the offset its zone has then.
#[derive(Clone)]
pub(super) struct Time(pub(super) Zoned);

const RFC_3339: &str = "%Y-%m-%dT%H:%M:%S%:z";

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.strftime(RFC_3339))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Zoned::strptime(RFC_3339, text).map(Time).map_err(de::Error::custom)
    }
}
