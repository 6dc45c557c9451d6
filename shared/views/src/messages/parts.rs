//! Parts of texts that languages make alike.

use jiff::Zoned;

/// The text for one of something, or that for any other number.
pub(super) fn one_or_more(count: usize, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}

/// What was paid, with how it was paid, if that is known.
pub(super) fn with_method(what: String, method: Option<&str>) -> String {
    match method {
        Some(method) => format!("{what}, {method}"),
        None => what,
    }
}

/// The first time of a range, without the half of the day where the second one says the same. It stands behind `space`.
pub(super) fn first_of_range(from: &Zoned, to: &Zoned, time: fn(&Zoned) -> String, space: char) -> String {
    let (from_time, to_time) = (time(from), time(to));
    let halves = |text: &str| text.split_once(space).map(|(clock, half)| (clock.to_owned(), half.to_owned()));
    match (halves(&from_time), halves(&to_time)) {
        (Some((clock, from_half)), Some((_, to_half))) if from_half == to_half && from.date() == to.date() => clock,
        _ => from_time,
    }
}
