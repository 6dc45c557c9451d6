//! Money: amounts in a currency's minor unit, and what a booking costs.

use serde::{Deserialize, Serialize};

use crate::{contract, text::Text};

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

/// A currency's three letters (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is not three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is not three capital letters")]
pub struct NotACurrency;

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
    type Error = NotACurrency;

    fn try_from(text: String) -> Result<Self, NotACurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(NotACurrency),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}
