//! The page of a link. It changes nothing by being looked at: a person's click does, or what only a person's browser
//! does (see ARCHITECTURE.md on mail scanners).

use maud::{Markup, html};
use portal_domain::{
    link::{LinkHash, LinkToken},
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
    /// By the button alone: another customer is signed in here.
    Switching {
        /// Who, by masked address.
        from: &'a str,
        /// The sign-in whose session is left: the form names it, so that a page opened before another sign-in cannot end
        /// a session it knew nothing of.
        leaving: &'a LinkHash,
    },
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
            Opening::Switching { .. } => None,
        };
        let action = format!("/link/{}", self.token.reveal());
        let (title, main) = match opening {
            Opening::Switching { from, leaving } => (
                messages::SWITCH_CUSTOMER,
                html! {
                    main.small {
                        (self.site.logo())
                        h1 { (messages::SWITCH_CUSTOMER) }
                        p { (messages::signed_in_as(from)) "." }
                        p { (messages::opens_bookings_of(address)) }
                        @if from == address { p { (messages::LOOK_ALIKE) } }
                        form method="post" action=(action) {
                            input type="hidden" name="leaving" value=(leaving);
                            button.main { (messages::switch_to(address)) }
                        }
                        a.btn href="/" { (messages::stay_with(from)) }
                    }
                },
            ),
            Opening::AtOnce | Opening::ByHand => (
                messages::WELCOME_BACK,
                html! {
                    main.small {
                        (self.site.logo())
                        h1 { (messages::WELCOME_BACK) }
                        p { (messages::bookings_at(business)) br; b { (address) } }
                        form method="post" action=(action) data-opens=[opens] {
                            button.main { (messages::VIEW_YOUR_BOOKINGS) }
                        }
                        p { (messages::NOT_YOU) " " a href="/sign-in" { (messages::USE_ANOTHER_ADDRESS) } }
                    }
                },
            ),
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
