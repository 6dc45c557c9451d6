//! What a customer sees when something is not as it should be: what happened, and what to do next.

use maud::{Markup, html};
use portal_domain::rate_limit::{TooMany, Whose};

use super::{
    parts,
    site::{Content, Page, Site},
};
use crate::messages;

/// No such page, or somebody else's.
pub fn not_found(site: &Site) -> Page {
    notice(site, messages::NOT_FOUND, messages::NOT_FOUND_WHY, &to_bookings())
}

/// There is such a page, but not for this method.
pub fn wrong_method(site: &Site) -> Page {
    notice(site, messages::WRONG_METHOD, messages::WRONG_METHOD_WHY, &to_bookings())
}

/// The request did not come from one of the portal's pages.
pub fn not_from_here(site: &Site) -> Page {
    notice(site, messages::NOT_FROM_HERE, messages::NOT_FROM_HERE_WHY, &to_bookings_or_call(site))
}

/// More was sent than any form of the portal's takes.
pub fn too_large(site: &Site) -> Page {
    notice(site, messages::TOO_LARGE, messages::TOO_LARGE_WHY, &to_bookings_or_call(site))
}

/// Something the code did not expect.
pub fn failed(site: &Site) -> Page {
    notice(site, messages::FAILED, messages::FAILED_WHY, &parts::call(&site.business.phone))
}

/// Too many links were asked for.
pub fn too_many_requests(site: &Site, too_many: TooMany) -> Page {
    let minutes = too_many.wait.as_mins();
    let why = match too_many.whose {
        Whose::Network => messages::too_many_from_this_network(minutes),
        Whose::Customer => messages::too_many_for_this_address(minutes),
    };
    notice(site, messages::TOO_MANY_REQUESTS, &why, &parts::call(&site.business.phone))
}

/// A link nobody made, or one too old to be renewed.
pub fn unknown_link(site: &Site) -> Page {
    let ask = html! { a.btn.main href="/sign-in" { (messages::ASK_FOR_A_LINK) } };
    notice(site, messages::LINK_UNKNOWN, messages::LINK_UNKNOWN_WHY, &ask)
}

/// A link was used a moment ago, and the browser kept no cookie.
pub fn cookies_off(site: &Site) -> Page {
    let next = html! {
        p { (messages::COOKIES_OFF_HOW) }
        (parts::call(&site.business.phone))
        a.btn href="/sign-in" { (messages::ASK_FOR_A_LINK) }
    };
    notice(site, messages::COOKIES_OFF, messages::COOKIES_OFF_WHY, &next)
}

/// The booking has this document, but its file is not there.
pub fn document_missing(site: &Site) -> Page {
    notice(site, messages::DOCUMENT_MISSING, messages::DOCUMENT_MISSING_WHY, &to_bookings_or_call(site))
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

fn to_bookings_or_call(site: &Site) -> Markup {
    html! { (to_bookings()) (parts::call(&site.business.phone)) }
}

fn to_bookings() -> Markup {
    html! { a.btn href="/" { (messages::YOUR_BOOKINGS) } }
}
