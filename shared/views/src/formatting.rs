//! Dates and money as people write them (en-US), for pages and mails alike.

use jiff::{Timestamp, Zoned};
use portal_domain::{
    booking::{Cart, Fulfilment, FulfilmentMethod, Location},
    money::Currency,
    text::Text,
    time::Zone,
};

use crate::messages;

/// `Tuesday, July 14, 5 pm EDT`, with the year if it is not the one of `now`.
pub fn full(moment: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let moment = zone.at(moment);
    let year = if moment.year() == zone.at(now).year() { "" } else { ", %Y" };
    format!("{}, {} {}", moment.strftime(&format!("%A, %B %-d{year}")), time(&moment), abbreviation(&moment))
}

/// `Fri, Aug 7, 9 am – Sun, Aug 9, 5 pm EDT`: the zone once, unless the clocks change in between.
pub fn span(from: Timestamp, to: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let (from, to) = (zone.at(from), zone.at(to));
    let this_year = zone.at(now).year();
    let with_years = from.year() != to.year() || from.year() != this_year;
    let day = if with_years { "%a, %b %-d, %Y" } else { "%a, %b %-d" };
    let first_zone =
        if abbreviation(&from) == abbreviation(&to) { String::new() } else { format!(" {}", abbreviation(&from)) };
    let start = format!("{}, {}{first_zone}", from.strftime(day), time(&from));
    if from.date() == to.date() {
        return format!("{start} – {} {}", time(&to), abbreviation(&to));
    }
    format!("{start} – {}, {} {}", to.strftime(day), time(&to), abbreviation(&to))
}

/// `May 3 – May 6, 2026`, or `Dec 30, 2025 – Jan 2, 2026`.
pub fn days(from: Timestamp, to: Timestamp, zone: &Zone) -> String {
    let (from, to) = (zone.at(from), zone.at(to));
    if from.date() == to.date() {
        return from.strftime("%b %-d, %Y").to_string();
    }
    let first = if from.year() == to.year() { "%b %-d" } else { "%b %-d, %Y" };
    format!("{} – {}", from.strftime(first), to.strftime("%b %-d, %Y"))
}

/// `July 1, 2026`.
pub fn day(moment: Timestamp, zone: &Zone) -> String {
    zone.at(moment).strftime("%B %-d, %Y").to_string()
}

/// `8:40 am EDT`.
pub fn clock(moment: Timestamp, zone: &Zone) -> String {
    let moment = zone.at(moment);
    format!("{} {}", time(&moment), abbreviation(&moment))
}

/// `4 minutes ago`.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    messages::ago(now.duration_since(moment).as_mins())
}

/// `$1,234.50`, `¥12,000`, `KWD 1.250`, `−$20.00`.
pub fn money(amount_minor: i64, currency: Currency) -> String {
    let scale = 10_u64.pow(currency.decimals());
    let amount = amount_minor.unsigned_abs();
    let sign = if amount_minor < 0 { "−" } else { "" };
    let symbol = match currency.code() {
        "USD" => "$".into(),
        "EUR" => "€".into(),
        "GBP" => "£".into(),
        "JPY" => "¥".into(),
        code => format!("{code}\u{a0}"),
    };
    let decimals = currency.decimals() as usize;
    let fraction = if decimals == 0 { String::new() } else { format!(".{:0decimals$}", amount % scale) };
    format!("{sign}{symbol}{}{fraction}", grouped(amount / scale))
}

/// The carts in one line, by kind and name: `6-Seater Premium · Cart #14`, or
/// `4-Seater Standard × 2 · Cart #3, Cart #9`.
pub fn carts(carts: &[Cart]) -> String {
    let mut kinds: Vec<(&Cart, Vec<String>)> = Vec::new();
    for cart in carts {
        match kinds.iter_mut().find(|(kind, _)| kind.asset_type == cart.asset_type) {
            Some((_, names)) => names.push(cart.name.to_string()),
            None => kinds.push((cart, vec![cart.name.to_string()])),
        }
    }
    let line = |(kind, names): (&Cart, Vec<String>)| match names.len() {
        1 => format!("{} · {}", kind.asset_type, names.join(", ")),
        count => format!("{} × {count} · {}", kind.asset_type, names.join(", ")),
    };
    kinds.into_iter().map(line).collect::<Vec<_>>().join("; ")
}

/// A shop by name and address.
pub fn shop(location: &Location) -> String {
    match &location.address {
        Some(address) => format!("{}, {address}", location.name),
        None => location.name.to_string(),
    }
}

/// Where the carts change hands, in words.
pub fn handover(fulfilment: &Fulfilment, location: Option<&Location>) -> String {
    match (fulfilment.method, &fulfilment.address, location) {
        (FulfilmentMethod::Delivery, Some(address), _) => messages::delivery_to(&address.to_string()),
        (FulfilmentMethod::Delivery, None, _) => messages::DELIVERY.into(),
        (FulfilmentMethod::Pickup, _, Some(location)) => messages::pickup_at(&shop(location)),
        (FulfilmentMethod::Pickup, _, None) => messages::PICKUP.into(),
        (FulfilmentMethod::Unknown, ..) => messages::HANDOVER_UNCLEAR.into(),
    }
}

/// The address at which the carts change hands, if it is known.
pub fn meeting_place(fulfilment: &Fulfilment, location: Option<&Location>) -> Option<String> {
    match fulfilment.method {
        FulfilmentMethod::Delivery => fulfilment.address.as_ref().map(ToString::to_string),
        FulfilmentMethod::Pickup => location.filter(|location| location.address.is_some()).map(shop),
        FulfilmentMethod::Unknown => None,
    }
}

/// `47 kB`, in one piece.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{}\u{a0}kB", bytes.div_ceil(1000)),
        _ => format!("{}.{}\u{a0}MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// `GCO-4821-agreement.pdf`: plain ASCII, so that no header needs quoting.
pub fn file_name(reference: &Text, rest: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let reference: String = reference.as_str().chars().take(40).map(plain).collect();
    format!("{reference}{rest}")
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

/// `9 am`, `9:30 am`.
fn time(moment: &Zoned) -> String {
    moment.strftime(if moment.minute() == 0 { "%-I %P" } else { "%-I:%M %P" }).to_string()
}

/// `EDT`, or `GMT+3` where a zone has no letters of its own.
fn abbreviation(moment: &Zoned) -> String {
    let name = moment.strftime("%Z").to_string();
    if !name.starts_with(['+', '-']) {
        return name;
    }
    let minutes = moment.offset().seconds() / 60;
    let (sign, minutes) = (if minutes < 0 { '−' } else { '+' }, minutes.abs());
    match minutes % 60 {
        0 => format!("GMT{sign}{}", minutes / 60),
        rest => format!("GMT{sign}{}:{rest:02}", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_zone_without_letters_is_named_by_its_distance_from_greenwich() {
        let moment = at("2026-07-14T21:00:00Z");
        for (zone, read) in [
            ("America/Sao_Paulo", "6 pm GMT−3"),
            ("Asia/Dubai", "1 am GMT+4"),
            ("Asia/Kathmandu", "2:45 am GMT+5:45"),
            ("Europe/Paris", "11 pm CEST"),
        ] {
            assert_eq!(clock(moment, &zone.parse().unwrap()), read);
        }
    }

    #[test]
    fn a_file_name_is_plain_ascii() {
        let name = |reference: &str| file_name(&Text::try_from(reference.to_owned()).unwrap(), "-invoice.pdf");
        assert_eq!(name("GCO-4821"), "GCO-4821-invoice.pdf");
        assert_eq!(name("a/b\"\r\n車"), "a_b____-invoice.pdf");
        assert_eq!(name(&"x".repeat(200)).len(), 52);
    }

    fn new_york() -> Zone {
        "America/New_York".parse().unwrap()
    }

    #[test]
    fn a_time_is_that_of_the_booking_s_own_zone_and_names_it() {
        let now = at("2026-07-01T00:00:00Z");
        assert_eq!(full(at("2026-07-14T21:00:00Z"), &new_york(), now), "Tuesday, July 14, 5 pm EDT");
        assert_eq!(full(at("2027-01-14T22:30:00Z"), &new_york(), now), "Thursday, January 14, 2027, 5:30 pm EST");
    }

    #[test]
    fn a_span_reads_right_across_a_clock_change_midnight_and_new_year() {
        let now = at("2026-07-01T00:00:00Z");
        for (from, to, read) in [
            ("2026-08-07T13:00:00Z", "2026-08-09T21:00:00Z", "Fri, Aug 7, 9 am – Sun, Aug 9, 5 pm EDT"),
            ("2026-08-07T13:00:00Z", "2026-08-07T21:00:00Z", "Fri, Aug 7, 9 am – 5 pm EDT"),
            ("2026-08-07T23:00:00Z", "2026-08-08T05:00:00Z", "Fri, Aug 7, 7 pm – Sat, Aug 8, 1 am EDT"),
            ("2026-10-31T13:00:00Z", "2026-11-02T22:00:00Z", "Sat, Oct 31, 9 am EDT – Mon, Nov 2, 5 pm EST"),
            ("2026-11-01T04:00:00Z", "2026-11-01T14:00:00Z", "Sun, Nov 1, 12 am EDT – 9 am EST"),
            (
                "2027-03-13T14:00:00Z",
                "2027-03-14T21:00:00Z",
                "Sat, Mar 13, 2027, 9 am EST – Sun, Mar 14, 2027, 5 pm EDT",
            ),
            ("2026-12-30T14:00:00Z", "2027-01-02T22:00:00Z", "Wed, Dec 30, 2026, 9 am – Sat, Jan 2, 2027, 5 pm EST"),
        ] {
            assert_eq!(span(at(from), at(to), &new_york(), now), read);
        }
        assert_eq!(
            days(at("2025-12-30T14:00:00Z"), at("2026-01-02T22:00:00Z"), &new_york()),
            "Dec 30, 2025 – Jan 2, 2026"
        );
    }

    #[test]
    fn money_has_the_decimals_of_its_currency() {
        for (amount, code, shown) in [
            (48_600, "USD", "$486.00"),
            (123_456_789, "USD", "$1,234,567.89"),
            (-2_000, "USD", "−$20.00"),
            (5, "USD", "$0.05"),
            (12_000, "JPY", "¥12,000"),
            (-500, "JPY", "−¥500"),
            (1_250, "KWD", "KWD\u{a0}1.250"),
            (-1, "KWD", "−KWD\u{a0}0.001"),
            (i64::MIN, "USD", "−$92,233,720,368,547,758.08"),
        ] {
            let currency = Currency::try_from(code.to_owned()).unwrap();
            assert_eq!(money(amount, currency), shown);
        }
    }

    #[test]
    fn an_age_is_told_in_the_largest_fitting_unit() {
        let now = at("2026-07-10T12:00:00Z");
        for (then, told) in [
            ("2026-07-10T12:00:05Z", "just now"),
            ("2026-07-10T11:56:00Z", "4 minutes ago"),
            ("2026-07-10T10:30:00Z", "1 hour ago"),
            ("2026-07-07T12:00:00Z", "3 days ago"),
        ] {
            assert_eq!(ago(at(then), now), told);
        }
    }
}
