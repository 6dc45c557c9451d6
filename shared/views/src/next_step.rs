//! The next step in words: a tag, a headline, and what to do. Pages, cards, mails and calendar files only lay it out.

use jiff::Timestamp;
use portal_domain::{
    booking::{Booking, DeliveryStatus, FulfilmentMethod, InstructionStage, ReturnMethod},
    change::Change,
    money::{Money, PaidKind},
    stage::{self, Balance, Handover, NextStep, Place, Stage, WayBack, When},
};

use crate::{
    formatting::{self, Times},
    greeting,
    messages::{Messages, sentence},
};

/// Whether something is to be done; said in words as well, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to do now.
    Plain,
    /// It happens now, and goes as planned.
    Go,
    /// Something is to be looked at or done; nothing is lost yet.
    Warn,
    /// Act now.
    Bad,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Opens the live tracking page.
    Track(String),
    /// Opens the page to pay on.
    Pay { url: String, amount: String },
    /// Calls.
    Call,
    /// Shows a place on a map.
    Directions(String),
    /// Puts the booking into a calendar.
    AddToCalendar,
}

/// A next step, told.
pub(crate) struct Told {
    pub(crate) tone: Tone,
    pub(crate) icon: &'static str,
    /// The status, in words.
    pub(crate) tag: String,
    /// The answer, with its day.
    pub(crate) headline: String,
    /// What and where.
    pub(crate) lines: Vec<String>,
    /// What else to do.
    pub(crate) then: Vec<&'static str>,
    /// What there is to pay or to get, and how.
    pub(crate) money: Option<MoneyTold>,
    /// The first is the main one.
    pub(crate) actions: Vec<Action>,
}

fn both((when, place): (String, String)) -> String {
    if place.is_empty() { when } else { format!("{when}, {place}") }
}

/// Two times and places, of each what tells them apart.
fn apart(is: (String, String), was: (String, String)) -> (String, String) {
    match (is.0 == was.0, is.1 == was.1) {
        (true, false) => (is.1, was.1),
        (false, true) => (is.0, was.0),
        _ => (both(is), both(was)),
    }
}

impl Told {
    fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    fn then<const N: usize>(self, then: [&'static str; N]) -> Self {
        Self { then: then.into(), ..self }
    }
}

/// What there is to pay or to get.
pub(crate) struct MoneyTold {
    /// How much.
    pub(crate) amount: String,
    /// What to do, in the business's words or the portal's.
    pub(crate) how: Option<String>,
    /// Whether the customer has to pay it.
    pub(crate) is_due: bool,
}

/// Tells what happens next.
pub(crate) struct Teller<'a> {
    pub(crate) messages: &'a Messages,
    pub(crate) times: Times<'a>,
    pub(crate) booking: &'a Booking,
    pub(crate) step: NextStep<'a>,
}

impl<'a> Teller<'a> {
    /// For a page that is read at once.
    pub(crate) fn of_page(messages: &'a Messages, booking: &'a Booking, now: Timestamp) -> Self {
        let times = Times { messages, zone: &booking.time_zone, now, are_relative: true };
        Self { messages, times, booking, step: stage::stage(booking, now) }
    }

    /// For a mail, which is read some day.
    pub(crate) fn of_mail(messages: &'a Messages, booking: &'a Booking, now: Timestamp) -> Self {
        let page = Self::of_page(messages, booking, now);
        Self { times: Times { are_relative: false, ..page.times }, ..page }
    }

    /// The next step in words.
    pub(crate) fn tell(&self) -> Told {
        let m = self.messages;
        let told = match self.step.stage {
            Stage::Pending => {
                let headline = (m.requested_for)(&self.times.bare_day(self.when().first()));
                let has_passed = self.when().first() < self.times.now;
                let then = if has_passed { m.call_us_about_it } else { m.pending_how };
                self.told(Tone::Warn, "alert", m.pending, headline).then([then])
            }
            Stage::Ahead(handover) => self.ahead(handover),
            Stage::HandoverDay(handover) => self.handover_day(handover),
            Stage::Unconfirmed(_) => {
                let headline = (m.planned_for)(&self.times.bare_when(self.when()));
                self.told(Tone::Warn, "alert", m.please_call, headline)
                    .line((m.no_cart_yet)(self.carts()))
                    .lines(self.place())
            }
            Stage::NotDelivered => self
                .told(Tone::Bad, "alert", m.not_delivered, (m.could_not_deliver)(self.carts()))
                .line(m.set_a_new_time),
            Stage::WithYou(way_back) => self.with_you(way_back),
            Stage::ReturnDay(way_back) => self.return_day(way_back),
            Stage::Overdue(way_back) => self.overdue(way_back),
            Stage::Over => {
                let name = greeting::name(&self.booking.customer).map(ToString::to_string);
                let tone = if matches!(self.step.balance, Balance::Due(_)) { Tone::Warn } else { Tone::Plain };
                self.told(tone, "check", m.returned, (m.thanks)(name.as_deref()))
                    .line(self.times.days(self.booking.starts_at, self.booking.ends_at))
                    .lines(self.settled())
            }
            Stage::Cancelled => self
                .told(Tone::Plain, "cal", m.canceled, m.booking_canceled)
                .line(self.times.span(self.booking.starts_at, self.booking.ends_at))
                .lines(self.settled())
                .then([m.not_what_you_wanted]),
            Stage::NotPickedUp => {
                self.told(Tone::Plain, "cal", m.ended, m.booking_ended).line(m.shows_as_not_used).lines(self.settled())
            }
            Stage::Unclear => self.told(Tone::Warn, "alert", m.please_call, m.call_us_about_it).line(m.cannot_say),
        };
        Told { actions: self.actions(), ..told }
    }

    /// What was changed lately, each with what it was; empty where that is no news any more.
    pub(crate) fn changes(&self, change: Option<&Change>) -> Vec<(&'static str, String, String)> {
        let (m, booking) = (self.messages, self.booking);
        let is_ahead = matches!(self.step.stage, Stage::Pending | Stage::Ahead(_) | Stage::HandoverDay(_));
        let Some(change) = change.filter(|change| is_ahead && change.is_news(self.times.now)) else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        let moment = |moment| (m.dates.row)(&self.times.short_day(moment), &self.times.time(moment));
        if let Some(was) = change.dates {
            for (label, was, is) in
                [(m.starts, was.starts_at, booking.starts_at), (m.ends, was.ends_at, booking.ends_at)]
            {
                changes.push((label, moment(is), moment(was)));
            }
        }
        if let Some(was) = &change.carts {
            let kinds = (formatting::carts(&booking.carts, m), formatting::carts(was, m));
            let (is, was) = if kinds.0 == kinds.1 {
                (formatting::carts_by_name(&booking.carts, m), formatting::carts_by_name(was, m))
            } else {
                kinds
            };
            changes.push(((m.carts)(booking.carts.len()), is, was));
        }
        if let Some(was) = &change.handover {
            let before =
                Booking { fulfilment: was.fulfilment.clone(), location: was.location.clone(), ..booking.clone() };
            let end = |booking: &Booking| self.end(stage::planned_handover(booking), stage::handover_place(booking));
            let (is, was) = apart(end(booking), end(&before));
            changes.push((self.handover_label(), is, was));
        }
        if let Some(was) = &change.way_back {
            let before = Booking { way_back: Some(was.clone()), ..booking.clone() };
            let end = |booking: &Booking| self.end(stage::planned_return(booking), stage::return_place(booking));
            let labels = (self.label_of_return(booking), self.label_of_return(&before));
            let (is, was) = if labels.0 == labels.1 {
                apart(end(booking), end(&before))
            } else {
                let told = |label: &str, end: (String, String)| format!("{label}: {}", both(end));
                (told(labels.0, end(booking)), told(labels.1, end(&before)))
            };
            changes.push((m.return_label, is, was));
        }
        if let (Some(was), Some(price)) = (change.total, &booking.price) {
            let money = |amount_minor, currency| (m.money)(Money { amount_minor, currency });
            changes.push((m.total, money(price.total_minor, price.currency), money(was.total_minor, was.currency)));
        }
        changes.retain(|(_, is, was)| is != was);
        changes
    }

    /// When and where the carts change hands.
    fn end(&self, when: When, place: Option<Place<'_>>) -> (String, String) {
        (self.times.row(when), place.map(formatting::place).unwrap_or_default())
    }

    /// Whether there is a change to tell.
    pub(crate) fn is_changed(&self, change: Option<&Change>) -> bool {
        !self.changes(change).is_empty()
    }

    /// What stands above the business's notes for a stage.
    pub(crate) fn notes_title(&self, stage: InstructionStage) -> &'static str {
        let we_come = match stage {
            InstructionStage::Handover => self.is_delivery(),
            _ => self.is_collection(),
        };
        (self.messages.notes)(stage, self.carts(), we_come)
    }

    /// What the handover is called.
    pub(crate) fn handover_label(&self) -> &'static str {
        match self.booking.fulfilment.method {
            FulfilmentMethod::Delivery => self.messages.delivery,
            FulfilmentMethod::Pickup => self.messages.you_pick_up,
            FulfilmentMethod::Unknown => self.messages.handover,
        }
    }

    /// What the return is called.
    pub(crate) fn return_label(&self) -> &'static str {
        self.label_of_return(self.booking)
    }

    fn label_of_return(&self, booking: &Booking) -> &'static str {
        match booking.way_back.as_ref().map(|way_back| way_back.method) {
            Some(ReturnMethod::Collection) => self.messages.we_pick_up,
            Some(ReturnMethod::DropOff) => self.messages.return_label,
            Some(ReturnMethod::Unknown) | None => self.messages.rental_ends,
        }
    }

    fn ahead(&self, handover: Handover) -> Told {
        let m = self.messages;
        let day = self.times.day(self.when().first());
        let told = |headline| self.told(Tone::Plain, "cal", m.confirmed, headline);
        match handover {
            Handover::Pickup => told((m.pickup_ahead)(self.carts(), &day)).line(self.place_or_call()),
            Handover::Unknown => told((m.handover_ahead)(&day)).line((m.how_do_you_get_it)(self.carts())),
            _ => told((m.delivery_ahead)(&day)).lines(self.place().map(|place| (m.we_deliver_to)(&place))),
        }
    }

    fn handover_day(&self, handover: Handover) -> Told {
        let m = self.messages;
        let planned = stage::planned_handover(self.booking);
        let when = self.times.when(self.when());
        let to = self.place().map(|place| (m.to_place)(&place));
        let has_arrival = matches!(self.when(), When::About(_));
        match handover {
            Handover::Pickup => {
                self.told(Tone::Go, "key", m.today, (m.pick_it_up)(self.carts(), &when)).line(self.place_or_call())
            }
            Handover::Unknown => self
                .told(Tone::Go, "key", m.today, (m.rental_starts)(&self.times.at(self.booking.starts_at)))
                .line((m.how_do_you_get_it)(self.carts())),
            Handover::Delivery => {
                self.told(Tone::Go, "go", m.today, (m.we_deliver)(&when)).lines(to).then([m.wrong_address])
            }
            Handover::OnTheWay if has_arrival => self
                .told(Tone::Go, "go", m.on_its_way, (m.arriving)(self.carts(), &when))
                .lines(to)
                .lines(self.planned_times(planned))
                .then([m.wrong_address]),
            Handover::OnTheWay => self
                .told(Tone::Go, "go", m.on_its_way, (m.on_its_way_planned_for)(&self.times.bare_when(planned)))
                .lines(to)
                .then([m.wrong_address]),
            Handover::Late if has_arrival => self
                .told(Tone::Warn, "alert", m.running_late, (m.new_arrival_time)(&when))
                .line((m.sorry_we_planned)(&self.times.times_and_day(planned)))
                .lines(to)
                .then([m.cannot_wait]),
            Handover::Late => self
                .told(
                    Tone::Warn,
                    "alert",
                    m.delivery_time_has_passed,
                    (m.we_planned)(&self.times.times_and_day(planned)),
                )
                .line(m.not_there_yet)
                .lines(to),
        }
    }

    /// The window of a delivery beside its arrival, with its day where that is another.
    fn planned_times(&self, planned: When) -> Option<String> {
        let is_today = self.times.is_today(planned.first());
        let times = if is_today { self.times.times(planned) } else { self.times.row(planned) };
        (!times.is_empty()).then(|| (self.messages.planned_times)(&times))
    }

    fn with_you(&self, way_back: WayBack) -> Told {
        let m = self.messages;
        let until = self.times.until(self.when().first());
        let headline = match way_back {
            WayBack::Unknown => (m.rental_ends_on)(&until),
            WayBack::Collection | WayBack::DropOff => (m.yours_until)(&until),
        };
        let line = match way_back {
            WayBack::Collection => {
                let ready = (m.have_it_ready_by_then)(self.carts());
                Some(match stage::planned_return(self.booking) {
                    planned @ When::Between(..) => {
                        format!("{ready} {}", (m.we_pick_it_up)(self.carts(), &self.times.when(planned)))
                    }
                    _ => ready.to_owned(),
                })
            }
            WayBack::DropOff => Some(match self.place() {
                Some(place) => (m.then_bring_it_back)(self.carts(), &place),
                None => m.where_to.to_owned(),
            }),
            WayBack::Unknown => Some((m.how_to_return)(self.carts()).to_owned()),
        };
        self.told(Tone::Go, "key", (m.you_have_it)(self.carts()), headline)
            .lines(line)
            .then([(m.trouble_or_longer)(self.carts())])
    }

    fn return_day(&self, way_back: WayBack) -> Told {
        let m = self.messages;
        let ready_by = stage::ready_by(self.booking);
        let have_it_ready = (m.have_it_ready)(self.carts(), &self.times.when(ready_by));
        let is_past = ready_by.first() < self.times.now;
        let tag = if is_past { m.we_pick_up } else { m.ends_today };
        match (way_back, self.when()) {
            (WayBack::Collection, planned @ When::Between(..)) => self
                .told(Tone::Go, "return", tag, (m.we_pick_up_your_cart)(self.carts(), &self.times.when(planned)))
                .line(if is_past { (m.have_it_ready_now)(self.carts()).to_owned() } else { sentence(have_it_ready) })
                .lines(self.place())
                .then([(m.longer_or_elsewhere)(self.carts())]),
            (WayBack::Collection, _) => self
                .told(Tone::Go, "return", tag, have_it_ready)
                .lines(self.place())
                .then([(m.longer_or_elsewhere)(self.carts())]),
            (WayBack::DropOff, due) => self
                .told(Tone::Warn, "return", m.ends_today, (m.bring_it_back)(self.carts(), &self.times.when(due)))
                .line(self.place().map_or_else(|| m.where_to.to_owned(), |place| (m.to_place)(&place)))
                .then([m.need_more_time]),
            (WayBack::Unknown, _) => self
                .told(Tone::Warn, "return", m.ends_today, (m.rental_ends_on)(&self.times.until(self.booking.ends_at)))
                .line((m.how_to_return)(self.carts())),
        }
    }

    fn overdue(&self, way_back: WayBack) -> Told {
        let m = self.messages;
        // A booking may be called overdue before its time is up.
        let due = Some(self.when()).filter(|due| due.last().unwrap_or(due.first()) < self.times.now);
        let at = due.map(|due| self.times.at(due.last().unwrap_or(due.first())));
        match way_back {
            WayBack::Collection if due.is_none() => self
                .told(
                    Tone::Warn,
                    "return",
                    m.we_pick_up,
                    (m.we_pick_up_your_cart)(self.carts(), &self.times.when(self.when())),
                )
                .line((m.have_it_ready_now)(self.carts()))
                .lines(self.place())
                .then([m.need_more_time]),
            WayBack::DropOff => self
                .told(Tone::Bad, "alert", m.overdue, (m.bring_it_back_now)(self.carts()))
                .lines(at.map(|at| (m.it_was_due)(self.carts(), &at)))
                .line(self.place().map_or_else(|| m.where_to.to_owned(), |place| (m.to_place)(&place)))
                .then([(m.already_brought_back)(self.carts()), m.need_more_time]),
            WayBack::Collection => self
                .told(Tone::Warn, "alert", m.pickup_not_confirmed, (m.still_there)(self.carts()))
                .lines(due.map(|due| (m.we_planned_to_pick_up)(self.carts(), &self.times.when(due))))
                .lines(self.place()),
            WayBack::Unknown => self
                .told(Tone::Bad, "alert", m.overdue, m.rental_has_ended)
                .lines(at.map(|at| (m.it_ended)(&at)))
                .line((m.still_have_it)(self.carts())),
        }
    }

    fn told(&self, tone: Tone, icon: &'static str, tag: &str, headline: impl Into<String>) -> Told {
        Told {
            tone,
            icon,
            tag: tag.to_owned(),
            headline: headline.into(),
            lines: Vec::new(),
            then: Vec::new(),
            money: self.money(),
            actions: Vec::new(),
        }
    }

    /// What there is to pay or to get.
    fn money(&self) -> Option<MoneyTold> {
        let m = self.messages;
        let note = self.booking.payment.as_ref().and_then(|payment| payment.note.as_ref()).map(ToString::to_string);
        let has_page = self.booking.payment.as_ref().is_some_and(|payment| payment.url.is_some());
        let told = |amount: String, how, is_due| Some(MoneyTold { amount, how, is_due });
        match self.step.balance {
            Balance::Due(money) => {
                let call = if self.is_cancelled() { m.call_us_about_the_balance } else { m.call_us_to_pay };
                let how = note.or_else(|| (!has_page).then(|| call.to_owned()));
                told((m.balance_due_is)(&(m.money)(money)), how, true)
            }
            Balance::RefundDue(money) => {
                let how = note.unwrap_or_else(|| m.call_us_about_the_refund.to_owned());
                told((m.refund_due_is)(&(m.money)(money)), Some(how), false)
            }
            Balance::Credit(money) => told((m.credit_is)(&(m.money)(money)), None, false),
            Balance::Settled | Balance::Unknown => None,
        }
    }

    /// What became of the money of a booking that is over, in sentences.
    fn settled(&self) -> Vec<String> {
        let (m, booking) = (self.messages, self.booking);
        let mut lines = Vec::new();
        let Some(price) = &booking.price else { return lines };
        let money = |amount_minor| (m.money)(Money { amount_minor, currency: price.currency });
        if self.step.stage == Stage::Over && self.step.balance == Balance::Settled && price.paid_minor > 0 {
            lines.push((m.you_paid_in_full)(&money(price.paid_minor)));
        }
        for paid in &booking.payments {
            match paid.kind {
                PaidKind::Refund => lines.push((m.we_refunded)(&money(paid.amount_minor), &self.times.date(paid.at))),
                PaidKind::DepositReleased => {
                    lines.push((m.we_released_the_deposit)(&money(paid.amount_minor), &self.times.date(paid.at)));
                }
                _ => {}
            }
        }
        if self.step.balance == Balance::Settled && self.is_cancelled() {
            match price.paid_minor {
                0 => lines.push(m.nothing_to_do.to_owned()),
                // Whether it comes back, the business says.
                paid => {
                    let note = booking.payment.as_ref().and_then(|payment| payment.note.as_ref());
                    let what = note.map_or_else(|| m.call_us_about_the_payment.to_owned(), ToString::to_string);
                    lines.push(format!("{} {what}", (m.you_paid)(&money(paid))));
                }
            }
        }
        lines
    }

    fn actions(&self) -> Vec<Action> {
        let booking = self.booking;
        let track = self.tracking_url().map(Action::Track);
        let pay = match self.step.balance {
            Balance::Due(money) => booking
                .payment
                .as_ref()
                .and_then(|payment| payment.url.clone())
                .map(|url| Action::Pay { url, amount: (self.messages.money)(money) }),
            _ => None,
        };
        let directions = self.place().map(Action::Directions);
        let (calendar, call) = (Some(Action::AddToCalendar), Some(Action::Call));
        let in_order = match self.step.stage {
            Stage::Pending => [call, calendar, None, None],
            Stage::Ahead(Handover::Pickup) => [pay, calendar, directions, call],
            Stage::Ahead(_) => [pay, calendar, call, None],
            Stage::HandoverDay(Handover::Pickup) => [directions, call, pay, calendar],
            Stage::HandoverDay(Handover::Delivery | Handover::Unknown) => [pay, call, calendar, None],
            Stage::Unconfirmed(Handover::Pickup) => [call, directions, pay, None],
            Stage::HandoverDay(_) => [track, call, pay, None],
            Stage::ReturnDay(WayBack::DropOff) => [directions, call, pay, None],
            Stage::WithYou(WayBack::DropOff) | Stage::Overdue(WayBack::DropOff) => [call, directions, pay, None],
            Stage::Over | Stage::Cancelled | Stage::NotPickedUp => [pay, call, None, None],
            _ => [call, pay, None, None],
        };
        in_order.into_iter().flatten().collect()
    }

    /// The live tracking page, while a delivery is on its way.
    fn tracking_url(&self) -> Option<String> {
        let delivery = self.booking.delivery.as_ref().filter(|delivery| delivery.status == DeliveryStatus::OnTheWay)?;
        let is_told = matches!(self.step.stage, Stage::HandoverDay(_));
        delivery.tracking_url.clone().filter(|url| is_told && url.starts_with("https://"))
    }

    /// When and how the carts are to change hands, as a sentence of its own: `We deliver on Friday, June 11`.
    pub(crate) fn plan(&self) -> Option<String> {
        let (m, when) = (self.messages, self.times.when(stage::planned_handover(self.booking)));
        let is_ahead = matches!(self.step.stage, Stage::Pending | Stage::Ahead(_) | Stage::HandoverDay(_));
        is_ahead.then(|| match self.booking.fulfilment.method {
            FulfilmentMethod::Delivery => (m.we_deliver)(&when),
            FulfilmentMethod::Pickup => (m.pick_it_up)(self.carts(), &when),
            FulfilmentMethod::Unknown => (m.rental_starts)(&when),
        })
    }

    /// Whether the carts are brought.
    pub(crate) fn is_delivery(&self) -> bool {
        self.booking.fulfilment.method == FulfilmentMethod::Delivery
    }

    /// Whether the business comes for them.
    pub(crate) fn is_collection(&self) -> bool {
        self.booking.way_back.as_ref().is_some_and(|way_back| way_back.method == ReturnMethod::Collection)
    }

    /// Whether it came to nothing.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self.step.stage, Stage::Cancelled | Stage::NotPickedUp)
    }

    /// Where, or whom to ask.
    fn place_or_call(&self) -> String {
        self.place().unwrap_or_else(|| self.messages.where_to.to_owned())
    }

    fn when(&self) -> When {
        self.step.when.unwrap_or(When::On(self.booking.starts_at))
    }

    fn place(&self) -> Option<String> {
        self.step.place.map(formatting::place)
    }

    fn carts(&self) -> usize {
        self.booking.carts.len()
    }
}
