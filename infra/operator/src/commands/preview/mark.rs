//! The mark of a preview: a page or a mail as an operator looks at it, which nobody can take for the customer's own.

use maud::html;

/// What stands in the head of each preview, and of nothing else.
const GENERATOR: &str = "<meta name=\"generator\" content=\"portal preview\">";

/// A preview is opened from a file, without the portal's headers: no script runs in it, and no form is sent.
const HEAD: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
    img-src data: https:; form-action 'none'\"><style>\
    .portal-preview{position:sticky;top:0;z-index:99;padding:8px 16px;border-bottom:3px solid #1b1f1d;color:#1b1f1d;\
    background:repeating-linear-gradient(-45deg,#ffd84d 0 18px,#ffe68a 18px 36px);print-color-adjust:exact;\
    font:15px/22px system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;text-align:center;text-wrap:balance}\
    .portal-preview b{letter-spacing:2px;text-transform:uppercase}\
    @media print{.portal-preview{position:static}}</style>";

/// Links and buttons, which take neither clicks nor keys in a preview: what they lead to is the portal's, or none of a file's.
const ACTIVE: [(&str, &str); 2] = [("<a ", "<a inert "), ("<button", "<button inert")];

/// What a preview in plain text begins with.
const TEXT: &str = "[PREVIEW of ";

/// A page or the HTML of a mail with the mark: a band at its top that says what it is a preview `of`.
pub(super) fn marked(document: &str, of: &str) -> String {
    let band = html! { div.portal-preview role="note" lang="en" { b { "Preview" } " of " (of) } };
    let (head, rest) = document.split_once("</head>").unwrap_or_default();
    let (body, inside) = rest.split_once("<body").and_then(|(_, body)| body.split_once('>')).unwrap_or_default();
    let inside = ACTIVE.iter().fold(inside.to_owned(), |inside, (tag, inert)| inside.replace(tag, inert));
    [head, GENERATOR, HEAD, "</head><body", body, ">", &band.0, &inside].concat()
}

/// The text of a mail with the mark, which stands alone on the first line.
pub(super) fn marked_text(text: &str, of: &str) -> String {
    format!("{TEXT}{}]\n\n{text}", of.replace(char::is_control, " "))
}

/// Whether it is a preview.
pub(super) fn is_marked(file: &str) -> bool {
    file.starts_with(TEXT) || file.split_once("</head>").is_some_and(|(head, _)| head.contains(GENERATOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_added_and_nothing_else_changes() {
        let page = "<!DOCTYPE html><html><head><title>A</title></head><body class=\"split\"><p>b <a href=\"/\">c</a><button>d</button></p></body></html>";
        let preview = marked(page, "a page <of> Ana's");
        let band =
            "<div class=\"portal-preview\" role=\"note\" lang=\"en\"><b>Preview</b> of a page &lt;of&gt; Ana's</div>";
        let unmarked = preview.replace(&[GENERATOR, HEAD].concat(), "").replace(band, "").replace(" inert", "");
        assert!(preview.contains("<a inert href=\"/\">c</a><button inert>d"), "{preview}");
        assert_eq!(unmarked, page);
        assert!(preview.contains(&format!("<body class=\"split\">{band}<p>")), "{preview}");
        assert_eq!(marked_text("Hello", "a mail\nof Ana's"), "[PREVIEW of a mail of Ana's]\n\nHello");
    }

    #[test]
    fn a_preview_is_known_by_its_mark_alone() {
        let page = "<head></head><body><p>[PREVIEW of </p></body>";
        for (file, is_preview) in [
            (marked(page, ""), true),
            (marked_text("", ""), true),
            (page.to_owned(), false),
            (format!("<head></head><body>{GENERATOR}</body>"), false),
            (" [PREVIEW of ".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_marked(&file), is_preview, "{file}");
        }
    }
}
