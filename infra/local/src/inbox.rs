//! The page at `/_local/`: the inbox, and buttons that publish sample events. It works without JavaScript.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::aws::{Mail, Unmatched};

/// The page. `samples` are pairs of a label and a sample's file name, `published` says what was just published, `unmatched`
/// which events nothing will come of.
pub fn page(
    mails: &[Mail],
    samples: &[(String, String)],
    published: Option<&str>,
    unmatched: &[Unmatched],
    portal_url: &str,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Local portal: inbox (" (mails.len()) ")" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Local portal" }
                    p { "Everything here runs on this machine; no mail leaves it." }
                    nav {
                        a.main href=(portal_url) { "Open the portal" }
                        @for (path, label) in LINKS {
                            a href=(path) { (label) }
                        }
                    }
                }
                @if let Some(published) = published {
                    p.notice role="status" { "Published: " (published) ". What it causes shows here after a reload." }
                }
                main {
                    section aria-labelledby="samples" {
                        h2 id="samples" { "Publish a sample event" }
                        div.buttons {
                            @for (label, file) in samples {
                                form method="post" action={ "/_local/samples/" (file) } {
                                    button { (label) }
                                }
                            }
                        }
                    }
                    @if !unmatched.is_empty() {
                        section aria-labelledby="unmatched" {
                            h2 id="unmatched" { "Events that matched no rule" }
                            ul {
                                @for entry in unmatched.iter().rev().take(SHOWN_UNMATCHED) {
                                    li {
                                        time datetime=(entry.time) { (entry.time.strftime("%H:%M:%S UTC")) } ": "
                                        (entry.detail_type) " of " (entry.source) " on the bus " (entry.bus)
                                    }
                                }
                            }
                        }
                    }
                    section aria-labelledby="inbox" {
                        h2 id="inbox" { "Inbox" }
                        p { a href="/_local/" { "Reload" } }
                        @if mails.is_empty() {
                            p.empty { "No mail yet. Ask for a link in the portal, or publish a confirmation." }
                        }
                        @for (position, mail) in mails.iter().enumerate() {
                            (letter(mail, position == 0))
                        }
                    }
                }
            }
        }
    }
}

/// The most events that matched no rule, the newest ones.
const SHOWN_UNMATCHED: usize = 10;

/// Where everything else is to be seen.
const LINKS: [(&str, &str); 4] = [
    ("/_local/mails", "Mails as JSON"),
    ("/_local/log", "Functions' log"),
    ("/_local/calls", "AWS calls"),
    ("/_local/endpoints", "Endpoints"),
];

fn letter(mail: &Mail, open: bool) -> Markup {
    html! {
        article {
            h3 { (mail.subject) }
            dl {
                dt { "To" } dd { (mail.to.join(", ")) }
                dt { "From" } dd { (mail.from) }
                dt { "Sent" } dd { time datetime=(mail.sent_at) { (mail.sent_at.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
            }
            @if !mail.html.is_empty() {
                details open[open] {
                    summary { "As the customer sees it" }
                    // A link in the mail opens beside the inbox, as in a mail program; scripts stay off.
                    iframe title={ "Mail: " (mail.subject) } src={ "/_local/mails/" (mail.id) } loading="lazy"
                        sandbox="allow-popups allow-popups-to-escape-sandbox" {}
                }
            }
            details open[mail.html.is_empty()] {
                summary { "Plain text" }
                pre { (mail.text) }
            }
        }
    }
}

const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #3a414b); --card: light-dark(#fff, #1d2229); --accent: light-dark(#0b5cad, #8ec5ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 1.5rem 1rem 4rem; background: light-dark(#f4f6f8, #14181d); color: light-dark(#1b2129, #e6eaf0); font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; margin: 0; }
h2 { margin: 2rem 0 .75rem; font-size: 1.15rem; }
header p { margin: .25rem 0 1rem; opacity: .8; }
nav, .buttons { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.buttons { gap: .5rem; }
a { color: var(--accent); }
a.main, button { display: inline-block; border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .85rem; background: var(--card); color: inherit; font: inherit; text-decoration: none; cursor: pointer; }
a.main { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #10151b); }
a:focus-visible, button:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.notice { border-left: .3rem solid var(--accent); background: var(--card); padding: .6rem .9rem; margin: 1.25rem 0 0; }
article { border: 1px solid var(--line); border-radius: .75rem; background: var(--card); padding: 1rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: .5rem 0 .75rem; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .35rem 0; }
iframe { width: 100%; height: 38rem; border: 1px solid var(--line); border-radius: .5rem; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0 0; padding: .75rem; border-radius: .5rem; background: light-dark(#f4f6f8, #14181d); }
";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_page_shows_mails_and_samples_and_escapes_them() {
        let mail = Mail {
            id: "mail-1".to_owned(),
            to: vec!["ana@example.com".to_owned()],
            from: "Beach Carts <hello@example.com>".to_owned(),
            reply_to: Vec::new(),
            subject: "<b>Your link</b>".to_owned(),
            text: "plain".to_owned(),
            html: "<script>evil()</script>".to_owned(),
            headers: BTreeMap::new(),
            configuration_set: None,
            tracking: None,
            tags: BTreeMap::new(),
            sent_at: Timestamp::UNIX_EPOCH,
        };
        let samples = [("Booking confirmed".to_owned(), "booking_confirmed.json".to_owned())];
        let unmatched = Unmatched {
            time: Timestamp::UNIX_EPOCH,
            bus: "portal-bookings".to_owned(),
            source: "some<b>body".to_owned(),
            detail_type: "booking.confirmed".to_owned(),
        };
        let url = "http://localhost:9000";
        let page = page(&[mail], &samples, Some("Booking confirmed"), &[unmatched], url).into_string();
        for shown in [
            "&lt;b&gt;Your link&lt;/b&gt;",
            "src=\"/_local/mails/mail-1\"",
            "sandbox=",
            "action=\"/_local/samples/booking_confirmed.json\"",
            "Published: Booking confirmed",
            "href=\"http://localhost:9000\"",
            "ana@example.com",
            "booking.confirmed of some&lt;b&gt;body on the bus portal-bookings",
        ] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        assert!(!page.contains("<script"));
    }
}
