//! One booking's life: what happens to it, and the events that tell of it.

use std::fmt::Write;

use jiff::{ToSpan, Zoned};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    booking::{
        Booking, Delivery, DeliveryStatus, Document, File, Fulfilment, Kind, Paid, PaidKind, Paper, Payment, Status,
        Time,
    },
    data::{Demo, DemoDocument, Error},
    pdf,
    plan::Plan,
};

const CARD: &str = "Visa ending in 4242";
const DEPOSIT_MINOR: i64 = 20_000;

/// A booking and what the demo tells of it.
pub(super) struct Story<'a> {
    pub(super) booking: Booking,
    pub(super) booked_at: Zoned,
    pub(super) demo: &'a mut Demo,
}

impl<'a> Story<'a> {
    pub(super) fn of(plan: Plan, demo: &'a mut Demo) -> Result<Self, jiff::Error> {
        let booking = plan.booking()?;
        let booked_at = booking.starts_at.0.checked_sub(22.days().hours(19))?;
        Ok(Story { booking, booked_at, demo })
    }

    pub(super) fn confirm(&mut self) -> Result<(), Error> {
        self.tell("booking.confirmed", &self.booked_at.clone())
    }

    pub(super) fn confirm_and_sign(&mut self) -> Result<(), Error> {
        self.confirm()?;
        self.sign()?;
        self.tell("document.issued", &self.booked_at.checked_add(7.minutes())?)
    }

    pub(super) fn confirm_and_notify(&mut self, at: &Zoned) -> Result<(), Error> {
        self.booking.status = Status::Confirmed;
        self.tell("booking.confirmed", at)?;
        if let Some(event) = self.demo.events.last_mut() {
            event["Detail"]["metadata"]["notify"] = json!(true);
        }
        Ok(())
    }

    /// Books without being certain yet.
    pub(super) fn request(&mut self) -> Result<(), Error> {
        self.booking.status = Status::Pending;
        self.tell("booking.updated", &self.booked_at.clone())
    }

    pub(super) fn deliver(
        &mut self,
        status: DeliveryStatus,
        at: &Zoned,
        tracking: Option<(&str, Zoned)>,
    ) -> Result<(), Error> {
        let (tracking_url, eta) = tracking.unzip();
        self.booking.delivery = Some(Delivery {
            status,
            tracking_url: tracking_url.map(str::to_owned),
            eta: eta.map(Time),
            updated_at: Time(at.clone()),
        });
        self.tell("delivery.updated", at)
    }

    pub(super) fn hand_over(&mut self) -> Result<(), Error> {
        let starts_at = self.booking.starts_at.0.clone();
        self.pay_the_rest(&starts_at);
        if let Fulfilment::Delivery { .. } = self.booking.fulfilment {
            self.deliver(DeliveryStatus::Delivered, &starts_at, None)?;
        }
        self.transfer(PaidKind::DepositHeld, DEPOSIT_MINOR, &starts_at);
        self.booking.status = Status::CheckedOut;
        self.tell("booking.updated", &starts_at)
    }

    pub(super) fn come_back(&mut self, status: Status, at: &Zoned) -> Result<(), Error> {
        self.booking.status = status;
        self.tell("booking.updated", at)?;
        let billed_at = at.checked_add(1.hour())?;
        self.bill(&billed_at)?;
        self.tell("document.issued", &billed_at)
    }

    /// Cancels free of charge and gives back what was paid.
    pub(super) fn cancel(&mut self, at: &Zoned) -> Result<(), Error> {
        let paid_minor = self.booking.price.paid_minor;
        self.booking.payment = None;
        if paid_minor > 0 {
            self.transfer(PaidKind::Refund, paid_minor, at);
            self.payable("Your refund goes back to your card within 5 business days.", None);
        }
        self.booking.status = Status::Cancelled;
        self.booking.price.waive();
        self.tell("booking.cancelled", at)
    }

    /// Tells of the whole life in one event.
    pub(super) fn replay(&mut self, status: Status) -> Result<(), Error> {
        self.pay_the_rest(&self.booked_at.clone());
        self.sign()?;
        self.transfer(PaidKind::DepositHeld, DEPOSIT_MINOR, &self.booking.starts_at.0.clone());
        self.booking.status = status;
        let billed_at = self.booking.ends_at.0.checked_add(1.hour())?;
        self.bill(&billed_at)?;
        self.booking.revision += 4;
        self.tell("document.issued", &billed_at)
    }

    /// Says how the rest can be paid.
    pub(super) fn payable(&mut self, note: &str, url: Option<&str>) {
        self.booking.payment = Some(Payment { note: Some(note.to_owned()), url: url.map(str::to_owned) });
    }

    /// Pays a part when it is booked.
    pub(super) fn pay_ahead(&mut self, amount_minor: i64) {
        self.booking.price.paid_minor += amount_minor;
        self.transfer(PaidKind::Payment, amount_minor, &self.booked_at.clone());
    }

    pub(super) fn pay_the_rest(&mut self, at: &Zoned) {
        let balance_minor = self.booking.price.balance_minor();
        if balance_minor > 0 {
            self.booking.price.paid_minor += balance_minor;
            self.transfer(PaidKind::Payment, balance_minor, at);
        }
        self.booking.payment = None;
    }

    fn transfer(&mut self, kind: PaidKind, amount_minor: i64, at: &Zoned) {
        self.booking.payments.push(Paid { at: Time(at.clone()), amount_minor, kind, method: Some(CARD.into()) });
    }

    fn sign(&mut self) -> Result<(), Error> {
        let issued_at = self.booked_at.checked_add(2.minutes())?;
        let signed_at = self.booked_at.checked_add(6.minutes())?;
        self.issue(Kind::Agreement, issued_at, Some(signed_at))
    }

    pub(super) fn bill(&mut self, at: &Zoned) -> Result<(), Error> {
        self.transfer(PaidKind::DepositReleased, DEPOSIT_MINOR, at);
        self.issue(Kind::Invoice, at.clone(), None)?;
        self.issue(Kind::Receipt, at.clone(), None)
    }

    fn issue(&mut self, kind: Kind, issued_at: Zoned, signed_at: Option<Zoned>) -> Result<(), Error> {
        let booking_id = &self.booking.booking_id;
        let (word, title) = match kind {
            Kind::Agreement => ("agreement", "Rental agreement"),
            Kind::Invoice => ("invoice", "Invoice"),
            Kind::Receipt => ("receipt", "Receipt"),
        };
        let document_id = booking_id.replacen("bkg", "doc", 1) + "_" + word;
        let key = format!("documents/{booking_id}/{document_id}.pdf");
        let paper = Paper {
            document_id,
            kind,
            title: title.into(),
            issued_at: Time(issued_at),
            signed_at: signed_at.map(Time),
        };
        let bytes = pdf::draw(&self.booking, &paper)?;
        let file = File { key: key.clone(), size_bytes: bytes.len(), sha256: sha256(&bytes) };
        self.booking.documents.push(Document { paper, file });
        self.demo.documents.push(DemoDocument { key, bytes });
        Ok(())
    }

    /// Publishes the booking as it is now, in its next revision.
    pub(super) fn tell(&mut self, detail_type: &str, at: &Zoned) -> Result<(), Error> {
        let booking = &mut self.booking;
        booking.revision += 1;
        let event_id = format!("evt_{}_{}", booking.reference, booking.revision);
        let booking = serde_json::to_value(booking)?;
        self.demo.tell(detail_type, &event_id, at, ("booking", booking))
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
