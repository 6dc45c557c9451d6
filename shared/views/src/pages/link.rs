//! The page of a link. It changes nothing by being looked at: a person's click does, or what only a person's browser
//! does (see ARCHITECTURE.md on mail scanners).

use maud::{Markup, html};
use portal_domain::{
    link::LinkToken,
    sign_in::{DeadLink, SignIn},
};

use super::site::{Content, Page, Site};
use crate::messages;

/// Submits the form once: at once in the browser that asked for the link, elsewhere when a mouse moves. Until a person
/// has done something, the form is one that only shows this page again, so that a scanner which clicks or submits by
/// script signs nobody in. (Where no script runs, the form is what its HTML says.)
pub const SCRIPT: &str = include_str!("link.js");

/// How the page of a fresh link opens the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening<'a> {
    /// By itself: this browser asked for the link.
    AtOnce,
    /// By the button, or when a mouse moves.
    ByHand,
    /// By the button alone: this customer, by masked address, is signed in here.
    Switching(&'a str),
}

/// The page of a link.
pub struct LinkPage<'a> {
    /// The site it belongs to.
    pub site: &'a Site,
    /// The link.
    pub token: &'a LinkToken,
    /// Its sign-in.
    pub sign_in: &'a SignIn,
}

impl LinkPage<'_> {
    /// A link that still works.
    pub fn fresh(&self, opening: Opening<'_>) -> Page {
        let business = &self.site.business.name;
        let address = &self.sign_in.masked_address;
        let opens = match opening {
            Opening::AtOnce => Some("at-once"),
            Opening::ByHand => Some("by-hand"),
            Opening::Switching(_) => None,
        };
        let title = if opens.is_some() { messages::WELCOME_BACK } else { messages::SWITCH_CUSTOMER };
        let main = html! {
            main.small {
                (self.site.logo())
                h1 { (title) }
                @if let Opening::Switching(other) = opening {
                    p { (messages::signed_in_as(other)) "." }
                }
                p { (messages::bookings_at(business)) br; b { (address) } }
                form method="post" action={ "/link/" (self.token.reveal()) } data-opens=[opens] {
                    button.main { (messages::VIEW_YOUR_BOOKINGS) }
                }
                p { (messages::NOT_YOU) " " a href="/sign-in" { (messages::USE_ANOTHER_ADDRESS) } }
            }
        };
        let content = Content { title, signed_in: None, main };
        match opens {
            Some(_) => self.site.small_page_with(SCRIPT, &content),
            None => self.site.small_page(&content),
        }
    }

    /// A link that works no longer: why, and one button that mails a fresh one.
    pub fn dead(&self, dead: DeadLink) -> Page {
        let (title, why) = match dead {
            DeadLink::Expired => (messages::LINK_EXPIRED, messages::LINK_EXPIRED_WHY),
            DeadLink::Used => (messages::LINK_USED, messages::LINK_USED_WHY),
        };
        let main = html! {
            main.small {
                (self.site.logo())
                h1 { (title) }
                p { (why) }
                (self.renew())
                p { (messages::NOT_YOU) " " a href="/sign-in" { (messages::USE_ANOTHER_ADDRESS) } }
            }
        };
        self.site.small_page(&Content { title, signed_in: None, main })
    }

    fn renew(&self) -> Markup {
        html! {
            form method="post" action={ "/link/" (self.token.reveal()) "/renew" } {
                p { (messages::IT_GOES_TO) br; b { (self.sign_in.masked_address) } }
                button.main { (messages::MAIL_ME_A_FRESH_LINK) }
            }
        }
    }
}
