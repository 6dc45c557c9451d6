//! The words customers read, each in one place. Short, friendly, exact; always what to do next. Sentences are whole, so
//! that another language can order them its own way: it is this file once more, and `show` for its dates and money.

use portal_domain::booking::{BookingStatus, DeliveryStatus, DocumentKind};

/// The language of all of them (BCP 47).
pub const LANGUAGE: &str = "en";

#[expect(missing_docs, reason = "a text is its own description")]
mod texts {
    pub const VIEW_YOUR_BOOKING: &str = "View Your Booking";
    pub const VIEW_YOUR_BOOKINGS: &str = "View your bookings";
    pub const VIEW_BOOKING: &str = "View booking";
    pub const BACK_TO_BOOKINGS: &str = "All your bookings";
    pub const YOUR_BOOKINGS: &str = "Your bookings";
    pub const SIGN_OUT: &str = "Sign out";
    pub const SIGN_OUT_EVERYWHERE: &str = "Sign out on all devices";
    pub const SIGNED_OUT: &str = "You are signed out.";
    pub const USE_ANOTHER_ADDRESS: &str = "Use another address";
    pub const NOT_YOU: &str = "Not you?";

    pub const SIGN_IN: &str = "Sign in";
    pub const SIGN_IN_HOW: &str =
        "Type the email address you booked with. We mail you a link that signs you in. No password needed.";
    pub const EMAIL_ADDRESS: &str = "Email address";
    pub const MAIL_ME_A_LINK: &str = "Mail me a link";
    pub const THERE_IS_A_PROBLEM: &str = "There is a problem";
    pub const SIGN_IN_PROBLEM: &str = "Problem: Sign in";
    pub const ADDRESS_EMPTY: &str = "Type your email address.";
    pub const ADDRESS_TOO_LONG: &str = "This address is too long. Check it for typing mistakes.";
    pub const ADDRESS_MALFORMED: &str = "Type one email address, like name@example.com.";
    pub const CHECK_YOUR_MAIL: &str = "Check your email";
    pub const LINK_SENT: &str =
        "If there is a booking under the address you entered, a link is on its way. It works once, within one hour.";
    pub const NO_MAIL_YET: &str = "Nothing after 2 minutes? Look in the spam folder, then ask again. However often you ask, we send one email a minute at most.";
    pub const NO_MAIL_AT_ALL: &str = "Still nothing? Make sure that you booked with this address.";
    pub const SEND_AGAIN: &str = "Send it again";
    pub const CANNOT_GET_IN: &str = "Can’t get in? Call us, we’re glad to help.";
    pub const NOT_SIGNED_OUT_EVERYWHERE: &str = "You were signed out here already, so nothing was done on your other devices. To sign out on all of them, sign in again and choose “Sign out on all devices” at the end of the page.";
    pub const COOKIES_OFF: &str = "Your browser didn’t keep you signed in";
    pub const COOKIES_OFF_WHY: &str =
        "The link worked, but this browser keeps no cookies, and without one we can’t know you on the next page.";
    pub const COOKIES_OFF_HOW: &str = "Allow cookies for this site in the browser’s settings, or open the portal in another browser. Then ask for a new link. Or call us.";

    pub const WELCOME_BACK: &str = "Welcome back";
    pub const SWITCH_CUSTOMER: &str = "You’re signed in with another email address";
    pub const LOOK_ALIKE: &str = "These are two addresses that look alike when they are shortened.";
    pub const LINK_USED: &str = "This link has been used";
    pub const LINK_USED_WHY: &str = "Each link works once. We can mail you a fresh one.";
    pub const LINK_EXPIRED: &str = "This link has expired";
    pub const LINK_EXPIRED_WHY: &str = "A link works for one hour. We can mail you a fresh one.";
    pub const MAIL_ME_A_FRESH_LINK: &str = "Mail me a fresh link";
    pub const IT_GOES_TO: &str = "It goes to";
    pub const LINK_UNKNOWN: &str = "This link does not work";
    pub const LINK_UNKNOWN_WHY: &str =
        "It may be incomplete or too old. Ask for a new one with the address you booked with.";
    pub const ASK_FOR_A_LINK: &str = "Ask for a link";

    pub const TRACK_YOUR_DELIVERY: &str = "Track your delivery";
    pub const DELIVERY_FAILED: &str = "We could not deliver";
    pub const DELIVERY_FAILED_HOW: &str = "Please call us, and we find another time.";
    pub const BOOKING_CHANGED_HOW: &str = "Please check that everything is as you want it.";
    pub const BOOKING_CANCELLED_HOW: &str = "You have nothing to do. Not what you wanted? Please call us.";
    pub const BOOKING_PENDING: &str = "Not confirmed yet";
    pub const BOOKING_PENDING_HOW: &str = "We are still checking this booking. It is yours once it is confirmed.";
    pub const NOT_PICKED_UP_HOW: &str =
        "This booking has ended without you taking the carts. Questions? Please call us.";
    pub const OVERDUE_HOW: &str = "Please bring back what you rented, or call us if you need more time.";
    pub const PLEASE_CALL: &str = "Please call";
    pub const PLEASE_CALL_ABOUT_IT: &str = "Please call us about this booking";
    pub const BOOKING_UNCLEAR_HOW: &str =
        "We cannot show everything about it here. Please call us: we know what is booked.";
    pub const HANDOVER_UNCLEAR: &str = "Please call us about the handover";
    pub const HANDOVER_WINDOW: &str = "Handover time";
    pub const HANDOVER: &str = "Handover";
    pub const NOW: &str = "Now";
    pub const UPCOMING: &str = "Upcoming";
    pub const PAST_RENTALS: &str = "Past rentals";
    pub const NO_MORE_PAST_RENTALS: &str = "Nothing further back.";
    pub const SHOW_MORE: &str = "Show more";
    pub const RENTAL_AGREEMENTS: &str = "Rental agreements";
    pub const QUESTIONS: &str = "Questions?";
    pub const QUESTIONS_HOW: &str = "Call or write, we are glad to help.";
    pub const NO_BOOKINGS: &str = "No bookings yet";
    pub const NO_BOOKINGS_HOW: &str =
        "A new booking takes a few minutes to show here. Booked with another email address? Sign out and use that one.";
    pub const NO_ACTIVE_BOOKINGS: &str = "Nothing booked at the moment.";
    pub const DOWNLOAD: &str = "Download";
    pub const CALL_THE_SHOP: &str = "Call the shop";
    pub const DIRECTIONS: &str = "Directions";
    pub const OPEN_MAP: &str = "Open map";
    pub const ADD_TO_CALENDAR: &str = "Add to calendar";
    pub const CARTS: &str = "Carts";
    pub const SHOP: &str = "Shop";
    pub const DELIVERY: &str = "Delivery";
    pub const DELIVERY_WINDOW: &str = "Delivery time";
    pub const DELIVERY_STATUS: &str = "Delivery status";
    pub const PICKUP: &str = "Pick-up";
    pub const PICKUP_WINDOW: &str = "Pick-up time";
    pub const ADD_ONS: &str = "Extras";
    pub const PRICE: &str = "Price";
    pub const TOTAL: &str = "Total";
    pub const PAID: &str = "Paid";
    pub const BALANCE_DUE: &str = "Balance due";
    pub const CREDIT: &str = "In your favor";
    pub const DOCUMENTS: &str = "Documents";
    pub const DOCUMENTS_IN_PREPARATION: &str = "Being prepared. They appear here as soon as they are ready.";
    pub const NO_DOCUMENTS: &str = "There are no documents for this booking.";
    pub const BILL_IN_PREPARATION: &str = "Receipt and invoice are being prepared";
    pub const WHEN: &str = "When";
    pub const WHERE: &str = "Where";
    pub const REFERENCE: &str = "Reference";

    pub const NOT_FOUND: &str = "This page does not exist";
    pub const NOT_FOUND_WHY: &str = "The address may be mistyped, or the booking belongs to another email address.";
    pub const WRONG_METHOD: &str = "That does not work here";
    pub const WRONG_METHOD_WHY: &str = "Start again from your bookings.";
    pub const NOT_FROM_HERE: &str = "Please try that again from the portal";
    pub const NOT_FROM_HERE_WHY: &str =
        "For your safety we stopped that. Nothing was changed. Please start again from your bookings, or call us.";
    pub const TOO_LARGE: &str = "That is too long";
    pub const TOO_LARGE_WHY: &str =
        "Nothing was changed. Please start again and type only your email address, or call us.";
    pub const FAILED: &str = "Something went wrong on our side";
    pub const FAILED_WHY: &str = "Nothing you did. Wait a minute and try again, or call us.";
    pub const DOCUMENT_MISSING: &str = "This document is not ready";
    pub const DOCUMENT_MISSING_WHY: &str =
        "Its file is not there yet. Try again later, or call us and we send it to you.";
    pub const TOO_MANY_REQUESTS: &str = "Too many requests";

    pub const HELLO: &str = "Hello";
    pub const MAIL_IGNORE: &str = "You did not ask for this? Then ignore it: nobody can sign in without this mail.";
    pub const MAIL_LINK_PLAIN: &str = "Or copy this address into your browser:";
    pub const MAIL_LINK_LASTS: &str = "The link works once, for one hour. After that, it offers you a fresh one.";
}

pub use texts::*;

/// A booking's status in words.
pub fn status(status: BookingStatus) -> &'static str {
    match status {
        BookingStatus::Pending => BOOKING_PENDING,
        BookingStatus::Confirmed => "Confirmed",
        BookingStatus::CheckedOut => "Checked out",
        BookingStatus::Overdue => "Overdue",
        BookingStatus::Returned => "Returned",
        BookingStatus::Closed => "Closed",
        BookingStatus::Cancelled => "Cancelled",
        BookingStatus::NoShow => "Not picked up",
        BookingStatus::Unknown => PLEASE_CALL,
    }
}

/// A delivery's status in words.
pub fn delivery(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Scheduled => "Delivery scheduled",
        DeliveryStatus::OnTheWay => "On its way",
        DeliveryStatus::Delivered => "Delivered",
        DeliveryStatus::Failed => DELIVERY_FAILED,
        DeliveryStatus::Unknown => PLEASE_CALL,
    }
}

/// A document's kind in words.
pub fn document(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Agreement => "Agreement",
        DocumentKind::Invoice => "Invoice",
        DocumentKind::Receipt => "Receipt",
        DocumentKind::Unknown => "Document",
    }
}

/// `Signed in as a…z@example.com`.
pub fn signed_in_as(masked_address: &str) -> String {
    format!("Signed in as {masked_address}")
}

/// A link was asked for with this address, which may be anybody's.
pub fn link_sent_to(address: &str) -> String {
    format!("If {address} is the address you booked with, a link is on its way. It works once, within one hour.")
}

/// A fresh link was asked for by a dead one.
pub fn link_renewed(masked_address: &str) -> String {
    format!(
        "If you still have a booking here, a new link is on its way to {masked_address}. It works once, within one hour."
    )
}

/// Whose mail to look for.
pub fn look_for(business: &str, sender: &str) -> String {
    format!("Look for an email from {business} ({sender}).")
}

/// Leaves one customer's bookings for another's.
pub fn switch_to(masked_address: &str) -> String {
    format!("Switch to {masked_address}")
}

/// Does not.
pub fn stay_with(masked_address: &str) -> String {
    format!("Stay with {masked_address}")
}

/// Whose bookings a link opens where somebody else is signed in.
pub fn opens_bookings_of(masked_address: &str) -> String {
    format!("This link opens the bookings of {masked_address}.")
}

/// A delivery has left, with as many carts.
pub fn on_its_way(carts: usize) -> &'static str {
    if carts == 1 { "Your cart is on its way" } else { "Your carts are on their way" }
}

/// A booking was changed not long ago.
pub fn booking_changed(reference: &str, ago: &str) -> String {
    format!("Booking {reference} was changed {ago}")
}

/// A booking was cancelled.
pub fn booking_cancelled(reference: &str) -> String {
    format!("Booking {reference} is cancelled")
}

/// A booking that cannot be shown.
pub fn please_call_about(reference: &str) -> String {
    format!("Please call us about {reference}")
}

/// What is still to be paid for a booking.
pub fn balance_due(amount: &str) -> String {
    format!("Balance due {amount}")
}

/// What was paid for a booking.
pub fn paid(amount: &str) -> String {
    format!("{amount} paid")
}

/// Until when the carts are the customer's.
pub fn return_by(when: &str) -> String {
    format!("Return by {when}")
}

/// When the carts should have come back.
pub fn was_due(when: &str) -> String {
    format!("Was due back {when}")
}

/// Where the carts are brought.
pub fn delivery_to(address: &str) -> String {
    format!("Delivery to {address}")
}

/// Where the carts are fetched.
pub fn pickup_at(place: &str) -> String {
    format!("Pick-up at {place}")
}

/// How many people a cart seats.
pub fn seats(count: u32) -> String {
    if count == 1 { "1 seat".into() } else { format!("{count} seats") }
}

/// When a document was signed, and how large it is.
pub fn document_signed(day: &str, size: &str) -> String {
    format!("Signed {day} · PDF, {size}")
}

/// When a document was issued, and how large it is.
pub fn document_issued(day: &str, size: &str) -> String {
    format!("Issued {day} · PDF, {size}")
}

/// A document of a kind that waits for a signature.
pub fn document_unsigned(day: &str, size: &str) -> String {
    format!("Not signed yet, issued {day} · PDF, {size}")
}

/// How long ago something was, in minutes.
pub fn ago(minutes: i64) -> String {
    match minutes {
        ..1 => "just now".into(),
        1 => "1 minute ago".into(),
        2..60 => format!("{minutes} minutes ago"),
        60..120 => "1 hour ago".into(),
        120..2880 => format!("{} hours ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}

/// When a delivery should arrive.
pub fn arriving_about(time: &str) -> String {
    format!("Arriving about {time}.")
}

/// How old the news of a delivery is.
pub fn updated(ago: &str) -> String {
    format!("Updated {ago}.")
}

/// Greets a customer by name.
pub fn hello(name: &str) -> String {
    format!("Hello {name}")
}

/// Whose bookings a link opens, before the masked address.
pub fn bookings_at(business: &str) -> String {
    format!("Your bookings at {business}, booked with")
}

/// Too many links were asked for from one network; when to try again, in minutes.
pub fn too_many_from_this_network(minutes: i64) -> String {
    format!(
        "Too many links were asked for from this network. Try again in {}, or turn off Wi-Fi. Can't wait? Call us.",
        length(minutes)
    )
}

/// Too many links were asked for by or for one customer; when to try again, in minutes.
pub fn too_many_for_this_address(minutes: i64) -> String {
    format!(
        "Too many links were asked for with this email address. Look for one in your inbox and in the spam folder, or \
         try again in {}. Can't wait? Call us.",
        length(minutes)
    )
}

/// A length of time, in minutes.
fn length(minutes: i64) -> String {
    let of = |count: i64, unit: &str| if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => of(minutes, "minute"),
        (hours, 0) => of(hours, "hour"),
        (hours, minutes) => format!("{} {}", of(hours, "hour"), of(minutes, "minute")),
    }
}

/// Subject of the mail that signs in.
pub fn sign_in_subject(business: &str) -> String {
    format!("Your sign-in link for {business}")
}

/// What the mail that signs in is about.
pub fn sign_in_lead(business: &str) -> String {
    format!("Here is your link to your bookings at {business}.")
}

/// Subject of the confirmation mail.
pub fn confirmation_subject(reference: &str, business: &str) -> String {
    format!("Booking {reference} is confirmed · {business}")
}

/// What the confirmation mail is about.
pub fn confirmation_lead(reference: &str, business: &str) -> String {
    format!("Your booking {reference} at {business} is confirmed.")
}

/// How many carts a mail does not name.
pub fn mail_more_carts(more: usize) -> String {
    format!("and {more} more")
}

/// Whom to ask; an answer to the mail goes to the business.
pub fn mail_questions(phone: &str) -> String {
    format!("Questions? Call {phone}, or simply answer this mail.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_hours_and_minutes() {
        for (minutes, said) in
            [(1, "1 minute"), (5, "5 minutes"), (60, "1 hour"), (65, "1 hour 5 minutes"), (120, "2 hours")]
        {
            assert_eq!(length(minutes), said);
            for words in [too_many_from_this_network(minutes), too_many_for_this_address(minutes)] {
                assert!(words.contains(&format!("ry again in {said}")), "{words}");
            }
        }
    }
}
