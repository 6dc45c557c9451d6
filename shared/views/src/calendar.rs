//! A booking for the customer's calendar (RFC 5545).

use jiff::Timestamp;
use portal_domain::{booking::BookingStatus, config::Business, sign_in::OwnBooking, time::basic_utc};

use super::formatting;

/// The booking as an iCalendar file. Its UID stays, its SEQUENCE grows with the revision, so that a calendar that has
/// it already takes the newer one. Times are UTC, which every calendar shows in its owner's zone. A rental does not make
/// its days busy (TRANSP). METHOD and ORGANIZER as RFC 5546 §3.2.1 and §3.2.5 ask for.
pub fn file(business: &Business, own: &OwnBooking, now: Timestamp) -> String {
    let booking = own.booking();
    let location = booking.location.as_ref();
    let (method, status) = match booking.status {
        BookingStatus::Pending => ("PUBLISH", "TENTATIVE"),
        BookingStatus::Cancelled | BookingStatus::NoShow => ("CANCEL", "CANCELLED"),
        _ => ("PUBLISH", "CONFIRMED"),
    };
    let mut lines = vec![
        "BEGIN:VCALENDAR".into(),
        "VERSION:2.0".into(),
        "PRODID:-//GolfCartOps//Customer portal//EN".into(),
        format!("METHOD:{method}"),
        "BEGIN:VEVENT".into(),
        format!("UID:{}@golfcartops.portal", booking.booking_id),
        format!("SEQUENCE:{}", sequence(booking.revision)),
        format!("DTSTAMP:{}", basic_utc(now)),
        format!("DTSTART:{}", basic_utc(booking.starts_at)),
        format!("DTEND:{}", basic_utc(booking.ends_at)),
        format!("STATUS:{status}"),
        "TRANSP:TRANSPARENT".into(),
        format!("SUMMARY:{}", escaped(&format!("{} · {}", formatting::carts(&booking.carts), business.name))),
        format!("DESCRIPTION:{}", escaped(&format!("{}\n{}", booking.reference, business.phone))),
        format!("ORGANIZER;CN=\"{}\":mailto:{}", quotable(&business.name), business.email.as_str()),
    ];
    if let Some(place) = formatting::meeting_place(&booking.fulfilment, location).or(location.map(formatting::shop)) {
        lines.push(format!("LOCATION:{}", escaped(&place)));
    }
    lines.extend(["END:VEVENT".into(), "END:VCALENDAR".into()]);
    lines.iter().map(|line: &String| folded(line)).collect()
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

/// What may stand between quotation marks (RFC 5545 §3.1, QSAFE-CHAR).
fn quotable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '"').collect()
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
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a,b;c\\d\ne\r"), "a\\,b\\;c\\\\d\\ne");
    }
}
