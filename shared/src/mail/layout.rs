//! How a mail looks: tables and inline styles, since mail programs know little else.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, html};

use crate::{config::Business, words};

/// A piece of a mail.
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    Facts(Vec<(&'static str, String)>),
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
                let lines: Vec<String> = facts.iter().map(|(label, value)| format!("{label}: {value}")).collect();
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

/// The mail as HTML.
pub(super) fn html(business: &Business, subject: &str, preheader: &str, blocks: &[Block]) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(words::LANGUAGE) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (subject) }
            }
            body style="margin:0;padding:0;background:#f6f5f1" {
                div style="display:none;max-height:0;overflow:hidden" { (preheader) }
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f6f5f1" {
                    tr { td align="center" style="padding:24px 12px" {
                        table role="presentation" width="100%" cellpadding="0" cellspacing="0"
                            style="max-width:560px;background:#ffffff;border-radius:16px" {
                            tr { td style={ (FONT) "padding:24px 24px 0;font-size:16px;font-weight:700;color:#1c1f1d" } {
                                (business.name)
                            } }
                            @for block in blocks { (row(business, block)) }
                            tr { td style="padding:0 0 24px" {} }
                        }
                        p style={ (FONT) "font-size:14px;line-height:22px;color:#5a625d;margin:16px 0 0" } {
                            (business.name) " · " (business.phone) br;
                            (business.email.as_str())
                            @if let Some(address) = &business.address { br; (address) }
                        }
                    } }
                }
            }
        }
    };
    document.into_string()
}

fn row(business: &Business, block: &Block) -> Markup {
    let cell = |style: &str, content: Markup| {
        html! { tr { td style={ (FONT) "padding:16px 24px 0;" (style) } { (content) } } }
    };
    let body = "font-size:16px;line-height:24px;color:#1c1f1d";
    match block {
        Block::Heading(line) => {
            cell("", html! { h1 style="margin:0;font-size:24px;line-height:30px;color:#1c1f1d" { (line) } })
        }
        Block::Paragraph(line) => cell(body, html! { (line) }),
        Block::Fine(line) => cell("font-size:14px;line-height:21px;color:#5a625d", html! { (line) }),
        Block::Facts(facts) => cell(
            body,
            html! {
                table role="presentation" cellpadding="0" cellspacing="0" width="100%" {
                    @for (label, value) in facts {
                        tr {
                            td valign="top" style={ (FONT) "padding:4px 16px 4px 0;font-size:14px;line-height:22px;color:#5a625d" } { (label) }
                            td valign="top" style={ (FONT) "padding:4px 0;font-size:16px;line-height:22px;color:#1c1f1d" } { (value) }
                        }
                    }
                }
            },
        ),
        Block::Button { label, url } => cell(
            body,
            html! {
                table role="presentation" cellpadding="0" cellspacing="0" {
                    tr { td align="center" bgcolor=(business.color) style={ "border-radius:10px;background:" (business.color) } {
                        a href=(url) style={ (FONT) "display:inline-block;padding:14px 28px;font-size:17px;font-weight:700;text-decoration:none;color:" (business.color.text_on()) } { (label) }
                    } }
                }
                p style="margin:16px 0 0;font-size:14px;line-height:21px;color:#5a625d" { (words::MAIL_LINK_PLAIN) }
                p style="margin:0;font-size:13px;line-height:20px;word-break:break-all" { a href=(url) style="color:#1c1f1d" { (url) } }
            },
        ),
    }
}
