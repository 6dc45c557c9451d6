//! What happens next, laid out: on a booking's own page, and on its card among others.

use jiff::Timestamp;
use maud::{Markup, html};
use portal_domain::{
    booking::{Booking, DeliveryStatus, FulfilmentMethod, InstructionStage},
    change::Change,
    progress::Progress,
    stage::{self, Place, Stage, When},
};

use super::icons::icon;
use crate::{
    formatting,
    next_step::{Action, MoneyTold, Teller, Told, Tone},
};

impl Tone {
    pub(super) fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Go => Some("go"),
            Self::Warn => Some("warn"),
            Self::Bad => Some("bad"),
        }
    }
}

/// The top of a card: the status in words, the answer under this heading, and what and where.
pub(super) fn head(told: &Told, heading: &Markup, lines: &[String]) -> Markup {
    html! {
        div.head {
            p.tag { (icon(told.icon)) (told.tag) }
            (heading)
            @for line in lines { p { (line) } }
        }
    }
}

/// Says on the tag that the booking was changed, where nothing more urgent is to be said.
pub(super) fn with_change(teller: &Teller<'_>, change: Option<&Change>, told: Told) -> Told {
    let is_calm = matches!(teller.step.stage, Stage::Ahead(_) | Stage::Pending);
    match change.filter(|_| is_calm && teller.is_changed(change)) {
        Some(change) => {
            let tag = (teller.messages.changed)(&teller.times.at(change.at));
            Told { tone: Tone::Warn, icon: "alert", tag, ..told }
        }
        None => told,
    }
}

/// What was changed, new and old.
pub(super) fn changes(teller: &Teller<'_>, change: Option<&Change>) -> Markup {
    let m = teller.messages;
    let changes = teller.changes(change);
    html! {
        @if !changes.is_empty() {
            div.note {
                h3 { (m.what_changed) }
                ul.tips {
                    @for (label, is, was) in changes { li { (label) " " b { (is) } " " span { ((m.was)(&was)) } } }
                }
                p { (m.check_the_changes) }
            }
        }
    }
}

/// The steps of a delivery with their times.
pub(super) fn steps(teller: &Teller<'_>, progress: &Progress) -> Markup {
    let (m, times, booking) = (teller.messages, &teller.times, teller.booking);
    let shows = matches!(
        teller.step.stage,
        Stage::Ahead(_) | Stage::HandoverDay(_) | Stage::Unconfirmed(_) | Stage::NotDelivered | Stage::WithYou(_)
    );
    // Nothing is brought to who comes for the carts, whatever is told of a delivery.
    let shows = shows && booking.fulfilment.method != FulfilmentMethod::Pickup;
    let Some(delivery) = booking.delivery.as_ref().filter(|_| shows) else { return html! {} };
    let reached = match delivery.status {
        DeliveryStatus::Scheduled => 0,
        DeliveryStatus::OnTheWay => 1,
        DeliveryStatus::Delivered | DeliveryStatus::Failed => 2,
        DeliveryStatus::Unknown => return html! {},
    };
    let planned = match stage::planned_handover(booking) {
        planned @ (When::Between(..) | When::By(_)) if times.is_today(planned.first()) => times.times(planned),
        planned => times.row(planned),
    };
    let at = |moment: Option<Timestamp>| moment.map(|moment| times.time_of_today(moment)).unwrap_or_default();
    let arrival = delivery.eta.filter(|eta| reached < 2 && *eta >= times.now);
    let last = match (delivery.status, arrival) {
        (DeliveryStatus::Delivered, _) => (m.delivered, at(progress.ended_at(delivery))),
        (DeliveryStatus::Failed, _) => (m.not_delivered, at(progress.ended_at(delivery))),
        (_, Some(eta)) if times.is_today(eta) => (m.arrives, times.times(When::About(eta))),
        (_, Some(eta)) => (m.arrives, times.row(When::About(eta))),
        (_, None) => (m.arrives, String::new()),
    };
    let is_done = delivery.status == DeliveryStatus::Delivered;
    // Of one that has ended, whether and when it left may never have been told.
    let left = progress.left_at(delivery);
    let leaving = (reached < 2 || left.is_some()).then(|| (m.on_its_way, at(left)));
    let reached = if leaving.is_none() { 1 } else { reached };
    let steps = std::iter::once((m.planned, planned)).chain(leaving).chain([last]);
    html! {
        ol.steps {
            @for (i, (name, time)) in steps.enumerate() {
                @if i < reached || is_done {
                    li.done { (icon("check")) b { (name) span.sr { ", " (m.done) } } span { (time) } }
                } @else if i == reached {
                    li.now aria-current="step" { b { (name) } span { (time) } }
                } @else {
                    li { b { (name) span.sr { ", " (m.not_yet) } } span { (time) } }
                }
            }
        }
        @if !is_done { p.soft { ((m.last_update)(&times.time_of_today(delivery.updated_at))) } }
    }
}

/// The two ends of a rental that are still to come.
pub(super) fn legs(teller: &Teller<'_>) -> Markup {
    let (m, booking) = (teller.messages, teller.booking);
    let is_ahead = matches!(teller.step.stage, Stage::Pending | Stage::Ahead(_) | Stage::Unclear);
    let (from, to) = (stage::handover_place(booking), stage::return_place(booking));
    let back = match to {
        Some(place) if is_ahead && to == from && matches!(place, Place::Address(_)) => m.at_the_same_address.to_owned(),
        to => to.map(formatting::place).unwrap_or_default(),
    };
    html! {
        dl.legs {
            @if is_ahead {
                @let icon = if teller.is_delivery() { "go" } else { "key" };
                (leg(icon, teller.handover_label(), &teller.times.row(stage::planned_handover(booking)), &from.map(formatting::place).unwrap_or_default()))
            }
            (leg("return", teller.return_label(), &teller.times.row(stage::planned_return(booking)), &back))
        }
    }
}

fn leg(name: &str, label: &str, when: &str, place: &str) -> Markup {
    html! {
        div {
            dt { (icon(name)) (label) }
            dd { b { (when) } @if !place.is_empty() { span { (place) } } }
        }
    }
}

/// What there is to pay or to get.
pub(super) fn money(money: &MoneyTold) -> Markup {
    let told = html! { b { (money.amount) } @if let Some(how) = &money.how { " " (how) } };
    html! { @if money.is_due { p.note { (told) } } @else { p { (told) } } }
}

/// The business's notes for a stage; at most this many. They are in whatever language it writes.
pub(super) fn notes(booking: &Booking, stage: InstructionStage, most: usize) -> Option<Markup> {
    let mut notes = booking.instructions.iter().filter(|note| note.stage == stage).take(most).peekable();
    notes.peek()?;
    Some(html! { ul.tips { @for note in notes { li lang="" dir="auto" { (note.text) } } } })
}

/// Whether a card leads with its own page: where nothing is to be done at once.
pub(super) fn is_calm(teller: &Teller<'_>, told: &Told) -> bool {
    matches!(teller.step.stage, Stage::Pending | Stage::Ahead(_) | Stage::WithYou(_) | Stage::Cancelled | Stage::Over)
        && !told.actions.iter().any(|action| matches!(action, Action::Pay { .. } | Action::Track(_)))
}
