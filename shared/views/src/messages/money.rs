//! Money where its symbol comes first, in English and Spanish of the US alike.

use portal_domain::money::Money;

/// `$1,234.50`, `KWD 1.250`, `−$20.00`: with the currency's sign from a list, or else its three letters. Letters stand apart
/// from digits (CLDR's `currencySpacing`).
pub(super) fn symbol_first(Money { amount_minor, currency }: Money, signs: &[(&str, &str)]) -> String {
    let scale = 10_u64.pow(currency.decimals());
    let amount = amount_minor.unsigned_abs();
    let minus = if amount_minor < 0 { "−" } else { "" };
    let symbol = signs.iter().find(|(code, _)| *code == currency.code()).map_or(currency.code(), |(_, sign)| sign);
    let space = if symbol.ends_with(|c: char| c.is_ascii_alphabetic() || c == '.') { "\u{a0}" } else { "" };
    let decimals = currency.decimals() as usize;
    let fraction = if decimals == 0 { String::new() } else { format!(".{:0decimals$}", amount % scale) };
    format!("{minus}{symbol}{space}{}{fraction}", grouped(amount / scale))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use portal_domain::money::Currency;

    use super::*;
    use crate::messages::{ENGLISH, SPANISH};

    #[test]
    fn money_has_the_decimals_of_its_currency_and_its_sign_in_the_language() {
        for (amount_minor, code, english, spanish) in [
            (48_600, "USD", "$486.00", "$486.00"),
            (123_456_789, "USD", "$1,234,567.89", "$1,234,567.89"),
            (-2_000, "USD", "−$20.00", "−$20.00"),
            (5, "USD", "$0.05", "$0.05"),
            (0, "USD", "$0.00", "$0.00"),
            (123_450, "EUR", "€1,234.50", "EUR 1,234.50"),
            (-123_450, "CAD", "−CA$1,234.50", "−CAD 1,234.50"),
            (12_000, "JPY", "¥12,000", "¥12,000"),
            (-500, "JPY", "−¥500", "−¥500"),
            (1_250, "KWD", "KWD 1.250", "KWD 1.250"),
            (-1, "KWD", "−KWD 0.001", "−KWD 0.001"),
            (i64::MIN, "USD", "−$92,233,720,368,547,758.08", "−$92,233,720,368,547,758.08"),
        ] {
            let money = Money { amount_minor, currency: Currency::try_from(code.to_owned()).unwrap() };
            assert_eq!((ENGLISH.money)(money).replace('\u{a0}', " "), english);
            assert_eq!((SPANISH.money)(money).replace('\u{a0}', " "), spanish);
        }
    }
}
