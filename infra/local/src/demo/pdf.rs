//! The business's paper: agreement, invoice and receipt of a booking, one US Letter page each.

use jiff::{Zoned, tz::TimeZone};
use pdf_writer::{Content, Date, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::{
    booking::{Booking, Fulfilment, Kind, Paper, Time},
    helvetica::{self, Font},
};

/// Whose paper it is.
const BUSINESS: &str = "Tybee Beach Carts";

/// Draws the document. Fails if the booking's time zone is unknown.
pub(super) fn draw(booking: &Booking, paper: &Paper) -> Result<Vec<u8>, jiff::Error> {
    let zone = TimeZone::get(&booking.time_zone)?;
    let mut sheet = Sheet { content: Content::new(), y: 0.0 };
    letterhead(&mut sheet, booking, paper, &zone);
    parties(&mut sheet, booking, &zone);
    carts(&mut sheet, booking);
    price(&mut sheet, booking, paper.kind);
    match paper.kind {
        Kind::Agreement => {
            terms(&mut sheet);
            signature(&mut sheet, booking, paper, &zone);
        }
        Kind::Invoice => note(
            &mut sheet,
            &format!(
                "Please quote {} with any payment. Questions? Call {}.",
                booking.reference, booking.location.phone
            ),
        ),
        Kind::Receipt => note(&mut sheet, "Thank you for choosing us. Keep this receipt for your records."),
    }
    footer(&mut sheet, booking, paper);
    Ok(file(booking, paper, &zone, sheet.content))
}

/// Amount of US dollars as people write it, as in -$1,234.50.
pub(super) fn dollars(amount_minor: i64) -> String {
    let digits = (amount_minor.unsigned_abs() / 100).to_string();
    let mut whole = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            whole.push(',');
        }
        whole.push(digit);
    }
    let sign = if amount_minor < 0 { "-" } else { "" };
    format!("{sign}${whole}.{:02}", amount_minor.unsigned_abs() % 100)
}

const WIDTH: f32 = 612.0;
const HEIGHT: f32 = 792.0;
const LEFT: f32 = 54.0;
const RIGHT: f32 = WIDTH - LEFT;
const MIDDLE: f32 = 320.0;

type Color = [f32; 3];
const BRAND: Color = [0.043, 0.420, 0.310];
const TINT: Color = [0.925, 0.960, 0.945];
const INK: Color = [0.110, 0.122, 0.114];
const SOFT: Color = [0.353, 0.384, 0.365];
const HAIRLINE: Color = [0.840, 0.835, 0.810];
const WHITE: Color = [1.0, 1.0, 1.0];

fn letterhead(sheet: &mut Sheet, booking: &Booking, paper: &Paper, zone: &TimeZone) {
    sheet.fill(0.0, HEIGHT - 12.0, WIDTH, 12.0, BRAND);
    let location = &booking.location;
    sheet.rounded(LEFT, 704.0, 40.0, 9.0, BRAND);
    let initials: String = BUSINESS.split(' ').take(2).filter_map(|word| word.chars().next()).collect();
    sheet.centered(LEFT + 20.0, 717.5, Style { font: Font::Bold, size: 17.0, color: WHITE }, &initials);
    sheet.text(LEFT + 52.0, 731.0, Style::bold(15.0), BUSINESS);
    sheet.text(LEFT + 52.0, 717.0, Style::soft(9.0), &location.address);
    sheet.text(LEFT + 52.0, 705.0, Style::soft(9.0), &format!("{} · {}", location.name, location.phone));

    sheet.right(RIGHT, 727.0, Style { font: Font::Bold, size: 21.0, color: BRAND }, &paper.title);
    sheet.right(RIGHT, 711.5, Style::bold(10.5), &booking.reference);
    sheet.right(RIGHT, 699.0, Style::soft(9.0), &format!("Issued {}", day(&paper.issued_at, zone)));
    sheet.rule(LEFT, RIGHT, 682.0);
    sheet.y = 658.0;
}

fn parties(sheet: &mut Sheet, booking: &Booking, zone: &TimeZone) {
    let top = sheet.y;
    sheet.label(LEFT, "Customer");
    sheet.text(LEFT, top - 16.0, Style::bold(10.5), &booking.customer.name);
    sheet.text(LEFT, top - 30.0, Style::plain(9.5), &booking.customer.email);

    sheet.label(MIDDLE, "Rental");
    for (line, (word, time)) in [("From", &booking.starts_at), ("Until", &booking.ends_at)].into_iter().enumerate() {
        let y = top - 16.0 - 14.0 * line as f32;
        sheet.text(MIDDLE, y, Style::soft(9.5), word);
        sheet.text(MIDDLE + 30.0, y, Style::plain(9.5), &moment(time, zone));
    }

    sheet.y = top - 54.0;
    let (label, place) = match &booking.fulfilment {
        Fulfilment::Delivery { address, .. } => ("Delivery to", address),
        Fulfilment::Pickup => ("Pickup at", &booking.location.address),
    };
    sheet.label(LEFT, label);
    sheet.text(LEFT, sheet.y - 16.0, Style::plain(9.5), place);
    if !booking.add_ons.is_empty() {
        let names: Vec<String> = booking.add_ons.iter().map(ToString::to_string).collect();
        sheet.label(MIDDLE, "With");
        sheet.text(MIDDLE, sheet.y - 16.0, Style::plain(9.5), &names.join(", "));
    }
    sheet.y -= 52.0;
}

fn carts(sheet: &mut Sheet, booking: &Booking) {
    sheet.head(&[(LEFT, "Cart"), (LEFT + 130.0, "Type")], "Seats");
    for cart in &booking.carts {
        sheet.text(LEFT + 10.0, sheet.y, Style::bold(9.5), &cart.name);
        sheet.text(LEFT + 140.0, sheet.y, Style::plain(9.5), &cart.asset_type);
        sheet.right(RIGHT - 10.0, sheet.y, Style::plain(9.5), &cart.seats.to_string());
        sheet.end_row();
    }
    sheet.y -= 16.0;
}

fn price(sheet: &mut Sheet, booking: &Booking, kind: Kind) {
    let price = &booking.price;
    sheet.head(&[(LEFT, "Description")], "Amount, USD");
    for line in &price.lines {
        sheet.text(LEFT + 10.0, sheet.y, Style::plain(9.5), &line.label);
        sheet.right(RIGHT - 10.0, sheet.y, Style::plain(9.5), &dollars(line.amount_minor));
        sheet.end_row();
    }
    sheet.y -= 8.0;
    let sums = [("Total", price.total_minor), ("Paid", price.paid_minor), ("Balance due", price.balance_minor())];
    let strong = match kind {
        Kind::Agreement => 0,
        Kind::Receipt => 1,
        Kind::Invoice => 2,
    };
    for (row, (label, amount)) in sums.into_iter().enumerate() {
        let style = if row == strong {
            sheet.rounded_box(MIDDLE, sheet.y - 8.0, RIGHT - MIDDLE, 23.0, 5.0, TINT);
            Style { font: Font::Bold, size: 11.5, color: BRAND }
        } else {
            Style::plain(9.5)
        };
        sheet.text(MIDDLE + 12.0, sheet.y, style, label);
        sheet.right(RIGHT - 10.0, sheet.y, style, &dollars(amount));
        sheet.y -= 24.0;
    }
    sheet.y -= 14.0;
}

const TERMS: [&str; 5] = [
    "The driver is at least 21, holds a valid driver's license and carries it while driving. Nobody drives after drinking.",
    "Carts stay on streets with a speed limit of 35 mph or less, off the beach, the dunes and the bike paths, and never carry more people than they have seats.",
    "The customer returns each cart at the time and place above, charged and as it was handed over. A late return costs one more day.",
    "The customer pays for loss, towing, tickets and damage beyond ordinary wear. Call the shop at once after an accident.",
    "The customer may cancel free of charge until 48 hours before the rental starts.",
];

fn terms(sheet: &mut Sheet) {
    sheet.label(LEFT, "Terms");
    sheet.y -= 15.0;
    for (index, term) in TERMS.iter().enumerate() {
        sheet.text(LEFT, sheet.y, Style::soft(8.5), &format!("{}.", index + 1));
        sheet.paragraph(LEFT + 16.0, Style::plain(8.5), term);
        sheet.y -= 3.0;
    }
    sheet.y -= 14.0;
}

fn signature(sheet: &mut Sheet, booking: &Booking, paper: &Paper, zone: &TimeZone) {
    let customer = &booking.customer.name;
    let signed = match &paper.signed_at {
        Some(time) => {
            sheet.script(LEFT + 6.0, sheet.y - 14.0, customer);
            sheet.script(MIDDLE + 6.0, sheet.y - 14.0, BUSINESS);
            format!("Signed electronically by {customer} on {}", day(time, zone))
        }
        None => format!("To be signed by {customer}"),
    };
    let line = sheet.y - 22.0;
    sheet.rule(LEFT, MIDDLE - 24.0, line);
    sheet.rule(MIDDLE, RIGHT, line);
    sheet.text(LEFT, line - 12.0, Style::soft(8.5), &signed);
    sheet.text(MIDDLE, line - 12.0, Style::soft(8.5), &format!("For {BUSINESS}"));
}

fn note(sheet: &mut Sheet, text: &str) {
    sheet.paragraph(LEFT, Style::soft(9.5), text);
}

fn footer(sheet: &mut Sheet, booking: &Booking, paper: &Paper) {
    sheet.rule(LEFT, RIGHT, 52.0);
    sheet.text(LEFT, 38.0, Style::soft(8.0), &format!("{BUSINESS} · {}", booking.location.phone));
    sheet.right(RIGHT, 38.0, Style::soft(8.0), &format!("{} · {} · Page 1 of 1", booking.reference, paper.document_id));
}

fn day(time: &Time, zone: &TimeZone) -> String {
    time.0.with_time_zone(zone.clone()).strftime("%B %-d, %Y").to_string()
}

fn moment(time: &Time, zone: &TimeZone) -> String {
    time.0.with_time_zone(zone.clone()).strftime("%a, %B %-d, %Y, %-I:%M %p %Z").to_string()
}

#[derive(Clone, Copy)]
struct Style {
    font: Font,
    size: f32,
    color: Color,
}

impl Style {
    fn plain(size: f32) -> Self {
        Self { font: Font::Regular, size, color: INK }
    }

    fn soft(size: f32) -> Self {
        Self { font: Font::Regular, size, color: SOFT }
    }

    fn bold(size: f32) -> Self {
        Self { font: Font::Bold, size, color: INK }
    }
}

/// A page being drawn from top to bottom: `y` is the baseline of what comes next, in points from the lower edge.
struct Sheet {
    content: Content,
    y: f32,
}

const REGULAR: Name<'static> = Name(b"Regular");
const BOLD: Name<'static> = Name(b"Bold");
const SCRIPT: Name<'static> = Name(b"Script");

impl Sheet {
    fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let font = match style.font {
            Font::Regular => REGULAR,
            Font::Bold => BOLD,
        };
        self.show(x, y, font, style.size, style.color, text);
    }

    fn right(&mut self, x: f32, y: f32, style: Style, text: &str) {
        self.text(x - helvetica::width(text, style.font, style.size), y, style, text);
    }

    fn centered(&mut self, x: f32, y: f32, style: Style, text: &str) {
        self.text(x - helvetica::width(text, style.font, style.size) / 2.0, y, style, text);
    }

    /// A name in the hand of who signs.
    fn script(&mut self, x: f32, y: f32, name: &str) {
        self.show(x, y, SCRIPT, 19.0, INK, name);
    }

    /// A small heading at the height of `y`.
    fn label(&mut self, x: f32, text: &str) {
        let style = Style { font: Font::Bold, size: 8.5, color: BRAND };
        self.text(x, self.y, style, text);
    }

    fn paragraph(&mut self, x: f32, style: Style, text: &str) {
        for line in helvetica::wrap(text, style.font, style.size, RIGHT - x) {
            self.text(x, self.y, style, &line);
            self.y -= style.size * 1.35;
        }
    }

    /// The head of a table: columns from the left, the last one against the right edge.
    fn head(&mut self, columns: &[(f32, &str)], last: &str) {
        self.rounded_box(LEFT, self.y - 8.0, RIGHT - LEFT, 22.0, 5.0, TINT);
        let style = Style { font: Font::Bold, size: 8.5, color: BRAND };
        for (x, text) in columns {
            self.text(x + 10.0, self.y, style, text);
        }
        self.right(RIGHT - 10.0, self.y, style, last);
        self.y -= 23.0;
    }

    fn end_row(&mut self) {
        self.rule(LEFT, RIGHT, self.y - 7.0);
        self.y -= 21.0;
    }

    fn rule(&mut self, from: f32, to: f32, y: f32) {
        let [red, green, blue] = HAIRLINE;
        self.content.set_line_width(0.75).set_stroke_rgb(red, green, blue).move_to(from, y).line_to(to, y).stroke();
    }

    fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        self.color(color);
        self.content.rect(x, y, width, height).fill_nonzero();
    }

    fn rounded(&mut self, x: f32, y: f32, side: f32, radius: f32, color: Color) {
        self.rounded_box(x, y, side, side, radius, color);
    }

    fn rounded_box(&mut self, x: f32, y: f32, width: f32, height: f32, radius: f32, color: Color) {
        // How far a control point stays from the corner for a Bézier curve to look like a quarter circle.
        let near = radius * 0.448;
        let (right, top) = (x + width, y + height);
        self.color(color);
        self.content
            .move_to(x + radius, y)
            .line_to(right - radius, y)
            .cubic_to(right - near, y, right, y + near, right, y + radius)
            .line_to(right, top - radius)
            .cubic_to(right, top - near, right - near, top, right - radius, top)
            .line_to(x + radius, top)
            .cubic_to(x + near, top, x, top - near, x, top - radius)
            .line_to(x, y + radius)
            .cubic_to(x, y + near, x + near, y, x + radius, y)
            .close_path()
            .fill_nonzero();
    }

    fn show(&mut self, x: f32, y: f32, font: Name, size: f32, color: Color, text: &str) {
        self.color(color);
        self.content.begin_text().set_font(font, size).next_line(x, y).show(Str(&helvetica::encode(text))).end_text();
    }

    fn color(&mut self, [red, green, blue]: Color) {
        self.content.set_fill_rgb(red, green, blue);
    }
}

fn file(booking: &Booking, paper: &Paper, zone: &TimeZone, content: Content) -> Vec<u8> {
    let [catalog, pages, page, contents, information] = [1, 2, 3, 4, 5].map(Ref::new);
    let fonts = [
        (REGULAR, Name(b"Helvetica"), Ref::new(6)),
        (BOLD, Name(b"Helvetica-Bold"), Ref::new(7)),
        (SCRIPT, Name(b"Times-Italic"), Ref::new(8)),
    ];

    let mut pdf = Pdf::new();
    pdf.set_version(1, 4);
    let mut root = pdf.catalog(catalog);
    root.pages(pages).lang(TextStr("en-US"));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    pdf.pages(pages).kids([page]).count(1);

    let mut leaf = pdf.page(page);
    leaf.parent(pages).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(contents);
    let mut resources = leaf.resources();
    resources.fonts().pairs(fonts.map(|(name, _, id)| (name, id)));
    resources.finish();
    leaf.finish();

    for (_, base, id) in fonts {
        pdf.type1_font(id).base_font(base).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.stream(contents, &content.finish());
    pdf.document_info(information)
        .title(TextStr(&format!("{} {}", paper.title, booking.reference)))
        .author(TextStr(BUSINESS))
        .creation_date(date(&paper.issued_at.0.with_time_zone(zone.clone())));
    pdf.finish()
}

fn date(time: &Zoned) -> Date {
    let number = |field: i8| field.unsigned_abs();
    let minutes = time.offset().seconds() / 60;
    Date::new(time.year().unsigned_abs())
        .month(number(time.month()))
        .day(number(time.day()))
        .hour(number(time.hour()))
        .minute(number(time.minute()))
        .second(number(time.second()))
        .utc_offset_hour(i8::try_from(minutes / 60).unwrap_or(0))
        .utc_offset_minute(u8::try_from(minutes.abs() % 60).unwrap_or(0))
}
