//! Asking for a link.

use maud::{Markup, html};
use portal_domain::{
    booking::BookingId,
    customer::{EmailAddress, NotAnAddress},
};

use super::{
    parts,
    site::{Content, Page, Site},
};
use crate::messages;

/// The most characters that the form takes, and shows again of what was typed: 64 before the @ and 255 behind it
/// (RFC 5321 §4.5.3.1).
const LONGEST_TYPED: usize = 320;

/// What the form says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInForm<'a> {
    /// Nothing.
    Blank,
    /// The customer has just signed out.
    SignedOut,
    /// The customer wanted to sign out on all devices, by a session that had ended.
    NotSignedOutEverywhere,
    /// What was typed, and why it is not an address.
    Problem(&'a str, NotAnAddress),
}

/// The form that asks for a link, to land on a booking perhaps.
pub fn sign_in(site: &Site, form: SignInForm<'_>, to: Option<&BookingId>) -> Page {
    let (typed, problem) = match form {
        SignInForm::Blank | SignInForm::SignedOut | SignInForm::NotSignedOutEverywhere => ("", None),
        SignInForm::Problem(typed, NotAnAddress::Empty) => (typed, Some(messages::ADDRESS_EMPTY)),
        SignInForm::Problem(typed, NotAnAddress::TooLong) => (typed, Some(messages::ADDRESS_TOO_LONG)),
        SignInForm::Problem(typed, NotAnAddress::Malformed) => (typed, Some(messages::ADDRESS_MALFORMED)),
    };
    let typed: String = typed.chars().take(LONGEST_TYPED).collect();
    let main = html! {
        main.small {
            (site.logo())
            h1 { (site.business.name) }
            @match form {
                SignInForm::SignedOut => p role="status" { (messages::SIGNED_OUT) },
                SignInForm::NotSignedOutEverywhere => p role="status" { (messages::NOT_SIGNED_OUT_EVERYWHERE) },
                SignInForm::Blank | SignInForm::Problem(..) => {},
            }
            @if let Some(problem) = problem {
                div.problem role="alert" tabindex="-1" autofocus aria-labelledby="problem" {
                    h2 #problem { (messages::THERE_IS_A_PROBLEM) }
                    a href="#email" { (problem) }
                }
            }
            p { (messages::SIGN_IN_HOW) }
            form method="post" action="/sign-in" novalidate {
                label for="email" { (messages::EMAIL_ADDRESS) }
                @if let Some(problem) = problem { p.error #email-error { (problem) } }
                input #email name="email" type="email" value=(typed) maxlength=(LONGEST_TYPED) autocomplete="email" inputmode="email"
                    autocapitalize="none" spellcheck="false" required
                    aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "email-error")];
                (landing(to))
                button.main { (messages::MAIL_ME_A_LINK) }
            }
        }
    };
    let title = if problem.is_some() { messages::SIGN_IN_PROBLEM } else { messages::SIGN_IN };
    site.small_page(&Content { title, signed_in: None, main })
}

/// What the page that says where to look knows of the request before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An address was typed, on the way to a booking perhaps.
    ByAddress(EmailAddress, Option<BookingId>),
    /// A dead link was renewed; its address, masked.
    ByDeadLink(String),
}

/// What everyone sees who asked for a link, whether there is a booking or not; `sender` is the address its mail comes
/// from. Without the browser's memory of what was asked the page is the same, but says less.
pub fn link_sent(site: &Site, sender: &str, asked: Option<&Asked>) -> Page {
    let sent = match asked {
        None => messages::LINK_SENT.to_owned(),
        Some(Asked::ByAddress(address, _)) => messages::link_sent_to(&address.shown()),
        Some(Asked::ByDeadLink(masked_address)) => messages::link_renewed(masked_address),
    };
    let another = match asked {
        Some(Asked::ByAddress(_, Some(booking))) => format!("/sign-in?another&to={booking}"),
        _ => "/sign-in?another".to_owned(),
    };
    let main = html! {
        main.small {
            (site.logo())
            h1 { (messages::CHECK_YOUR_MAIL) }
            p { (sent) }
            p { (messages::look_for(&site.business.name, sender)) }
            p.soft { (messages::NO_MAIL_YET) " " (messages::NO_MAIL_AT_ALL) }
            @if let Some(Asked::ByAddress(address, to)) = asked {
                form method="post" action="/sign-in" {
                    input type="hidden" name="email" value=(address.as_str());
                    (landing(to.as_ref()))
                    button { (messages::SEND_AGAIN) }
                }
            }
            p { a href=(another) { (messages::USE_ANOTHER_ADDRESS) } }
            p.soft { (messages::CANNOT_GET_IN) }
            (parts::call(&site.business.phone))
        }
    };
    site.small_page(&Content { title: messages::CHECK_YOUR_MAIL, signed_in: None, main })
}

/// The booking to land on, carried along by a form.
fn landing(to: Option<&BookingId>) -> Markup {
    html! { @if let Some(booking) = to { input type="hidden" name="to" value=(booking); } }
}
