//! What a customer sees when something is not as it should be: what happened, and what to do next.

use jiff::SignedDuration;
use maud::{Markup, html};

use super::{
    parts,
    site::{Content, Page, Site},
};
use crate::words;

/// No such page, or somebody else's.
pub fn not_found(site: &Site) -> Page {
    notice(site, words::NOT_FOUND, words::NOT_FOUND_WHY, &to_bookings())
}

/// There is such a page, but not for this method.
pub fn wrong_method(site: &Site) -> Page {
    notice(site, words::WRONG_METHOD, words::WRONG_METHOD_WHY, &to_bookings())
}

/// The request did not come from one of the portal's pages.
pub fn not_from_here(site: &Site) -> Page {
    notice(site, words::NOT_FROM_HERE, words::NOT_FROM_HERE_WHY, &to_bookings())
}

/// Something the code did not expect.
pub fn failed(site: &Site) -> Page {
    notice(site, words::FAILED, words::FAILED_WHY, &parts::call(&site.business.phone))
}

/// Too many links were asked for.
pub fn too_many_requests(site: &Site, wait: SignedDuration) -> Page {
    let why = words::try_again_in((wait.as_secs() + 59) / 60);
    notice(site, words::TOO_MANY_REQUESTS, &why, &parts::call(&site.business.phone))
}

/// A link nobody made, or one too old to be renewed.
pub fn unknown_link(site: &Site) -> Page {
    let ask = html! { a.btn.main href="/sign-in" { (words::ASK_FOR_A_LINK) } };
    notice(site, words::LINK_UNKNOWN, words::LINK_UNKNOWN_WHY, &ask)
}

/// The booking has this document, but its file is not there.
pub fn document_missing(site: &Site) -> Page {
    let next = html! { (parts::call(&site.business.phone)) (to_bookings()) };
    notice(site, words::DOCUMENT_MISSING, words::DOCUMENT_MISSING_WHY, &next)
}

fn notice(site: &Site, title: &str, why: &str, next: &Markup) -> Page {
    let main = html! {
        main.small {
            (site.logo())
            h1 { (title) }
            p { (why) }
            (next)
        }
    };
    site.small_page(&Content { title, signed_in: None, main })
}

fn to_bookings() -> Markup {
    html! { a.btn href="/" { (words::YOUR_BOOKINGS) } }
}
