//! Asking for a link.

use maud::html;
use portal_domain::customer::NotAnAddress;

use super::site::{Content, Page, Site};
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
    /// What was typed, and why it is not an address.
    Problem(&'a str, NotAnAddress),
}

/// The form that asks for a link.
pub fn sign_in(site: &Site, form: SignInForm<'_>) -> Page {
    let (typed, problem) = match form {
        SignInForm::Blank | SignInForm::SignedOut => ("", None),
        SignInForm::Problem(typed, NotAnAddress::Empty) => (typed, Some(messages::ADDRESS_EMPTY)),
        SignInForm::Problem(typed, NotAnAddress::TooLong) => (typed, Some(messages::ADDRESS_TOO_LONG)),
        SignInForm::Problem(typed, NotAnAddress::Malformed) => (typed, Some(messages::ADDRESS_MALFORMED)),
    };
    let typed: String = typed.chars().take(LONGEST_TYPED).collect();
    let main = html! {
        main.small {
            (site.logo())
            h1 { (site.business.name) }
            @if form == SignInForm::SignedOut { p role="status" { (messages::SIGNED_OUT) } }
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
                button.main { (messages::MAIL_ME_A_LINK) }
            }
        }
    };
    let title = if problem.is_some() { messages::SIGN_IN_PROBLEM } else { messages::SIGN_IN };
    site.small_page(&Content { title, signed_in: None, main })
}

/// What everyone sees who asked for a link by an address, whether there is a booking or not.
pub fn link_sent(site: &Site) -> Page {
    check_your_mail(site, messages::LINK_SENT)
}

/// What everyone sees who asked for a fresh link by a dead one.
pub fn link_renewed(site: &Site) -> Page {
    check_your_mail(site, messages::LINK_RENEWED)
}

fn check_your_mail(site: &Site, what: &str) -> Page {
    let main = html! {
        main.small {
            (site.logo())
            h1 { (messages::CHECK_YOUR_MAIL) }
            p { (what) }
            p.soft { (messages::NO_MAIL) }
            p { a href="/sign-in" { (messages::USE_ANOTHER_ADDRESS) } }
        }
    };
    site.small_page(&Content { title: messages::CHECK_YOUR_MAIL, signed_in: None, main })
}
