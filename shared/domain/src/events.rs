//! Booking events: what the booking system tells the portal. The [`contract`] stands in infra/events.

use std::{collections::BTreeSet, fmt};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    booking::{Booking, BookingId},
    contract::{
        self, Faults,
        formats::TIME,
        masking::loggable,
        table::{DETAIL_TYPES, DetailType, SOURCE, compare},
    },
    customer::EmailAddress,
    time::after,
};

/// An event that keeps the contract, with what is remarkable about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// What names it in logs.
    pub about: About,
    /// What it says.
    pub event: Event,
    /// What somebody should look at, though it is applied.
    pub warnings: Vec<Warning>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A booking is now as the event says.
    Booking(Box<BookingEvent>),
    /// A customer's data must go.
    CustomerErased {
        /// Events that occurred up to then are void.
        occurred_at: Timestamp,
        /// Whose data.
        address: EmailAddress,
    },
}

/// An event about a booking.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingEvent {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The whole booking.
    pub booking: Booking,
    /// Whether the customer is to be mailed a confirmation.
    pub asks_for_confirmation: bool,
}

/// What is remarkable about an event that is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Whoever sent it has a clock that runs ahead; it counts as of the envelope's time.
    #[error("metadata.occurred_at is ahead of the time at which the bus got the event, and counts as that")]
    OccurredAhead,
    /// Its lines add up to something else.
    #[error("booking.price.lines do not add up to total_minor: no balance is shown")]
    PriceDoesNotAddUp,
    /// Its host is not one the operator allows.
    #[error("booking.delivery.tracking_url is dropped: it is not https on one of the TrackingHosts")]
    TrackingLinkDropped,
    /// Its host is not one the operator allows.
    #[error("booking.payment.url is dropped: it is not https on one of the PaymentHosts")]
    PaymentLinkDropped,
}

/// Why an event is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{faults}")]
pub struct Refusal {
    /// What names it in logs.
    pub about: About,
    /// All that is not as the contract says.
    pub faults: Faults,
}

/// What names an event in logs and at dead letters, as far as it can be read and holds nothing but what an id holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// `metadata.event_id`.
    pub event_id: Option<String>,
    /// `detail-type`.
    pub detail_type: Option<String>,
    /// `booking.booking_id`.
    pub booking_id: Option<BookingId>,
}

impl About {
    fn of(envelope: &Value) -> Self {
        let name = |value: Option<&Value>| loggable(value?).map(ToOwned::to_owned);
        Self {
            event_id: name(envelope.pointer("/detail/metadata/event_id")),
            detail_type: name(envelope.get("detail-type")),
            booking_id: envelope
                .pointer("/detail/booking/booking_id")
                .and_then(Value::as_str)
                .and_then(BookingId::parse),
        }
    }
}

/// `event evt_1, booking.updated, booking bkg_1`.
impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}", self.event_id.as_deref().unwrap_or("?"))?;
        write!(f, ", {}", self.detail_type.as_deref().unwrap_or("?"))?;
        match &self.booking_id {
            Some(booking) => write!(f, ", booking {booking}"),
            None => Ok(()),
        }
    }
}

/// Hosts that links of events may point to.
#[derive(Debug, Clone, Default)]
pub struct Hosts(BTreeSet<String>);

impl Hosts {
    /// Reads host names separated by commas.
    pub fn parse(list: &str) -> Self {
        Self(list.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_lowercase).collect())
    }

    /// The link as the WHATWG's URL standard writes it, if it is https on one of these hosts and means the same to every
    /// reader: a backslash, white space and a user name do not.
    fn allowed(&self, link: &str) -> Option<String> {
        let url = Url::parse(link).ok()?;
        let is_plain = !link.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control());
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        let is_ours = url.scheme() == "https" && url.host_str().is_some_and(|host| self.0.contains(host));
        (is_plain && is_anonymous && is_ours).then(|| url.into())
    }
}

/// What an operator takes of events.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// The one business whose events are taken; none where the bus has no other.
    pub business_id: Option<String>,
    /// Hosts of live tracking links.
    pub tracking_hosts: Hosts,
    /// Hosts of links to pay.
    pub payment_hosts: Hosts,
}

/// How far the clock that stamps envelopes may be ahead of the portal's.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_mins(5);

/// How far `occurred_at` may be ahead of the envelope's time without a word: the bus stamps whole seconds.
const UNREMARKABLE: SignedDuration = SignedDuration::from_secs(2);

impl Event {
    /// Reads an event as EventBridge hands it on, at `now`; with every fault if there is one.
    pub fn read(envelope: &str, accepted: &Accepted, now: Timestamp) -> Result<Received, Refusal> {
        let refuse = |about: &About, faults| Refusal { about: about.clone(), faults };
        let mut envelope: Value = serde_json::from_str(envelope)
            .map_err(|error| Refusal { about: About::default(), faults: Faults::not_json(&error) })?;
        let about = About::of(&envelope);
        let mut faults = Faults::default();
        let (detail_type, time) = check_envelope(&envelope, now, &mut faults);
        let Some(detail_type) = detail_type else { return Err(refuse(&about, faults)) };
        let mut detail = envelope["detail"].take();
        check_detail(detail_type, &mut detail, accepted, &mut faults);
        let Some(time) = time.filter(|_| faults.is_empty()) else { return Err(refuse(&about, faults)) };
        let (event, warnings) = match detail_type.name {
            "customer.erased" => read_erasure(&detail, time),
            name => read_booking(&detail, time, name == "booking.confirmed", accepted),
        }
        .map_err(|_| {
            // The table and the types differ: the tests of the contract hold them together.
            faults.wrong("", "what this release of the portal can read");
            refuse(&about, faults)
        })?;
        Ok(Received { about, event, warnings })
    }
}

/// What EventBridge says about the event: its type, and when the bus got it. Nothing further is looked at where the
/// detail-type is none of the contract.
fn check_envelope(
    envelope: &Value,
    now: Timestamp,
    faults: &mut Faults,
) -> (Option<&'static DetailType>, Option<Timestamp>) {
    let text = |name: &str| envelope.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("source") != SOURCE {
        faults.wrong("source", SOURCE);
    }
    let time = Some(text("time")).filter(|time| TIME.takes(time)).and_then(|time| time.parse::<Timestamp>().ok());
    match time {
        None => faults.wrong("time", TIME.expected),
        Some(time) if time > after(now, CLOCKS_DIFFER_BY) => {
            faults.wrong("time", "a time at most 5 minutes ahead of the portal's clock");
        }
        Some(_) => {}
    }
    let detail_type = DetailType::named(text("detail-type"));
    if detail_type.is_none() {
        let names: Vec<&str> = DETAIL_TYPES.iter().map(|known| known.name).collect();
        faults.wrong("detail-type", format_args!("one of {}", names.join(", ")));
    }
    (detail_type, time)
}

/// Every fault of a detail. Of an unknown major version nothing further is known.
fn check_detail(detail_type: &DetailType, detail: &mut Value, accepted: &Accepted, faults: &mut Faults) {
    const SCHEMA_VERSION: &str = "metadata.schema_version";
    let version = detail.pointer("/metadata/schema_version").and_then(Value::as_str).unwrap_or_default();
    let major = version.split_once('.').map_or(version, |(major, _)| major);
    if major != "1" && !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit()) {
        return faults.wrong(SCHEMA_VERSION, "major version 1, the only one understood");
    }
    contract::take(&detail_type.detail, detail, "", faults);
    compare(&detail["booking"], faults);
    let business = detail.pointer("/metadata/business_id").and_then(Value::as_str);
    if accepted.business_id.as_deref().is_some_and(|ours| business != Some(ours)) {
        faults.wrong("metadata.business_id", "the id of this stack's business, its parameter BusinessId");
    }
}

#[derive(Deserialize)]
struct Metadata {
    occurred_at: Timestamp,
    #[serde(default)]
    notify: bool,
}

impl Metadata {
    /// When the event occurred, and whether its sender's clock ran ahead: then it counts as when the bus got it, so that
    /// every delivery decides alike and nothing is held up beyond the present.
    fn occurred(&self, time: Timestamp) -> (Timestamp, Option<Warning>) {
        let is_ahead = self.occurred_at > after(time, UNREMARKABLE);
        (self.occurred_at.min(time), is_ahead.then_some(Warning::OccurredAhead))
    }
}

#[derive(Deserialize)]
struct BookingDetail {
    metadata: Metadata,
    booking: Booking,
}

#[derive(Deserialize)]
struct ErasureDetail {
    metadata: Metadata,
    customer: ErasedCustomer,
}

#[derive(Deserialize)]
struct ErasedCustomer {
    email: EmailAddress,
}

/// Reads a detail by way of its text, as the stored form is read, so that the binary holds one reader of bookings.
fn read<T: DeserializeOwned>(detail: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_str(&detail.to_string())
}

fn read_erasure(detail: &Value, time: Timestamp) -> Result<(Event, Vec<Warning>), serde_json::Error> {
    let ErasureDetail { metadata, customer } = read(detail)?;
    let (occurred_at, ahead) = metadata.occurred(time);
    Ok((Event::CustomerErased { occurred_at, address: customer.email }, ahead.into_iter().collect()))
}

fn read_booking(
    detail: &Value,
    time: Timestamp,
    may_ask: bool,
    accepted: &Accepted,
) -> Result<(Event, Vec<Warning>), serde_json::Error> {
    let BookingDetail { metadata, mut booking } = read(detail)?;
    let (occurred_at, ahead) = metadata.occurred(time);
    let mut warnings: Vec<Warning> = ahead.into_iter().collect();
    if booking.price.as_ref().is_some_and(|price| !price.adds_up()) {
        warnings.push(Warning::PriceDoesNotAddUp);
    }
    let tracking = booking.delivery.as_mut().map(|delivery| &mut delivery.tracking_url);
    if tracking.is_some_and(|link| !keep_allowed(link, &accepted.tracking_hosts)) {
        warnings.push(Warning::TrackingLinkDropped);
    }
    let payment = booking.payment.as_mut().map(|payment| &mut payment.url);
    if payment.is_some_and(|link| !keep_allowed(link, &accepted.payment_hosts)) {
        warnings.push(Warning::PaymentLinkDropped);
    }
    let asks_for_confirmation = may_ask && metadata.notify;
    Ok((Event::Booking(Box::new(BookingEvent { occurred_at, booking, asks_for_confirmation })), warnings))
}

/// Drops a link whose host is not allowed; says whether nothing was dropped.
fn keep_allowed(link: &mut Option<String>, hosts: &Hosts) -> bool {
    let had_one = link.is_some();
    *link = link.take().and_then(|link| hosts.allowed(&link));
    link.is_some() || !had_one
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-01T00:00:30Z";
    const GOT_AT: &str = "2026-11-01T00:00:00Z";

    fn envelope() -> Value {
        json!({"source": "golfcartops.bookings", "time": GOT_AT, "detail-type": "booking.updated", "detail": {
            "metadata": {"event_id": "e", "schema_version": "1.1", "occurred_at": "2026-10-31T23:59:00Z"},
            "booking": {
                "booking_id": "bkg_1", "reference": "GCO-1", "revision": 1, "status": "confirmed",
                "customer": {"email": "ana@example.com", "name": "Ana"},
                "starts_at": "2026-07-10T09:00:00-04:00", "ends_at": "2026-07-14T17:00:00-04:00",
                "time_zone": "America/New_York", "carts": [{"asset_type": "6-Seater", "name": "Cart #14"}],
                "fulfilment": {"method": "pickup"}
            }
        }})
    }

    fn accepted() -> Accepted {
        let hosts = || Hosts::parse("track.example.com, Pay.Example.com");
        Accepted { business_id: None, tracking_hosts: hosts(), payment_hosts: hosts() }
    }

    fn read(envelope: &Value, accepted: &Accepted) -> Result<Received, Refusal> {
        Event::read(&envelope.to_string(), accepted, NOW.parse().unwrap())
    }

    fn booking_of(received: Received) -> BookingEvent {
        match received.event {
            Event::Booking(event) => *event,
            Event::CustomerErased { .. } => panic!("an erasure"),
        }
    }

    #[test]
    fn no_clock_of_a_sender_reaches_beyond_the_moment_at_which_the_bus_got_the_event() {
        for (occurred_at, counts_as, warnings) in [
            ("2026-10-31T23:59:00Z", "2026-10-31T23:59:00Z", &[][..]),
            (GOT_AT, GOT_AT, &[]),
            ("2026-11-01T00:00:02Z", GOT_AT, &[]),
            ("2026-11-01T00:00:02.1Z", GOT_AT, &[Warning::OccurredAhead]),
            ("2026-11-01T10:00:00Z", GOT_AT, &[Warning::OccurredAhead]),
            ("2027-11-01T00:00:00Z", GOT_AT, &[Warning::OccurredAhead]),
        ] {
            let mut event = envelope();
            event["detail"]["metadata"]["occurred_at"] = json!(occurred_at);
            let received = read(&event, &accepted()).unwrap();
            assert_eq!(received.warnings, warnings, "{occurred_at}");
            assert_eq!(booking_of(received).occurred_at, counts_as.parse().unwrap(), "{occurred_at}");
        }
        for (got_at, is_taken) in
            [("2026-11-01T00:05:30Z", true), ("2026-11-01T00:05:31Z", false), ("2027-01-01T00:00:00Z", false)]
        {
            let mut event = envelope();
            event["time"] = json!(got_at);
            assert_eq!(read(&event, &accepted()).is_ok(), is_taken, "{got_at}");
        }
    }

    #[test]
    fn only_a_confirmed_booking_asks_for_a_mail_and_only_where_it_says_so() {
        for (detail_type, notify, asks) in [
            ("booking.confirmed", true, true),
            ("booking.confirmed", false, false),
            ("booking.updated", true, false),
            ("booking.updated", false, false),
        ] {
            let mut event = envelope();
            event["detail-type"] = json!(detail_type);
            event["detail"]["metadata"]["notify"] = json!(notify);
            let booking = booking_of(read(&event, &accepted()).unwrap());
            assert_eq!(booking.asks_for_confirmation, asks, "{detail_type}, {notify}");
        }
    }

    #[test]
    fn a_price_that_does_not_add_up_is_taken_with_a_warning() {
        for (total_minor, warnings) in [(100, &[][..]), (1, &[Warning::PriceDoesNotAddUp])] {
            let mut event = envelope();
            event["detail"]["booking"]["price"] = json!({"currency": "USD", "total_minor": total_minor, "paid_minor": 0,
                "lines": [{"label": "Cart", "amount_minor": 100}]});
            assert_eq!(read(&event, &accepted()).unwrap().warnings, warnings, "{total_minor}");
        }
    }

    #[test]
    fn on_a_shared_bus_only_events_of_this_business_are_taken() {
        let ours = Accepted { business_id: Some("tybee".into()), ..accepted() };
        for (business, by_one_alone, by_one_of_several) in
            [(json!("tybee"), true, true), (json!("other"), true, false), (json!(null), true, false)]
        {
            let mut event = envelope();
            event["detail"]["metadata"]["business_id"] = business.clone();
            assert_eq!(read(&event, &accepted()).is_ok(), by_one_alone, "{business}");
            assert_eq!(read(&event, &ours).is_ok(), by_one_of_several, "{business}");
        }
    }

    #[test]
    fn a_link_is_kept_as_browsers_read_it_if_its_host_is_allowed_and_dropped_with_a_warning_otherwise() {
        for (link, kept) in [
            ("https://track.example.com/d/1", Some("https://track.example.com/d/1")),
            ("Https://TRACK.example.com/d/1?a=1&b=2", Some("https://track.example.com/d/1?a=1&b=2")),
            ("https://pay.example.com", Some("https://pay.example.com/")),
            ("https://track.example.com:443/d", Some("https://track.example.com/d")),
            ("http://track.example.com/d/1", None),
            ("https://track.example.com.evil.example/", None),
            ("https://evil.example/track.example.com", None),
            ("https://track.example.com\\@evil.example/", None),
            ("https://track.example.com@evil.example/", None),
            ("https://somebody@track.example.com/", None),
            (" https://track.example.com/", None),
            ("https://track.exa\nmple.com/", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            let mut event = envelope();
            let at = "2026-07-10T08:00:00Z";
            event["detail"]["booking"]["delivery"] =
                json!({"status": "on_the_way", "tracking_url": link, "updated_at": at});
            event["detail"]["booking"]["payment"] = json!({"url": link});
            let received = read(&event, &accepted()).unwrap();
            let both = [Warning::TrackingLinkDropped, Warning::PaymentLinkDropped];
            assert_eq!(received.warnings, if kept.is_some() { &[][..] } else { &both }, "{link}");
            let booking = booking_of(received).booking;
            assert_eq!(booking.delivery.unwrap().tracking_url.as_deref(), kept, "{link}");
            assert_eq!(booking.payment.unwrap().url.as_deref(), kept, "{link}");
        }
    }

    #[test]
    fn a_refusal_tells_all_faults_and_quotes_nothing_of_the_event() {
        const SECRET: &str = "somebody@example.com";
        let mut event = envelope();
        for field in ["status", "starts_at", "revision", "time_zone", "booking_id", "carts"] {
            event["detail"]["booking"][field] = json!(SECRET);
        }
        event["detail"]["metadata"]["event_id"] = json!([SECRET]);
        event["detail-type"] = json!("booking.updated");
        let refusal = read(&event, &accepted()).unwrap_err();
        assert_eq!(refusal.faults.listed.len(), 7, "{refusal}");
        assert!(!format!("{refusal} {} {refusal:?}", refusal.about).contains("somebody"), "{refusal:?}");

        let mut carts = envelope();
        carts["detail"]["booking"]["carts"] = json!(vec![json!(SECRET); 2000]);
        let refusal = read(&carts, &accepted()).unwrap_err();
        assert_eq!((refusal.faults.listed.len(), refusal.faults.more), (Faults::MOST, 2001 - Faults::MOST));
        assert!(refusal.to_string().ends_with("; and 1951 more"), "{refusal}");
    }

    #[test]
    fn what_names_an_event_in_logs_is_a_name() {
        let mut event = envelope();
        assert_eq!(About::of(&event).to_string(), "event e, booking.updated, booking bkg_1");
        event["detail"]["metadata"]["event_id"] = json!("ana@example.com");
        event["detail"]["booking"]["booking_id"] = json!("ana@example.com");
        event["detail-type"] = json!("to ana@example.com");
        assert_eq!(About::of(&event).to_string(), "event ?, ?");
    }

    #[test]
    fn whatever_is_no_event_is_refused() {
        for body in ["", "{", "[]", "null", "7", "\"x\"", "{}", r#"{"detail-type": "booking.updated"}"#] {
            assert!(Event::read(body, &accepted(), NOW.parse().unwrap()).is_err(), "{body}");
        }
    }
}
