//! A booking for the customer's calendar (RFC 5545).

use jiff::{Timestamp, tz::TimeZone};
use lambda_http::{
    Body, Response,
    http::{HeaderValue, header},
};

use super::{Site, parts, secure};
use crate::booking::{Booking, BookingStatus, FulfilmentMethod};

/// The booking as an iCalendar file. Its UID stays, its SEQUENCE grows with the revision, so that a calendar that has
/// it already takes the newer one.
pub fn calendar(site: &Site, booking: &Booking, now: Timestamp) -> Response<Body> {
    let place = match (booking.fulfilment.method, &booking.fulfilment.address, &booking.location) {
        (FulfilmentMethod::Delivery, Some(address), _) => address.to_string(),
        (_, _, Some(location)) => match &location.address {
            Some(address) => format!("{}, {address}", location.name),
            None => location.name.to_string(),
        },
        _ => String::new(),
    };
    let summary = format!("{} · {}", parts::carts(&booking.carts), site.business.name);
    let description = format!("{} · {}", booking.reference, site.business.phone);
    let status = match booking.status {
        BookingStatus::Pending => "TENTATIVE",
        BookingStatus::Cancelled | BookingStatus::NoShow => "CANCELLED",
        _ => "CONFIRMED",
    };
    let lines = [
        "BEGIN:VCALENDAR".into(),
        "VERSION:2.0".into(),
        "PRODID:-//GolfCartOps//Customer portal//EN".into(),
        "METHOD:PUBLISH".into(),
        "BEGIN:VEVENT".into(),
        format!("UID:{}@golfcartops.portal", booking.booking_id),
        format!("SEQUENCE:{}", booking.revision.min(i32::MAX as u64)),
        format!("DTSTAMP:{}", utc(now)),
        format!("DTSTART:{}", utc(booking.starts_at)),
        format!("DTEND:{}", utc(booking.ends_at)),
        format!("STATUS:{status}"),
        format!("SUMMARY:{}", escaped(&summary)),
        format!("LOCATION:{}", escaped(&place)),
        format!("DESCRIPTION:{}", escaped(&description)),
        "END:VEVENT".into(),
        "END:VCALENDAR".into(),
    ];
    let body: String = lines.iter().map(|line: &String| folded(line)).collect();

    let mut response = Response::new(Body::Text(body));
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"booking.ics\""));
    response
}

fn utc(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
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
