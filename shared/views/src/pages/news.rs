//! What comes first on a page, and only if it is true: what a customer should know before anything else.

use jiff::Timestamp;
use maud::{Markup, html};
use portal_domain::{
    booking::{Booking, BookingStatus, DeliveryStatus},
    dashboard::BookingRow,
    text::Text,
};

use super::{parts, site::Site};
use crate::{formatting, messages};

/// A delivery under way or failed. The live tracking link shows only while the delivery is on its way.
pub(super) fn delivery(booking: &Booking, site: &Site, now: Timestamp) -> Markup {
    let Some(delivery) = booking.delivery.as_ref().filter(|_| booking.status.is_active()) else { return html! {} };
    let news = messages::updated(&formatting::ago(delivery.updated_at, now));
    match delivery.status {
        DeliveryStatus::OnTheWay => html! {
            section.note.go {
                h2 { (messages::on_its_way(booking.carts.len())) }
                p { (formatting::carts(&booking.carts)) }
                @if let Some(address) = &booking.fulfilment.address { p { (messages::delivery_to(&address.to_string())) } }
                p {
                    @if let Some(eta) = delivery.eta { (messages::arriving_about(&formatting::clock(eta, &booking.time_zone))) " " }
                    (news)
                }
                div.acts {
                    @match delivery.tracking_url.as_ref().filter(|url| url.starts_with("https://")) {
                        Some(url) => {
                            a.btn.main href=(url) target="_blank" rel="noopener noreferrer" { (messages::TRACK_YOUR_DELIVERY) }
                        }
                        None => (parts::call_the_shop(booking.location.as_ref(), site)),
                    }
                }
            }
        },
        DeliveryStatus::Failed => html! {
            section.note {
                h2 { (messages::DELIVERY_FAILED) }
                p { (formatting::carts(&booking.carts)) }
                p { (messages::DELIVERY_FAILED_HOW) " " (news) }
                div.acts { (parts::call_the_shop(booking.location.as_ref(), site)) }
            }
        },
        DeliveryStatus::Scheduled | DeliveryStatus::Delivered | DeliveryStatus::Unknown => html! {},
    }
}

/// A booking ahead that was changed not long ago, or one that was cancelled and would not be over yet.
pub(super) fn change(BookingRow { booking, change, .. }: &BookingRow, now: Timestamp) -> Markup {
    let reference = booking.reference.to_string();
    let is_ahead = matches!(booking.status, BookingStatus::Pending | BookingStatus::Confirmed);
    match change {
        Some(change) if is_ahead && change.is_news(now) => html! {
            section.note {
                h2 { (messages::booking_changed(&reference, &formatting::ago(change.at, now))) }
                p { (messages::BOOKING_CHANGED_HOW) }
                p { a href=(parts::booking_path(&booking.booking_id)) { (formatting::carts(&booking.carts)) } }
            }
        },
        _ if booking.status == BookingStatus::Cancelled && now < booking.ends_at => html! {
            section.note {
                h2 { (messages::booking_cancelled(&reference)) }
                p {
                    a href=(parts::booking_path(&booking.booking_id)) { (formatting::carts(&booking.carts)) }
                    ", " (formatting::span(booking.starts_at, booking.ends_at, &booking.time_zone, now))
                }
            }
        },
        _ => html! {},
    }
}

/// What is still to be paid for bookings that go on, or have just ended.
pub(super) fn balances<'a>(rows: impl Iterator<Item = &'a BookingRow>) -> Markup {
    let due: Vec<(&Booking, String)> = rows
        .map(|row| &row.booking)
        .filter(|booking| booking.status.is_active() || booking.status == BookingStatus::Returned)
        .filter_map(|booking| {
            let price = booking.price.as_ref()?;
            let balance = price.balance_minor().filter(|balance| *balance > 0)?;
            Some((booking, formatting::money(balance, price.currency)))
        })
        .collect();
    if due.is_empty() {
        return html! {};
    }
    html! {
        section.note {
            h2 { (messages::BALANCE_DUE) }
            @for (booking, amount) in due {
                p { b { (amount) } " · " a href=(parts::booking_path(&booking.booking_id)) { (booking.reference) } }
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
        BookingStatus::Unknown => messages::BOOKING_UNCLEAR_HOW,
        _ => return html! {},
    };
    let what = if status == BookingStatus::Unknown { messages::PLEASE_CALL_ABOUT_IT } else { messages::status(status) };
    html! { section.note { h2 { (what) } p { (how) } } }
}

/// A booking that cannot be shown: the business knows it by its reference.
pub(super) fn unreadable(reference: &Text) -> Markup {
    html! {
        section.note { h2 { (messages::please_call_about(&reference.to_string())) } p { (messages::BOOKING_UNCLEAR_HOW) } }
    }
}
