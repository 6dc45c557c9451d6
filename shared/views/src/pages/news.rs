//! What comes first on a page, and only if it is true: what a customer should know before anything else.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use portal_domain::{
    booking::{BookingStatus, DeliveryStatus},
    dashboard::BookingRow,
};

use super::{parts, site::Site};
use crate::{formatting, messages};

/// A change is news for as long.
const NEWS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A delivery under way or failed. The live tracking link shows only while the delivery is on its way.
pub(super) fn delivery(row: &BookingRow, site: &Site, now: Timestamp) -> Markup {
    let Some(delivery) = row.delivery.as_ref().filter(|_| row.status.is_active()) else { return html! {} };
    let news = messages::updated(&formatting::ago(delivery.updated_at, now));
    match delivery.status {
        DeliveryStatus::OnTheWay => html! {
            section.note.go {
                h2 { (messages::on_its_way(row.carts.len())) }
                p { (formatting::carts(&row.carts)) }
                @if let Some(address) = &row.fulfilment.address { p { (messages::delivery_to(&address.to_string())) } }
                p {
                    @if let Some(eta) = delivery.eta { (messages::arriving_about(&formatting::clock(eta, &row.time_zone))) " " }
                    (news)
                }
                div.acts {
                    @match delivery.tracking_url.as_ref().filter(|url| url.starts_with("https://")) {
                        Some(url) => {
                            a.btn.main href=(url) target="_blank" rel="noopener noreferrer" { (messages::TRACK_YOUR_DELIVERY) }
                        }
                        None => (parts::call_the_shop(row.location.as_ref(), site)),
                    }
                }
            }
        },
        DeliveryStatus::Failed => html! {
            section.note {
                h2 { (messages::DELIVERY_FAILED) }
                p { (formatting::carts(&row.carts)) }
                p { (messages::DELIVERY_FAILED_HOW) " " (news) }
                div.acts { (parts::call_the_shop(row.location.as_ref(), site)) }
            }
        },
        DeliveryStatus::Scheduled | DeliveryStatus::Delivered => html! {},
    }
}

/// A booking ahead that was changed not long ago, or one that was cancelled and would not be over yet.
pub(super) fn change(row: &BookingRow, now: Timestamp) -> Markup {
    let reference = row.reference.to_string();
    let is_ahead = matches!(row.status, BookingStatus::Pending | BookingStatus::Confirmed);
    match row.changed_at {
        Some(changed_at) if is_ahead && now.duration_since(changed_at) < NEWS => html! {
            section.note {
                h2 { (messages::booking_changed(&reference, &formatting::ago(changed_at, now))) }
                p { (messages::BOOKING_CHANGED_HOW) }
                p { a href=(parts::booking_path(&row.booking_id)) { (formatting::carts(&row.carts)) } }
            }
        },
        _ if row.status == BookingStatus::Cancelled && now < row.ends_at => html! {
            section.note {
                h2 { (messages::booking_cancelled(&reference)) }
                p {
                    a href=(parts::booking_path(&row.booking_id)) { (formatting::carts(&row.carts)) }
                    ", " (formatting::span(row.starts_at, row.ends_at, &row.time_zone, now))
                }
            }
        },
        _ => html! {},
    }
}

/// What is still to be paid for bookings that go on, or have just ended.
pub(super) fn balances<'a>(rows: impl Iterator<Item = &'a BookingRow>) -> Markup {
    let due: Vec<(&BookingRow, String)> = rows
        .filter(|row| row.status.is_active() || row.status == BookingStatus::Returned)
        .filter_map(|row| Some((row, row.price.as_ref().filter(|price| price.balance_minor() > 0)?)))
        .map(|(row, price)| (row, formatting::money(price.balance_minor(), price.currency)))
        .collect();
    if due.is_empty() {
        return html! {};
    }
    html! {
        section.note {
            h2 { (messages::BALANCE_DUE) }
            @for (row, amount) in due {
                p { b { (amount) } " · " a href=(parts::booking_path(&row.booking_id)) { (row.reference) } }
            }
        }
    }
}

/// What a booking's own page says of a status that asks for a word.
pub(super) fn status(status: BookingStatus) -> Markup {
    let how = match status {
        BookingStatus::Pending => messages::BOOKING_PENDING_HOW,
        BookingStatus::Overdue => messages::OVERDUE_HOW,
        BookingStatus::Cancelled => messages::BOOKING_CANCELLED_HOW,
        BookingStatus::NoShow => messages::NOT_PICKED_UP_HOW,
        _ => return html! {},
    };
    html! { section.note { h2 { (messages::status(status)) } p { (how) } } }
}
