//! Dates, money, carts and places as people write them, for pages, mails and calendar files alike. What a language has of
//! its own is in [`messages`](crate::messages).

use jiff::{SignedDuration, Timestamp, civil::Date};
use portal_domain::{
    booking::{Booking, Cart, Location},
    config::Business,
    phone::dialable,
    stage::{Place, When},
    text::Text,
    time::{Zone, after},
};

use crate::messages::{DayFrom, Messages, NamedZone};

/// The longest wait in days that is counted; what is further off has its date alone.
const COUNTED_DAYS: i32 = 30;

/// How the times of a booking are told: on the clocks of its zone, seen from a moment.
#[derive(Clone, Copy)]
pub struct Times<'a> {
    /// The language.
    pub messages: &'a Messages,
    /// The booking's zone.
    pub zone: &'a Zone,
    /// From when they are seen.
    pub now: Timestamp,
    /// Whether days are told relative to `now`, such as tomorrow: on pages, which are read at once, and not in mails.
    pub are_relative: bool,
}

impl Times<'_> {
    /// `8:40 am`
    pub fn time(&self, moment: Timestamp) -> String {
        (self.messages.dates.time)(&self.zone.at(moment))
    }

    /// `Wednesday, December 2`, with the year if it is not this one.
    pub fn long_day(&self, moment: Timestamp) -> String {
        let date = self.date_of(moment);
        (self.messages.dates.long_day)(date, self.is_of_another_year(date))
    }

    /// `Wed, Dec 2`, with the year if it is not this one.
    pub fn short_day(&self, moment: Timestamp) -> String {
        let date = self.date_of(moment);
        (self.messages.dates.short_day)(date, self.is_of_another_year(date))
    }

    /// `December 2`, with the year if it is not this one.
    pub fn date(&self, moment: Timestamp) -> String {
        let date = self.date_of(moment);
        (self.messages.dates.date)(date, self.is_of_another_year(date))
    }

    /// `Nov 2 to 5, 2026`
    pub fn days(&self, from: Timestamp, to: Timestamp) -> String {
        (self.messages.dates.days)(self.date_of(from), self.date_of(to))
    }

    /// `Sat, Dec 12, to Tue, Dec 15`
    pub fn span(&self, from: Timestamp, to: Timestamp) -> String {
        if self.date_of(from) == self.date_of(to) {
            return self.short_day(from);
        }
        (self.messages.dates.span)(&self.short_day(from), &self.short_day(to))
    }

    /// As part of a sentence: `today`, `tomorrow, Friday, November 27`, `in 6 days, on Wednesday, December 2`.
    pub fn day(&self, moment: Timestamp) -> String {
        let day = match self.days_from_now(moment) {
            0 => DayFrom::Today,
            1 => DayFrom::Tomorrow,
            -1 => DayFrom::Yesterday,
            days @ 2..=COUNTED_DAYS => DayFrom::InDays(days),
            _ => DayFrom::Absolute,
        };
        let day = if self.are_relative { day } else { DayFrom::Absolute };
        (self.messages.dates.day)(day, &self.long_day(moment))
    }

    /// As what something lasts until: `today`, `tomorrow, Friday, November 27`, `Wednesday, December 2`.
    pub fn bare_day(&self, moment: Timestamp) -> String {
        match self.days_from_now(moment) {
            -1..=1 if self.are_relative => self.day(moment),
            _ => self.long_day(moment),
        }
    }

    /// `today between 8 and 10 am`, `tomorrow, Friday, November 27, by 5 pm`.
    pub fn when(&self, when: When) -> String {
        let when = self.ending_before_midnight(when);
        self.with_time(self.day(when.first()), when)
    }

    /// The same with [`Times::bare_day`].
    pub fn bare_when(&self, when: When) -> String {
        let when = self.ending_before_midnight(when);
        self.with_time(self.bare_day(when.first()), when)
    }

    /// `tomorrow, Friday, November 27, 5 pm`; what lasts until midnight lasts until 11:59 pm of the day before, for nobody knows
    /// which midnight is meant.
    pub fn until(&self, moment: Timestamp) -> String {
        let moment = self.before_midnight(moment);
        (self.messages.dates.until)(&self.bare_day(moment), &self.zone.at(moment))
    }

    /// `8 to 10 am today`, `8 to 10 am, Wednesday, December 2`
    pub fn times_and_day(&self, when: When) -> String {
        let day = self.bare_day(when.first());
        match self.times(when) {
            times if times.is_empty() => day,
            times => (self.messages.dates.time_and_day)(&times, &day),
        }
    }

    /// `yesterday, Wednesday, November 25, at 5 pm`
    pub fn at(&self, moment: Timestamp) -> String {
        let time = (self.messages.dates.at)(&self.zone.at(moment));
        (self.messages.dates.day_and_time)(&self.day(moment), &time)
    }

    /// A time alone if it is of today, else with its day.
    pub fn time_of_today(&self, moment: Timestamp) -> String {
        if self.are_relative && self.is_today(moment) { self.time(moment) } else { self.until(moment) }
    }

    /// As it stands in a row of its own: `Wed, Dec 2, 8 to 10 am`.
    pub fn row(&self, when: When) -> String {
        let (dates, when) = (&self.messages.dates, self.ending_before_midnight(when));
        let row = |moment, time: &str| (dates.row)(&self.short_day(moment), time);
        match when {
            When::Between(from, to) if self.spans_days(from, to) => {
                (dates.span)(&row(from, &self.time(from)), &row(to, &self.time(to)))
            }
            When::On(moment) => self.short_day(moment),
            _ => row(when.first(), &self.times(when)),
        }
    }

    /// The time without its day, as it stands in a row: `8 to 10 am`, `by 5 pm`.
    pub fn times(&self, when: When) -> String {
        let dates = &self.messages.dates;
        let at = |moment| self.zone.at(moment);
        match when {
            When::From(moment) => (dates.from)(&at(moment)),
            When::By(moment) => (dates.by)(&at(moment)),
            When::About(moment) => (dates.about)(&at(moment)),
            When::Between(from, to) => (dates.times)(&at(from), &at(to)),
            When::On(_) => String::new(),
        }
    }

    /// `Eastern Time (ET)`: the zone by what people call it in winter and summer, or else by its city.
    pub fn zone(&self) -> String {
        let dates = &self.messages.dates;
        match named_zone(self.zone.name()) {
            Some(zone) => (dates.zone)(zone).to_owned(),
            None => {
                let city = self.zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
                (dates.zone_of)(&city, &distance_from_greenwich(self.zone, self.now))
            }
        }
    }

    /// Whether a moment is of today.
    pub fn is_today(&self, moment: Timestamp) -> bool {
        self.days_from_now(moment) == 0
    }

    fn with_time(&self, day: String, when: When) -> String {
        let dates = &self.messages.dates;
        let time = match when {
            When::Between(from, to) if self.spans_days(from, to) => (dates.from)(&self.zone.at(from)),
            When::Between(from, to) => (dates.between)(&self.zone.at(from), &self.zone.at(to)),
            When::On(_) => return day,
            _ => self.times(when),
        };
        (dates.day_and_time)(&day, &time)
    }

    /// Whether a window spans days: it ends on another day, and twelve hours or more after it began. A shorter one is
    /// of one night.
    fn spans_days(&self, from: Timestamp, to: Timestamp) -> bool {
        self.date_of(from) != self.date_of(to) && to.duration_since(from).as_hours() >= 12
    }

    /// The minute before midnight in the place of midnight.
    fn before_midnight(&self, moment: Timestamp) -> Timestamp {
        let is_midnight = self.zone.at(moment).time() == jiff::civil::Time::midnight();
        if is_midnight { after(moment, SignedDuration::from_mins(-1)) } else { moment }
    }

    fn ending_before_midnight(&self, when: When) -> When {
        match when {
            When::By(moment) => When::By(self.before_midnight(moment)),
            When::About(moment) => When::About(self.before_midnight(moment)),
            When::From(_) | When::Between(..) | When::On(_) => when,
        }
    }

    fn date_of(&self, moment: Timestamp) -> Date {
        self.zone.at(moment).date()
    }

    fn days_from_now(&self, moment: Timestamp) -> i32 {
        let day =
            |date: Date| date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |day| day.timestamp().as_second() / 86_400);
        i32::try_from(day(self.date_of(moment)) - day(self.date_of(self.now))).unwrap_or(i32::MAX)
    }

    fn is_of_another_year(&self, date: Date) -> bool {
        date.year() != self.date_of(self.now).year()
    }
}

/// Carts of one kind.
pub struct Kind<'a> {
    /// What they are, for example `6-Seater Premium`.
    pub asset_type: &'a Text,
    /// What each is called, for example `Cart #14`.
    pub names: Vec<&'a Text>,
    /// How many people each seats.
    pub seats: Option<u32>,
}

impl Kind<'_> {
    /// `4-Seater Classic × 4`
    pub fn counted(&self) -> String {
        match self.names.len() {
            1 => self.asset_type.to_string(),
            count => format!("{}\u{a0}×\u{a0}{count}", self.asset_type),
        }
    }

    /// `Cart #10, Cart #13`
    pub fn named(&self, messages: &Messages) -> String {
        (messages.list)(&self.names.iter().map(|name| in_one_piece(name)).collect::<Vec<_>>(), 0)
    }
}

/// Carts by their kinds, in the order in which each kind comes first.
pub fn kinds(carts: &[Cart]) -> Vec<Kind<'_>> {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for cart in carts {
        match kinds.iter_mut().find(|kind| kind.asset_type == &cart.asset_type && kind.seats == cart.seats) {
            Some(kind) => kind.names.push(&cart.name),
            None => kinds.push(Kind { asset_type: &cart.asset_type, names: vec![&cart.name], seats: cart.seats }),
        }
    }
    kinds
}

/// What is rented, in a headline: `6-Seater Premium`, `4-Seater Classic × 4`, `12 carts`.
pub fn carts_title(carts: &[Cart], messages: &Messages) -> String {
    match kinds(carts).as_slice() {
        [kind] => kind.counted(),
        _ => (messages.carts_of)(carts.len()),
    }
}

/// What is rented, in a line: `6-Seater Premium, Cart #14`, `6-Seater Premium × 2, 4-Seater Classic`.
pub fn carts(carts: &[Cart], messages: &Messages) -> String {
    match kinds(carts).as_slice() {
        [kind] if kind.names.len() == 1 => format!("{}, {}", kind.asset_type, kind.named(messages)),
        kinds => (messages.list)(&kinds.iter().map(Kind::counted).collect::<Vec<_>>(), 0),
    }
}

/// The same with every cart's name.
pub fn carts_by_name(carts: &[Cart], messages: &Messages) -> String {
    let named = |kind: &Kind<'_>| format!("{}, {}", kind.counted(), kind.named(messages));
    kinds(carts).iter().map(named).collect::<Vec<_>>().join("; ")
}

/// A shop by name and address.
pub fn shop(location: &Location) -> String {
    match &location.address {
        Some(address) => format!("{}, {}", location.name, self::address(address)),
        None => location.name.to_string(),
    }
}

/// A place in one line.
pub fn place(place: Place<'_>) -> String {
    match place {
        Place::Address(address) => self::address(address),
        Place::Shop(location) => shop(location),
    }
}

/// An address, with its ZIP code beside what stands before it.
fn address(address: &Text) -> String {
    let address = address.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    match address.rsplit_once(' ') {
        Some((before, code)) if code.bytes().all(|b| b.is_ascii_digit()) => format!("{before}\u{a0}{code}"),
        _ => address,
    }
}

/// The phone to call about a booking: its shop's, where that can be dialled, or the business's.
pub fn phone_to_call<'a>(business: &'a Business, booking: &'a Booking) -> &'a str {
    let shop = booking.location.as_ref().and_then(|location| location.phone.as_ref()).map(Text::as_str);
    shop.filter(|shop| dialable(shop).is_some()).unwrap_or(&business.phone)
}

/// A phone number in one piece.
pub fn phone(number: &str) -> String {
    number.trim().replace(' ', "\u{a0}")
}

/// A short text in one piece, so that `Cart #5` never breaks.
pub fn in_one_piece(text: &Text) -> String {
    let text = text.to_string();
    if text.chars().count() <= 16 { text.replace(' ', "\u{a0}") } else { text }
}

/// The words of a text with one space between them, without what turns its direction.
pub fn one_line(text: &Text) -> String {
    let turns =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String = text.as_str().chars().filter(|c| !turns(*c)).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
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

/// By their names in the IANA database.
fn named_zone(name: &str) -> Option<NamedZone> {
    Some(match name {
        "America/New_York" | "America/Detroit" | "America/Toronto" | "America/Indiana/Indianapolis" | "US/Eastern" => {
            NamedZone::Eastern
        }
        "America/Chicago" | "America/Winnipeg" | "US/Central" => NamedZone::Central,
        "America/Denver" | "America/Boise" | "America/Edmonton" | "US/Mountain" => NamedZone::Mountain,
        "America/Los_Angeles" | "America/Vancouver" | "US/Pacific" => NamedZone::Pacific,
        "America/Anchorage" | "America/Juneau" | "US/Alaska" => NamedZone::Alaska,
        "Pacific/Honolulu" | "US/Hawaii" => NamedZone::Hawaii,
        "America/Puerto_Rico" | "America/St_Thomas" | "America/Halifax" => NamedZone::Atlantic,
        _ => return None,
    })
}

/// `−3`, `+5:45`
fn distance_from_greenwich(zone: &Zone, moment: Timestamp) -> String {
    let minutes = zone.at(moment).offset().seconds() / 60;
    let (sign, minutes) = (if minutes < 0 { '−' } else { '+' }, minutes.abs());
    match minutes % 60 {
        0 => format!("{sign}{}", minutes / 60),
        rest => format!("{sign}{}:{rest:02}", minutes / 60),
    }
}

#[cfg(test)]
mod tests;
