//! How the portal writes dates, times, money, lists and counts: reads one to tell a line, in JSON, and answers each with a
//! line, its text in JSON. `make test-cldr` holds it against CLDR.

use std::{
    error::Error,
    io::{Write, stdin, stdout},
};

use jiff::Timestamp;
use portal_domain::{
    language::Language,
    money::{Currency, Money},
    stage::When,
    time::Zone,
};
use portal_views::{formatting::Times, messages::Messages};
use serde::Deserialize;

/// What is to be told, in which language, and when it is read.
#[derive(Deserialize)]
struct Asked {
    kind: String,
    language: String,
    #[serde(default)]
    now: Timestamp,
    #[serde(default)]
    from: Timestamp,
    #[serde(default)]
    to: Timestamp,
    #[serde(default)]
    amount_minor: i64,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    items: Vec<String>,
    #[serde(default)]
    count: u32,
}

fn told(asked: &Asked, zone: &Zone) -> Result<String, Box<dyn Error>> {
    let m = Messages::of(Language::of_tag(&asked.language).ok_or("not a language of the portal")?);
    let times = Times { messages: m, zone, now: asked.now, are_relative: true };
    Ok(match asked.kind.as_str() {
        "long day" => times.long_day(asked.from),
        "short day" => times.short_day(asked.from),
        "date" => times.date(asked.from),
        "dates" => times.days(asked.from, asked.to),
        "span" => times.span(asked.from, asked.to),
        "day from today" => times.day(asked.from),
        "time" => times.time(asked.from),
        "times" => times.times(When::Between(asked.from, asked.to)),
        "money" => {
            let currency = Currency::try_from(asked.currency.clone())?;
            (m.money)(Money { amount_minor: asked.amount_minor, currency })
        }
        "list" => (m.list)(&asked.items, 0),
        "seats" => (m.seats)(asked.count),
        "minutes" => (m.dates.length)(asked.count.into()),
        kind => return Err(format!("nothing is told as {kind}").into()),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let zone: Zone = "UTC".parse()?;
    for asked in stdin().lines() {
        let text = told(&serde_json::from_str(&asked?)?, &zone)?;
        writeln!(stdout(), "{}", serde_json::to_string(&text)?)?;
    }
    Ok(())
}
