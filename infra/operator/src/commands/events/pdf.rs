//! A PDF of one page that says what it is (ISO 32000-1).

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// A page of US Letter size, in points.
const PAGE: Rect = Rect { x1: 0.0, y1: 0.0, x2: 612.0, y2: 792.0 };

/// The test agreement of the booking that people call so.
pub(super) fn agreement(reference: &str) -> Vec<u8> {
    let [catalog, pages, page, text, font, information] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let name = Name(b"F");
    let title = format!("Test agreement {reference}");
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages).lang(TextStr("en"));
    pdf.pages(pages).kids([page]).count(1);
    let mut leaf = pdf.page(page);
    leaf.parent(pages).media_box(PAGE).contents(text);
    leaf.resources().fonts().pair(name, font);
    leaf.finish();
    pdf.type1_font(font).base_font(Name(b"Helvetica"));
    let mut content = Content::new();
    content.begin_text().set_font(name, 24.0).next_line(72.0, 700.0).show(Str(title.as_bytes())).end_text();
    pdf.stream(text, &content.finish());
    pdf.document_info(information).title(TextStr(&title));
    pdf.finish()
}
