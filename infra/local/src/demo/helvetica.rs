//! Text in the two built-in fonts of every PDF reader: its bytes in WinAnsiEncoding, its width, and where it wraps.

/// A built-in font; text is measured with Adobe's published metrics of it.
#[derive(Clone, Copy)]
pub(super) enum Font {
    Regular,
    Bold,
}

/// The text in WinAnsiEncoding (PDF 32000-1, annex D.2); a character it lacks becomes a question mark.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let byte = |character: char| match character {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(character)).unwrap_or(b'?'),
        '\u{2013}' => EN_DASH,
        '\u{2019}' => APOSTROPHE,
        _ => b'?',
    };
    text.chars().map(byte).collect()
}

/// Width in points of the text set at `size` points.
pub(super) fn width(text: &str, font: Font, size: f32) -> f32 {
    let thousandths: u32 = encode(text).into_iter().map(|byte| u32::from(advance(byte, font))).sum();
    thousandths as f32 * size / 1000.0
}

/// The text broken into lines of at most `limit` points, between words.
pub(super) fn wrap(text: &str, font: Font, size: f32, limit: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), font, size) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

const EN_DASH: u8 = 0x96;
const APOSTROPHE: u8 = 0x92;

fn advance(byte: u8, font: Font) -> u16 {
    let (ascii, apostrophe) = match font {
        Font::Regular => (&REGULAR, 222),
        Font::Bold => (&BOLD, 278),
    };
    let printable = byte.checked_sub(b' ').and_then(|index| ascii.get(usize::from(index)));
    match (printable, byte) {
        (Some(width), _) => *width,
        (None, APOSTROPHE) => apostrophe,
        (None, b'\xb7') => 278,
        (None, b'\xd7') => 584,
        (None, _) => 556,
    }
}

#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[rustfmt::skip]
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];
