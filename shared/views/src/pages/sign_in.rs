//! Asking for a link.

use maud::{Markup, html};
use portal_domain::{
    booking::BookingId,
    customer::{EmailAddress, NotAnAddress},
};

use super::{
    icons::icon,
    inline, parts,
    site::{Localized, Page},
};

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
pub fn sign_in(view: &Localized<'_>, form: SignInForm<'_>, to: Option<&BookingId>) -> Page {
    let m = view.messages;
    let (typed, problem) = match form {
        SignInForm::Blank | SignInForm::SignedOut | SignInForm::NotSignedOutEverywhere => ("", None),
        SignInForm::Problem(typed, NotAnAddress::Empty) => (typed, Some(m.address_empty)),
        SignInForm::Problem(typed, NotAnAddress::TooLong) => (typed, Some(m.address_too_long)),
        SignInForm::Problem(typed, NotAnAddress::Malformed) => (typed, Some(m.address_malformed)),
    };
    let typed: String = typed.chars().take(LONGEST_TYPED).collect();
    let main = html! {
        div.head {
            @match form {
                SignInForm::SignedOut => p role="status" { (m.signed_out) },
                SignInForm::NotSignedOutEverywhere => p role="status" { (m.not_signed_out_everywhere) },
                SignInForm::Blank | SignInForm::Problem(..) => {},
            }
            h1 { (m.see_your_booking) }
            p { (m.sign_in_how) }
        }
        div.body {
            @if let Some(problem) = problem {
                div.note.err role="alert" tabindex="-1" autofocus aria-labelledby="problem" {
                    h2 #problem { (m.check_the_address) }
                    p { a href="#email" { (problem) } }
                }
            }
            form method="post" action="/sign-in" novalidate {
                label for="email" { (m.email_address) }
                @if let Some(problem) = problem { p.error #email-error { (problem) } }
                input #email name="email" type="email" value=(typed) maxlength=(LONGEST_TYPED) autocomplete="email" inputmode="email"
                    autocapitalize="none" spellcheck="false" required
                    aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| "email-error")];
                (landing(to))
                button.btn.main { (icon("mail")) (m.email_me_a_link) }
            }
            (parts::reach(view))
        }
    };
    view.door(if problem.is_some() { m.sign_in_problem } else { m.sign_in }, &main, None)
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
pub fn link_sent(view: &Localized<'_>, sender: &str, asked: Option<&Asked>) -> Page {
    let m = view.messages;
    let (sent, address) = match asked {
        None => (m.link_sent.to_owned(), String::new()),
        Some(Asked::ByAddress(address, _)) => ((m.link_sent_to)(&address.shown()), address.shown()),
        Some(Asked::ByDeadLink(masked_address)) => ((m.link_renewed)(masked_address), masked_address.clone()),
    };
    let another = match asked {
        Some(Asked::ByAddress(_, Some(booking))) => format!("/sign-in?another&to={booking}"),
        _ => "/sign-in?another".to_owned(),
    };
    let main = html! {
        div.head {
            p.tag { (icon("mail")) (m.one_more_step) }
            h1 { (m.check_your_email) }
            p { (inline::with_whole(sent, &address)) }
        }
        div.body {
            ul.tips {
                li { (inline::with_whole((m.look_for)(&view.site.business.name, sender), sender)) }
                li { (m.no_email_yet) }
                li { (m.no_email_at_all) }
            }
            div {
                @if let Some(Asked::ByAddress(address, to)) = asked {
                    form method="post" action="/sign-in" {
                        input type="hidden" name="email" value=(address.as_str());
                        (landing(to.as_ref()))
                        button.btn { (m.send_again) }
                    }
                }
                a.btn href=(another) { (m.use_another_address) }
            }
            (parts::reach(view))
        }
    };
    view.door(m.check_your_email, &main, None)
}

/// The booking to land on, carried along by a form.
fn landing(to: Option<&BookingId>) -> Markup {
    html! { @if let Some(booking) = to { input type="hidden" name="to" value=(booking); } }
}
