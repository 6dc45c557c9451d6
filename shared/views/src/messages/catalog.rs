//! Everything that a language says.

use jiff::{Zoned, civil::Date};
use portal_domain::{
    booking::{DocumentKind, InstructionStage},
    language::Language,
    money::Money,
};

/// A day as it is told, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayFrom {
    /// Today.
    Today,
    /// Tomorrow.
    Tomorrow,
    /// Yesterday.
    Yesterday,
    /// So many days from today, two or more.
    InDays(i32),
    /// Told by its date alone.
    Absolute,
}

/// A zone whose clocks people call by a name of their own, in winter and summer alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NamedZone {
    Eastern,
    Central,
    Mountain,
    Pacific,
    Alaska,
    Hawaii,
    Atlantic,
}

/// Dates and times as a language writes them (CLDR's patterns, by hand). None breaks inside: their spaces are no-break
/// spaces, but for those behind a comma.
pub struct Dates {
    /// `8:40 am`, `noon`
    pub time: fn(&Zoned) -> String,
    /// `at 8:40 am`
    pub at: fn(&Zoned) -> String,
    /// `from 11 am`
    pub from: fn(&Zoned) -> String,
    /// `by 5 pm`
    pub by: fn(&Zoned) -> String,
    /// `about 8:40 am`
    pub about: fn(&Zoned) -> String,
    /// `between 8 and 10 am`
    pub between: fn(&Zoned, &Zoned) -> String,
    /// `8 to 10 am`
    pub times: fn(&Zoned, &Zoned) -> String,
    /// `Wednesday, December 2`, with its year if asked
    pub long_day: fn(Date, bool) -> String,
    /// `Wed, Dec 2`, with its year if asked
    pub short_day: fn(Date, bool) -> String,
    /// `December 2`, with its year if asked
    pub date: fn(Date, bool) -> String,
    /// `Nov 2 to 5, 2026`
    pub days: fn(Date, Date) -> String,
    /// `tomorrow, Friday, November 27`, made of the day and [`Dates::long_day`]
    pub day: fn(DayFrom, &str) -> String,
    /// `today between 8 and 10 am`, made of [`Dates::day`] and a time
    pub day_and_time: fn(&str, &str) -> String,
    /// `8 to 10 am today`, made of [`Dates::times`] and a day
    pub time_and_day: fn(&str, &str) -> String,
    /// `tomorrow, Friday, November 27, 5 pm`: as what something lasts until, made of a day without its `on` and a time
    pub until: fn(&str, &Zoned) -> String,
    /// `Wed, Dec 2, 8 to 10 am`, made of [`Dates::short_day`] and a time
    pub row: fn(&str, &str) -> String,
    /// `Sat, Dec 12, to Tue, Dec 15`, made of two [`Dates::short_day`]s
    pub span: fn(&str, &str) -> String,
    /// `Eastern Time (ET)`
    pub zone: fn(NamedZone) -> &'static str,
    /// `local time in Sao Paulo (GMT−3)`, made of a city and its clocks' distance from Greenwich's, such as `−3`
    pub zone_of: fn(&str, &str) -> String,
    /// `1 hour 5 minutes`, of minutes
    pub length: fn(i64) -> String,
}

/// Everything that is said in one language.
#[expect(missing_docs, reason = "a text is its own description")]
pub struct Messages {
    pub language: Language,
    /// The language's name in itself: what a reader of another looks for.
    pub language_name: &'static str,
    pub dates: Dates,

    // Every page.
    pub skip_to_content: &'static str,
    pub email_us: &'static str,
    pub call: fn(&str) -> String,
    pub sign_out: &'static str,
    pub sign_out_everywhere: &'static str,
    pub signed_in_as: fn(&str) -> String,
    pub all_times_are: fn(&str) -> String,
    pub times_are: fn(&str) -> String,
    pub opens_another_site: &'static str,
    pub questions: &'static str,
    pub questions_how: &'static str,
    pub change_or_cancel: &'static str,
    pub change_or_cancel_how: fn(&str) -> String,
    pub change_subject: fn(&str) -> String,

    // Signing in.
    pub sign_in: &'static str,
    pub see_your_booking: &'static str,
    pub sign_in_how: &'static str,
    pub email_address: &'static str,
    pub email_me_a_link: &'static str,
    pub check_the_address: &'static str,
    pub sign_in_problem: &'static str,
    pub address_empty: &'static str,
    pub address_too_long: &'static str,
    pub address_malformed: &'static str,
    pub signed_out: &'static str,
    pub not_signed_out_everywhere: &'static str,
    pub one_more_step: &'static str,
    pub check_your_email: &'static str,
    pub link_sent: &'static str,
    pub link_sent_to: fn(&str) -> String,
    pub link_renewed: fn(&str) -> String,
    pub look_for: fn(&str, &str) -> String,
    pub no_email_yet: &'static str,
    pub no_email_at_all: &'static str,
    pub send_again: &'static str,
    pub use_another_address: &'static str,
    pub not_you: &'static str,
    pub cannot_get_in: &'static str,

    // The page of a link.
    pub open_your_bookings: &'static str,
    pub bookings_at: fn(&str, &str) -> String,
    pub view_your_bookings: &'static str,
    pub other_address: &'static str,
    pub switch_address: &'static str,
    pub opens_bookings_of: fn(&str) -> String,
    pub look_alike: &'static str,
    pub switch_to: fn(&str) -> String,
    pub stay_with: fn(&str) -> String,
    pub link_used: &'static str,
    pub link_used_why: &'static str,
    pub link_expired: &'static str,
    pub link_expired_why: &'static str,
    pub email_me_a_new_link: &'static str,
    pub it_goes_to: fn(&str) -> String,
    pub link_unknown: &'static str,
    pub link_unknown_why: &'static str,
    pub get_a_new_link: &'static str,
    pub cookies_off: &'static str,
    pub cookies_off_why: &'static str,
    pub cookies_off_how: &'static str,

    // When something is not as it should be.
    pub not_found: &'static str,
    pub not_found_why: &'static str,
    pub wrong_method: &'static str,
    pub wrong_method_why: &'static str,
    pub not_from_here: &'static str,
    pub not_from_here_why: &'static str,
    pub too_large: &'static str,
    pub too_large_why: &'static str,
    pub failed: &'static str,
    pub failed_why: &'static str,
    pub document_missing: &'static str,
    pub document_missing_why: &'static str,
    pub too_many_requests: &'static str,
    pub too_many_from_this_network: fn(i64) -> String,
    pub too_many_for_this_address: fn(i64) -> String,
    pub or_ask_us: &'static str,

    // Lists of bookings.
    pub your_bookings: &'static str,
    pub hello: fn(&str) -> String,
    pub today_is: fn(&str) -> String,
    pub all_bookings: &'static str,
    pub past_bookings: &'static str,
    pub no_more_past_bookings: &'static str,
    pub show_more: &'static str,
    pub no_bookings: &'static str,
    pub no_bookings_how: &'static str,
    pub no_active_bookings: &'static str,
    pub view_booking: &'static str,
    pub booking: fn(&str) -> String,
    pub cart_and_booking: fn(&str, &str) -> String,
    pub rental_agreements: &'static str,

    // A booking's parts.
    /// `$1,234.50`, `−$20.00`
    pub money: fn(Money) -> String,
    /// `Cart #10, Cart #13, and 3 more`: texts, and how many more there are that are left out
    pub list: fn(&[String], usize) -> String,
    pub carts_of: fn(usize) -> String,
    pub your_carts: fn(usize) -> &'static str,
    pub seats: fn(u32) -> String,
    pub seats_each: fn(u32) -> String,
    pub extras: &'static str,
    pub documents: &'static str,
    pub document: fn(DocumentKind) -> &'static str,
    pub pdf: &'static str,
    pub document_signed: fn(DocumentKind, &str) -> String,
    pub document_issued: fn(DocumentKind, &str) -> String,
    pub document_unsigned: fn(&str) -> String,
    pub new_documents: &'static str,
    pub no_documents: &'static str,
    pub no_bills: &'static str,
    pub price: &'static str,
    pub total: &'static str,
    pub paid: &'static str,
    pub paid_on: fn(&str, Option<&str>) -> String,
    pub refunded_on: fn(&str, Option<&str>) -> String,
    pub deposit_held_on: fn(&str, Option<&str>) -> String,
    pub deposit_released_on: fn(&str, Option<&str>) -> String,
    pub payment_method: fn(&str) -> Option<&'static str>,
    pub balance_due: &'static str,
    pub credit: &'static str,
    pub refund_due: &'static str,
    pub balance_due_is: fn(&str) -> String,
    pub credit_is: fn(&str) -> String,
    pub refund_due_is: fn(&str) -> String,
    pub call_us_to_pay: &'static str,
    pub call_us_about_the_balance: &'static str,
    pub call_us_about_the_refund: &'static str,
    pub paid_in_full: &'static str,
    pub you_paid_in_full: fn(&str) -> String,
    pub we_refunded: fn(&str, &str) -> String,
    pub we_released_the_deposit: fn(&str, &str) -> String,
    pub pay: fn(&str) -> String,
    pub directions: &'static str,
    pub add_to_calendar: &'static str,
    pub google_calendar: &'static str,
    pub track: &'static str,
    /// Above the business's notes for a stage, by how many carts, and whether the business comes.
    pub notes: fn(InstructionStage, usize, bool) -> &'static str,
    pub how_it_ends: &'static str,

    // The two ends of a rental.
    pub delivery: &'static str,
    pub you_pick_up: &'static str,
    pub handover: &'static str,
    pub we_pick_up: &'static str,
    pub return_label: &'static str,
    pub rental_ends: &'static str,
    pub to_place: fn(&str) -> String,

    // The steps of a delivery.
    pub planned: &'static str,
    pub on_its_way: &'static str,
    pub arrives: &'static str,
    pub delivered: &'static str,
    pub not_delivered: &'static str,
    pub done: &'static str,
    pub not_yet: &'static str,
    pub last_update: fn(&str) -> String,

    // What happens next: tags, headlines, and what to do.
    pub pending: &'static str,
    pub requested_for: fn(&str) -> String,
    pub pending_how: &'static str,
    pub confirmed: &'static str,
    pub delivery_ahead: fn(&str) -> String,
    pub pickup_ahead: fn(usize, &str) -> String,
    pub handover_ahead: fn(&str) -> String,
    pub we_deliver_to: fn(&str) -> String,
    pub today: &'static str,
    pub we_deliver: fn(&str) -> String,
    pub wrong_address: &'static str,
    pub pick_it_up: fn(usize, &str) -> String,
    pub rental_starts: fn(&str) -> String,
    pub how_do_you_get_it: fn(usize) -> &'static str,
    pub arriving: fn(usize, &str) -> String,
    pub on_its_way_planned_for: fn(&str) -> String,
    pub planned_times: fn(&str) -> String,
    pub running_late: &'static str,
    pub new_arrival_time: fn(&str) -> String,
    pub sorry_we_planned: fn(&str) -> String,
    pub cannot_wait: &'static str,
    pub delivery_time_has_passed: &'static str,
    pub we_planned: fn(&str) -> String,
    pub not_there_yet: &'static str,
    pub please_call: &'static str,
    pub planned_for: fn(&str) -> String,
    pub no_cart_yet: fn(usize) -> &'static str,
    pub could_not_deliver: fn(usize) -> &'static str,
    pub set_a_new_time: &'static str,
    pub you_have_it: fn(usize) -> &'static str,
    pub yours_until: fn(&str) -> String,
    pub have_it_ready: fn(usize, &str) -> String,
    pub have_it_ready_by_then: fn(usize) -> &'static str,
    pub have_it_ready_now: fn(usize) -> &'static str,
    pub we_pick_it_up: fn(usize, &str) -> String,
    pub then_bring_it_back: fn(usize, &str) -> String,
    pub rental_ends_on: fn(&str) -> String,
    pub how_to_return: fn(usize) -> &'static str,
    pub trouble_or_longer: fn(usize) -> &'static str,
    pub ends_today: &'static str,
    pub bring_it_back: fn(usize, &str) -> String,
    pub we_pick_up_your_cart: fn(usize, &str) -> String,
    pub longer_or_elsewhere: fn(usize) -> &'static str,
    pub overdue: &'static str,
    pub bring_it_back_now: fn(usize) -> &'static str,
    pub it_was_due: fn(usize, &str) -> String,
    pub already_brought_back: fn(usize) -> &'static str,
    pub need_more_time: &'static str,
    pub pickup_not_confirmed: &'static str,
    pub still_there: fn(usize) -> &'static str,
    pub we_planned_to_pick_up: fn(usize, &str) -> String,
    pub rental_has_ended: &'static str,
    pub still_have_it: fn(usize) -> &'static str,
    pub it_ended: fn(&str) -> String,
    pub returned: &'static str,
    pub thanks: fn(Option<&str>) -> String,
    pub left_something: fn(usize) -> &'static str,
    pub canceled: &'static str,
    pub booking_canceled: &'static str,
    pub nothing_to_do: &'static str,
    pub you_paid: fn(&str) -> String,
    pub call_us_about_the_payment: &'static str,
    pub not_what_you_wanted: &'static str,
    pub ended: &'static str,
    pub booking_ended: &'static str,
    pub shows_as_not_used: &'static str,
    pub call_us_about_it: &'static str,
    pub cannot_say: &'static str,
    pub where_to: &'static str,
    pub call_us_about: fn(&str) -> String,
    pub cannot_show_everything: &'static str,

    // What changed.
    pub changed: fn(&str) -> String,
    pub check_the_changes: &'static str,
    pub what_changed: &'static str,
    pub starts: &'static str,
    pub ends: &'static str,
    pub carts: fn(usize) -> &'static str,
    pub was: fn(&str) -> String,

    // Mails.
    pub view_your_booking: &'static str,
    pub sign_in_subject: fn(&str) -> String,
    pub sign_in_lead: fn(&str) -> String,
    pub you_did_not_ask: &'static str,
    pub link_lasts: &'static str,
    pub copy_this_address: &'static str,
    pub confirmation_subject: fn(&str, &str) -> String,
    pub you_are_booked: fn(Option<&str>) -> String,
    pub confirmation_lead: fn(&str) -> String,
    pub pending_subject: fn(&str, &str) -> String,
    pub pending_lead: fn(&str) -> String,
    pub all_in_one_place: &'static str,
    pub at_the_same_address: &'static str,
    pub and_more: fn(usize) -> String,
    pub call_or_reply: &'static str,

    // The calendar file.
    pub calendar_handover: fn(usize, bool, &str) -> String,
    pub calendar_return: fn(usize, bool, &str) -> String,
    pub calendar_details: &'static str,
}
