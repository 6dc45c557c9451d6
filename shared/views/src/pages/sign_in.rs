//! Asking for a link.

use maud::html;

use super::site::{Content, Page, Site};
use crate::words;
use portal_domain::customer::NotAnAddress;

/// The state of the form.
#[derive(Default)]
pub struct SignInForm<'a> {
    /// What was typed, and why it is not an address.
    pub problem: Option<(&'a str, NotAnAddress)>,
    /// Whether the customer has just signed out.
    pub signed_out: bool,
}

/// The form that asks for a link.
pub fn sign_in(site: &Site, form: &SignInForm<'_>) -> Page {
    let problem = form.problem.map(|(_, reason)| match reason {
        NotAnAddress::Empty => words::ADDRESS_EMPTY,
        NotAnAddress::TooLong => words::ADDRESS_TOO_LONG,
        NotAnAddress::Malformed => words::ADDRESS_MALFORMED,
    });
    let typed = form.problem.map_or("", |(typed, _)| typed);
    let main = html! {
        main.small {
            (site.logo())
            h1 { (site.business.name) }
            @if form.signed_out { p role="status" { (words::SIGNED_OUT) } }
            @if let Some(problem) = problem {
                div.problem role="alert" tabindex="-1" autofocus aria-labelledby="problem" {
                    h2 #problem { (words::THERE_IS_A_PROBLEM) }
                    a href="#email" { (problem) }
                }
            }
            p { (words::SIGN_IN_HOW) }
            form method="post" action="/sign-in" novalidate {
                label for="email" { (words::EMAIL_ADDRESS) }
                @if let Some(problem) = problem { p.error #email-error { (problem) } }
                input #email name="email" type="email" value=(typed) maxlength="320" autocomplete="email" inputmode="email"
                    autocapitalize="none" spellcheck="false" required
                    aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "email-error")];
                button.main { (words::MAIL_ME_A_LINK) }
            }
        }
    };
    let title = if problem.is_some() { words::SIGN_IN_PROBLEM } else { words::SIGN_IN };
    site.small_page(&Content { title, signed_in: None, main })
}

/// What everyone sees who asked for a link, whether there is a booking or not.
pub fn link_sent(site: &Site, renewed: bool) -> Page {
    let main = html! {
        main.small {
            (site.logo())
            h1 { (words::CHECK_YOUR_MAIL) }
            p { (if renewed { words::LINK_RENEWED } else { words::LINK_SENT }) }
            p.soft { (words::NO_MAIL) }
            p { a href="/sign-in" { (words::USE_ANOTHER_ADDRESS) } }
        }
    };
    site.small_page(&Content { title: words::CHECK_YOUR_MAIL, signed_in: None, main })
}
