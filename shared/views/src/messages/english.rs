//! US English.

use jiff::{Zoned, civil::Date};
use portal_domain::{
    booking::{DocumentKind, InstructionStage},
    language::Language,
};

use super::{
    catalog::{Dates, DayFrom, Messages, NamedZone},
    money,
    parts::{first_of_range, one_or_more, with_method},
    sentence::sentence,
};

/// The words in US English.
pub static ENGLISH: Messages = Messages {
    language: Language::English,
    language_name: "English",
    dates: Dates {
        time,
        at: |moment| format!("at\u{a0}{}", time(moment)),
        from: |moment| format!("from {}", time(moment)),
        by: |moment| format!("by\u{a0}{}", time(moment)),
        about: |moment| format!("about {}", time(moment)),
        between: |from, to| format!("between {}\u{a0}and\u{a0}{}", half(from, to), time(to)),
        times: |from, to| format!("{}\u{a0}to\u{a0}{}", half(from, to), time(to)),
        long_day: |date, with_year| written(date, "%A, %B\u{a0}%-d", with_year),
        short_day: |date, with_year| written(date, "%a, %b\u{a0}%-d", with_year),
        date: |date, with_year| written(date, "%B\u{a0}%-d", with_year),
        days,
        day: |day, long| match day {
            DayFrom::Today => "today".to_owned(),
            DayFrom::Tomorrow => format!("tomorrow, {long}"),
            DayFrom::Yesterday => format!("yesterday, {long}"),
            DayFrom::InDays(days) => format!("in\u{a0}{days}\u{a0}days, on {long}"),
            DayFrom::Absolute => format!("on {long}"),
        },
        day_and_time: |day, time| {
            if day.contains(',') { format!("{day}, {time}") } else { format!("{day} {time}") }
        },
        time_and_day: |time, day| {
            if day.contains(',') { format!("{time}, {day}") } else { format!("{time} {day}") }
        },
        until: |day, moment| format!("{day}, {}", time(moment)),
        row: |day, time| format!("{day}, {time}"),
        span: |from, to| format!("{from}, to {to}"),
        zone: |zone| match zone {
            NamedZone::Eastern => "Eastern Time (ET)",
            NamedZone::Central => "Central Time (CT)",
            NamedZone::Mountain => "Mountain Time (MT)",
            NamedZone::Pacific => "Pacific Time (PT)",
            NamedZone::Alaska => "Alaska Time (AKT)",
            NamedZone::Hawaii => "Hawaii Time (HST)",
            NamedZone::Atlantic => "Atlantic Time (AT)",
        },
        zone_of: |city, distance| format!("local time in {city} (GMT{distance})"),
        length,
    },

    skip_to_content: "Skip to content",
    email_us: "Email us",
    call: |phone| format!("Call\u{a0}{phone}"),
    sign_out: "Sign out",
    sign_out_everywhere: "Sign out on all devices",
    signed_in_as: |address| format!("Signed in as {address}"),
    all_times_are: |zone| sentence(format!("All times are {zone}")),
    times_are: |zone| sentence(format!("Times are {zone}")),
    opens_another_site: "(opens another site)",
    questions: "Questions?",
    questions_how: "Call or email us. We’re glad to help.",
    change_or_cancel: "Need to change or cancel?",
    change_or_cancel_how: |reference| sentence(format!("Call or email us and tell us your booking, {reference}")),
    change_subject: |reference| format!("Change or cancel booking {reference}"),

    sign_in: "Sign in",
    see_your_booking: "See your booking",
    sign_in_how: "Enter the email address you booked with. We’ll email you a link that signs you in. No password, no account.",
    email_address: "Email address",
    email_me_a_link: "Email me a link",
    check_the_address: "Check the address",
    sign_in_problem: "Problem: Sign in",
    address_empty: "Enter your email address.",
    address_too_long: "This address is too long. Check it for typing mistakes.",
    address_malformed: "Enter one email address, like name@example.com.",
    signed_out: "You’re signed out.",
    not_signed_out_everywhere: "You were signed out here already, so nothing was done on your other devices. To sign out on all of them, sign in again and choose “Sign out on all devices” at the end of the page.",
    one_more_step: "One more step",
    check_your_email: "Check your email",
    link_sent: "If there is a booking under the address you entered, a link is on its way. It works once, within one hour.",
    link_sent_to: |address| {
        format!("If {address} is the address you booked with, a link is on its way. It works once, within one hour.")
    },
    link_renewed: |masked_address| {
        let sent = format!("If you still have a booking here, a new link is on its way to {masked_address}");
        format!("{} It works once, within one hour.", sentence(sent))
    },
    look_for: |business, sender| format!("Look for an email from {business} ({sender})."),
    no_email_yet: "Nothing after 2 minutes? Look in the spam folder, then ask again. However often you ask, we send one email a minute at most.",
    no_email_at_all: "Still nothing? Make sure that you booked with this address.",
    send_again: "Send it again",
    use_another_address: "Use another address",
    not_you: "Not you?",
    cannot_get_in: "Can’t get in? Call or email us. We’re glad to help.",

    open_your_bookings: "Open your bookings",
    bookings_at: |business, masked_address| format!("Your bookings at {business}, booked with {masked_address}"),
    view_your_bookings: "View your bookings",
    other_address: "You’re signed in with another email address",
    switch_address: "Switch email address?",
    opens_bookings_of: |masked_address| sentence(format!("This link opens the bookings of {masked_address}")),
    look_alike: "These are two addresses that look alike when they are shortened.",
    switch_to: |masked_address| format!("Switch to {masked_address}"),
    stay_with: |masked_address| format!("Stay with {masked_address}"),
    link_used: "This link was already used",
    link_used_why: "Each link works once. We can email you a new one.",
    link_expired: "This link has expired",
    link_expired_why: "A link works for one hour. We can email you a new one.",
    email_me_a_new_link: "Email me a new link",
    it_goes_to: |masked_address| sentence(format!("It goes to {masked_address}")),
    link_unknown: "This link doesn’t work",
    link_unknown_why: "It may be incomplete or too old. Ask for a new one with the address you booked with.",
    get_a_new_link: "Get a new link",
    cookies_off: "Your browser didn’t keep you signed in",
    cookies_off_why: "The link worked, but this browser keeps no cookies, and without one we can’t know you on the next page.",
    cookies_off_how: "Allow cookies for this site in the browser’s settings, or open the portal in another browser. Then ask for a new link. Or call us.",

    not_found: "We can’t find that page",
    not_found_why: "The web address may be wrong, or the booking is under another email address.",
    wrong_method: "That doesn’t work here",
    wrong_method_why: "Please start again from your bookings.",
    not_from_here: "Please try that again",
    not_from_here_why: "For your safety we stopped that. Nothing was changed. Please start again from your bookings.",
    too_large: "That is too long",
    too_large_why: "Nothing was changed. Please start again and enter only your email address.",
    failed: "Something went wrong on our side",
    failed_why: "It’s nothing you did. Wait a minute and try again, or call us.",
    document_missing: "This document isn’t ready yet",
    document_missing_why: "Try again later, or call us and we’ll send it to you.",
    too_many_requests: "Too many tries",
    too_many_from_this_network: |minutes| {
        format!(
            "Too many links were asked for from this network. Please try again in {}, or turn off Wi-Fi. Can’t wait? Call us.",
            length(minutes)
        )
    },
    too_many_for_this_address: |minutes| {
        let again =
            sentence(format!("Look for one in your inbox and in the spam folder, or try again in {}", length(minutes)));
        format!("Too many links were asked for with this email address. {again} Can’t wait? Call us.")
    },
    or_ask_us: "Or just ask us:",

    your_bookings: "Your bookings",
    hello: |name| format!("Hello, {name}"),
    today_is: |day| sentence(format!("Today is {day}")),
    all_bookings: "All bookings",
    past_bookings: "Past bookings",
    no_more_past_bookings: "Nothing further back.",
    show_more: "Show 10 more",
    no_bookings: "No bookings yet",
    no_bookings_how: "A new booking takes a few minutes to show here. Booked with another email address? Sign out and use that one.",
    no_active_bookings: "Nothing booked at the moment.",
    view_booking: "View booking",
    booking: |reference| format!("Booking {reference}"),
    cart_and_booking: |cart, reference| format!("{cart}, booking {reference}"),
    rental_agreements: "Rental agreements",

    money: |money| money::symbol_first(money, &CURRENCIES),
    list: |items, more| match more {
        0 => items.join(", "),
        more => format!("{}, and {more} more", items.join(", ")),
    },

    carts_of: |count| format!("{count}\u{a0}carts"),
    your_carts: |count| one_or_more(count, "Your cart", "Your carts"),
    seats: |seats| if seats == 1 { "1\u{a0}seat".to_owned() } else { format!("{seats}\u{a0}seats") },
    seats_each: |seats| if seats == 1 { "1\u{a0}seat each".to_owned() } else { format!("{seats}\u{a0}seats each") },
    extras: "Extras",
    documents: "Documents",
    document: |kind| match kind {
        DocumentKind::Agreement => "Agreement",
        DocumentKind::Invoice => "Invoice",
        DocumentKind::Receipt => "Receipt",
        DocumentKind::Unknown => "Document",
    },
    pdf: "PDF",
    document_signed: |_, day| format!("Signed {day}"),
    document_issued: |_, day| format!("Issued {day}"),
    document_unsigned: |day| format!("Not signed yet, issued {day}"),
    new_documents: "New documents will show here.",
    no_documents: "There are no documents for this booking.",
    no_bills: "No receipt or invoice here yet. Need one? Call us.",
    price: "Price",
    total: "Total",
    paid: "Paid",
    paid_on: |day, method| with_method(format!("Paid {day}"), method),
    refunded_on: |day, method| with_method(format!("Refunded {day}"), method),
    deposit_held_on: |day, method| with_method(format!("Security deposit held {day}"), method),
    deposit_released_on: |day, method| with_method(format!("Security deposit released {day}"), method),
    payment_method: |_| None,
    balance_due: "Balance due",
    credit: "Credit",
    refund_due: "Refund due",
    balance_due_is: |amount| sentence(format!("Balance due: {amount}")),
    credit_is: |amount| format!("You have a {amount} credit."),
    refund_due_is: |amount| sentence(format!("Refund due: {amount}")),
    call_us_to_pay: "Call us to pay.",
    call_us_about_the_balance: "Call us about this balance.",
    call_us_about_the_refund: "Call us about your refund.",
    paid_in_full: "Paid in full. Thank you!",
    you_paid_in_full: |amount| format!("You paid {amount} in full."),
    we_refunded: |amount, day| sentence(format!("We refunded {amount} on {day}")),
    we_released_the_deposit: |amount, day| sentence(format!("We released your {amount} security deposit on {day}")),
    pay: |amount| format!("Pay {amount}"),
    directions: "Directions",
    add_to_calendar: "Add to calendar",
    google_calendar: "Google Calendar",
    track: "Track your delivery",
    notes: |stage, carts, we_come| match stage {
        InstructionStage::Before => "Before your rental",
        InstructionStage::Handover if we_come => "Good to know for the delivery",
        InstructionStage::Handover => "Good to know for the pick-up",
        InstructionStage::During => one_or_more(carts, "How to use your cart", "How to use your carts"),
        InstructionStage::Return if we_come => one_or_more(carts, "Before we pick it up", "Before we pick them up"),
        InstructionStage::Return => one_or_more(carts, "How to return it", "How to return them"),
        InstructionStage::Unknown => "Good to know",
    },
    how_it_ends: "And then",

    delivery: "Delivery",
    you_pick_up: "You pick up",
    handover: "Start",
    we_pick_up: "We pick up",
    return_label: "Return",
    rental_ends: "Your rental ends",
    to_place: |place| format!("To {place}"),

    planned: "Planned",
    on_its_way: "On its way",
    arrives: "Arrives",
    delivered: "Delivered",
    not_delivered: "Not delivered",
    done: "done",
    not_yet: "not yet",
    last_update: |when| sentence(format!("Last update: {when}")),

    pending: "Waiting for confirmation",
    requested_for: |day| format!("Requested for {day}"),
    pending_how: "We’re still checking this booking. We’ll email you as soon as it’s confirmed.",
    confirmed: "Confirmed",
    delivery_ahead: |day| format!("Delivery {day}"),
    pickup_ahead: |carts, day| format!("Pick {} up {day}", it(carts)),
    handover_ahead: |day| format!("Your rental starts {day}"),
    we_deliver_to: |place| sentence(format!("We deliver to {place}")),
    today: "Today",
    we_deliver: |when| format!("We deliver {when}"),
    wrong_address: "Wrong address? Can’t be there? Please call us now.",
    pick_it_up: |carts, when| format!("Pick {} up {when}", it(carts)),
    rental_starts: |when| format!("Your rental starts {when}"),
    how_do_you_get_it: |carts| {
        one_or_more(carts, "Not sure how you get your cart? Call us.", "Not sure how you get your carts? Call us.")
    },
    arriving: |_, when| format!("Arriving {when}"),
    on_its_way_planned_for: |when| format!("On its way, planned for {when}"),
    planned_times: |times| sentence(format!("Planned: {times}")),
    running_late: "Running late",
    new_arrival_time: |when| format!("New arrival time: {when}"),
    sorry_we_planned: |when| sentence(format!("Sorry. We planned {when}")),
    cannot_wait: "Can’t wait? Wrong address? Please call us now.",
    delivery_time_has_passed: "Delivery time has passed",
    we_planned: |when| format!("We planned {when}"),
    not_there_yet: "Not there yet? Call us.",
    please_call: "Please call",
    planned_for: |when| format!("Planned for {when}"),
    no_cart_yet: |carts| one_or_more(carts, "No cart yet? Call us.", "No carts yet? Call us."),
    could_not_deliver: |carts| one_or_more(carts, "We couldn’t deliver your cart", "We couldn’t deliver your carts"),
    set_a_new_time: "Please call us to set a new time.",
    you_have_it: |carts| one_or_more(carts, "You have it", "You have them"),
    yours_until: |when| format!("Yours until {when}"),
    have_it_ready: |carts, when| format!("Have {} ready {when}", it(carts)),
    have_it_ready_by_then: |carts| one_or_more(carts, "Have it ready by then.", "Have them ready by then."),
    have_it_ready_now: |carts| one_or_more(carts, "Have it ready now.", "Have them ready now."),
    we_pick_it_up: |carts, when| sentence(format!("We pick {} up {when}", it(carts))),
    then_bring_it_back: |carts, place| sentence(format!("Then bring {} back to {place}", it(carts))),
    rental_ends_on: |when| format!("Your rental ends {when}"),
    how_to_return: |carts| {
        one_or_more(carts, "Not sure how to return it? Call us.", "Not sure how to return them? Call us.")
    },
    trouble_or_longer: |carts| {
        one_or_more(
            carts,
            "Trouble on the road? Need it longer? Call us.",
            "Trouble on the road? Need them longer? Call us.",
        )
    },
    ends_today: "Ends today",
    bring_it_back: |carts, when| format!("Bring {} back {when}", it(carts)),
    we_pick_up_your_cart: |carts, when| format!("We pick up {} {when}", one_or_more(carts, "your cart", "your carts")),
    longer_or_elsewhere: |carts| {
        one_or_more(
            carts,
            "Need it longer? Is it somewhere else? Please call us before we come.",
            "Need them longer? Are they somewhere else? Please call us before we come.",
        )
    },
    overdue: "Overdue",
    bring_it_back_now: |carts| one_or_more(carts, "Please bring it back now", "Please bring them back now"),
    it_was_due: |carts, when| sentence(format!("{} due {when}", one_or_more(carts, "It was", "They were"))),
    already_brought_back: |carts| {
        one_or_more(
            carts,
            "Already brought it back? Call us so we can check.",
            "Already brought them back? Call us so we can check.",
        )
    },
    need_more_time: "Need more time? Call us.",
    pickup_not_confirmed: "Pickup not confirmed",
    still_there: |carts| {
        one_or_more(carts, "Is it still there? Please call us", "Are they still there? Please call us")
    },
    we_planned_to_pick_up: |carts, when| {
        sentence(format!("We planned to pick up {} {when}", one_or_more(carts, "your cart", "your carts")))
    },
    rental_has_ended: "Your rental has ended",
    still_have_it: |carts| {
        one_or_more(carts, "Still have it? Please call us now.", "Still have them? Please call us now.")
    },
    it_ended: |when| sentence(format!("It ended {when}")),
    returned: "Returned",
    thanks: |name| match name {
        Some(name) => format!("{} See you again!", sentence(format!("Thanks, {name}"))),
        None => "Thanks. See you again!".to_owned(),
    },
    left_something: |carts| {
        one_or_more(
            carts,
            "Left something in the cart? Call or email us.",
            "Left something in a cart? Call or email us.",
        )
    },
    canceled: "Canceled",
    booking_canceled: "This booking is canceled",
    nothing_to_do: "You don’t need to do anything.",
    you_paid: |amount| sentence(format!("You paid {amount}")),
    call_us_about_the_payment: "Questions about your payment? Call us.",
    not_what_you_wanted: "Not what you wanted? Call us.",
    ended: "Ended",
    booking_ended: "This booking has ended",
    shows_as_not_used: "It shows as not used. Is that wrong? Call us.",
    call_us_about_it: "Please call us about this booking",
    cannot_say: "We can’t say here where it stands.",
    where_to: "Not sure where? Call us.",
    call_us_about: |reference| format!("Please call us about {reference}"),
    cannot_show_everything: "We can’t show everything about it here. Please call us.",

    changed: |when| format!("Changed {when}"),
    check_the_changes: "Please check the changes. Something wrong? Call us.",
    what_changed: "What changed",
    starts: "Starts",
    ends: "Ends",
    carts: |carts| one_or_more(carts, "Cart", "Carts"),
    was: |before| format!("(was {before})"),

    view_your_booking: "View Your Booking",
    sign_in_subject: |business| format!("Your sign-in link for {business}"),
    sign_in_lead: |business| {
        format!("{} Here it is.", sentence(format!("You asked for a link to your bookings at {business}")))
    },
    you_did_not_ask: "You didn’t ask for it? You can ignore this email. Don’t forward it: the link opens your bookings.",
    link_lasts: "The link works once, within one hour. After that, open it to get a new one.",
    copy_this_address: "If the button does nothing, copy this address into your browser:",
    confirmation_subject: |reference, business| format!("Booking {reference} is confirmed: {business}"),
    you_are_booked: |name| match name {
        Some(name) => format!("You’re booked, {name}"),
        None => "You’re booked".to_owned(),
    },
    confirmation_lead: |reference| format!("Booking {reference} is confirmed."),
    pending_subject: |reference, business| format!("Booking {reference} is waiting for confirmation: {business}"),
    pending_lead: |reference| format!("Booking {reference} is not confirmed yet."),
    all_in_one_place: "Times, documents, and delivery tracking, all in one place. No password needed.",
    at_the_same_address: "At the same address",
    and_more: |more| format!("and {more} more"),
    call_or_reply: "Call us, or just reply to this email.",

    calendar_handover: |_, is_delivery, business| {
        format!("{}: {business}", if is_delivery { "Golf cart delivery" } else { "Pick up golf cart" })
    },
    calendar_return: |_, is_collection, business| {
        format!("{}: {business}", if is_collection { "Golf cart pickup" } else { "Return golf cart" })
    },
    calendar_details: "Details and changes:",
};

fn it(carts: usize) -> &'static str {
    one_or_more(carts, "it", "them")
}

/// The currencies with a sign of their own, which it has in the US.
const CURRENCIES: [(&str, &str); 22] = [
    ("AUD", "A$"),
    ("BRL", "R$"),
    ("CAD", "CA$"),
    ("CNY", "CN¥"),
    ("EUR", "€"),
    ("GBP", "£"),
    ("HKD", "HK$"),
    ("ILS", "₪"),
    ("INR", "₹"),
    ("JPY", "¥"),
    ("KRW", "₩"),
    ("MXN", "MX$"),
    ("NZD", "NZ$"),
    ("PHP", "₱"),
    ("TWD", "NT$"),
    ("USD", "$"),
    ("VND", "₫"),
    ("XAF", "FCFA"),
    ("XCD", "EC$"),
    ("XCG", "Cg."),
    ("XOF", "F\u{202f}CFA"),
    ("XPF", "CFPF"),
];

/// `8:40 am`, `8 am`, `noon`.
fn time(moment: &Zoned) -> String {
    match (moment.hour(), moment.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "noon".to_owned(),
        (_, 0) => moment.strftime("%-I\u{a0}%P").to_string(),
        _ => moment.strftime("%-I:%M\u{a0}%P").to_string(),
    }
}

fn half(from: &Zoned, to: &Zoned) -> String {
    first_of_range(from, to, time, '\u{a0}')
}

fn written(date: Date, pattern: &str, with_year: bool) -> String {
    date.strftime(&format!("{pattern}{}", if with_year { ", %Y" } else { "" })).to_string()
}

/// `Nov 2 to 5, 2026`, `Jun 29 to Jul 2, 2026`, `Dec 30, 2026 to Jan 2, 2027`.
fn days(from: Date, to: Date) -> String {
    let day = |date: Date, pattern: &str| date.strftime(pattern).to_string();
    if from == to {
        day(from, "%b\u{a0}%-d, %Y")
    } else if from.year() != to.year() {
        format!("{} to {}", day(from, "%b\u{a0}%-d, %Y"), day(to, "%b\u{a0}%-d, %Y"))
    } else if from.month() != to.month() {
        format!("{} to {}", day(from, "%b\u{a0}%-d"), day(to, "%b\u{a0}%-d, %Y"))
    } else {
        format!("{}\u{a0}to\u{a0}{}", day(from, "%b\u{a0}%-d"), day(to, "%-d, %Y"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_hours_and_minutes() {
        for (minutes, said) in
            [(1, "1 minute"), (5, "5 minutes"), (60, "1 hour"), (65, "1 hour 5 minutes"), (120, "2 hours")]
        {
            assert_eq!(length(minutes), said);
            for words in [ENGLISH.too_many_from_this_network, ENGLISH.too_many_for_this_address] {
                assert!(words(minutes).contains(&format!("try again in {said}")), "{}", words(minutes));
            }
        }
    }

    #[test]
    fn notes_are_named_by_their_stage_and_by_who_comes() {
        for (stage, carts, we_come, title) in [
            (InstructionStage::Handover, 1, true, "Good to know for the delivery"),
            (InstructionStage::Handover, 1, false, "Good to know for the pick-up"),
            (InstructionStage::Return, 1, true, "Before we pick it up"),
            (InstructionStage::Return, 2, true, "Before we pick them up"),
            (InstructionStage::Return, 1, false, "How to return it"),
        ] {
            assert_eq!((ENGLISH.notes)(stage, carts, we_come), title);
        }
    }

    #[test]
    fn what_was_paid_says_how_and_seats_are_counted() {
        assert_eq!((ENGLISH.paid_on)("November 3", Some("card")), "Paid November 3, card");
        assert_eq!((ENGLISH.paid_on)("November 3", None), "Paid November 3");
        let seats = [1, 4].map(|count| [(ENGLISH.seats)(count), (ENGLISH.seats_each)(count)].join(", "));
        assert_eq!(seats.map(|seats| seats.replace('\u{a0}', " ")), ["1 seat, 1 seat each", "4 seats, 4 seats each"]);
    }
}
