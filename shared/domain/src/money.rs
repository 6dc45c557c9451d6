//! Money: amounts in a currency's minor unit, and what a booking costs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// What a booking costs. Amounts are in the currency's minor unit (ISO 4217).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Price {
    pub currency: Currency,
    pub lines: Vec<PriceLine>,
    pub total_minor: i64,
    pub paid_minor: i64,
}

impl Price {
    /// Whether its lines, where there are any, add up to its total.
    pub fn adds_up(&self) -> bool {
        let sum = self.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount_minor));
        self.lines.is_empty() || sum == self.total_minor
    }

    /// What is still to pay; negative when too much was paid. Nothing is said where the price does not add up: somebody
    /// mixed dollars and cents, or left a line out.
    pub fn balance_minor(&self) -> Option<i64> {
        self.adds_up().then(|| self.total_minor.saturating_sub(self.paid_minor))
    }
}

/// An amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// In the currency's minor unit.
    pub amount_minor: i64,
    /// Which.
    pub currency: Currency,
}

/// One position of a price; negative for discounts and refunds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct PriceLine {
    pub label: Text,
    pub amount_minor: i64,
}

/// How the customer can pay what is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// The page to pay on, if its host is one the operator allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Money that was paid, refunded or held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paid {
    /// When.
    pub at: Timestamp,
    /// How much, in the minor unit of the price's currency.
    pub amount_minor: i64,
    /// What it was.
    pub kind: PaidKind,
    /// By what, for example "Visa ending in 4242".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Text>,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PaidKind {
    Payment,
    Refund,
    DepositHeld,
    DepositReleased,
    #[serde(other)]
    Unknown,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_has_the_decimals_that_iso_4217_gives_it() {
        for (code, decimals) in
            [("USD", 2), ("EUR", 2), ("XXX", 2), ("JPY", 0), ("CLP", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4)]
        {
            let currency = Currency::try_from(code.to_owned()).unwrap();
            assert_eq!((currency.code(), currency.decimals()), (code, decimals));
        }
        for text in ["", "US", "usd", "USDT", "US€"] {
            assert_eq!(Currency::try_from(text.to_owned()), Err(NotACurrency), "{text}");
        }
    }
}
