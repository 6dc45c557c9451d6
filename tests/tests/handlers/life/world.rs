//! Where everybody stands: the table, what each browser holds, what is under way, and what must be so of it.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::Timestamp;
use portal_domain::{link::LinkToken, session::Session};
use regex::Regex;
use serde_json::Value;

use super::{table::Items, wire::Exchange};

/// The customers, by number.
pub(crate) const NAMES: [&str; 2] = ["Ana", "Bo"];

/// Who acts: one of two browsers, which keep cookies, or a scanner, which keeps none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hands {
    Browser(usize),
    Scanner,
}

/// What takes calls to the table, one after another, between which others may come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// The mail worker makes a sign-in and mails its link.
    Mail {
        to: usize,
        token: String,
    },
    /// A link is posted; where `leaving`, from the page that asks first.
    Redeem {
        by: Hands,
        link: usize,
        leaving: bool,
    },
    SignOut {
        browser: usize,
        everywhere: bool,
    },
    /// The table's part of an erasure.
    Erase {
        whom: usize,
    },
}

/// A link that was mailed.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) of: usize,
    pub(crate) token: String,
    /// Whether it may not sign in any more.
    pub(crate) is_dead: bool,
    /// Whether a fresh one may be had in its place.
    pub(crate) is_renewable: bool,
}

/// What must be true of a session that a cookie was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// Nothing has ended it.
    Lasts,
    /// Something was ending the customer's sessions while it began.
    Unsaid,
    Over,
}

/// A session's cookie, whoever has a copy of it.
#[derive(Debug, Clone)]
pub(crate) struct Cookie {
    pub(crate) link: usize,
    pub(crate) text: String,
    pub(crate) fate: Fate,
}

/// An act that is under way.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) act: Act,
    /// The session of the browser when it began.
    pub(crate) cookie: Option<usize>,
    /// How many links there were when it began.
    pub(crate) links: usize,
    /// Whether the link that it posts was dead when it began.
    pub(crate) is_of_dead_link: bool,
    /// Whether ending all sessions of its customer came to its end meanwhile.
    pub(crate) saw_an_end: bool,
    pub(crate) past: Vec<Exchange>,
    /// How many calls it waits for.
    pub(crate) waiting: usize,
}

#[derive(Clone, Default)]
pub(crate) struct State {
    pub(crate) items: Items,
    pub(crate) links: Vec<Link>,
    pub(crate) cookies: Vec<Cookie>,
    pub(crate) browsers: [Option<usize>; 2],
    pub(crate) ops: Vec<Op>,
    /// Whose each booking is: that of the first, and that of the second customer.
    pub(crate) owners: [Option<usize>; 2],
    pub(crate) is_erased: [bool; 2],
}

impl State {
    /// Whose session a cookie is.
    pub(crate) fn customer(&self, cookie: usize) -> usize {
        self.links[self.cookies[cookie].link].of
    }

    /// Whether somebody has bookings, by which alone there is a way in.
    pub(crate) fn has_bookings(&self, customer: usize) -> bool {
        self.owners.contains(&Some(customer))
    }

    /// Whether an act touches partitions of this customer, by its link or by the session of its browser.
    pub(crate) fn is_about(&self, act: &Act, cookie: Option<usize>, customer: usize) -> bool {
        let own = cookie.is_some_and(|cookie| self.customer(cookie) == customer);
        match act {
            Act::Mail { to, .. } => *to == customer,
            Act::Redeem { link, .. } => own || self.links[*link].of == customer,
            Act::SignOut { .. } => own,
            Act::Erase { whom } => *whom == customer,
        }
    }

    /// How many browsers have to be tried: one where there is no difference between them.
    pub(crate) fn different_browsers(&self) -> usize {
        let is_acting =
            self.ops.iter().any(|op| matches!(op.act, Act::Redeem { by: Hands::Browser(_), .. } | Act::SignOut { .. }));
        if self.browsers == [None; 2] && !is_acting { 1 } else { self.browsers.len() }
    }

    /// Whether something under way may end this session.
    pub(crate) fn is_threatened(&self, cookie: usize) -> bool {
        let customer = self.customer(cookie);
        self.ops.iter().any(|op| match op.act {
            Act::Mail { .. } => false,
            Act::Redeem { .. } => op.cookie == Some(cookie),
            Act::SignOut { everywhere, .. } => {
                op.cookie == Some(cookie) || everywhere && op.cookie.is_some_and(|own| self.customer(own) == customer)
            }
            Act::Erase { whom } => whom == customer,
        })
    }

    /// Ends the sessions and links that `which` names.
    pub(crate) fn end(&mut self, which: impl Fn(usize, &Link) -> bool) {
        let ended: Vec<bool> = self.links.iter().enumerate().map(|(at, link)| which(at, link)).collect();
        for (link, _) in self.links.iter_mut().zip(&ended).filter(|(_, ended)| **ended) {
            link.is_dead = true;
        }
        for cookie in self.cookies.iter_mut().filter(|cookie| ended[cookie.link]) {
            cookie.fate = Fate::Over;
        }
    }

    /// The same text for all states from which the same can follow: without what is random, without times but for whether
    /// they have come, and with either name for either browser.
    pub(crate) fn canonical(&self) -> String {
        let (plain, table) = (Plain::of(self), self.table());
        let mut cookies: Vec<_> = self.cookies.iter().map(|cookie| (cookie.link, cookie.fate)).collect();
        cookies.sort();
        let [one, other] = [[0, 1], [1, 0]].map(|names| self.with_browsers(names, &plain));
        format!("{table} {cookies:?} {}", one.min(other))
    }

    /// What the table and the links in mailboxes come to.
    pub(crate) fn table(&self) -> String {
        let plain = Plain::of(self);
        let links: Vec<_> = self.links.iter().map(|link| (link.of, link.is_dead, link.is_renewable)).collect();
        let mut items: Vec<_> = self.items.values().map(|item| plain.item(item)).collect();
        items.sort();
        format!("{links:?} {:?} {:?} {items:?}", self.owners, self.is_erased)
    }

    /// What each browser holds and what is under way, with these names for the browsers.
    fn with_browsers(&self, names: [usize; 2], plain: &Plain) -> String {
        let mut held = [None; 2];
        for (browser, cookie) in self.browsers.iter().enumerate() {
            held[names[browser]] = cookie.map(|cookie| self.cookies[cookie].link);
        }
        let ops = self.ops.iter().map(|op| {
            let act = match &op.act {
                Act::Mail { to, .. } => format!("mail {to}"),
                Act::Redeem { by: Hands::Browser(browser), link, leaving } => {
                    format!("redeem {} {link} {leaving}", names[*browser])
                }
                Act::Redeem { link, .. } => format!("scan {link}"),
                Act::SignOut { browser, everywhere } => format!("out {} {everywhere}", names[*browser]),
                Act::Erase { whom } => format!("erase {whom}"),
            };
            let told = |past: &Exchange| {
                format!(
                    "{} {} {}",
                    past.action,
                    past.reply.0,
                    plain.text(&sorted(&serde_json::from_str(&past.reply.1).unwrap()))
                )
            };
            let mut past: Vec<_> = op.past.iter().map(told).collect();
            past.sort();
            let cookie = op.cookie.map(|cookie| self.cookies[cookie].link);
            format!("{act} {cookie:?} {} {} {} {past:?}", op.links, op.is_of_dead_link, op.saw_an_end)
        });
        let mut ops: Vec<String> = ops.collect();
        ops.sort();
        format!("{held:?} {ops:?}")
    }
}

static RANDOM: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9a-f]{64}").unwrap());
static NUMBERS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9]{9,20}\b").unwrap());

/// Takes from a text what is random in it, and the times.
struct Plain {
    names: Vec<(String, String)>,
}

impl Plain {
    fn of(state: &State) -> Self {
        let mut names: Vec<_> = Vec::new();
        for (at, link) in state.links.iter().enumerate() {
            names.push((LinkToken::parse(&link.token).unwrap().hash().to_string(), format!("link {at}")));
        }
        for cookie in &state.cookies {
            let hash = Session::parse(&cookie.text).unwrap().secret.hash().to_string();
            names.push((hash, format!("session {}", cookie.link)));
        }
        Self { names }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (hash, name) in &self.names {
            text = text.replace(hash, name);
        }
        let text = RANDOM.replace_all(&text, "random");
        let now = Timestamp::now().as_second();
        let told = |number: &regex::Captures<'_>| match number[0].parse::<i64>() {
            Ok(number) if number > now && number < 2 * now => "to come",
            _ => "a number",
        };
        NUMBERS.replace_all(&text, told).into_owned()
    }

    /// Of a booking, whose it is; of anything else, all.
    fn item(&self, item: &Value) -> String {
        let key = format!("{} {}", item["pk"]["S"], item["sk"]["S"]);
        let told = if key.contains("SIGNINS#") { sorted(item) } else { format!("{key} {}", item["owner"]["S"]) };
        self.text(&told)
    }
}

/// JSON with the names of fields in order: the database answers in any.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            format!("{fields:?}")
        }
        Value::Array(values) => format!("{:?}", values.iter().map(sorted).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}
