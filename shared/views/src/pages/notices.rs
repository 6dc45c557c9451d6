//! What a customer sees when something is not as it should be: what happened, and what to do next.

use maud::{Markup, html};
use portal_domain::rate_limit::{TooMany, Whose};

use super::{
    parts,
    site::{Localized, Page},
};

/// No such page, or somebody else's.
pub fn not_found(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.not_found, m.not_found_why, &to_bookings(view))
}

/// There is such a page, but not for this method.
pub fn wrong_method(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.wrong_method, m.wrong_method_why, &to_bookings(view))
}

/// The request did not come from one of the portal's pages.
pub fn not_from_here(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.not_from_here, m.not_from_here_why, &to_bookings(view))
}

/// More was sent than any form of the portal's takes.
pub fn too_large(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.too_large, m.too_large_why, &to_sign_in(m.sign_in))
}

/// Something the code did not expect.
pub fn failed(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.failed, m.failed_why, &to_bookings(view))
}

/// Too many links were asked for.
pub fn too_many_requests(view: &Localized<'_>, too_many: TooMany) -> Page {
    let m = view.messages;
    let minutes = too_many.wait.as_mins();
    let why = match too_many.whose {
        Whose::Network => (m.too_many_from_this_network)(minutes),
        Whose::Customer => (m.too_many_for_this_address)(minutes),
    };
    notice(view, m.too_many_requests, &why, &html! { a.btn href="/sign-in" { (m.sign_in) } })
}

/// A link nobody made, or one too old to be renewed.
pub fn unknown_link(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.link_unknown, m.link_unknown_why, &to_sign_in(m.get_a_new_link))
}

/// A link was used a moment ago, and the browser kept no cookie.
pub fn cookies_off(view: &Localized<'_>) -> Page {
    let m = view.messages;
    let next = html! { p { (m.cookies_off_how) } (to_sign_in(m.get_a_new_link)) };
    notice(view, m.cookies_off, m.cookies_off_why, &next)
}

/// The booking has this document, but its file is not there.
pub fn document_missing(view: &Localized<'_>) -> Page {
    let m = view.messages;
    notice(view, m.document_missing, m.document_missing_why, &to_bookings(view))
}

/// What happened, what to do next, and how to reach somebody.
fn notice(view: &Localized<'_>, title: &str, why: &str, next: &Markup) -> Page {
    let (m, business) = (view.messages, &view.site.business);
    let main = html! {
        div.head { h1 { (title) } p { (why) } }
        div.body {
            (next)
            p { (m.or_ask_us) }
            (parts::reach_buttons(view, &business.phone, None))
        }
    };
    view.door(title, &main, None)
}

fn to_bookings(view: &Localized<'_>) -> Markup {
    html! { a.btn.main href="/" { (view.messages.your_bookings) } }
}

fn to_sign_in(label: &str) -> Markup {
    html! { a.btn.main href="/sign-in" { (label) } }
}
