//! The operator's one colour, and what reads well on it and beside it.

use std::{fmt, str::FromStr};

/// An sRGB colour, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// The text is not `#` and six hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a colour of the form #rrggbb")]
pub struct NotAColor;

/// Contrast that WCAG 2.2 SC 1.4.3 (AA) asks of text.
const READABLE: f64 = 4.5;

/// Contrast that WCAG 2.2 SC 1.4.11 (AA) asks of the edge of a button, and of the mark of focus.
const DISTINCT: f64 = 3.0;

/// Contrast that [`Color::bright_on`] gives a colour on dark papers.
const BRIGHT: f64 = 5.5;

impl Color {
    /// The colour of these channels.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Black.
    pub const BLACK: Self = Self([0; 3]);
    /// White.
    pub const WHITE: Self = Self([255; 3]);

    /// Black or white, whichever reads better on this colour.
    pub fn text_on(self) -> Self {
        if self.contrast(Self::BLACK) > self.contrast(Self::WHITE) { Self::BLACK } else { Self::WHITE }
    }

    /// This colour, moved towards `ink` as little as makes it readable as text on `paper`.
    pub fn readable_on(self, paper: Self, ink: Self) -> Self {
        self.moved(paper, ink, READABLE)
    }

    /// This colour, moved towards `ink` as little as makes it an edge that stands out on `paper`.
    pub fn distinct_on(self, paper: Self, ink: Self) -> Self {
        self.moved(paper, ink, DISTINCT)
    }

    /// This colour as it stands out on each of these dark papers: brightened until its largest channel is full, then mixed
    /// with white, as little as gives 5.5:1 on all.
    pub fn bright_on(self, papers: &[Self]) -> Self {
        let is_bright = |color: &Self| papers.iter().all(|paper| color.contrast(*paper) >= BRIGHT);
        let largest = self.0.into_iter().max().unwrap_or_default();
        let scaled = |full: u8| {
            let channel = |channel: u8| {
                u8::try_from(u32::from(channel) * u32::from(full) / u32::from(largest.max(1))).unwrap_or(u8::MAX)
            };
            Self(self.0.map(channel))
        };
        (largest..=u8::MAX)
            .map(scaled)
            .chain((1..=100).map(|percent| scaled(u8::MAX).mixed(Self::WHITE, percent)))
            .find(is_bright)
            .unwrap_or(Self::WHITE)
    }

    fn moved(self, paper: Self, ink: Self, contrast: f64) -> Self {
        (0..=100).map(|percent| self.mixed(ink, percent)).find(|mixed| mixed.contrast(paper) >= contrast).unwrap_or(ink)
    }

    /// This colour with so many percent of another.
    pub fn mixed(self, other: Self, percent: u32) -> Self {
        let channel = |i: usize| {
            let mixed = u32::from(self.0[i]) * (100 - percent) + u32::from(other.0[i]) * percent;
            u8::try_from(mixed / 100).unwrap_or(u8::MAX)
        };
        Self([channel(0), channel(1), channel(2)])
    }

    /// Red, green and blue.
    pub const fn channels(self) -> [u8; 3] {
        self.0
    }

    /// Contrast ratio as WCAG 2.2 defines it, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl FromStr for Color {
    type Err = NotAColor;

    fn from_str(text: &str) -> Result<Self, NotAColor> {
        let digits = text.strip_prefix('#').ok_or(NotAColor)?;
        crate::encoding::unhex(&digits.to_ascii_lowercase()).map(Self).ok_or(NotAColor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_becomes_readable_text_on_both_papers_and_carries_readable_text() {
        for r in (0..=255).step_by(51) {
            for g in (0..=255).step_by(51) {
                for b in (0..=255).step_by(51) {
                    let color = Color([r, g, b]);
                    assert!(color.text_on().contrast(color) >= READABLE, "{color}");
                    for (paper, ink) in [(Color::WHITE, Color::BLACK), (Color::BLACK, Color::WHITE)] {
                        assert!(color.readable_on(paper, ink).contrast(paper) >= READABLE, "{color}");
                    }
                }
            }
        }
    }

    #[test]
    fn contrasts_are_those_of_wcag() {
        for (color, beside, contrast) in [
            ("#000000", "#ffffff", 21.0),
            ("#767676", "#ffffff", 4.542),
            ("#0b6b4f", "#ffffff", 6.501),
            ("#ff0000", "#000000", 5.252),
            ("#00ff00", "#000000", 15.304),
            ("#0000ff", "#000000", 2.444),
            ("#0a0a0a", "#000000", 1.061),
            ("#0b0b0b", "#000000", 1.067),
        ] {
            let [color, beside]: [Color; 2] = [color, beside].map(|text| text.parse().unwrap());
            assert!((color.contrast(beside) - contrast).abs() < 0.0005, "{color} {beside}");
            assert!((beside.contrast(color) - contrast).abs() < 0.0005, "{beside} {color}");
        }
    }

    #[test]
    fn a_colour_is_moved_no_further_than_it_must() {
        let papers = ["#121212", "#1e1e1e"].map(|paper| paper.parse().unwrap());
        // Readable and distinct on white, readable on black, bright on two dark papers, and the ink on the colour itself.
        for (color, moved, text) in [
            ("#0b6b4f", ["#0b6b4f", "#0b6b4f", "#32826b", "#11a97c"], Color::WHITE),
            ("#f4c430", ["#8f731c", "#b28f23", "#f4c430", "#f4c430"], Color::BLACK),
            ("#7a1fa2", ["#7a1fa2", "#7a1fa2", "#9c59ba", "#d065ff"], Color::WHITE),
            ("#808080", ["#757575", "#808080", "#808080", "#959595"], Color::BLACK),
            ("#000000", ["#000000", "#000000", "#757575", "#969696"], Color::WHITE),
            ("#ffffff", ["#757575", "#939393", "#ffffff", "#ffffff"], Color::BLACK),
            ("#00008b", ["#00008b", "#00008b", "#6d6dbc", "#8787ff"], Color::WHITE),
        ] {
            let color: Color = color.parse().unwrap();
            let found = [
                color.readable_on(Color::WHITE, Color::BLACK),
                color.distinct_on(Color::WHITE, Color::BLACK),
                color.readable_on(Color::BLACK, Color::WHITE),
                color.bright_on(&papers),
            ];
            assert_eq!(
                (found.map(|found| found.to_string()), color.text_on()),
                (moved.map(str::to_owned), text),
                "{color}"
            );
        }
    }

    #[test]
    fn a_colour_is_a_hash_and_six_digits() {
        for text in ["", "0b6b4f", "#0b6b4", "#0b6b4ff", "#0b6b4g", "green"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
        assert_eq!("#0B6B4F".parse::<Color>().unwrap().channels(), [0x0b, 0x6b, 0x4f]);
    }

    #[test]
    fn a_readable_colour_stays_as_it_is() {
        let green: Color = "#0b6b4f".parse().unwrap();
        assert_eq!(green.readable_on(Color::WHITE, Color::BLACK), green);
        assert_eq!(green.to_string(), "#0b6b4f");
    }
}
