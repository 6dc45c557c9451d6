//! What there is to see of a booking and of a customer: read from the table, and nothing else.

use jiff::Timestamp;
use portal_aws::store::{Addressee, BookingRecord, Store};
use portal_domain::{
    booking::BookingId,
    confirmation::{Confirmation, Due},
    customer::{CustomerId, EmailAddress},
    dashboard::Rows,
    filed::{FiledBooking, UnreadableBooking},
    language::Language,
    sign_in::SignedIn,
    time::Zone,
};

use super::{
    lens::Lens,
    moment::At,
    sheets::{Kind, Sheets},
    stages::{self, AtStage},
};
use crate::{commands::booking::record_of, stack::Stack, terminal::Failure};

/// Who looks, and how.
pub(super) struct Look<'a> {
    pub(super) stack: &'a Stack,
    pub(super) store: Store,
    pub(super) wanted: Option<Language>,
    pub(super) at: Option<At>,
}

/// What was seen.
pub(super) struct Gathered {
    pub(super) customer: CustomerId,
    pub(super) at: Timestamp,
    pub(super) sheets: Sheets,
    /// What there is nothing to see of, and why.
    pub(super) left_out: Vec<String>,
}

impl Look<'_> {
    /// A booking's page, its confirmation, its customer's dashboard, and its page at the stages of the rental.
    pub(super) async fn at_booking(&self, id: &BookingId, with_stages: bool) -> Result<Gathered, Failure> {
        let record = record_of(self.stack, id).await?;
        let customer = self.owner(&record).await?;
        let rows = self.store.dashboard_record(record.owner).await?;
        let zone = record.filed.as_ref().map_or_else(|| zone_of(&rows), |filed| filed.booking.time_zone.clone());
        let (lens, mut seen) = self.begin(record.owner, zone)?;
        let filed = record.filed.clone();
        seen.booking(&lens, &customer, id, record);
        filed.iter().for_each(|filed| seen.confirmation(&lens, filed));
        seen.dashboard(&lens, &customer, &rows);
        let stages = filed.iter().filter(|_| with_stages).flat_map(stages::of);
        stages.enumerate().for_each(|(i, stage)| seen.stage(&lens, i + 1, stage));
        Ok(seen)
    }

    /// A customer's dashboard, the page of each booking on it, and the mail with the link.
    pub(super) async fn at_customer(&self, address: &EmailAddress) -> Result<Gathered, Failure> {
        let owner = self.stack.customer_key().await?.customer(address);
        let rows = self.store.dashboard_record(owner).await?;
        let shown = rows.active.iter().chain(&rows.past).map(|row| &row.booking.booking_id);
        let shown: Vec<&BookingId> = shown.chain(rows.unreadable.iter().map(|row| &row.booking_id)).collect();
        if shown.is_empty() {
            let problem = format!("the portal knows no booking of {}", address.masked());
            return Err(Failure::new(problem, format!("{} says more", self.stack.command("why"))));
        }
        let customer = SignedIn::previewed(owner, address);
        let (lens, mut seen) = self.begin(owner, zone_of(&rows))?;
        seen.dashboard(&lens, &customer, &rows);
        for id in shown {
            let record = record_of(self.stack, id).await?;
            // It may just have moved to somebody else.
            if record.owner == owner {
                seen.booking(&lens, &customer, id, record);
            }
        }
        match self.store.newest_addressee(owner).await? {
            Some(addressee) => seen.sign_in(&lens, addressee),
            None => seen.left_out.push("the mail with the link: no booking can be read, so none is sent".to_owned()),
        }
        Ok(seen)
    }

    fn begin(&self, customer: CustomerId, zone: Zone) -> Result<(Lens, Gathered), Failure> {
        let at = match self.at {
            None => Timestamp::now(),
            Some(at) => at.moment(&zone).ok_or_else(|| {
                Failure::new("--at is beyond the years that times can have", "Give a year from 0 to 9998.")
            })?,
        };
        let lens = Lens::of(self.stack, self.wanted)?;
        Ok((lens, Gathered { customer, at, sheets: Sheets::new(zone), left_out: Vec::new() }))
    }

    /// The owner of a booking as if signed in: the link went to the address in it, or else to that of the newest one.
    async fn owner(&self, record: &BookingRecord) -> Result<SignedIn, Failure> {
        let known = record.filed.as_ref().map(|filed| filed.booking.customer.email.clone());
        let address = match known {
            Some(address) => Some(address),
            None => self.store.newest_addressee(record.owner).await?.map(|addressee| addressee.address),
        };
        let address = address.ok_or_else(|| {
            let advice = "Have the booking system send the booking again: a newer revision replaces it.";
            Failure::new("no booking of this customer can be read, so nobody is mailed a link", advice)
        })?;
        Ok(SignedIn::previewed(record.owner, &address))
    }
}

impl Gathered {
    fn dashboard(&mut self, lens: &Lens, customer: &SignedIn, rows: &Rows) {
        let of = format!("{}-dashboard", self.customer);
        self.sheets.page(
            Kind::Dashboard,
            &of,
            "the dashboard".to_owned(),
            self.at,
            lens.dashboard(customer, rows, self.at),
        );
    }

    fn booking(&mut self, lens: &Lens, customer: &SignedIn, id: &BookingId, record: BookingRecord) {
        let BookingRecord { owner, reference, filed, .. } = record;
        let what = format!("the page of {reference}");
        let page = match filed {
            Some(filed) => lens.booking(filed, self.at),
            None => lens.unreadable_booking(customer, &UnreadableBooking { owner, booking_id: id.clone(), reference }),
        };
        self.sheets.page(Kind::BookingPage, &format!("{id}-booking"), what, self.at, page);
    }

    fn stage(&mut self, lens: &Lens, number: usize, AtStage { name, filed, at }: AtStage) {
        let (of, what) = (
            format!("{}-stage-{number}-{name}", filed.booking.booking_id),
            format!("the page of {} at the stage {}", filed.booking.reference, name.replace('-', " ")),
        );
        self.sheets.page(Kind::StagePage, &of, what, at, lens.booking(filed, at));
    }

    /// The confirmation as if it were asked for now.
    fn confirmation(&mut self, lens: &Lens, filed: &FiledBooking) {
        let booking = &filed.booking;
        let what = format!("the confirmation mail of {}", booking.reference);
        let asked = Confirmation { asked: [filed.owner].into(), ..Confirmation::default() };
        match asked.due(filed, self.at) {
            Due::Not(why) => self.left_out.push(format!("{what}: none is sent, {why}")),
            Due::Send => {
                let of = format!("{}-confirmation", booking.booking_id);
                self.sheets.mail(Kind::ConfirmationMail, &of, &what, self.at, lens.confirmation(booking, self.at));
            }
        }
    }

    fn sign_in(&mut self, lens: &Lens, Addressee { address, language }: Addressee) {
        let of = format!("{}-sign-in", self.customer);
        self.sheets.mail(Kind::SignInMail, &of, "the mail with the link", self.at, lens.sign_in(address, language));
    }
}

/// The zone whose clocks a customer's bookings are told by: that of the first one.
fn zone_of(rows: &Rows) -> Zone {
    rows.active.iter().chain(&rows.past).next().map_or(Zone::UTC, |row| row.booking.time_zone.clone())
}
