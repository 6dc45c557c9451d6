//! English with every text in brackets: `⟦hello: Hello, ⟪Ana⟫⟧` is the message `hello`, and `Ana` was put in.

use std::sync::LazyLock;

use jiff::{
    Zoned,
    civil::{Date, date},
    tz::TimeZone,
};
use portal_domain::{
    booking::{DocumentKind, InstructionStage},
    language::Language,
    money::Money,
};
use portal_views::messages::{Dates, DayFrom, ENGLISH, Messages, NamedZone};

/// Hands the names of all fields to a macro, by how much is put in. One that is missing here does not compile.
macro_rules! with_every_field {
    ($then:ident) => {
        $then! {
            dates one: time at from by about zone length;
            dates two: between times long_day short_day date days day day_and_time time_and_day row span until zone_of;
            texts: language_name skip_to_content email_us sign_out sign_out_everywhere opens_another_site questions questions_how
                change_or_cancel sign_in see_your_booking sign_in_how email_address email_me_a_link check_the_address
                sign_in_problem address_empty address_too_long address_malformed signed_out not_signed_out_everywhere
                one_more_step check_your_email link_sent no_email_yet no_email_at_all send_again use_another_address
                not_you cannot_get_in open_your_bookings view_your_bookings other_address switch_address look_alike
                link_used link_used_why link_expired link_expired_why email_me_a_new_link link_unknown link_unknown_why
                get_a_new_link cookies_off cookies_off_why cookies_off_how not_found not_found_why wrong_method
                wrong_method_why not_from_here not_from_here_why too_large too_large_why failed failed_why
                document_missing document_missing_why too_many_requests or_ask_us your_bookings all_bookings
                past_bookings no_more_past_bookings show_more no_bookings no_bookings_how no_active_bookings
                view_booking rental_agreements extras documents pdf new_documents no_documents no_bills price total
                paid balance_due credit refund_due call_us_to_pay call_us_about_the_balance call_us_about_the_refund
                paid_in_full directions add_to_calendar google_calendar track how_it_ends delivery you_pick_up handover
                we_pick_up return_label rental_ends planned on_its_way arrives delivered not_delivered done not_yet
                pending pending_how confirmed today wrong_address running_late cannot_wait delivery_time_has_passed
                not_there_yet please_call set_a_new_time ends_today overdue need_more_time pickup_not_confirmed
                rental_has_ended returned canceled booking_canceled nothing_to_do call_us_about_the_payment
                not_what_you_wanted ended booking_ended shows_as_not_used call_us_about_it cannot_say where_to
                cannot_show_everything check_the_changes what_changed starts ends view_your_booking you_did_not_ask
                link_lasts copy_this_address all_in_one_place at_the_same_address call_or_reply calendar_details;
            one: money call signed_in_as all_times_are times_are change_or_cancel_how change_subject link_sent_to link_renewed
                opens_bookings_of switch_to stay_with it_goes_to too_many_from_this_network
                too_many_for_this_address hello today_is booking carts_of your_carts seats seats_each document
                document_unsigned payment_method balance_due_is credit_is refund_due_is
                you_paid_in_full pay to_place last_update requested_for delivery_ahead handover_ahead we_deliver_to
                we_deliver rental_starts how_do_you_get_it on_its_way_planned_for planned_times
                new_arrival_time sorry_we_planned we_planned planned_for no_cart_yet could_not_deliver you_have_it
                yours_until have_it_ready_by_then have_it_ready_now rental_ends_on how_to_return trouble_or_longer
                longer_or_elsewhere bring_it_back_now already_brought_back still_there still_have_it it_ended thanks
                left_something you_paid call_us_about changed carts was sign_in_subject sign_in_lead you_are_booked
                confirmation_lead pending_lead and_more;
            two: list look_for bookings_at cart_and_booking paid_on refunded_on deposit_held_on deposit_released_on we_refunded
                we_released_the_deposit pickup_ahead pick_it_up have_it_ready we_pick_it_up then_bring_it_back
                bring_it_back we_pick_up_your_cart it_was_due we_planned_to_pick_up confirmation_subject pending_subject
                document_signed document_issued arriving;
            three: notes calendar_handover calendar_return;
        }
    };
}

macro_rules! bracketed {
    (dates one: $($date_one:ident)*; dates two: $($date_two:ident)*;
     texts: $($text:ident)*; one: $($one:ident)*; two: $($two:ident)*; three: $($three:ident)*;) => {
        Messages {
            language: Language::English,
            dates: Dates {
                $($date_one: |a| (ENGLISH.dates.$date_one)(a.marked()).bracketed(stringify!($date_one)),)*
                $($date_two: |a, b| (ENGLISH.dates.$date_two)(a.marked(), b.marked()).bracketed(stringify!($date_two)),)*
            },
            $($text: ENGLISH.$text.bracketed(stringify!($text)),)*
            $($one: |a| (ENGLISH.$one)(a.marked()).bracketed(stringify!($one)),)*
            $($two: |a, b| (ENGLISH.$two)(a.marked(), b.marked()).bracketed(stringify!($two)),)*
            $($three: |a, b, c| {
                (ENGLISH.$three)(a.marked(), b.marked(), c.marked()).bracketed(stringify!($three))
            },)*
        }
    };
}

macro_rules! said {
    (dates one: $($date_one:ident)*; dates two: $($date_two:ident)*;
     texts: $($text:ident)*; one: $($one:ident)*; two: $($two:ident)*; three: $($three:ident)*;) => {
        |m: &Messages| {
            let mut said = vec![$((stringify!($text), m.$text.said())),*];
            $(for a in samples() { said.push((stringify!($date_one), (m.dates.$date_one)(a).said())); })*
            $(for a in samples() { said.push((stringify!($one), (m.$one)(a).said())); })*
            $(for a in samples() {
                for b in samples() { said.push((stringify!($date_two), (m.dates.$date_two)(a, b).said())); }
            })*
            $(for a in samples() { for b in samples() { said.push((stringify!($two), (m.$two)(a, b).said())); } })*
            $(for a in samples() {
                for b in samples() { for c in samples() { said.push((stringify!($three), (m.$three)(a, b, c).said())); } }
            })*
            said
        }
    };
}

/// The language.
pub(crate) static BRACKETED: LazyLock<Messages> = LazyLock::new(|| with_every_field!(bracketed));

/// Everything that a language says, each text with its field: functions say it of every [`Argument::samples`].
pub(crate) fn said(messages: &Messages) -> Vec<(&'static str, String)> {
    with_every_field!(said)(messages)
}

/// What a message is, or becomes.
trait Said: Sized {
    fn said(self) -> String;
    fn bracketed(self, field: &str) -> Self;
}

impl Said for String {
    fn said(self) -> String {
        self
    }
    fn bracketed(self, field: &str) -> Self {
        format!("⟦{field}: {self}⟧")
    }
}

impl Said for &'static str {
    fn said(self) -> String {
        self.to_owned()
    }
    fn bracketed(self, field: &str) -> Self {
        self.to_owned().bracketed(field).leak()
    }
}

impl Said for Option<&'static str> {
    fn said(self) -> String {
        self.unwrap_or_default().to_owned()
    }
    fn bracketed(self, field: &str) -> Self {
        self.map(|text| text.bracketed(field))
    }
}

/// What is put into a message.
trait Argument: Copy {
    /// The same, so marked that it is told from the message.
    fn marked(self) -> Self {
        self
    }
    fn samples() -> Vec<Self>;
}

fn samples<A: Argument>() -> Vec<A> {
    A::samples()
}

impl Argument for &str {
    fn marked(self) -> Self {
        format!("⟪{self}⟫").leak()
    }
    fn samples() -> Vec<Self> {
        vec!["Аня", "среда, 2"]
    }
}

impl Argument for Option<&str> {
    fn marked(self) -> Self {
        self.map(Argument::marked)
    }
    fn samples() -> Vec<Self> {
        vec![None, Some("Аня")]
    }
}

impl Argument for &[String] {
    fn marked(self) -> Self {
        self.iter().map(|text| text.as_str().marked().to_owned()).collect::<Vec<_>>().leak()
    }
    fn samples() -> Vec<Self> {
        [1, 2, 3].map(|count| &*vec!["Аня".to_owned(); count].leak()).into()
    }
}

impl Argument for Money {
    fn samples() -> Vec<Self> {
        ["USD", "KWD"].map(|code| Self { amount_minor: 123_450, currency: code.to_owned().try_into().unwrap() }).into()
    }
}

impl Argument for &Zoned {
    fn samples() -> Vec<Self> {
        let at = |(hour, minute)| date(2026, 11, 26).at(hour, minute, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        [(0, 0), (1, 0), (8, 40), (12, 0), (17, 0)].map(|time| &*Box::leak(Box::new(at(time)))).into()
    }
}

impl Argument for Date {
    fn samples() -> Vec<Self> {
        (1..=12).map(|month| date(2026, month, 2 + month)).chain([date(2026, 1, 5), date(2027, 1, 5)]).collect()
    }
}

macro_rules! arguments {
    ($($type:ty: $($sample:expr),*;)*) => {
        $(impl Argument for $type {
            fn samples() -> Vec<Self> {
                vec![$($sample),*]
            }
        })*
    };
}

arguments! {
    bool: false, true;
    usize: 1, 2;
    u32: 1, 2;
    i64: 1, 60, 125;
    DayFrom: DayFrom::Today, DayFrom::Tomorrow, DayFrom::Yesterday, DayFrom::InDays(6), DayFrom::Absolute;
    NamedZone: NamedZone::Eastern, NamedZone::Central, NamedZone::Mountain, NamedZone::Pacific, NamedZone::Alaska,
        NamedZone::Hawaii, NamedZone::Atlantic;
    DocumentKind: DocumentKind::Agreement, DocumentKind::Invoice, DocumentKind::Receipt, DocumentKind::Unknown;
    InstructionStage: InstructionStage::Before, InstructionStage::Handover, InstructionStage::During,
        InstructionStage::Return, InstructionStage::Unknown;
}
