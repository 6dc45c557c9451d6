use super::*;
use crate::messages::ENGLISH;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn new_york() -> Zone {
    "America/New_York".parse().unwrap()
}

fn told(now: &str, tell: impl Fn(Times) -> String) -> String {
    let zone = new_york();
    tell(Times { messages: &ENGLISH, zone: &zone, now: at(now), are_relative: true }).replace('\u{a0}', " ")
}

#[test]
fn a_day_is_told_as_it_is_seen_from_today() {
    let now = "2026-11-26T15:00:00Z";
    for (moment, in_a_sentence, until) in [
        ("2026-11-26T22:00:00Z", "today", "today, 5 pm"),
        ("2026-11-27T04:59:00Z", "today", "today, 11:59 pm"),
        ("2026-11-27T05:00:00Z", "tomorrow, Friday, November 27", "today, 11:59 pm"),
        ("2026-11-25T17:00:00Z", "yesterday, Wednesday, November 25", "yesterday, Wednesday, November 25, noon"),
        ("2026-12-02T14:00:00Z", "in 6 days, on Wednesday, December 2", "Wednesday, December 2, 9 am"),
        ("2026-12-26T14:00:00Z", "in 30 days, on Saturday, December 26", "Saturday, December 26, 9 am"),
        ("2027-01-02T14:00:00Z", "on Saturday, January 2, 2027", "Saturday, January 2, 2027, 9 am"),
        ("2026-11-02T14:00:00Z", "on Monday, November 2", "Monday, November 2, 9 am"),
    ] {
        assert_eq!(told(now, |times| times.day(at(moment))), in_a_sentence);
        assert_eq!(told(now, |times| times.until(at(moment))), until);
        let absolute = told(now, |times| Times { are_relative: false, ..times }.day(at(moment)));
        assert!(absolute.starts_with("on "), "{absolute}");
        let absolute_until = told(now, |times| Times { are_relative: false, ..times }.bare_day(at(moment)));
        assert_eq!(absolute, format!("on {absolute_until}"));
    }
}

#[test]
fn a_time_is_told_with_its_day_and_says_am_once() {
    let now = "2026-07-14T12:00:00Z";
    let (eight, ten, one) = (at("2026-07-14T12:00:00Z"), at("2026-07-14T14:00:00Z"), at("2026-07-14T17:00:00Z"));
    let (noon, tomorrow) = (at("2026-07-14T16:00:00Z"), at("2026-07-15T21:00:00Z"));
    for (when, sentence, row) in [
        (When::Between(eight, ten), "today between 8 and 10 am", "Tue, Jul 14, 8 to 10 am"),
        (When::Between(ten, one), "today between 10 am and 1 pm", "Tue, Jul 14, 10 am to 1 pm"),
        (When::Between(noon, one), "today between noon and 1 pm", "Tue, Jul 14, noon to 1 pm"),
        (When::Between(eight, noon), "today between 8 am and noon", "Tue, Jul 14, 8 am to noon"),
        (When::From(one), "today from 1 pm", "Tue, Jul 14, from 1 pm"),
        (When::By(tomorrow), "tomorrow, Wednesday, July 15, by 5 pm", "Wed, Jul 15, by 5 pm"),
        (When::About(at("2026-07-14T12:40:00Z")), "today about 8:40 am", "Tue, Jul 14, about 8:40 am"),
        (When::On(tomorrow), "tomorrow, Wednesday, July 15", "Wed, Jul 15"),
        (When::Between(eight, tomorrow), "today from 8 am", "Tue, Jul 14, 8 am, to Wed, Jul 15, 5 pm"),
        (
            When::Between(at("2026-07-15T02:00:00Z"), at("2026-07-15T05:00:00Z")),
            "today between 10 pm and 1 am",
            "Tue, Jul 14, 10 pm to 1 am",
        ),
    ] {
        assert_eq!(told(now, |times| times.when(when)), sentence);
        assert_eq!(told(now, |times| times.row(when)), row);
    }
}

#[test]
fn days_read_right_across_clock_changes_midnight_and_new_year() {
    for (from, to, read) in [
        ("2026-08-07T13:00:00Z", "2026-08-09T21:00:00Z", "Aug 7 to 9, 2026"),
        ("2026-08-07T13:00:00Z", "2026-08-08T03:00:00Z", "Aug 7, 2026"),
        ("2026-06-29T13:00:00Z", "2026-07-02T21:00:00Z", "Jun 29 to Jul 2, 2026"),
        ("2026-10-31T13:00:00Z", "2026-11-02T04:30:00Z", "Oct 31 to Nov 1, 2026"),
        ("2026-12-30T14:00:00Z", "2027-01-02T22:00:00Z", "Dec 30, 2026 to Jan 2, 2027"),
    ] {
        assert_eq!(told("2026-07-01T00:00:00Z", |times| times.days(at(from), at(to))), read);
    }
    let (before, after) = (at("2026-11-01T05:30:00Z"), at("2026-11-01T06:30:00Z"));
    assert_eq!(told("2026-11-01T05:00:00Z", |times| times.until(before)), "today, 1:30 am");
    assert_eq!(told("2026-11-01T07:00:00Z", |times| times.until(after)), "today, 1:30 am");
}

#[test]
fn a_zone_has_one_name_in_winter_and_summer_or_is_that_of_its_city() {
    for (zone, read) in [
        ("America/New_York", "Eastern Time (ET)"),
        ("US/Central", "Central Time (CT)"),
        ("America/Boise", "Mountain Time (MT)"),
        ("America/Vancouver", "Pacific Time (PT)"),
        ("America/Juneau", "Alaska Time (AKT)"),
        ("Pacific/Honolulu", "Hawaii Time (HST)"),
        ("America/Puerto_Rico", "Atlantic Time (AT)"),
        ("America/Sao_Paulo", "local time in Sao Paulo (GMT−3)"),
        ("Asia/Kathmandu", "local time in Kathmandu (GMT+5:45)"),
    ] {
        let zone = zone.parse().unwrap();
        for now in ["2026-01-14T21:00:00Z", "2026-07-14T21:00:00Z"] {
            let times = Times { messages: &ENGLISH, zone: &zone, now: at(now), are_relative: true };
            assert_eq!(times.zone(), read);
        }
    }
}

#[test]
fn what_ends_at_midnight_ends_the_minute_before_and_what_lasts_half_a_day_spans_two() {
    let now = "2026-07-14T12:00:00Z";
    let (evening, midnight) = (at("2026-07-15T02:00:00Z"), at("2026-07-15T04:00:00Z"));
    for (when, row) in [
        (When::By(midnight), "Tue, Jul 14, by 11:59 pm"),
        (When::About(midnight), "Tue, Jul 14, about 11:59 pm"),
        (When::From(midnight), "Wed, Jul 15, from midnight"),
        (When::Between(evening, at("2026-07-15T13:59:00Z")), "Tue, Jul 14, 10 pm to 9:59 am"),
        (When::Between(evening, at("2026-07-15T14:00:00Z")), "Tue, Jul 14, 10 pm, to Wed, Jul 15, 10 am"),
        (When::Between(at("2026-07-14T12:00:00Z"), evening), "Tue, Jul 14, 8 am to 10 pm"),
        (When::On(at("2027-01-02T17:00:00Z")), "Sat, Jan 2, 2027"),
    ] {
        assert_eq!(told(now, |times| times.row(when)), row);
    }
}

fn text(text: &str) -> Text {
    text.to_owned().try_into().unwrap()
}

#[test]
fn carts_are_told_by_kind_with_their_names_or_their_number() {
    let cart = |asset_type: &str, name: &str, seats| Cart { asset_type: text(asset_type), name: text(name), seats };
    let (ten, thirteen) = (cart("4-Seater", "Cart #10", Some(4)), cart("4-Seater", "Cart #13", Some(4)));
    let (other, beach) = (cart("4-Seater", "Cart #2", None), cart("Beach Buggy", "B1", None));
    for (carts, title, line, by_name) in [
        (vec![ten.clone()], "4-Seater", "4-Seater, Cart #10", "4-Seater, Cart #10"),
        (vec![ten.clone(), thirteen.clone()], "4-Seater × 2", "4-Seater × 2", "4-Seater × 2, Cart #10, Cart #13"),
        (vec![ten.clone(), other], "2 carts", "4-Seater, 4-Seater", "4-Seater, Cart #10; 4-Seater, Cart #2"),
        (
            vec![ten, beach, thirteen],
            "3 carts",
            "4-Seater × 2, Beach Buggy",
            "4-Seater × 2, Cart #10, Cart #13; Beach Buggy, B1",
        ),
    ] {
        let told = [carts_title(&carts, &ENGLISH), super::carts(&carts, &ENGLISH), carts_by_name(&carts, &ENGLISH)];
        assert_eq!(told.map(|told| told.replace('\u{a0}', " ")), [title, line, by_name]);
    }
}

#[test]
fn what_is_short_or_belongs_together_stands_on_one_line() {
    for (written, in_one_piece) in
        [("Cart #14", "Cart\u{a0}#14"), ("The green one 16", "The\u{a0}green\u{a0}one\u{a0}16")]
    {
        assert_eq!(super::in_one_piece(&text(written)), in_one_piece);
    }
    assert_eq!(super::in_one_piece(&text("The green one, 17")), "The green one, 17");
    assert_eq!(phone(" +1 912 555 0142 "), "+1\u{a0}912\u{a0}555\u{a0}0142");
    assert_eq!(one_line(&text("3 Ocean\u{202e} Ave,\n\tTybee\u{2066}  Island")), "3 Ocean Ave, Tybee Island");
    let location =
        |address: Option<&str>| Location { name: text("Beach Shop"), phone: None, address: address.map(text) };
    assert_eq!(place(Place::Shop(&location(Some("12 Dune  Rd, GA 31328")))), "Beach Shop, 12 Dune Rd, GA\u{a0}31328");
    assert_eq!(shop(&location(None)), "Beach Shop");
    assert_eq!(place(Place::Address(&text("Gate 4a, Pier Road"))), "Gate 4a, Pier Road");
}

#[test]
fn a_size_is_in_whole_kilobytes_or_tenths_of_megabytes() {
    for (bytes, read) in [
        (0, "0 kB"),
        (1, "1 kB"),
        (47_000, "47 kB"),
        (47_001, "48 kB"),
        (1_000_000, "1.0 MB"),
        (2_350_000, "2.3 MB"),
        (12_999_999, "12.9 MB"),
    ] {
        assert_eq!(size(bytes).replace('\u{a0}', " "), read);
    }
}

#[test]
fn a_file_name_is_plain_ascii() {
    let name = |reference: &str| file_name(&Text::try_from(reference.to_owned()).unwrap(), "-invoice.pdf");
    assert_eq!(name("GCO-4821"), "GCO-4821-invoice.pdf");
    assert_eq!(name("a/b\"\r\n車"), "a_b____-invoice.pdf");
    assert_eq!(name(&"x".repeat(200)).len(), 52);
}
