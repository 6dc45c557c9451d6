//! How a mail looks: tables and inline styles, since mail programs know little else. A program that knows dark mode
//! reads its colours from the style sheet in the mail's head; where one forces dark mode, plain colours survive being
//! inverted.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use portal_domain::{color::Color, config::Business, phone};

use super::letterhead::Letterhead;
use crate::formatting;

/// A piece of a mail.
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    Fine(String),
    /// A label, and what it stands for: the first line matters most.
    Rows(Vec<(String, Vec<String>)>),
    /// Also written out, alone on its line.
    Button {
        label: &'static str,
        url: String,
    },
    /// How long the link of a button works, and how else to get there.
    Plain {
        lasts: &'static str,
        copy: &'static str,
        url: String,
    },
    /// A list under its heading.
    Tips(String, Vec<String>),
    /// Amounts under their heading; the last one may matter most.
    Sums {
        heading: String,
        rows: Vec<(String, String)>,
        is_last_strong: bool,
    },
    /// What is to be paid, how, and where.
    Due {
        amount: String,
        how: Option<String>,
        pay: Option<(String, String)>,
    },
    /// How to reach the business.
    Contact {
        heading: String,
        how: String,
        /// The number to call.
        phone: String,
        /// The shop, where it has a number of its own.
        shop: Option<String>,
    },
}

/// The mail as text.
pub(super) fn text(head: &Letterhead<'_>, blocks: &[Block]) -> String {
    let business = head.business;
    let mut text = String::new();
    for block in blocks {
        match block {
            Block::Heading(line) | Block::Paragraph(line) | Block::Fine(line) => text.push_str(line),
            Block::Rows(rows) => {
                let lines: Vec<String> =
                    rows.iter().map(|(label, lines)| format!("{label}: {}", lines.join("\n  "))).collect();
                text.push_str(&lines.join("\n"));
            }
            Block::Button { label, url } => {
                let _ = write!(text, "{label}:\n{url}");
            }
            Block::Plain { lasts, .. } => text.push_str(lasts),
            Block::Tips(heading, tips) => {
                let _ = write!(text, "{heading}");
                tips.iter().for_each(|tip| {
                    let _ = write!(text, "\n- {tip}");
                });
            }
            Block::Sums { rows, .. } => {
                let lines: Vec<String> = rows.iter().map(|(label, amount)| format!("{label}: {amount}")).collect();
                text.push_str(&lines.join("\n"));
            }
            Block::Due { amount, how, pay } => {
                text.push_str(amount);
                how.iter().for_each(|how| {
                    let _ = write!(text, " {how}");
                });
                pay.iter().for_each(|(label, url)| {
                    let _ = write!(text, "\n{label}:\n{url}");
                });
            }
            Block::Contact { heading, how, phone, shop } => {
                let shop = shop.iter().map(|shop| format!("\n{shop}")).collect::<String>();
                let _ = write!(text, "{heading} {how}\n{phone}\n{}{shop}", business.email.as_str());
            }
        }
        text.push_str("\n\n");
    }
    let address = business.address.as_ref().map(|address| format!("\n{address}")).unwrap_or_default();
    let _ = writeln!(text, "{}{address}", business.name);
    // A text's lines break where they must: no-break spaces are for pages.
    text.replace('\u{a0}', " ")
}

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif;";
const INK: &str = "font-size:16px;line-height:24px;color:#1b1f1d";
const SOFT: &str = "font-size:15px;line-height:22px;color:#545b56";
const PAPER: Color = Color::WHITE;

/// Colours in dark mode; Outlook on the web keeps its own switch (`data-ogsc`).
fn style(link: Color) -> String {
    format!(
        ":root{{color-scheme:light dark;supported-color-schemes:light dark}}\
         @media(prefers-color-scheme:dark){{.page{{background:#121513!important}}.paper{{background:#1b1f1d!important}}\
         .ink,.ink a{{color:#eef1ee!important}}.soft,.soft a{{color:#b1bab4!important}}.link{{color:{link}!important}}\
         .warn{{background:#3a2a10!important}}.warn b{{color:#ffcb80!important}}.line{{border-color:#333a36!important}}}}\
         [data-ogsc] .ink,[data-ogsc] .ink a{{color:#eef1ee!important}}[data-ogsc] .soft{{color:#b1bab4!important}}\
         [data-ogsc] .link{{color:{link}!important}}\
         @media(max-width:24rem){{.pad{{padding-left:18px!important;padding-right:18px!important}}}}\
         @media print{{.page,.paper{{background:#fff!important}}}}"
    )
}

/// Outlook for Windows knows no greatest width.
const OUTLOOK_BEGINS: PreEscaped<&str> = PreEscaped(
    "<!--[if mso]><table role=\"presentation\" width=\"560\" align=\"center\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->",
);
const OUTLOOK_ENDS: PreEscaped<&str> = PreEscaped("<!--[if mso]></td></tr></table><![endif]-->");

/// Invisible filling behind the preheader, so that an inbox does not go on with the mail's first words.
const PREVIEW_FILLING: &str = "\u{2007}\u{34f} ";

const DARK_PAPERS: [Color; 2] = [Color::new(0x1b, 0x1f, 0x1d), Color::new(0x3a, 0x2a, 0x10)];

/// The mail as HTML.
pub(super) fn html(head: &Letterhead<'_>, subject: &str, preheader: &str, blocks: &[Block]) -> String {
    let business = head.business;
    let document = html! {
        (DOCTYPE)
        html lang=(head.messages.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no";
                title { (subject) }
                style { (PreEscaped(style(business.color.bright_on(&DARK_PAPERS)))) }
            }
            body class="page" style="margin:0;padding:0;background:#f7f4ec" {
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all" {
                    (preheader) (PREVIEW_FILLING.repeat(40))
                }
                div role="main" { table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f7f4ec" {
                    tr { td align="center" style="padding:16px 8px" {
                        (OUTLOOK_BEGINS)
                        table class="paper" role="presentation" width="100%" cellpadding="0" cellspacing="0"
                            style="max-width:560px;background:#ffffff;border-radius:16px" {
                            (band(business))
                            @for block in blocks { (row(business, block)) }
                            tr { td style="padding:0 0 28px;font-size:0;line-height:0" { (PreEscaped("&nbsp;")) } }
                        }
                        (OUTLOOK_ENDS)
                        p class="soft" style={ (FONT) "margin:16px 8px 8px;" (SOFT) } {
                            (business.name)
                            @if let Some(address) = &business.address { br; (address) }
                        }
                    } }
                } }
            }
        }
    };
    document.into_string()
}

/// Whose mail it is, and whom to call; without its logo, where pictures are off, the name is still there.
fn band(business: &Business) -> Markup {
    let (color, on) = (business.color, business.color.text_on());
    html! {
        tr { td class="pad" bgcolor=(color) style={ "background:" (color) ";border-radius:16px 16px 0 0;padding:16px 28px 8px" } {
            table role="presentation" cellpadding="0" cellspacing="0" { tr {
                @if let Some(logo) = &business.logo_url {
                    td style="padding:0 12px 0 0" {
                        img src=(logo) width="40" height="40" alt="" style="display:block;border:0;border-radius:9px";
                    }
                }
                td style={ (FONT) "font-size:18px;line-height:24px;font-weight:700;color:" (on) } { (business.name) }
            } }
            div style={ (FONT) "font-size:16px;line-height:24px;color:" (on) } { (telephone(&business.phone, None, &format!("color:{on}"))) }
        } }
    }
}

/// The number, as a link that dials it.
fn telephone(phone: &str, class: Option<&str>, style: &str) -> Markup {
    let shown = formatting::phone(phone);
    html! {
        @match phone::dialable(phone) {
            Some(number) => a class=[class] href={ "tel:" (number) } style={ "display:inline-block;padding:10px 0;" (style) } { (shown) },
            None => (shown),
        }
    }
}

fn row(business: &Business, block: &Block) -> Markup {
    let cell = |class: &str, padding: &str, style: &str, content: Markup| {
        html! { tr { td class={ "pad " (class) } dir="auto" style={ (FONT) "padding:" (padding) ";word-break:break-word;" (style) } { (content) } } }
    };
    let link = business.color.readable_on(PAPER, Color::BLACK);
    let heading = |text: &str| {
        html! { h2 class="ink" style={ (FONT) "margin:0 0 4px;font-size:18px;line-height:24px;color:#1b1f1d" } { (text) } }
    };
    match block {
        Block::Heading(line) => cell(
            "ink",
            "24px 28px 0",
            INK,
            html! { h1 class="ink" style={ (FONT) "margin:0;font-size:26px;line-height:32px;color:#1b1f1d" } { (line) } },
        ),
        Block::Paragraph(line) => cell("ink", "8px 28px 0", INK, html! { (line) }),
        Block::Fine(line) => cell("soft", "10px 28px 0", SOFT, html! { (line) }),
        Block::Rows(rows) => cell(
            "ink",
            "6px 28px 0",
            INK,
            html! {
                table role="presentation" cellpadding="0" cellspacing="0" width="100%" {
                    @for (i, (label, lines)) in rows.iter().enumerate() {
                        @let line = if i > 0 { "border-top:1px solid #e2dccd;" } else { "" };
                        tr { td class="ink line" dir="auto" style={ (FONT) (line) "padding:12px 0;word-break:break-word;" (INK) } {
                            span class="soft" style=(SOFT) { (label) }
                            @for (i, line) in lines.iter().enumerate() { br; @if i == 0 { b { (line) } } @else { (line) } }
                        } }
                    }
                }
            },
        ),
        Block::Button { label, url } => cell(
            "ink",
            "20px 28px 0",
            INK,
            html! {
                table role="presentation" cellpadding="0" cellspacing="0" width="100%" {
                    // Outlook for Windows gives a link no padding: there the cell has it.
                    tr { td align="center" bgcolor=(business.color) style={ "border-radius:12px;mso-padding-alt:15px 24px;background:" (business.color) } {
                        a href=(url) style={ (FONT) "display:block;padding:15px 24px;font-size:17px;line-height:22px;font-weight:700;text-decoration:none;color:" (business.color.text_on()) } { (label) }
                    } }
                }
            },
        ),
        Block::Plain { lasts, copy, url } => cell(
            "soft",
            "16px 28px 0",
            SOFT,
            html! {
                (lasts) " " (copy) br;
                a class="link" href=(url) style={ "color:" (link) ";word-break:break-all" } { (url) }
            },
        ),
        Block::Tips(title, tips) => cell(
            "ink",
            "26px 28px 0",
            INK,
            html! {
                (heading(title))
                table role="presentation" cellpadding="0" cellspacing="0" {
                    @for tip in tips {
                        tr {
                            td class="ink" valign="top" width="20" style={ (FONT) (INK) } { "•" }
                            td class="ink" lang="" dir="auto" style={ (FONT) "padding:0 0 6px;word-break:break-word;" (INK) } { (tip) }
                        }
                    }
                }
            },
        ),
        Block::Sums { heading: title, rows, is_last_strong } => cell(
            "ink",
            "26px 28px 0",
            INK,
            html! {
                (heading(title))
                table cellpadding="0" cellspacing="0" width="100%" {
                    @for (i, (label, amount)) in rows.iter().enumerate() {
                        @let line = if i > 0 { "border-top:1px solid #e2dccd;" } else { "" };
                        @let weight = if *is_last_strong && i + 1 == rows.len() { "font-weight:700;" } else { "font-weight:400;" };
                        tr {
                            th scope="row" align="left" valign="top" class="ink line" style={ (FONT) (line) (weight) "padding:8px 12px 8px 0;" (INK) } { (label) }
                            td align="right" valign="top" class="ink line" style={ (FONT) (line) (weight) "padding:8px 0;white-space:nowrap;" (INK) } { (amount) }
                        }
                    }
                }
            },
        ),
        Block::Due { amount, how, pay } => cell(
            "ink",
            "10px 28px 0",
            INK,
            html! {
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" {
                    tr { td class="warn ink" bgcolor="#fdeed3" style={ (FONT) "background:#fdeed3;border-radius:12px;padding:12px 16px;" (INK) } {
                        b style="color:#6f3f00" { (amount) } @if let Some(how) = how { " " (how) }
                        @if let Some((label, url)) = pay { br; a class="link" href=(url) style={ "display:inline-block;padding:11px 0;color:" (business.color.readable_on(DUE_PAPER, Color::BLACK)) } { (label) } }
                    } }
                }
            },
        ),
        Block::Contact { heading: title, how, phone, shop } => {
            let email = business.email.as_str();
            cell(
                "ink",
                "26px 28px 0",
                INK,
                html! {
                    (heading(title))
                    (how) br;
                    (telephone(phone, Some("link"), &format!("color:{link}"))) br;
                    a class="link" href={ "mailto:" (email) } style={ "display:inline-block;padding:11px 0;color:" (link) } { (email) }
                @if let Some(shop) = shop { br; (shop) }
                },
            )
        }
    }
}

const DUE_PAPER: Color = Color::new(0xfd, 0xee, 0xd3);
