//! The page at `/_local/`: demo customers to sign in as, the inbox, and sample events to publish. It works without
//! JavaScript.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sam_emulator::aws::{Mail, Unmatched};

use crate::{
    demo::{DemoCustomer, SAMPLES, Sample},
    webhook::Webhook,
};

/// What the page shows.
pub struct Inbox<'a> {
    /// The mails, newest first.
    pub mails: &'a [Mail],
    /// Who can ask for a link with a click.
    pub customers: &'a [&'a DemoCustomer],
    /// The sample that was just published.
    pub published: Option<&'a Sample>,
    /// Events that nothing will come of, oldest first.
    pub unmatched: &'a [Unmatched],
    /// Where signed events are taken, if they are.
    pub webhook: Option<&'a Webhook>,
    /// The portal's origin.
    pub portal_url: &'a str,
    /// The present, for the age of mails.
    pub now: Timestamp,
}

/// The page.
pub fn page(inbox: &Inbox) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Local portal: emails (" (inbox.mails.len()) ")" }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Local portal" }
                    p { "Everything here runs on this machine, and no email leaves it." }
                    nav aria-label="Elsewhere" {
                        a.btn.main href=(inbox.portal_url) { "Open the portal" }
                        a href="#mails" { "Emails (" (inbox.mails.len()) ")" }
                        @for (path, label) in LINKS {
                            a href=(path) { (label) }
                        }
                    }
                }
                main {
                    @if let Some(sample) = inbox.published {
                        div.note role="status" {
                            p { "Published: " b { (sample.title) } ". " (sample.about) }
                            p { "Now look: " (sample.look) }
                            a.btn href="/_local/" { "Reload" }
                        }
                    }
                    div.columns {
                        @if !inbox.customers.is_empty() {
                            (customers(inbox.customers))
                        }
                        (mails(inbox))
                        (samples())
                        @if let Some(webhook) = inbox.webhook {
                            (posting(webhook))
                        }
                        @if !inbox.unmatched.is_empty() {
                            (unmatched(inbox.unmatched))
                        }
                    }
                }
            }
        }
    }
}

/// Where everything else is to be seen.
const LINKS: [(&str, &str); 5] = [
    ("/_local/mails", "Emails as JSON"),
    ("/_local/log", "Functions' log"),
    ("/_local/calls", "AWS calls"),
    ("/_local/invocations", "Invocations"),
    ("/_local/endpoints", "Endpoints"),
];

fn customers(customers: &[&DemoCustomer]) -> Markup {
    html! {
        section aria-labelledby="customers" {
            h2 id="customers" { "Sign in as a demo customer" }
            p { "Ask for a link, come back here, and open the newest email. Or type an address in the portal yourself." }
            ul.rows {
                @for customer in customers {
                    li {
                        div {
                            h3 { (customer.name) }
                            p { code { (customer.email) } }
                            p.soft { (customer.about) }
                        }
                        form method="post" action="/sign-in" {
                            input type="hidden" name="email" value=(customer.email);
                            button.btn aria-label={ "Ask for a link for " (customer.name) } { "Ask for a link" }
                        }
                    }
                }
            }
        }
    }
}

/// How an event is posted from a shell.
fn posting(webhook: &Webhook) -> Markup {
    html! {
        section aria-labelledby="webhook" {
            h2 id="webhook" { "Post a signed event" }
            p { "To " code { (webhook.url) } ", signed with " code { (webhook.secret) } "." }
            p { "In a shell, with OpenSSL and curl:" }
            pre { (webhook.command(EXAMPLE)) }
        }
    }
}

/// A booking without anything that it need not have. Posted again, it changes nothing.
const EXAMPLE: &str = r#"{"detail-type": "booking.confirmed", "detail": {"metadata": {"event_id": "evt_curl", "schema_version": "1.1", "occurred_at": "2026-01-01T00:00:00Z"}, "booking": {"booking_id": "bkg_curl", "reference": "GCO-CURL", "revision": 1, "status": "confirmed", "customer": {"email": "ana@example.com", "name": "Ana Ruiz"}, "starts_at": "2036-07-10T09:00:00-04:00", "ends_at": "2036-07-14T17:00:00-04:00", "time_zone": "America/New_York", "carts": [{"asset_type": "6-Seater", "name": "Cart #14"}], "fulfilment": {"method": "pickup"}}}}"#;

fn mails(inbox: &Inbox) -> Markup {
    html! {
        section.mails aria-labelledby="mails" {
            h2 id="mails" { "Emails, newest first" }
            div.actions {
                a.btn href="/_local/" { "Reload" }
                @if !inbox.mails.is_empty() {
                    form method="post" action="/_local/clear" { button.btn { "Clear" } }
                }
            }
            @if inbox.mails.is_empty() {
                p.soft { "No email yet. Ask for a link, or publish a confirmation." }
            }
            @for (position, mail) in inbox.mails.iter().enumerate() {
                (letter(mail, position, inbox.now))
            }
        }
    }
}

/// An email, open if it is the newest.
fn letter(mail: &Mail, position: usize, now: Timestamp) -> Markup {
    let (recipients, is_newest) = (mail.to.join(", "), position == 0);
    html! {
        details open[is_newest] {
            summary { b { (mail.subject) } " " span.soft { "to " (recipients) ", " (age(mail.sent_at, now)) } }
            dl {
                dt { "From" } dd { (mail.from) }
                dt { "Sent" } dd { time datetime=(mail.sent_at) { (mail.sent_at.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
            }
            @if !mail.html.is_empty() {
                // A link in the mail opens beside the inbox, as in a mail program; scripts stay off.
                iframe title={ "Email " (position + 1) ": " (mail.subject) } src={ "/_local/mails/" (mail.id) }
                    loading=[(!is_newest).then_some("lazy")] sandbox="allow-popups allow-popups-to-escape-sandbox" {}
            }
            details open[mail.html.is_empty()] {
                summary { "As plain text" }
                pre { (mail.text) }
            }
        }
    }
}

/// How long ago it was, in words.
fn age(then: Timestamp, now: Timestamp) -> String {
    let ago = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match now.duration_since(then).as_secs() {
        ..60 => "just now".to_owned(),
        seconds @ 60..3_600 => ago(seconds / 60, "minute"),
        seconds @ 3_600..86_400 => ago(seconds / 3_600, "hour"),
        seconds => ago(seconds / 86_400, "day"),
    }
}

fn samples() -> Markup {
    html! {
        section aria-labelledby="samples" {
            h2 id="samples" { "Publish a sample event" }
            p { "What the booking system would send, each about one of the demo's bookings." }
            ul.rows {
                @for sample in &SAMPLES {
                    li {
                        div {
                            h3 { (sample.title) }
                            p { (sample.about) }
                            p.soft { "Look afterwards: " (sample.look) }
                            p.soft { code { (sample.detail_type) } }
                        }
                        @if sample.is_final {
                            details.question {
                                summary.btn { "Erase…" }
                                p { "This cannot be undone." }
                                (publishing(sample, "Yes, erase for good"))
                            }
                        } @else {
                            (publishing(sample, "Publish"))
                        }
                    }
                }
            }
        }
    }
}

fn publishing(sample: &Sample, label: &str) -> Markup {
    html! {
        form method="post" action={ "/_local/samples/" (sample.detail_type) } {
            button.btn aria-label={ (label) ": " (sample.title) } { (label) }
        }
    }
}

fn unmatched(entries: &[Unmatched]) -> Markup {
    html! {
        section aria-labelledby="unmatched" {
            h2 id="unmatched" { "Events that matched no rule" }
            ul {
                @for entry in entries.iter().rev().take(SHOWN_UNMATCHED) {
                    li {
                        time datetime=(entry.time) { (entry.time.strftime("%H:%M:%S UTC")) } ": "
                        (entry.detail_type) " of " (entry.source) " on the bus " (entry.bus)
                    }
                }
            }
        }
    }
}

/// The most events that matched no rule, the newest ones.
const SHOWN_UNMATCHED: usize = 10;

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1b2129;--soft:#525b66;--line:#d5dae1;--edge:#788391;--link:#0b5cad;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--card:#1d2229;--ink:#e6eaf0;--soft:#a9b4c1;--line:#3a414b;--edge:#7d8896;--link:#8ec5ff;--on:#10151b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:88rem;padding:1rem 1rem 3rem;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1,h2,h3,p,ul,dl,dd{margin:0;padding:0}
ul{list-style:none}
h1{font-size:1.75rem}
h2{font-size:1.25rem;margin-bottom:.5rem}
h3{font-size:1.0625rem}
a{color:var(--link)}
.soft,dt{color:var(--soft);font-size:.9375rem}
code,pre{font:.9375rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
header{margin-bottom:1rem}
nav{display:flex;flex-wrap:wrap;gap:0 1.25rem;align-items:center;margin-top:.5rem}
nav a{display:inline-flex;align-items:center;min-height:2.75rem}
.btn{display:inline-flex;align-items:center;justify-content:center;min-height:2.75rem;padding:.25rem 1rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--card);color:var(--ink);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
.main{border-color:var(--link);background:var(--link);color:var(--on)}
section{min-width:0;margin-bottom:1rem;padding:1rem;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
.actions{display:flex;flex-wrap:wrap;gap:.5rem;margin-bottom:.75rem}
.rows{margin-top:.75rem}
.rows li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;padding:.75rem 0;border-top:1px solid var(--line)}
.rows li>div{flex:1 1 16rem;min-width:0}
.note{display:flex;flex-direction:column;gap:.5rem;align-items:start;margin-bottom:1rem;padding:1rem;border:1px solid var(--link);border-radius:.5rem;background:var(--card)}
details{border-top:1px solid var(--line)}
summary{min-height:2.75rem;padding:.6rem 0;cursor:pointer}
summary .soft{display:inline-block}
.question{border:0}
.question .btn{padding:.25rem 1rem}
.question[open]{flex:1 1 100%}
.question p{margin:.5rem 0}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:0 .75rem;margin-bottom:.75rem}
iframe{width:100%;height:40rem;border:1px solid var(--line);border-radius:.5rem;background:#fff}
pre{margin:0 0 1rem;padding:.75rem;border-radius:.5rem;background:var(--bg);white-space:pre-wrap}
@media(min-width:64rem){.columns{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);grid-template-rows:repeat(3,auto) 1fr;gap:0 1rem;align-items:start}.mails{grid-area:1/2/5/3}}
@media print{iframe,form,.btn{display:none}}
";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_page_shows_customers_mails_and_samples_and_escapes_them() {
        let now: Timestamp = "2026-07-10T12:16:00Z".parse().unwrap();
        let mail = |id: &str, minutes_ago: i64| Mail {
            id: id.to_owned(),
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
            sent_at: now - jiff::SignedDuration::from_mins(minutes_ago),
        };
        let unmatched = Unmatched {
            time: Timestamp::UNIX_EPOCH,
            bus: "portal-bookings".to_owned(),
            source: "some<b>body".to_owned(),
            detail_type: "booking.confirmed".to_owned(),
        };
        let page = page(&Inbox {
            mails: &[mail("mail-2", 1), mail("mail-1", 150)],
            customers: &crate::demo::CUSTOMERS,
            published: Sample::of("delivery.updated"),
            unmatched: &[unmatched],
            webhook: Some(&Webhook { url: "http://localhost:9000/events".into(), secret: "whsec_abc".into() }),
            portal_url: "http://localhost:9000",
            now,
        })
        .into_string();
        for shown in [
            "signed with <code>whsec_abc</code>",
            "curl -i http://localhost:9000/events",
            "&lt;b&gt;Your link&lt;/b&gt;",
            "src=\"/_local/mails/mail-2\"",
            "src=\"/_local/mails/mail-1\"",
            "sandbox=",
            "to ana@example.com, 1 minute ago",
            "to ana@example.com, 2 hours ago",
            "name=\"email\" value=\"flor@example.com\"",
            "action=\"/_local/samples/booking.confirmed\"",
            "Published: <b>A delivery leaves</b>",
            "href=\"http://localhost:9000\"",
            "booking.confirmed of some&lt;b&gt;body on the bus portal-bookings",
        ] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        assert!(!page.contains("<script"));
        assert_eq!(page.matches("<details open").count(), 1, "the newest mail alone is open");
        assert_eq!(page.matches("action=\"/_local/samples/").count(), SAMPLES.len());
    }

    #[test]
    fn what_is_final_is_published_only_after_a_question() {
        let page = samples().into_string();
        let (before, after) = page.split_once("action=\"/_local/samples/customer.erased\"").unwrap();
        let (_, question) = before.rsplit_once("<details").unwrap();
        assert!(question.contains("This cannot be undone.") && !question.contains("</details>"), "{question}");
        assert!(after.contains("Yes, erase for good"), "{after}");
    }

    #[test]
    fn ages_are_in_words() {
        for (seconds, words) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (7_300, "2 hours ago"),
            (86_400, "1 day ago"),
        ] {
            let then = Timestamp::UNIX_EPOCH;
            assert_eq!(age(then, then + jiff::SignedDuration::from_secs(seconds)), words);
        }
    }
}
