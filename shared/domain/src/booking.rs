//! A booking as the customer may see it, in the form in which it is stored.
//!
//! The form is lenient, so that a release reads what a newer one wrote: unknown fields are ignored, an unknown value of an
//! enumeration is [`Unknown`](BookingStatus::Unknown). What an event may hold is said by the [contract](crate::contract);
//! only what passed there becomes a booking.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    customer::EmailAddress,
    language::Language,
    money::{Paid, Payment, Price},
    text::Text,
    time::Zone,
};

/// Everything the portal knows of a booking. Events carry it whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// The booking system's id.
    pub booking_id: BookingId,
    /// What people call the booking, for example `GCO-4821`.
    pub reference: Text,
    /// Grows with every change; the higher one is the truth.
    pub revision: u64,
    /// Where the booking stands.
    pub status: BookingStatus,
    /// Whose booking it is.
    pub customer: Customer,
    /// The shop it is rented from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// When the rental begins.
    pub starts_at: Timestamp,
    /// When the carts are due back.
    pub ends_at: Timestamp,
    /// The zone in which its times are shown.
    pub time_zone: Zone,
    /// The carts rented.
    pub carts: Vec<Cart>,
    /// What comes with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_ons: Vec<AddOn>,
    /// How the carts reach the customer.
    pub fulfilment: Fulfilment,
    /// The delivery, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// How the carts come back.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub way_back: Option<Return>,
    /// What the customer should know or do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<Instruction>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// How the customer can pay what is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// What was paid, refunded or held so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Paid>,
    /// Its documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

impl Booking {
    /// Its document of this id.
    pub fn document(&self, id: &DocumentId) -> Option<&Document> {
        self.documents.iter().find(|document| &document.document_id == id)
    }

    /// Whether its confirmation is worth mailing at `now`: it is active and not over.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        self.status.is_active() && now < self.ends_at
    }
}

/// Where a booking stands. This alone decides where it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BookingStatus {
    Pending,
    Confirmed,
    CheckedOut,
    Overdue,
    Returned,
    Closed,
    Cancelled,
    NoShow,
    #[serde(other)]
    Unknown,
}

impl BookingStatus {
    /// Whether the booking is current or upcoming; otherwise it is history, or nobody knows.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed | Self::CheckedOut | Self::Overdue)
    }

    /// Whether the carts are with the customer.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::CheckedOut | Self::Overdue)
    }
}

/// The person who booked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Where the portal's mails go.
    pub email: EmailAddress,
    /// Who it is.
    pub name: Text,
    /// How to greet the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting: Option<Text>,
    /// Preferred language, a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Text>,
}

impl Customer {
    /// The language of the portal that the customer prefers, as far as the booking system knows.
    pub fn language(&self) -> Option<Language> {
        Language::of_tag(self.locale.as_ref()?.as_str())
    }
}

/// A shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Location {
    pub name: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
}

/// A cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cart {
    /// Its kind, for example "6-Seater Premium".
    pub asset_type: Text,
    /// This very cart, for example "Cart #14".
    pub name: Text,
    /// How many people it seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
}

/// Something rented with the carts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct AddOn {
    pub name: Text,
    pub quantity: u32,
}

/// How the carts reach the customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// Brought, or fetched.
    pub method: FulfilmentMethod,
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_start: Option<Timestamp>,
    /// Not after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_end: Option<Timestamp>,
}

/// Brought, or fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FulfilmentMethod {
    Delivery,
    Pickup,
    #[serde(other)]
    Unknown,
}

/// How the carts come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// Fetched, or brought.
    pub method: ReturnMethod,
    /// Where from, or where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_start: Option<Timestamp>,
    /// Not after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_end: Option<Timestamp>,
}

/// Fetched by the business, or brought by the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReturnMethod {
    Collection,
    DropOff,
    #[serde(other)]
    Unknown,
}

/// What the customer should know or do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instruction {
    /// When it matters.
    pub stage: InstructionStage,
    /// What.
    pub text: Text,
}

/// When an instruction matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum InstructionStage {
    Before,
    Handover,
    During,
    Return,
    #[serde(other)]
    Unknown,
}

/// A delivery and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// How far it has come.
    pub status: DeliveryStatus,
    /// The live tracking page, if its host is one the operator allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// When it should arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<Timestamp>,
    /// When this was last known to be true.
    pub updated_at: Timestamp,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DeliveryStatus {
    Scheduled,
    OnTheWay,
    Delivered,
    Failed,
    #[serde(other)]
    Unknown,
}

/// A document of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The booking system's id.
    pub document_id: DocumentId,
    /// What kind of document.
    pub kind: DocumentKind,
    /// What people call it.
    pub title: Text,
    /// When it was made out.
    pub issued_at: Timestamp,
    /// When the customer signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Timestamp>,
    /// Where its PDF lies.
    pub file: DocumentFile,
}

/// What kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DocumentKind {
    Agreement,
    Invoice,
    Receipt,
    #[serde(other)]
    Unknown,
}

impl DocumentKind {
    /// The kind as a word, as it is written in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Invoice => "invoice",
            Self::Receipt => "receipt",
            Self::Unknown => "document",
        }
    }
}

/// A PDF in the documents bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DocumentFile {
    pub key: String,
    pub size_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The text is not 1 to 64 of `A-Z a-z 0-9 _ -`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is not 1 to 64 of A-Z a-z 0-9 _ -")]
pub struct NotAnId;

/// Ids of the booking system: 1 to 64 of `A-Z a-z 0-9 _ -`, safe in keys, paths and logs.
macro_rules! id {
    ($(#[$doc:meta])* $id:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $id(String);

        impl $id {
            /// Reads an id: 1 to 64 of `A-Z a-z 0-9 _ -`.
            pub fn parse(text: &str) -> Option<Self> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                fits.then(|| Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $id {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                Self::parse(&text).ok_or(NotAnId)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.0
            }
        }
    };
}

id! {
    /// Names a booking.
    BookingId
}

id! {
    /// Names a document within its booking.
    DocumentId
}

#[cfg(test)]
mod tests;
