//! A booking as the customer may see it, and what the dashboard shows of it.

use std::{
    fmt::{self, Write},
    str::FromStr,
};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    contract,
    customer::{CustomerId, EmailAddress},
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
    /// The customer whose booking it is.
    pub fn owner(&self) -> CustomerId {
        CustomerId::of(&self.customer.email)
    }

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
    #[serde(default, deserialize_with = "contract::given_opaque::<_, 2000>", skip_serializing_if = "Option::is_none")]
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

/// What a booking costs. Amounts are in the currency's minor unit (ISO 4217).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Price {
    pub currency: Currency,
    #[serde(deserialize_with = "contract::list::<_, _, 0, 100>")]
    pub lines: Vec<PriceLine>,
    #[serde(deserialize_with = "contract::whole::<_, _, -999_999_999_999, 999_999_999_999>")]
    pub total_minor: i64,
    #[serde(deserialize_with = "contract::whole::<_, _, -999_999_999_999, 999_999_999_999>")]
    pub paid_minor: i64,
}

impl Price {
    /// What is still to pay; negative when too much was paid.
    pub fn balance_minor(&self) -> i64 {
        self.total_minor.saturating_sub(self.paid_minor)
    }
}

/// One position of a price; negative for discounts and refunds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PriceLine {
    pub label: Text,
    #[serde(deserialize_with = "contract::whole::<_, _, -999_999_999_999, 999_999_999_999>")]
    pub amount_minor: i64,
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

/// What the dashboard shows of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in Booking")]
pub struct BookingRow {
    pub booking_id: BookingId,
    pub reference: Text,
    pub status: BookingStatus,
    pub customer: Customer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub time_zone: Zone,
    pub carts: Vec<Cart>,
    pub fulfilment: Fulfilment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Without its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// When the business last changed the booking, as far as events of changes say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}

impl BookingRow {
    /// The row of a booking that was last changed then.
    pub fn new(booking: &Booking, changed_at: Option<Timestamp>) -> Self {
        let booking = booking.clone();
        Self {
            booking_id: booking.booking_id,
            reference: booking.reference,
            status: booking.status,
            customer: booking.customer,
            location: booking.location,
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            time_zone: booking.time_zone,
            carts: booking.carts,
            fulfilment: booking.fulfilment,
            delivery: booking.delivery,
            price: booking.price.map(|price| Price { lines: Vec::new(), ..price }),
            documents: booking.documents,
            changed_at,
        }
    }
}

/// A text of a person or a business: one to 2,000 characters, not only white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

impl Text {
    /// The longest text, in characters.
    pub const LONGEST: usize = 2_000;

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it may stand among other words: on one line, without characters that steer the text around it, and with
/// right-to-left writing isolated (Unicode Annex #9 §2.4), so that nobody's name can turn a page about.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_isolated = self.0.chars().any(is_right_to_left);
        if is_isolated {
            f.write_char(FIRST_STRONG_ISOLATE)?;
        }
        for c in self.0.chars().filter(|c| !is_steering(*c)) {
            f.write_char(if c.is_control() { ' ' } else { c })?;
        }
        if is_isolated {
            f.write_char(POP_ISOLATE)?;
        }
        Ok(())
    }
}

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// Embeddings, overrides and isolates.
fn is_steering(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks, letters and numbers of the scripts written from right to left, by their blocks.
fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{200f}' | '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // The byte order mark is white space to the schemas' regular expressions (ECMA-262 §12.2).
        if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
            return Err("a text is empty".into());
        }
        if text.chars().count() > Self::LONGEST {
            return Err(format!("a text is longer than {} characters", Self::LONGEST));
        }
        Ok(Self(text))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

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
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text).ok_or_else(|| "an id is not 1 to 64 of A-Z a-z 0-9 _ -".into())
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

/// A currency's three letters (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// How many decimals the minor unit has (ISO 4217; two where the list names no other).
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err("a currency is not three capital letters".into()),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// A time zone by its name in the IANA database.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// `moment` on the clocks of this zone.
    pub fn at(&self, moment: Timestamp) -> Zoned {
        moment.to_zoned(self.0.clone())
    }

    fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        TimeZone::get(name).map(Self).map_err(|_| "a time zone is not in the IANA database".into())
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Text::try_from(text.to_owned()).unwrap().to_string()
    }

    #[test]
    fn a_text_cannot_steer_what_stands_around_it() {
        assert_eq!(shown("Ana \u{202e}ziuR\u{202c} \u{2066}x\u{2069}"), "Ana ziuR x");
        assert_eq!(shown("two\nlines\u{0}"), "two lines ");
        assert_eq!(shown("עגלה 14"), "\u{2068}עגלה 14\u{2069}");
        assert_eq!(shown("\u{2069}\u{202e}عربة"), "\u{2068}عربة\u{2069}");
    }

    #[test]
    fn a_text_that_steers_nothing_stays_as_it_is() {
        for text in ["Ana Ruiz", "<b>Ñandú</b> & 車", "Golf 👨‍👩‍👧 cart ⛳️"] {
            assert_eq!(shown(text), text);
        }
    }
}
