//! Amounts as files write them: `$1,234.50`, `1.234,50 €`, `(20.00)`, or whole numbers of the minor unit.

use portal_domain::money::Currency;
use serde::Deserialize;

/// How a file writes amounts, as `[money]` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Money {
    /// The currency, by its code (ISO 4217), of prices that have no column for it.
    pub(super) currency: Option<Currency>,
    /// How many digits the minor unit has; as ISO 4217 says where it is left out.
    digits: Option<Digits>,
    /// The sign before the minor unit. The other one separates thousands.
    #[serde(default)]
    decimal: Decimal,
    /// In which unit amounts are.
    #[serde(default)]
    unit: Unit,
}

/// How many digits a minor unit has: no currency of ISO 4217 has more than four.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
struct Digits(usize);

impl TryFrom<i64> for Digits {
    type Error = &'static str;

    fn try_from(digits: i64) -> Result<Self, Self::Error> {
        let digits = usize::try_from(digits).ok().filter(|digits| *digits <= 4);
        digits.map(Self).ok_or("expected how many digits the minor unit has, 0 to 4")
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum Decimal {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    /// Dollars, with or without cents.
    #[default]
    Major,
    /// Cents.
    Minor,
}

impl Default for Money {
    fn default() -> Self {
        Self { currency: None, digits: None, decimal: Decimal::Point, unit: Unit::Major }
    }
}

impl Money {
    fn digits(&self) -> usize {
        self.digits.map_or_else(|| self.currency.map_or(2, Currency::decimals) as usize, |Digits(digits)| digits)
    }

    /// What an amount has to look like.
    pub(super) fn expected(&self) -> String {
        let (point, thousands) = self.signs();
        match (self.unit, self.digits()) {
            (Unit::Minor, _) => "an amount in the minor unit, such as 123450".to_owned(),
            (Unit::Major, 0) => format!("an amount without decimals, such as 1{thousands}234"),
            (Unit::Major, digits) => {
                format!("an amount such as 1{thousands}234{point}{:0<digits$}, with at most {digits} decimals", 5)
            }
        }
    }

    /// Whether what stands around an amount is nothing, or the currency's sign or code; of prices with a column for it, any one's.
    fn is_of_this(&self, marks: &str) -> bool {
        let Some(currency) = self.currency else {
            let is_code = marks.len() == 3 && marks.bytes().all(|b| b.is_ascii_alphabetic());
            return is_code || marks.chars().count() <= 1 && !marks.chars().any(char::is_alphabetic);
        };
        let code = currency.code();
        let sign = match code {
            "EUR" => "€",
            "GBP" => "£",
            "JPY" | "CNY" => "¥",
            "INR" => "₹",
            "KRW" => "₩",
            _ => "$",
        };
        let country = code.get(..2).unwrap_or_default();
        marks.is_empty()
            || marks == sign
            || [code.to_owned(), format!("{code}{sign}"), format!("{sign}{code}"), format!("{country}{sign}")]
                .iter()
                .any(|named| marks.eq_ignore_ascii_case(named))
    }

    fn signs(&self) -> (char, char) {
        match self.decimal {
            Decimal::Point => ('.', ','),
            Decimal::Comma => (',', '.'),
        }
    }

    /// The amount in the currency's minor unit. The currency's own sign or code stands before or after it, brackets or a minus make
    /// it negative. A separator that does not stand before three digits is none: `12.5` is not 125 where the comma is decimal.
    pub(super) fn read(&self, text: &str) -> Option<i64> {
        let is_mark = |c: char| c.is_alphabetic() || "$€£¥₩₹".contains(c);
        if !self.is_of_this(&text.chars().filter(|c| is_mark(*c)).collect::<String>()) {
            return None;
        }
        let is_around = |c: char| is_mark(c) || c.is_whitespace();
        let minus = |c: char| matches!(c, '-' | '\u{2212}');
        let text = text.trim_matches(is_around);
        let (is_negative, text) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            Some(text) => (true, text),
            None => match text.strip_prefix(minus).or_else(|| text.strip_suffix(minus)) {
                Some(text) => (true, text),
                None => (false, text),
            },
        };
        let text = text.trim_matches(is_around);
        let (point, thousands) = self.signs();
        let (whole, fraction) = text.split_once(point).unwrap_or((text, ""));
        let is_separator = |c: char| c == thousands || matches!(c, '\'' | '\u{2019}') || c.is_whitespace();
        let mut groups = whole.split(is_separator);
        let first = groups.next()?;
        let others: Vec<&str> = groups.collect();
        let is_grouped =
            others.is_empty() || (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
        let whole = first.to_owned() + &others.concat();
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let digits = if self.unit == Unit::Minor { 0 } else { self.digits() };
        let fits = fraction.len() <= digits && !(whole.is_empty() && fraction.is_empty());
        if !is_grouped || !fits || !is_number(&whole) || !is_number(fraction) {
            return None;
        }
        let amount: i64 = format!("{whole}{fraction:0<digits$}").parse().ok()?;
        Some(if is_negative { -amount } else { amount })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_the_map_says() {
        let money = |map: &str| toml::from_str::<Money>(map).unwrap();
        let (dollars, euros) = (r#"currency = "USD""#, "currency = \"EUR\"\ndecimal = \",\"");
        for (map, text, amount) in [
            (dollars, "$1,234.50", Some(123_450)),
            (dollars, "1234.5", Some(123_450)),
            (dollars, "USD 188", Some(18_800)),
            (dollars, ".50", Some(50)),
            (dollars, "-$20.00", Some(-2_000)),
            (dollars, "$-20.00", Some(-2_000)),
            (dollars, "($20.00)", Some(-2_000)),
            (dollars, "20.00-", Some(-2_000)),
            (dollars, "\u{2212}20", Some(-2_000)),
            (dollars, "1,23", None),
            (dollars, "1,2345", None),
            (dollars, "12.345", None),
            (dollars, "1.234,50", None),
            (dollars, "free", None),
            (dollars, "1e30", None),
            (dollars, "US$ 5", Some(500)),
            (dollars, "12.00 EUR", None),
            (dollars, "\u{20ac}12.00", None),
            (dollars, "\u{a3}5", None),
            (dollars, "C$ 5", None),
            (dollars, "5.00 per day", None),
            (dollars, "abc 5", None),
            (dollars, "--5", None),
            (dollars, "-5-", None),
            ("", "12.00 CAD", Some(1_200)),
            ("", "5.00 per day", None),
            (dollars, "$", None),
            (dollars, "99999999999999999999", None),
            (euros, "1.234,50 \u{20ac}", Some(123_450)),
            (euros, "1\u{a0}234,5", Some(123_450)),
            (euros, "12.5", None),
            (euros, "12,50", Some(1_250)),
            ("currency = \"CHF\"", "1'234.50", Some(123_450)),
            ("currency = \"JPY\"", "\u{a5}12,000", Some(12_000)),
            ("currency = \"JPY\"", "12.5", None),
            ("currency = \"USD\"\nunit = \"minor\"", "18810", Some(18_810)),
            ("currency = \"USD\"\nunit = \"minor\"", "188.10", None),
            ("currency = \"USD\"\ndigits = 3", "1.234", Some(1_234)),
        ] {
            assert_eq!(money(map).read(text), amount, "{map}: {text}");
        }
    }
}
