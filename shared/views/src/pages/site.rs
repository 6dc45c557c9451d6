//! What all pages have in common: the frame and the look.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use portal_domain::{booking::Booking, color::Color, config::Business, language::Language, time::Zone};

use super::{icons, inline, urls};
use crate::{
    formatting::{self, Times},
    messages::Messages,
};

const STYLE: &str = include_str!("style.css");

const LIGHT: &str = "--bg:#f7f4ec;--card:#fff;--ink:#1b1f1d;--soft:#545b56;--line:#e2dccd;--edge:#7d786c;--go:#0b5c44;\
                     --go-bg:#e0f1e8;--warn:#6f3f00;--warn-bg:#fdeed3;--bad:#98201a;--bad-bg:#fde7e4;--off-bg:#f1ede2;";
const LIGHT_PAPER: Color = Color::new(0xf1, 0xed, 0xe2);

const DARK: &str = "--bg:#121513;--card:#1b1f1d;--ink:#eef1ee;--soft:#b1bab4;--line:#333a36;--edge:#7e8882;--go:#86e0bb;\
                    --go-bg:#12352a;--warn:#ffcb80;--warn-bg:#3a2a10;--bad:#ffb3ab;--bad-bg:#47211d;--off-bg:#252a27;";
const DARK_PAPERS: [Color; 5] = [
    Color::new(0x1b, 0x1f, 0x1d),
    Color::new(0x25, 0x2a, 0x27),
    Color::new(0x12, 0x35, 0x2a),
    Color::new(0x3a, 0x2a, 0x10),
    Color::new(0x47, 0x21, 0x1d),
];
const DARK_BAND_PAPER: Color = Color::new(0x12, 0x15, 0x13);

/// The portal of one business.
pub struct Site {
    /// Whose portal it is.
    pub business: Business,
    style: String,
    head: String,
}

/// A site in the language of who reads it.
#[derive(Clone, Copy)]
pub struct Localized<'a> {
    /// The site.
    pub site: &'a Site,
    /// What is said in the language.
    pub messages: &'static Messages,
    /// The address of this page as far as `language=`, for its links to the other languages.
    pub here: &'a str,
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
    /// The zone of all its times, as people call it.
    pub(super) zone: Option<String>,
    /// The page itself.
    pub(super) main: Markup,
}

impl Site {
    /// The site of a business.
    pub fn new(business: Business) -> Self {
        Self { style: style(business.color), head: head(&business), business }
    }

    /// The style sheet inlined in every page.
    pub fn style(&self) -> &str {
        &self.style
    }

    /// The site in a language, on a page of this address (see [`Localized::here`]).
    pub fn in_language<'a>(&'a self, language: Language, here: &'a str) -> Localized<'a> {
        Localized { site: self, messages: Messages::of(language), here }
    }
}

impl Localized<'_> {
    /// A page for who is signed in.
    pub(super) fn page(&self, content: Content<'_>) -> Page {
        self.framed(None, content, None)
    }

    /// A page about one thing, on one card: `main` is the card's inside.
    pub(super) fn door(&self, title: &str, main: &Markup, script: Option<&'static str>) -> Page {
        let main = html! { div.in { div.door.card { (main) } } };
        self.framed(Some("split"), Content { title, signed_in: None, zone: None, main }, script)
    }

    fn framed(&self, class: Option<&str>, content: Content<'_>, script: Option<&'static str>) -> Page {
        let (m, business) = (self.messages, &self.site.business);
        let body = html! {
            a.skip href="#main" { (m.skip_to_content) }
            (self.band(class.is_some(), content.signed_in.is_some()))
            main #main { (content.main) }
            (self.footer(&content))
        };
        let document = html! {
            (DOCTYPE)
            html lang=(m.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // References and cart numbers are no phone numbers; those that are have links.
                    meta name="format-detection" content="telephone=no,date=no,address=no,email=no";
                    title { (content.title) " · " (business.name) }
                    (PreEscaped(&self.site.head))
                    style { (PreEscaped(&self.site.style)) }
                }
                body class=[class] {
                    (icons::symbols(&body.0))
                    (body)
                    @if let Some(script) = script { script { (PreEscaped(script)) } }
                }
            }
        };
        Page { html: document.into_string(), script }
    }

    /// The top of every page: whose portal it is, how to reach them, and the way out.
    fn band(&self, has_scene: bool, is_signed_in: bool) -> Markup {
        let (m, business) = (self.messages, &self.site.business);
        html! {
            header.band {
                div.in {
                    a.home href="/" { (self.logo()) b { (business.name) } }
                    p.reach {
                        (inline::phone_link(&business.phone, &formatting::phone(&business.phone)))
                        a href=(urls::mailto(business.email.as_str(), None)) { (icons::icon("mail")) (m.email_us) }
                    }
                    @if is_signed_in { form method="post" action="/sign-out" { button { (m.sign_out) } } }
                }
                @if has_scene { div.scene { (icons::ride()) } }
            }
        }
    }

    fn logo(&self) -> Markup {
        html! {
            @match &self.site.business.logo_url {
                Some(url) => img.logo src=(url) alt="" width="44" height="44";,
                None => span.logo aria-hidden="true" { (self.site.business.initials()) },
            }
        }
    }

    fn footer(&self, content: &Content<'_>) -> Markup {
        let (m, business) = (self.messages, &self.site.business);
        html! {
            footer.in.end {
                p { (business.name) @if let Some(address) = &business.address { ", " (address) } }
                @if let Some(zone) = &content.zone { p { ((m.all_times_are)(zone)) } }
                p {
                    @for other in Language::ALL.into_iter().filter(|language| *language != m.language) {
                        @let tag = other.tag();
                        a href={ (self.here) "language=" (tag) } hreflang=(tag) lang=(tag) { (Messages::of(other).language_name) }
                    }
                }
                @if let Some(address) = content.signed_in {
                    p { (inline::with_whole((m.signed_in_as)(address), address)) }
                    form method="post" action="/sign-out" {
                        input type="hidden" name="everywhere" value="1";
                        button { (m.sign_out_everywhere) }
                    }
                }
            }
        }
    }

    /// The phone to call about a booking.
    pub(crate) fn phone_of<'a>(&'a self, booking: &'a Booking) -> &'a str {
        formatting::phone_to_call(&self.site.business, booking)
    }
}

/// The zone of all bookings that are shown, as people call it, where they share it.
pub(super) fn shared_zone<'a>(
    messages: &Messages,
    zones: impl Iterator<Item = &'a Zone>,
    now: Timestamp,
) -> Option<String> {
    let mut names: Vec<String> = zones.map(|zone| Times { messages, zone, now, are_relative: true }.zone()).collect();
    names.dedup();
    (names.len() == 1).then(|| names.swap_remove(0))
}

/// The business's part of a page's head: the colour of the browser's bars, and the icon of its tab and on the home
/// screen. Without a logo, phones ask by themselves for the icon that `touch_icon` draws.
fn head(business: &Business) -> String {
    let (light, dark) = (business.color, band(business.color));
    html! {
        meta name="theme-color" content=(light) media="(prefers-color-scheme:light)";
        meta name="theme-color" content=(dark) media="(prefers-color-scheme:dark)";
        link rel="icon" href=(icons::favicon(business));
        @if let Some(logo) = &business.logo_url { link rel="apple-touch-icon" href=(logo); }
    }
    .into_string()
}

/// The top of a page in the dark: a little of the brand.
fn band(brand: Color) -> Color {
    DARK_BAND_PAPER.mixed(brand, 35)
}

fn style(brand: Color) -> String {
    let light = {
        let link = brand.readable_on(LIGHT_PAPER, Color::BLACK);
        let edge = brand.distinct_on(LIGHT_PAPER, Color::BLACK);
        let on = brand.text_on();
        format!(
            "{LIGHT}--brand:{brand};--on-brand:{on};--brand-edge:{edge};--link:{link};--band:{brand};--on-band:{on}"
        )
    };
    let dark = {
        let bright = brand.bright_on(&DARK_PAPERS);
        let band = band(brand);
        format!(
            "{DARK}--brand:{bright};--on-brand:{};--brand-edge:{bright};--link:{bright};--band:{band};--on-band:{}",
            bright.text_on(),
            band.text_on()
        )
    };
    format!(
        ":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}{}",
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
        let papers = ["bg", "card", "off-bg", "go-bg", "warn-bg", "bad-bg"];
        let on_papers = |ink: &'static str, papers: &[&'static str]| {
            papers.iter().map(move |paper| (ink, *paper)).collect::<Vec<_>>()
        };
        let mut text = vec![
            ("on-brand", "brand"),
            ("on-band", "band"),
            ("go", "go-bg"),
            ("warn", "warn-bg"),
            ("bad", "bad-bg"),
            ("bad", "card"),
        ];
        text.extend(on_papers("ink", &papers));
        text.extend(on_papers("soft", &["bg", "card", "off-bg"]));
        text.extend(on_papers("link", &["bg", "card", "off-bg"]));
        let mut marks = on_papers("link", &["go-bg", "warn-bg", "bad-bg"]);
        marks.extend(on_papers("edge", &["bg", "card"]));
        marks.push(("brand-edge", "card"));
        let steps = || (0..=255).step_by(51);
        let mut pairs = 0;
        for (r, g, b) in steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| (r, g, b)))) {
            let brand = Color::new(r, g, b);
            for scheme in schemes(brand) {
                for ((ink, paper), least) in
                    text.iter().map(|pair| (*pair, 4.5)).chain(marks.iter().map(|pair| (*pair, 3.0)))
                {
                    let contrast = scheme[ink].contrast(scheme[paper]);
                    assert!(contrast >= least, "{brand}: {ink} on {paper} is {contrast:.2} of {least}");
                    pairs += 1;
                }
            }
            let [_, dark] = schemes(brand);
            for paper in papers {
                assert!(dark["link"].contrast(dark[paper]) >= 5.5, "{brand}: link on {paper} in the dark");
            }
        }
        assert_eq!(pairs, 6 * 6 * 6 * 2 * (text.len() + marks.len()));
    }
}
