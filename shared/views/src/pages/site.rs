//! What all pages have in common: the frame and the look.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use portal_domain::{color::Color, config::Business};

use crate::messages;

const STYLE: &str = include_str!("style.css");

const LIGHT: &str = "--bg:#f6f5f1;--card:#fff;--ink:#1c1f1d;--soft:#5a625d;--line:#e3e1da;--edge:#8a8f8b;--ok:#0b5c44;\
                     --ok-bg:#e2f2ea;--warn:#7a4300;--warn-bg:#fdefd8;--off-bg:#ecebe6;--bad:#a3211b;";
const LIGHT_PAPER: Color = Color::new(0xf6, 0xf5, 0xf1);

const DARK: &str = "--bg:#121513;--card:#1b1f1d;--ink:#eef1ee;--soft:#a9b2ac;--line:#2d332f;--edge:#767f79;--ok:#7fdcb6;\
                    --ok-bg:#12352a;--warn:#ffc978;--warn-bg:#3a2a10;--off-bg:#262b28;--bad:#ff9a92;";
const DARK_PAPER: Color = Color::new(0x1b, 0x1f, 0x1d);

/// The portal of one business, as its pages show it.
pub struct Site {
    /// Whose portal it is.
    pub business: Business,
    style: String,
}

/// A page, whole.
pub struct Page {
    /// The document.
    pub html: String,
    /// The script inlined in it, if it has one.
    pub script: Option<&'static str>,
}

/// What goes into the frame of a page.
pub(super) struct Content<'a> {
    /// The document's title, without the business.
    pub(super) title: &'a str,
    /// The masked address of the customer who is signed in.
    pub(super) signed_in: Option<&'a str>,
    /// The page itself.
    pub(super) main: Markup,
}

impl Site {
    /// The site of a business.
    pub fn new(business: Business) -> Self {
        Self { style: style(business.color), business }
    }

    /// The style sheet inlined in every page.
    pub fn style(&self) -> &str {
        &self.style
    }

    /// A whole page.
    pub(super) fn page(&self, content: &Content<'_>) -> Page {
        self.framed(content, self.header(content.signed_in), None)
    }

    /// A whole page that is about one thing, with the business above it.
    pub(super) fn small_page(&self, content: &Content<'_>) -> Page {
        self.framed(content, html! {}, None)
    }

    /// As [`Site::small_page`], with a script.
    pub(super) fn small_page_with(&self, script: &'static str, content: &Content<'_>) -> Page {
        self.framed(content, html! {}, Some(script))
    }

    fn framed(&self, content: &Content<'_>, top: Markup, script: Option<&'static str>) -> Page {
        let document = html! {
            (DOCTYPE)
            html lang=(messages::LANGUAGE) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (content.title) " · " (self.business.name) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(&self.style)) }
                }
                body {
                    (top)
                    (content.main)
                    (self.footer(content.signed_in))
                    @if let Some(script) = script { script { (PreEscaped(script)) } }
                }
            }
        };
        Page { html: document.into_string(), script }
    }

    /// The logo of the business, or its initials.
    pub(super) fn logo(&self) -> Markup {
        html! {
            @match &self.business.logo_url {
                Some(url) => img.logo src=(url) alt="" width="44" height="44";,
                None => span.logo aria-hidden="true" { (self.business.initials()) },
            }
        }
    }

    fn header(&self, signed_in: Option<&str>) -> Markup {
        html! {
            header {
                (self.logo())
                p {
                    (self.business.name)
                    @if let Some(address) = signed_in { small { (signed_in_as(address)) } }
                }
                @if signed_in.is_some() {
                    form method="post" action="/sign-out" { button { (messages::SIGN_OUT) } }
                }
            }
        }
    }

    fn footer(&self, signed_in: Option<&str>) -> Markup {
        html! {
            footer {
                (self.business.name)
                @if let Some(address) = &self.business.address { " · " (address) }
                @if signed_in.is_some() {
                    form method="post" action="/sign-out" {
                        input type="hidden" name="everywhere" value="1";
                        button.plain { (messages::SIGN_OUT_EVERYWHERE) }
                    }
                }
            }
        }
    }
}

/// The sentence with the address in one piece, which otherwise breaks behind its dots.
fn signed_in_as(address: &str) -> Markup {
    let sentence = messages::signed_in_as(address);
    let (before, behind) = sentence.split_once(address).unwrap_or((&sentence, ""));
    html! { (before) span { (address) } (behind) }
}

fn style(brand: Color) -> String {
    let scheme = |paper, ink, rest: &str| {
        let link = brand.readable_on(paper, ink);
        // On dark paper a dark brand colour would not stand out as a button; on light paper, a light one needs an edge.
        let button = if paper == DARK_PAPER { link } else { brand };
        let edge = brand.distinct_on(paper, ink);
        format!("{rest}--brand:{button};--brand-edge:{edge};--on-brand:{};--link:{link}", button.text_on())
    };
    format!(
        ":root{{color-scheme:light dark;{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}{}",
        scheme(LIGHT_PAPER, Color::BLACK, LIGHT),
        scheme(DARK_PAPER, Color::WHITE, DARK),
        STYLE.replace('\n', "")
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The colours of both schemes, by the names of their variables.
    fn schemes(brand: Color) -> [BTreeMap<String, Color>; 2] {
        let style = style(brand);
        let (light, rest) = style.split_once("@media(prefers-color-scheme:dark)").unwrap();
        let (dark, _) = rest.split_once("}}").unwrap();
        [light, dark].map(|scheme| {
            let pairs = scheme.split([';', '{', '}']).filter_map(|pair| pair.strip_prefix("--")?.split_once(':'));
            let long = |color: &str| match color.strip_prefix('#') {
                Some(short) if short.len() == 3 => {
                    short.chars().fold("#".to_owned(), |text, c| format!("{text}{c}{c}"))
                }
                _ => color.to_owned(),
            };
            pairs.map(|(name, color)| (name.to_owned(), long(color).parse().unwrap())).collect()
        })
    }

    #[test]
    fn every_colour_reads_well_where_it_stands_whatever_the_brand() {
        // WCAG 2.2: SC 1.4.3 for text, SC 1.4.11 for the edges of buttons and fields, and for the mark of focus.
        let text = [
            ("ink", "bg"),
            ("ink", "card"),
            ("soft", "bg"),
            ("soft", "card"),
            ("soft", "off-bg"),
            ("link", "bg"),
            ("link", "card"),
            ("ok", "ok-bg"),
            ("warn", "warn-bg"),
            ("bad", "bg"),
            ("on-brand", "brand"),
        ];
        let marks = [("edge", "card"), ("brand-edge", "card"), ("link", "ok-bg"), ("link", "warn-bg"), ("bad", "card")];
        let steps = || (0..=255).step_by(51);
        let mut pairs = 0;
        for (r, g, b) in steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| (r, g, b)))) {
            let brand = Color::new(r, g, b);
            for scheme in schemes(brand) {
                for ((ink, paper), least) in
                    text.map(|pair| (pair, 4.5)).into_iter().chain(marks.map(|pair| (pair, 3.0)))
                {
                    let contrast = scheme[ink].contrast(scheme[paper]);
                    assert!(contrast >= least, "{brand}: {ink} on {paper} is {contrast:.2} of {least}");
                    pairs += 1;
                }
            }
        }
        assert_eq!(pairs, 6 * 6 * 6 * 2 * (text.len() + marks.len()));
    }
}
