//! Icons and the drawing at the top, as SVG inside the page: no file to load, and the colour of the text beside them.

use maud::{Markup, PreEscaped, html};
use portal_domain::config::Business;

use super::urls;

/// By name, on a field of 24 by 24.
const SYMBOLS: [(&str, &str); 12] = [
    ("phone", r#"<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18h2"/>"#),
    ("mail", r#"<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m3.8 7.5 8.2 6 8.2-6"/>"#),
    ("cal", r#"<rect x="3.5" y="5" width="17" height="15.5" rx="2.5"/><path d="M3.5 10h17M8 2.8v4m8-4v4"/>"#),
    (
        "doc",
        r#"<path d="M7.5 2.8H14l4.7 4.8v11.2a2.3 2.3 0 0 1-2.3 2.3H7.6a2.3 2.3 0 0 1-2.3-2.3V5a2.2 2.2 0 0 1 2.2-2.2zM9 12h6m-6 4.2h6"/>"#,
    ),
    ("check", r#"<path d="m5 12.5 4.6 4.7L19 7.3"/>"#),
    ("out", r#"<path d="M9.5 5H5v14h14v-4.5M13.5 4H20v6.5M20 4l-8.5 8.5"/>"#),
    ("back", r#"<path d="M19.5 12h-15m6.5-6.5-6.5 6.5 6.5 6.5"/>"#),
    ("key", r#"<circle cx="8" cy="15.5" r="4.3"/><path d="M11 12.3 19.5 3.8m-3.2 3.2 3 3"/>"#),
    ("return", r#"<path d="M4.5 9H14a5.8 5.8 0 0 1 0 11.6H9M9 4.5 4.5 9 9 13.5"/>"#),
    (
        "go",
        r#"<path d="M3 6.5h13M5.5 6.5v7m8.5-7 2.5 7M2.5 17.5v-4H10l1 4h3l2.5-4h2c2 0 3 1.5 3 4"/><circle cx="6.5" cy="18" r="2"/><circle cx="17.5" cy="18" r="2"/>"#,
    ),
    ("alert", r#"<path d="M12 3.4 21.6 20H2.4zM12 10v4.2m0 2.7v.1"/>"#),
    ("pay", r#"<rect x="2.5" y="5" width="19" height="14" rx="2.5"/><path d="M2.5 9.5h19M6 15h4"/>"#),
];

/// An icon beside words that say the same.
pub(super) fn icon(name: &str) -> Markup {
    html! { svg.i aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

/// What the icons of a body are drawn by; those that it does not use are left out.
pub(super) fn symbols(body: &str) -> Markup {
    let used = SYMBOLS.iter().filter(|(name, _)| body.contains(&format!("\"#i-{name}\"")));
    html! {
        svg.defs aria-hidden="true" {
            @for (name, drawing) in used { symbol id={ "i-" (name) } viewBox="0 0 24 24" { (PreEscaped(drawing)) } }
        }
    }
}

/// A golf cart on a dune: ornament.
pub(super) fn ride() -> Markup {
    html! {
        svg.ride viewBox="0 0 50 40" aria-hidden="true" {
            circle.sun cx="27" cy="19" r="17" {}
            path d="M9 9q15-4 30 0M13 8.3v16m20-16 4.5 14" {}
            path.full d="M4 33v-6.5A2.5 2.5 0 0 1 6.5 24H19l3 6.5h9.5L36 22.5h3.5c4.5 0 7 3 7 8V33z" {}
            path d="M18.5 15.5v8.5M30.5 18l-2.5 6" {}
            circle.full cx="12.5" cy="33.5" r="4.5" {}
            circle.full cx="38.5" cy="33.5" r="4.5" {}
        }
        svg.dune viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true" {
            path d="M0 21V12C10 4 20 17 36 14.5 46 13 48 7 58 7h32c5 0 7 2 10 5v9z" {}
        }
    }
}

/// The icon of a browser's tab: the initials of the business in its colour, as a `data:` URL.
pub(super) fn favicon(business: &Business) -> String {
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" {
            rect width="32" height="32" rx="7" fill=(business.color) {}
            text x="16" y="22" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="16" fill=(business.color.text_on()) {
                (business.initials())
            }
        }
    };
    format!("data:image/svg+xml,{}", urls::percent_encoded(&drawing.into_string()))
}
