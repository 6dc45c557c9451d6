//! A booking as the customer may see it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    contract,
    customer::{CustomerId, EmailAddress},
    money::Price,
    text::Text,
    time::Zone,
};

/// Everything the portal knows of a booking. Events carry it whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// The booking system's id.
    pub booking_id: BookingId,
    /// What people call the booking, for example `GCO-4821`.
    #[serde(deserialize_with = "contract::short::<_, 200>")]
    pub reference: Text,
    /// Grows with every change; the higher one is the truth.
    #[serde(deserialize_with = "contract::whole::<_, _, 1, 9_007_199_254_740_991>")]
    pub revision: u64,
    /// Where the booking stands.
    pub status: BookingStatus,
    /// Whose booking it is.
    pub customer: Customer,
    /// The shop it is rented from.
    #[serde(default, deserialize_with = "contract::given", skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// When the rental begins.
    #[serde(deserialize_with = "contract::time")]
    pub starts_at: Timestamp,
    /// When the carts are due back.
    #[serde(deserialize_with = "contract::time")]
    pub ends_at: Timestamp,
    /// The zone in which its times are shown.
    pub time_zone: Zone,
    /// The carts rented.
    #[serde(deserialize_with = "contract::list::<_, _, 1, 50>")]
    pub carts: Vec<Cart>,
    /// What comes with them.
    #[serde(default, deserialize_with = "contract::list::<_, _, 0, 50>", skip_serializing_if = "Vec::is_empty")]
    pub add_ons: Vec<AddOn>,
    /// How the carts reach the customer.
    pub fulfilment: Fulfilment,
    /// The delivery, once there is one.
    #[serde(default, deserialize_with = "contract::given", skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// What it costs.
    #[serde(default, deserialize_with = "contract::given", skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Its papers.
    #[serde(default, deserialize_with = "contract::list::<_, _, 0, 100>", skip_serializing_if = "Vec::is_empty")]
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

/// A booking as it is filed: under the customer whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct FiledBooking {
    /// Whose it is.
    pub owner: CustomerId,
    /// The booking.
    pub booking: Booking,
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
}

impl BookingStatus {
    /// Whether the booking is current or upcoming; otherwise it is history.
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
    #[serde(deserialize_with = "contract::address")]
    pub email: EmailAddress,
    /// How the customer is addressed.
    pub name: Text,
    /// Preferred language, a BCP 47 tag.
    #[serde(default, deserialize_with = "contract::given_language", skip_serializing_if = "Option::is_none")]
    pub locale: Option<Text>,
}

/// A shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Location {
    pub name: Text,
    #[serde(default, deserialize_with = "contract::given", skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text>,
    #[serde(default, deserialize_with = "contract::given", skip_serializing_if = "Option::is_none")]
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
    #[serde(
        default,
        deserialize_with = "contract::given_whole::<_, _, 1, 100>",
        skip_serializing_if = "Option::is_none"
    )]
    pub seats: Option<u32>,
}

/// Something rented with the carts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct AddOn {
    pub name: Text,
    #[serde(deserialize_with = "contract::whole::<_, _, 1, 1000>")]
    pub quantity: u32,
}

/// How the carts reach the customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// Brought, or fetched.
    pub method: FulfilmentMethod,
    /// Where to.
    #[serde(default, deserialize_with = "contract::given", skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// Not before.
    #[serde(default, deserialize_with = "contract::given_time", skip_serializing_if = "Option::is_none")]
    pub window_start: Option<Timestamp>,
    /// Not after.
    #[serde(default, deserialize_with = "contract::given_time", skip_serializing_if = "Option::is_none")]
    pub window_end: Option<Timestamp>,
}

/// Brought, or fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum FulfilmentMethod {
    Delivery,
    Pickup,
}

/// A delivery and how far it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// How far it has come.
    pub status: DeliveryStatus,
    /// The live tracking page, if its host is one the operator allows.
    #[serde(
        default,
        deserialize_with = "contract::given_opaque::<_, 10_000>",
        skip_serializing_if = "Option::is_none"
    )]
    pub tracking_url: Option<String>,
    /// When it should arrive.
    #[serde(default, deserialize_with = "contract::given_time", skip_serializing_if = "Option::is_none")]
    pub eta: Option<Timestamp>,
    /// When this was news.
    #[serde(deserialize_with = "contract::time")]
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
}

/// A paper of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The booking system's id.
    pub document_id: DocumentId,
    /// What kind of paper.
    pub kind: DocumentKind,
    /// What people call it.
    pub title: Text,
    /// When it was made out.
    #[serde(deserialize_with = "contract::time")]
    pub issued_at: Timestamp,
    /// When the customer signed it.
    #[serde(default, deserialize_with = "contract::given_time", skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Timestamp>,
    /// Where its PDF lies.
    pub file: DocumentFile,
}

/// What kind of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DocumentKind {
    Agreement,
    Invoice,
    Receipt,
}

impl DocumentKind {
    /// The kind as a word, as it is written in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Invoice => "invoice",
            Self::Receipt => "receipt",
        }
    }
}

/// A PDF in the documents bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DocumentFile {
    #[serde(deserialize_with = "contract::opaque::<_, 1024>")]
    pub key: String,
    #[serde(deserialize_with = "contract::whole::<_, _, 1, 1_000_000_000>")]
    pub size_bytes: u64,
    #[serde(default, deserialize_with = "contract::given_sha256", skip_serializing_if = "Option::is_none")]
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
