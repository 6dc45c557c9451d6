//! How a mail looks: tables and inline styles, since mail programs know little else. Where one knows dark mode, the
//! style sheet in its head says how; where one forces it, plain colours survive being turned round.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use portal_domain::config::Business;

use crate::messages;

/// A piece of a mail.
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    /// Labels and what each stands for, a line or several.
    Facts(Vec<(&'static str, Vec<String>)>),
    /// Also written out, alone on its line.
    Button {
        label: &'static str,
        url: String,
    },
    Fine(String),
}

/// The mail as text.
pub(super) fn text(business: &Business, blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        match block {
            Block::Heading(line) | Block::Paragraph(line) | Block::Fine(line) => text.push_str(line),
            Block::Facts(facts) => {
                let lines: Vec<String> =
                    facts.iter().map(|(label, lines)| format!("{label}: {}", lines.join("\n  "))).collect();
                text.push_str(&lines.join("\n"));
            }
            Block::Button { label, url } => {
                let _ = write!(text, "{label}:\n{url}");
            }
        }
        text.push_str("\n\n");
    }
    let address = business.address.as_ref().map(|address| format!("\n{address}")).unwrap_or_default();
    let _ = writeln!(text, "{}\n{}\n{}{address}", business.name, business.phone, business.email.as_str());
    text
}

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif;";

/// Colours in dark mode; Outlook on the web keeps its own switch (`data-ogsc`).
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (prefers-color-scheme:dark){.page{background:#141715!important}.card{background:#1e2320!important}\
.ink{color:#f1f4f1!important}.soft{color:#a8b2ab!important}}\
[data-ogsc] .ink{color:#f1f4f1!important}[data-ogsc] .soft{color:#a8b2ab!important}";

/// Outlook for Windows knows no greatest width.
const OUTLOOK_BEGINS: PreEscaped<&str> = PreEscaped(
    "<!--[if mso]><table role=\"presentation\" width=\"560\" align=\"center\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->",
);
const OUTLOOK_ENDS: PreEscaped<&str> = PreEscaped("<!--[if mso]></td></tr></table><![endif]-->");

/// What no eye sees, so that an inbox does not fill its preview with the mail's first words.
const PREVIEW_FILLING: &str = "\u{2007}\u{34f} ";

/// The mail as HTML.
pub(super) fn html(business: &Business, subject: &str, preheader: &str, blocks: &[Block]) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(messages::LANGUAGE) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no";
                title { (subject) }
                style { (PreEscaped(STYLE)) }
            }
            body class="page" style="margin:0;padding:0;background:#f6f5f1" {
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all" {
                    (preheader) (PREVIEW_FILLING.repeat(60))
                }
                table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f6f5f1" {
                    tr { td align="center" style="padding:24px 12px" {
                        (OUTLOOK_BEGINS)
                        table class="card" role="presentation" width="100%" cellpadding="0" cellspacing="0"
                            style="max-width:560px;background:#ffffff;border-radius:16px" {
                            tr { td style="padding:24px 24px 8px" { (head(business)) } }
                            @for block in blocks { (row(business, block)) }
                            tr { td style="padding:0 0 28px;font-size:0;line-height:0" { (PreEscaped("&nbsp;")) } }
                        }
                        (OUTLOOK_ENDS)
                        p class="soft" style={ (FONT) "font-size:14px;line-height:22px;color:#5a625d;margin:16px 0 0" } {
                            (business.name) br;
                            (business.phone) " · " (business.email.as_str())
                            @if let Some(address) = &business.address { br; (address) }
                        }
                    } }
                }
            }
        }
    };
    document.into_string()
}

/// Whose mail it is; without its logo, where pictures are off, the name is still there.
fn head(business: &Business) -> Markup {
    html! {
        table role="presentation" cellpadding="0" cellspacing="0" { tr {
            @if let Some(logo) = &business.logo_url {
                td style="padding:0 12px 0 0" {
                    img src=(logo) width="40" height="40" alt="" style="display:block;border:0;border-radius:9px";
                }
            }
            td class="ink" style={ (FONT) "font-size:16px;line-height:22px;font-weight:700;color:#1c1f1d" } { (business.name) }
        } }
    }
}

fn row(business: &Business, block: &Block) -> Markup {
    let cell = |class: &str, style: &str, content: Markup| {
        html! { tr { td class=(class) dir="auto" style={ (FONT) "padding:12px 24px 0;word-break:break-word;" (style) } { (content) } } }
    };
    let (ink, soft) =
        ("font-size:16px;line-height:24px;color:#1c1f1d", "font-size:14px;line-height:21px;color:#5a625d");
    match block {
        Block::Heading(line) => cell(
            "ink",
            ink,
            html! { h1 class="ink" style={ (FONT) "margin:0;font-size:24px;line-height:30px;color:#1c1f1d" } { (line) } },
        ),
        Block::Paragraph(line) => cell("ink", ink, html! { (line) }),
        Block::Fine(line) => cell("soft", soft, html! { (line) }),
        Block::Facts(facts) => cell(
            "ink",
            ink,
            html! {
                table role="presentation" cellpadding="0" cellspacing="0" width="100%" {
                    @for (label, lines) in facts {
                        tr {
                            td class="soft" valign="top" width="88" style={ (FONT) "padding:5px 12px 5px 0;font-size:14px;line-height:22px;color:#5a625d" } { (label) }
                            td class="ink" valign="top" dir="auto" style={ (FONT) "padding:5px 0;font-size:16px;line-height:22px;color:#1c1f1d;word-break:break-word" } {
                                @for (i, line) in lines.iter().enumerate() { @if i > 0 { br; } (line) }
                            }
                        }
                    }
                }
            },
        ),
        Block::Button { label, url } => cell(
            "ink",
            ink,
            html! {
                table role="presentation" cellpadding="0" cellspacing="0" {
                    // Outlook for Windows gives a link no padding: there the cell has it.
                    tr { td align="center" bgcolor=(business.color) style={ "border-radius:10px;mso-padding-alt:14px 28px;background:" (business.color) } {
                        a href=(url) style={ (FONT) "display:inline-block;padding:14px 28px;font-size:17px;line-height:22px;font-weight:700;text-decoration:none;color:" (business.color.text_on()) } { (label) }
                    } }
                }
                p class="soft" style={ (FONT) "margin:18px 0 2px;" (soft) } { (messages::MAIL_LINK_PLAIN) }
                p style={ (FONT) "margin:0;font-size:13px;line-height:19px;word-break:break-all" } {
                    a class="soft" href=(url) style="color:#5a625d" { (url) }
                }
            },
        ),
    }
}
