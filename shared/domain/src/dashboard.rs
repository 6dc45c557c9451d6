//! A customer's dashboard: a row a booking, and places among past rentals.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    booking::{Booking, BookingId, Instruction, InstructionStage},
    change::Change,
    filed::UnreadableBooking,
    language::Language,
    money::{Paid, PaidKind, Price},
    progress::Progress,
    time::basic_utc,
};

/// A customer's rows: every active booking, and a page of past rentals.
#[derive(Debug, Default)]
pub struct Rows {
    /// Current and upcoming, soonest first.
    pub active: Vec<BookingRow>,
    /// Newest first.
    pub past: Vec<BookingRow>,
    /// Those of either that this release cannot read.
    pub unreadable: Vec<UnreadableBooking>,
    /// Where the next page of past rentals begins, if there is one.
    pub more: Option<Cursor>,
}

impl Rows {
    /// The language that the customer prefers, by the first booking that names one.
    pub fn language(&self) -> Option<Language> {
        self.active.iter().chain(&self.past).find_map(|row| row.booking.customer.language())
    }
}

/// Instructions that a row shows.
const INSTRUCTIONS: usize = 2;

/// What the dashboard shows of a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookingRow {
    /// The booking, without what a row does not show.
    pub booking: Booking,
    /// What was changed of it lately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// When its delivery took its steps, while it is active.
    #[serde(default, skip_serializing_if = "Progress::is_empty")]
    pub progress: Progress,
}

impl BookingRow {
    /// The row of a booking. An active one keeps the first instructions for the time when the customer has the carts;
    /// any other keeps what was refunded. What is said of paying stays where something is due or the booking is
    /// history. Money stays out where the price does not add up.
    pub fn new(booking: &Booking, change: Option<Change>, progress: Progress) -> Self {
        let is_active = booking.status.is_active();
        let price = booking.price.clone().filter(Price::adds_up).map(|price| Price { lines: Vec::new(), ..price });
        let is_due = price.as_ref().and_then(Price::balance_minor).is_some_and(|balance| balance > 0);
        let shows_refunds = price.is_some() && !is_active;
        let is_shown = |instruction: &&Instruction| is_active && instruction.stage == InstructionStage::During;
        let is_refund = |paid: &&Paid| shows_refunds && paid.kind == PaidKind::Refund;
        // Each field by its name, so that whoever adds one is asked whether rows show it.
        let booking = Booking {
            booking_id: booking.booking_id.clone(),
            reference: booking.reference.clone(),
            revision: booking.revision,
            status: booking.status,
            customer: booking.customer.clone(),
            location: booking.location.clone(),
            starts_at: booking.starts_at,
            ends_at: booking.ends_at,
            time_zone: booking.time_zone.clone(),
            carts: booking.carts.clone(),
            add_ons: Vec::new(),
            fulfilment: booking.fulfilment.clone(),
            delivery: booking.delivery.clone(),
            way_back: booking.way_back.clone(),
            instructions: booking.instructions.iter().filter(is_shown).take(INSTRUCTIONS).cloned().collect(),
            price,
            payment: booking.payment.clone().filter(|_| is_due || shows_refunds),
            payments: booking.payments.iter().filter(is_refund).cloned().collect(),
            documents: booking.documents.clone(),
        };
        Self { booking, change, progress: if is_active { progress } else { Progress::default() } }
    }
}

/// The cursor of a page of past rentals: the start and the id of the last one shown. It says nothing about whose they
/// are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(String);

impl Cursor {
    /// The place behind the booking of this start and id.
    pub fn behind(starts_at: Timestamp, id: &BookingId) -> Self {
        Self(format!("{}~{id}", basic_utc(starts_at)))
    }

    /// Reads what [`Cursor::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, id) = text.split_once('~')?;
        let is_start = start.len() == 16 && start.bytes().all(|b| b.is_ascii_digit() || b == b'T' || b == b'Z');
        (is_start && BookingId::parse(id).is_some()).then(|| Self(text.to_owned()))
    }

    /// The cursor as it stands in a page's address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The row of a booking with everything, this status and this price.
    fn row(status: &str, price: &Value) -> BookingRow {
        let sample = include_str!("../../../infra/events/samples/booking.confirmed.json");
        let mut sample: Value = serde_json::from_str(sample).unwrap();
        let booking = &mut sample["Detail"]["booking"];
        booking["status"] = json!(status);
        booking["price"] = price.clone();
        let stages = ["before", "during", "handover", "during", "during", "return"];
        let instruction = |(n, stage)| json!({"stage": stage, "text": format!("{stage} {n}")});
        booking["instructions"] = stages.iter().enumerate().map(instruction).collect();
        booking["payment"] = json!({"note": "Card or cash", "url": "https://pay.example.com/"});
        let kinds = ["payment", "refund", "deposit_held", "deposit_released", "refund"];
        let paid = |(n, kind)| json!({"at": "2026-05-03T14:00:00Z", "amount_minor": n, "kind": kind});
        booking["payments"] = kinds.iter().enumerate().map(paid).collect();
        let at = "2026-07-10T12:00:00Z".parse().unwrap();
        let progress = Progress { scheduled: Some(at), ..Progress::default() };
        BookingRow::new(&serde_json::from_value(booking.take()).unwrap(), None, progress)
    }

    #[test]
    fn the_first_booking_that_names_a_language_tells_the_customer_s() {
        let row = |locale: Option<&str>| {
            let mut row = row("confirmed", &Value::Null);
            row.booking.customer.locale = locale.map(|tag| tag.to_owned().try_into().unwrap());
            row
        };
        for (active, past, language) in [
            (vec![None], vec![Some("es")], Some(Language::Spanish)),
            (vec![Some("fr"), Some("en")], vec![Some("es")], Some(Language::English)),
            (vec![None], vec![], None),
        ] {
            let rows = |locales: &[Option<&str>]| locales.iter().copied().map(row).collect();
            let rows = Rows { active: rows(&active), past: rows(&past), ..Rows::default() };
            assert_eq!(rows.language(), language, "{active:?} {past:?}");
        }
    }

    #[test]
    fn a_cursor_is_a_start_and_an_id_and_reads_back() {
        let behind = Cursor::behind("2026-07-10T13:00:00Z".parse().unwrap(), &BookingId::parse("bkg_1").unwrap());
        assert_eq!(behind.as_str(), "20260710T130000Z~bkg_1");
        assert_eq!(Cursor::parse(behind.as_str()), Some(behind));
        for text in [
            "",
            "20260710T130000Z",
            "20260710T130000Z~",
            "20260710T130000Z~bkg 1",
            "20260710T13000Z~bkg_1",
            "20260710T1300000Z~bkg_1",
            "20260710 130000Z~bkg_1",
            "20260710T130000+~bkg_1",
            "~bkg_1",
        ] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_row_keeps_what_a_card_shows_of_instructions_payments_and_steps() {
        let price = |total, paid, line: i64| {
            json!({"currency": "USD", "lines": [{"label": "Cart", "amount_minor": line}], "total_minor": total,
                "paid_minor": paid})
        };
        let (due, paid, credit) = (price(100, 40, 100), price(100, 100, 100), price(100, 120, 100));
        let (odd, none) = (price(190, 0, 18810), Value::Null);
        // The numbers of the instructions, whether it says how to pay, the amounts of the refunds, and whether it has steps.
        for (status, price, instructions, pays, refunds, has_steps) in [
            ("pending", &due, &["during 1", "during 3"][..], true, &[][..], true),
            ("confirmed", &due, &["during 1", "during 3"], true, &[], true),
            ("confirmed", &paid, &["during 1", "during 3"], false, &[], true),
            ("confirmed", &credit, &["during 1", "during 3"], false, &[], true),
            ("confirmed", &odd, &["during 1", "during 3"], false, &[], true),
            ("confirmed", &none, &["during 1", "during 3"], false, &[], true),
            ("checked_out", &due, &["during 1", "during 3"], true, &[], true),
            ("overdue", &paid, &["during 1", "during 3"], false, &[], true),
            ("returned", &due, &[], true, &[1, 4], false),
            ("returned", &paid, &[], true, &[1, 4], false),
            ("closed", &paid, &[], true, &[1, 4], false),
            ("cancelled", &credit, &[], true, &[1, 4], false),
            ("no_show", &paid, &[], true, &[1, 4], false),
            ("cancelled", &odd, &[], false, &[], false),
            ("cancelled", &none, &[], false, &[], false),
        ] {
            let BookingRow { booking, progress, .. } = row(status, price);
            let texts: Vec<&str> = booking.instructions.iter().map(|instruction| instruction.text.as_str()).collect();
            let amounts: Vec<i64> = booking.payments.iter().map(|paid| paid.amount_minor).collect();
            assert_eq!(texts, instructions, "{status}, {price}");
            assert_eq!(booking.payment.is_some(), pays, "{status}, {price}");
            assert_eq!(amounts, refunds, "{status}, {price}");
            assert_eq!(!progress.is_empty(), has_steps, "{status}, {price}");
            assert_eq!(booking.price.is_some(), *price != odd && *price != none, "{status}, {price}");
            assert!(booking.price.is_none_or(|price| price.lines.is_empty()) && booking.add_ons.is_empty());
        }
    }
}
