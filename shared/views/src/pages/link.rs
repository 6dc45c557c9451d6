//! The page of a link. It changes nothing by being looked at: a person's click does, or what only a person's browser
//! does (see ARCHITECTURE.md on mail scanners).

use maud::{Markup, html};
use portal_domain::{
    link::{LinkHash, LinkToken},
    sign_in::{DeadLink, SignIn},
};

use super::{
    icons::icon,
    inline, parts,
    site::{Localized, Page},
};
use crate::messages::sentence;

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
    /// The site it belongs to, as its reader reads it.
    pub view: Localized<'a>,
    /// The link.
    pub token: &'a LinkToken,
    /// Its sign-in.
    pub sign_in: &'a SignIn,
}

impl LinkPage<'_> {
    /// A link that still works.
    pub fn fresh(&self, opening: Opening<'_>) -> Page {
        let (m, business) = (self.view.messages, &self.view.site.business.name);
        let address = &self.sign_in.masked_address;
        let action = format!("/link/{}", self.token.reveal());
        let opens = match opening {
            Opening::AtOnce => "at-once",
            Opening::ByHand => "by-hand",
            Opening::Switching { from, leaving } => return self.switching(&action, from, leaving),
        };
        let main = html! {
            div.head {
                h1 { (m.open_your_bookings) }
                p { (inline::with_bold((m.bookings_at)(business, address), address)) }
            }
            div.body {
                form method="post" action=(action) data-opens=(opens) {
                    button.btn.main { (m.view_your_bookings) }
                }
                (self.another_address())
                (parts::reach(&self.view))
            }
        };
        self.view.door(m.open_your_bookings, &main, Some(SCRIPT))
    }

    /// Another customer is signed in here: the button alone leaves their session.
    fn switching(&self, action: &str, from: &str, leaving: &LinkHash) -> Page {
        let (m, address) = (self.view.messages, &self.sign_in.masked_address);
        let main = html! {
            div.head {
                p.tag { (icon("alert")) (m.other_address) }
                h1 { (m.switch_address) }
                p { (inline::with_whole(sentence((m.signed_in_as)(from)), from)) }
                p { (inline::with_whole((m.opens_bookings_of)(address), address)) }
                @if from == address { p { (m.look_alike) } }
            }
            div.body {
                div {
                    form method="post" action=(action) {
                        input type="hidden" name="leaving" value=(leaving);
                        button.btn.main { span { (inline::with_whole((m.switch_to)(address), address)) } }
                    }
                    a.btn href="/" { span { (inline::with_whole((m.stay_with)(from), from)) } }
                }
                (parts::reach(&self.view))
            }
        };
        self.view.door(m.other_address, &main, None)
    }

    /// A link that works no longer: why, and one button that mails a new one.
    pub fn dead(&self, dead: DeadLink) -> Page {
        let (m, address) = (self.view.messages, &self.sign_in.masked_address);
        let (title, why) = match dead {
            DeadLink::Expired => (m.link_expired, m.link_expired_why),
            DeadLink::Used => (m.link_used, m.link_used_why),
        };
        let main = html! {
            div.head { h1 { (title) } p { (why) } }
            div.body {
                form method="post" action={ "/link/" (self.token.reveal()) "/renew" } {
                    p { (inline::with_whole((m.it_goes_to)(address), address)) }
                    button.btn.main { (icon("mail")) (m.email_me_a_new_link) }
                }
                (self.another_address())
                (parts::reach(&self.view))
            }
        };
        self.view.door(title, &main, None)
    }

    fn another_address(&self) -> Markup {
        let m = self.view.messages;
        html! { p.call { (m.not_you) " " a href="/sign-in" { (m.use_another_address) } } }
    }
}
