//! A booking for the customer's calendar (RFC 5545): its handover and its return, each with a reminder.

use jiff::{SignedDuration, Timestamp};
use portal_domain::{
    booking::{Booking, BookingStatus},
    sign_in::OwnBooking,
    stage::{self, Place, When},
    time::{after, basic_utc},
};

use crate::{formatting, next_step::Teller, pages::Localized};

/// How long an event of one moment lasts.
const MOMENT: SignedDuration = SignedDuration::from_mins(30);

/// The booking as an iCalendar file, with `page` as the address of the booking's own page. UIDs stay, SEQUENCE grows with
/// the revision, so that a calendar that has an event already takes the newer one. Times are UTC, which every calendar shows
/// in its owner's zone. An event does not make its time busy (TRANSP). There is no METHOD and no ORGANIZER: they are for
/// invitations (RFC 5546), and calendars refuse or lock an event with an organizer and nobody invited.
pub fn file(view: &Localized<'_>, own: &OwnBooking, page: &str, now: Timestamp) -> String {
    let booking = own.booking();
    let teller = Teller::of_mail(view.messages, booking, now);
    let mut lines: Vec<String> =
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//GolfCartOps//Customer portal//EN", "CALSCALE:GREGORIAN"]
            .map(String::from)
            .into();
    for event in events(view, &teller) {
        lines.extend(event.lines(view, &teller, page, now));
    }
    lines.push("END:VCALENDAR".into());
    lines.iter().map(|line| folded(line)).collect()
}

/// The address at which Google Calendar takes the rental in, for who has no program that opens the file
/// (github.com/InteractionDesignFoundation/add-event-to-calendar-docs).
pub(crate) fn google(view: &Localized<'_>, booking: &Booking, now: Timestamp) -> String {
    let teller = Teller::of_mail(view.messages, booking, now);
    let [handover, back] = events(view, &teller);
    let (from, to) = (stage::planned_handover(booking).first(), stage::planned_return(booking).first());
    let details = format!("{}\n{}\n{}", handover.details, back.details, about(view, &teller));
    let pairs = [
        ("action", "TEMPLATE".to_owned()),
        ("text", format!("{}, {}", formatting::carts(&booking.carts, view.messages), view.site.business.name)),
        ("dates", format!("{}/{}", basic_utc(from), basic_utc(to.max(from)))),
        ("details", details),
        ("location", handover.place.unwrap_or_default()),
    ];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("https://calendar.google.com/calendar/render?{query}")
}

/// One end of a rental.
struct Event {
    /// Tells it from the other one, in its UID.
    name: &'static str,
    summary: String,
    details: String,
    when: When,
    place: Option<String>,
}

fn events(view: &Localized<'_>, teller: &Teller<'_>) -> [Event; 2] {
    let (m, booking, business) = (view.messages, teller.booking, view.site.business.name.as_str());
    let place = |place: Option<Place<'_>>| place.map(formatting::place);
    let (handover, back) = (stage::planned_handover(booking), stage::planned_return(booking));
    let told = |label: &str, when: When| format!("{label}: {}", teller.times.row(when));
    let mut ends = told(teller.return_label(), back);
    if teller.is_collection() && matches!(back, When::Between(..)) {
        ends =
            format!("{ends}\n{}", (m.have_it_ready)(booking.carts.len(), &teller.times.when(stage::ready_by(booking))));
    }
    [
        Event {
            name: "handover",
            summary: (m.calendar_handover)(booking.carts.len(), teller.is_delivery(), business),
            details: told(teller.handover_label(), handover),
            when: handover,
            place: place(stage::handover_place(booking)),
        },
        Event {
            name: "return",
            summary: (m.calendar_return)(booking.carts.len(), teller.is_collection(), business),
            details: ends,
            when: back,
            place: place(stage::return_place(booking)),
        },
    ]
}

impl Event {
    fn lines(&self, view: &Localized<'_>, teller: &Teller<'_>, page: &str, now: Timestamp) -> Vec<String> {
        let booking = teller.booking;
        let status = match booking.status {
            BookingStatus::Pending => "TENTATIVE",
            BookingStatus::Cancelled | BookingStatus::NoShow => "CANCELLED",
            _ => "CONFIRMED",
        };
        let details = format!("{}\n{}\n{}\n{page}", self.details, about(view, teller), view.messages.calendar_details);
        let mut lines = vec![
            "BEGIN:VEVENT".into(),
            format!("UID:{}-{}@golfcartops.portal", booking.booking_id, self.name),
            format!("SEQUENCE:{}", sequence(booking.revision)),
            format!("DTSTAMP:{}", basic_utc(now)),
        ];
        lines.extend(self.times(teller));
        lines.extend([
            format!("STATUS:{status}"),
            "TRANSP:TRANSPARENT".into(),
            format!("SUMMARY:{}", escaped(&self.summary)),
            format!("DESCRIPTION:{}", escaped(&details)),
            format!("URL:{page}"),
        ]);
        lines.extend(self.place.as_ref().map(|place| format!("LOCATION:{}", escaped(place))));
        lines.extend([
            "BEGIN:VALARM".into(),
            "ACTION:DISPLAY".into(),
            format!("DESCRIPTION:{}", escaped(&self.summary)),
            format!("TRIGGER:{}", if matches!(self.when, When::On(_)) { "-PT6H" } else { "-PT2H" }),
            "END:VALARM".into(),
            "END:VEVENT".into(),
        ]);
        lines
    }

    /// From when to when; of a whole day, its date.
    fn times(&self, teller: &Teller<'_>) -> [String; 2] {
        let date = |moment| teller.times.zone.at(moment).date();
        let (from, to) = match self.when {
            When::Between(from, to) => (from, to),
            When::By(moment) => (after(moment, -MOMENT), moment),
            When::From(moment) | When::About(moment) => (moment, after(moment, MOMENT)),
            When::On(moment) => {
                let day = date(moment);
                let next = day.tomorrow().unwrap_or(day);
                return [
                    format!("DTSTART;VALUE=DATE:{}", day.strftime("%Y%m%d")),
                    format!("DTEND;VALUE=DATE:{}", next.strftime("%Y%m%d")),
                ];
            }
        };
        [format!("DTSTART:{}", basic_utc(from)), format!("DTEND:{}", basic_utc(to))]
    }
}

/// Which booking it is, of what, and whom to call.
fn about(view: &Localized<'_>, teller: &Teller<'_>) -> String {
    let booking = teller.booking;
    let phone = view.phone_of(booking);
    let reference = (view.messages.booking)(&booking.reference.to_string());
    format!("{}\n{reference}\n{phone}", formatting::carts(&booking.carts, view.messages))
}

/// A revision as an iCalendar SEQUENCE, which ends at 2^31 − 1 (RFC 5545 §3.3.8): it never falls as the revision grows. Up
/// to 2^27 it is the revision; beyond, each doubling has half the steps, so that milliseconds of today count in steps of 16
/// seconds. Of two files with one SEQUENCE the later DTSTAMP is the newer (RFC 5546 §2.1.5).
fn sequence(revision: u64) -> u64 {
    const EXACT_BITS: u32 = 27;
    let shift = (u64::BITS - revision.leading_zeros()).saturating_sub(EXACT_BITS);
    (u64::from(shift) << (EXACT_BITS - 1)) + (revision >> shift)
}

/// RFC 5545 §3.3.11.
fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .map(|c| match c {
            '\\' | ';' | ',' => format!("\\{c}"),
            '\n' => "\\n".into(),
            c => c.into(),
        })
        .collect()
}

/// RFC 5545 §3.1: at most 75 octets a line, further lines begin with a space.
fn folded(line: &str) -> String {
    let mut text = String::new();
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > 75 {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(c);
        octets += c.len_utf8();
    }
    text + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_stays_in_its_bound_and_never_falls() {
        const LARGEST: u64 = 9_007_199_254_740_991;
        let mut before = 0;
        let mut revision = 8;
        while revision < LARGEST {
            for revision in [revision - 1, revision, revision + 1] {
                assert!(sequence(revision) >= before, "{revision}");
                before = sequence(revision);
            }
            revision = revision * 3 / 2 + 1;
        }
        assert_eq!((sequence(1), sequence(1 << 27)), (1, 1 << 27));
        assert!(sequence(LARGEST) < 1 << 31);
        let milliseconds = 1_777_777_777_000;
        assert!(sequence(milliseconds + 16_384) > sequence(milliseconds));
    }

    #[test]
    fn a_line_is_folded_at_75_octets_and_unfolds_to_itself() {
        let line = format!("SUMMARY:{}", "größer ".repeat(30));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= 75));
        assert_eq!(folded.replace("\r\n ", ""), format!("{line}\r\n"));
        for (given, lines) in [(75, &[75][..]), (76, &[75, 2]), (149, &[75, 75]), (150, &[75, 75, 2])] {
            let folded = super::folded(&"x".repeat(given));
            assert_eq!(folded.lines().map(str::len).collect::<Vec<_>>(), lines, "{given}");
        }
        assert_eq!(super::folded(&format!("{}ü", "x".repeat(74))), format!("{}\r\n ü\r\n", "x".repeat(74)));
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a,b;c\\d\ne\r"), "a\\,b\\;c\\\\d\\ne");
    }
}
