//! The icon of a home screen: the initials of the business, or a golf cart, on its colour. Phones take no SVG and no text for
//! it, so it is drawn here, stroke by stroke, with round ends.

use portal_domain::{color::Color, config::Business};

/// Pixels from edge to edge, as the largest phones show it.
pub const SIZE: u8 = 180;

/// How many steps lead from a pixel that no stroke touches to one that lies within a stroke.
pub const STEPS: u8 = 15;

/// A square picture in two colours and the steps between them. It has no round corners of its own: phones cut them.
pub struct TouchIcon {
    /// The colour of what is not drawn.
    pub paper: Color,
    /// The colour of the strokes.
    pub ink: Color,
    /// How much of each pixel is ink, from 0 to `STEPS`; row by row.
    pub coverage: Vec<u8>,
}

/// Strokes as paths, much as in SVG, each coordinate a digit of base 36: `M` begins a stroke at a point, `L` goes straight to
/// one, and `R` goes round, by a quarter of an ellipse, towards its first point and on to its second.
type Path = &'static str;

/// By letter or digit, from 0 at the top to 12 at the bottom.
const LETTERS: [(char, Path); 36] = [
    ('A', "M0cL50LacM29L89"),
    ('B', "M46L06L00L40R7073R7646R8689R8c4cL0cL06"),
    ('C', "M83R8040R0004L08R0c4cR8c89"),
    ('D', "M00L30R8085L87R8c3cL0cL00"),
    ('E', "M70L00L0cL7cM06L66"),
    ('F', "M70L00L0cM06L66"),
    ('G', "M83R8040R0004L08R0c4cR8c88L86L56"),
    ('H', "M00L0cM80L8cM06L86"),
    ('I', "M00L0c"),
    ('J', "M60L68R6c3cR0c09"),
    ('K', "M00L0cM80L08M44L8c"),
    ('L', "M00L0cL7c"),
    ('M', "M0cL00L57La0Lac"),
    ('N', "M0cL00L8cL80"),
    ('O', "M40R0004L08R0c4cR8c88L84R8040"),
    ('P', "M0cL00L50R8083L84R8757L07"),
    ('Q', "M40R0004L08R0c4cR8c88L84R8040M59L9d"),
    ('R', "M0cL00L50R8083L84R8757L07M47L8c"),
    ('S', "M83R8040R0003R0646R8689R8c4cR0c09"),
    ('T', "M00L80M40L4c"),
    ('U', "M00L08R0c4cR8c88L80"),
    ('V', "M00L5cLa0"),
    ('W', "M00L3cL62L9cLc0"),
    ('X', "M00L8cM80L0c"),
    ('Y', "M00L46L80M46L4c"),
    ('Z', "M00L80L0cL8c"),
    ('0', "M30R0003L09R0c3cR6c69L63R6030"),
    ('1', "M03L40L4c"),
    ('2', "M03R0040R8083R8466L0cL8c"),
    ('3', "M03R0040R8083R8646R8689R8c4cR0c09"),
    ('4', "M6cL60L08L88"),
    ('5', "M70L00L05L45R8588R8c4cR0c09"),
    ('6', "M73R7040R0004L08R0c4cR8c88R8545R0508"),
    ('7', "M00L80L3c"),
    ('8', "M40R0003R0646R0609R0c4cR8c89R8646R8683R8040"),
    ('9', "M19R1c4cR8c88L84R8040R0004R0747R8784"),
];

/// Roof, posts, body, seat and wheels.
const CART: Path = "M42R52f2Rp2q2M73L7gMn3LqfM4oL1oL1iR1g3gLcgLelLklLpfLrfRxfxlLxoLtoMaoLnoMcaLcg\
                    M7lRalaoRar7rR4r4oR4l7lMqlRtltoRtrqrRnrnoRnlql";

/// How wide the strokes are, where letters are 12 high.
const STROKE: f32 = 2.3;

/// The icon of a business.
pub fn touch_icon(business: &Business) -> TouchIcon {
    let drawing = initials(business).unwrap_or_else(|| segments(CART));
    TouchIcon { paper: business.color, ink: business.color.text_on(), coverage: coverage(&drawing) }
}

/// The initials as strokes, where there are any and each is known. A sign or picture among them is left out.
fn initials(business: &Business) -> Option<Vec<Segment>> {
    let mut drawn: Vec<Segment> = Vec::new();
    for letter in business.initials().chars().filter(|c| c.is_alphanumeric()).take(2) {
        let (_, path) = LETTERS.iter().find(|(known, _)| *known == letter)?;
        let next = segments(path);
        let shift = nearest(&drawn, &next);
        drawn.extend(next.iter().map(|segment| segment.moved(shift)));
    }
    (!drawn.is_empty()).then_some(drawn)
}

/// How far to the right a letter stands of the one before it, so that all pairs look equally near: A goes under T.
fn nearest(left: &[Segment], right: &[Segment]) -> f32 {
    const APART: f32 = 4.2;
    let is_apart = |shift: f32| {
        let moved = || right.iter().map(move |segment| segment.moved(shift));
        left.iter().all(|a| moved().all(|b| a.distance_to(b) >= APART))
    };
    let steps = (0..=80_u8).rev().map(|step| f32::from(step) / 4.0);
    steps.take_while(|shift| is_apart(*shift)).last().filter(|_| !left.is_empty()).unwrap_or_default()
}

#[derive(Clone, Copy, Default)]
struct Point {
    x: f32,
    y: f32,
}

/// A straight piece of a stroke.
#[derive(Clone, Copy)]
struct Segment(Point, Point);

/// The pieces of a path.
fn segments(path: &str) -> Vec<Segment> {
    /// Pieces of a quarter of an ellipse.
    const PIECES: u8 = 8;
    fn point(digits: &mut impl Iterator<Item = char>) -> Point {
        let mut digit = || digits.next().and_then(|digit| digit.to_digit(36)).unwrap_or_default() as f32;
        Point { x: digit(), y: digit() }
    }
    let (mut rest, mut pen, mut drawn) = (path.chars(), Point::default(), Vec::new());
    while let Some(command) = rest.next() {
        let from = pen;
        let mut draw_to = |to: Point| drawn.push(Segment(std::mem::replace(&mut pen, to), to));
        match command {
            'L' => draw_to(point(&mut rest)),
            'R' => {
                let (corner, end) = (point(&mut rest), point(&mut rest));
                for piece in 1..=PIECES {
                    let (sin, cos) = (f32::from(piece) / f32::from(PIECES) * std::f32::consts::FRAC_PI_2).sin_cos();
                    let along = |corner: f32, from: f32, end: f32| {
                        corner + (from - corner) * (1.0 - sin) + (end - corner) * (1.0 - cos)
                    };
                    draw_to(Point { x: along(corner.x, from.x, end.x), y: along(corner.y, from.y, end.y) });
                }
            }
            _ => pen = point(&mut rest),
        }
    }
    drawn
}

impl Segment {
    fn moved(self, right: f32) -> Self {
        self.map(|point| Point { x: point.x + right, y: point.y })
    }

    fn map(self, change: impl Fn(Point) -> Point) -> Self {
        Self(change(self.0), change(self.1))
    }

    /// From a point to the nearest of this piece.
    fn distance(self, point: Point) -> f32 {
        let (along, to) = ((self.1.x - self.0.x, self.1.y - self.0.y), (point.x - self.0.x, point.y - self.0.y));
        let length = along.0 * along.0 + along.1 * along.1;
        let at = ((along.0 * to.0 + along.1 * to.1) / length.max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        (to.0 - at * along.0).hypot(to.1 - at * along.1)
    }

    /// Between two pieces that do not cross.
    fn distance_to(self, other: Self) -> f32 {
        let ends = [self.distance(other.0), self.distance(other.1), other.distance(self.0), other.distance(self.1)];
        ends.into_iter().fold(f32::INFINITY, f32::min)
    }
}

/// Strokes in the middle of the icon, as large as leaves them air.
fn coverage(drawing: &[Segment]) -> Vec<u8> {
    /// Across and down, from the middle of one stroke to the middle of another.
    const ROOM: (f32, f32) = (104.0, 76.0);
    let span = |of: fn(Point) -> f32| {
        let ends = || drawing.iter().flat_map(|segment| [of(segment.0), of(segment.1)]);
        let (low, high) = (ends().fold(f32::INFINITY, f32::min), ends().fold(f32::NEG_INFINITY, f32::max));
        (f32::midpoint(low, high), (high - low).max(1.0))
    };
    let ((middle_x, width), (middle_y, height)) = (span(|point| point.x), span(|point| point.y));
    let scale = (ROOM.0 / width).min(ROOM.1 / height);
    let placed = |at: f32, middle: f32| f32::from(SIZE) / 2.0 + (at - middle) * scale;
    let mut coverage = vec![0; usize::from(SIZE).pow(2)];
    for segment in drawing {
        let segment = segment.map(|point| Point { x: placed(point.x, middle_x), y: placed(point.y, middle_y) });
        paint(&mut coverage, segment, STROKE * scale / 2.0);
    }
    coverage
}

/// Inks what lies within `radius` of a piece: a pixel on the edge as far as it is covered.
fn paint(coverage: &mut [u8], segment: Segment, radius: f32) {
    let reach = |a: f32, b: f32| {
        let (first, behind) = (a.min(b) - radius - 1.0, a.max(b) + radius + 1.0);
        first as u8..SIZE.min(behind as u8)
    };
    for y in reach(segment.0.y, segment.1.y) {
        for x in reach(segment.0.x, segment.1.x) {
            let centre = Point { x: f32::from(x) + 0.5, y: f32::from(y) + 0.5 };
            let covered = (radius + 0.5 - segment.distance(centre)).clamp(0.0, 1.0);
            let pixel = &mut coverage[usize::from(y) * usize::from(SIZE) + usize::from(x)];
            *pixel = (*pixel).max((covered * f32::from(STEPS)).round() as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use portal_domain::customer::EmailAddress;

    use super::*;

    fn business(name: &str) -> Business {
        Business {
            name: name.to_owned(),
            phone: String::new(),
            email: EmailAddress::parse("a@example.com").unwrap(),
            address: None,
            logo_url: None,
            color: Color::new(0x0b, 0x6b, 0x4f),
        }
    }

    fn icon(name: &str) -> Vec<u8> {
        touch_icon(&business(name)).coverage
    }

    /// Columns or rows that hold ink, from the first to the last.
    fn inked(coverage: &[u8], of: fn(usize) -> usize) -> (usize, usize) {
        let inked = || (0..coverage.len()).filter(|at| coverage[*at] > 0).map(of);
        (inked().min().unwrap(), inked().max().unwrap())
    }

    #[test]
    fn an_icon_shows_the_initials_or_a_cart_where_it_does_not_know_them() {
        for (name, like) in [
            ("Tybee Beach Carts", "T B"),
            ("tybee beach", "T B"),
            ("Aloha", "A"),
            ("W 9", "W 9"),
            ("3 Palms", "3 P"),
            ("\u{df}tra\u{df}e Nord", "S S"),
            ("\u{1f6fa} Dunes", "D"),
            ("& Sons", "S"),
            ("Dunes (Tybee)", "D"),
            ("\u{413}\u{43e}\u{43b}\u{44c}\u{444} \u{41e}\u{441}\u{442}\u{440}\u{43e}\u{432}", "\u{8eca}"),
            ("Golf \u{41e}\u{441}\u{442}\u{440}\u{43e}\u{432}", "\u{8eca}"),
            ("\u{c9}lite", "\u{8eca}"),
            ("\u{639}\u{631}\u{628}\u{629}", "\u{8eca}"),
            ("\u{1f6fa}", "\u{8eca}"),
            ("", "\u{8eca}"),
        ] {
            assert_eq!(icon(name), icon(like), "{name}");
        }
        assert_ne!(icon("D"), icon("\u{8eca}"));
    }

    #[test]
    fn every_pair_of_letters_stands_in_the_middle_with_air_around_it_and_between() {
        let known: Vec<char> = LETTERS.iter().map(|(letter, _)| *letter).collect();
        let names = known.iter().flat_map(|first| {
            let pairs = known.iter().filter(|second| **second as u32 % 7 == *first as u32 % 5);
            pairs.map(move |second| format!("{first} {second}")).chain([first.to_string()])
        });
        let mut seen = 0;
        for name in names.chain(["\u{8eca}".to_owned()]) {
            let coverage = icon(&name);
            let (columns, rows) = (inked(&coverage, |at| at % 180), inked(&coverage, |at| at / 180));
            for (first, last) in [columns, rows] {
                assert!((178..=180).contains(&(first + last)), "{name}: {first} to {last}");
                assert!(first >= 26, "{name}: {first} to {last}");
            }
            assert!(columns.1 - columns.0 >= 104 || rows.1 - rows.0 >= 76, "{name} is as large as there is room");
            assert!(coverage.contains(&STEPS) && coverage.iter().all(|step| *step <= STEPS), "{name}");
            seen += 1;
        }
        assert!(seen > 36 * 5, "{seen}");
    }

    #[test]
    fn a_letter_stands_upright_in_strokes_of_its_size() {
        let coverage = icon("L");
        let (columns, rows) = (inked(&coverage, |at| at % 180), inked(&coverage, |at| at / 180));
        let inked = |y: usize| coverage[y * 180..(y + 1) * 180].iter().filter(|step| **step > 0).count();
        let of_the_top = coverage[rows.0 * 180..rows.1 * 90].iter().enumerate().filter(|(_, step)| **step > 0);
        assert!(of_the_top.map(|(at, _)| at % 180).all(|x| x < columns.0 + 17), "nothing is above the foot");
        // 76 pixels are 12 high, and a stroke 2.3 of these wide.
        assert!((15..=16).contains(&inked(80)), "{}", inked(80));
        assert!(inked(rows.1 - 7) > 50, "the foot");
    }

    #[test]
    fn letters_stand_apart_alike() {
        for (pair, shift) in [("HH", 12.25), ("OO", 12.25), ("TA", 8.25), ("LT", 7.25)] {
            let mut letters = pair.chars().map(|letter| LETTERS.iter().find(|(known, _)| *known == letter).unwrap().1);
            let [left, right] = [letters.next().unwrap(), letters.next().unwrap()].map(segments);
            assert_eq!(nearest(&left, &right), shift, "{pair}");
        }
    }
    #[test]
    fn a_path_goes_straight_and_round_by_quarters_of_ellipses() {
        let ends =
            |path: &str| -> Vec<(f32, f32)> { segments(path).iter().map(|piece| (piece.1.x, piece.1.y)).collect() };
        assert_eq!(ends("M12La3L00M44L45"), [(10.0, 3.0), (0.0, 0.0), (4.0, 5.0)]);
        // Two quarters around (5, 11), 4 wide and 8 high.
        let round = ends("M1bR1353R939b");
        assert_eq!((round.len(), round[7], round[15]), (16, (5.0, 3.0), (9.0, 11.0)));
        for (n, (x, y)) in round.iter().enumerate() {
            let turned = (n as f32 + 1.0) / 16.0 * std::f32::consts::PI;
            assert!((x - (5.0 - 4.0 * turned.cos())).abs() < 1e-4, "{n}: {x}");
            assert!((y - (11.0 - 8.0 * turned.sin())).abs() < 1e-4, "{n}: {y}");
        }
    }

    #[test]
    fn a_piece_is_as_near_as_the_nearest_of_its_points() {
        let point = |x, y| Point { x, y };
        // As long as 5.
        let piece = Segment(point(1.0, 1.0), point(5.0, 4.0));
        for (x, y, distance) in [(1.8, 4.1, 2.0), (-1.4, -0.8, 3.0), (6.6, 5.2, 2.0), (4.2, 0.9, 2.0), (1.0, 1.0, 0.0)]
        {
            assert!((piece.distance(point(x, y)) - distance).abs() < 1e-4, "{x}, {y}");
        }
        let dot = Segment(point(2.0, 2.0), point(2.0, 2.0));
        assert!((dot.distance(point(5.0, 6.0)) - 5.0).abs() < 1e-4);
        assert!((dot.distance_to(piece.moved(1.0)) - piece.moved(1.0).distance_to(dot)).abs() < 1e-4);
    }

    #[test]
    fn a_stroke_inks_what_lies_within_it_and_its_edge_as_far_as_it_is_covered() {
        let mut coverage = vec![0; usize::from(SIZE).pow(2)];
        let point = |x, y| Point { x, y };
        paint(&mut coverage, Segment(point(20.0, 30.5), point(40.0, 30.5)), 2.25);
        let at = |x: usize, y: usize| coverage[y * usize::from(SIZE) + x];
        assert_eq!([26, 27, 28, 29, 30, 31, 32, 33, 34].map(|y| at(30, y)), [0, 0, 11, 15, 15, 15, 11, 0, 0]);
        assert_eq!([16, 17, 18, 19, 39, 40, 41, 42, 43].map(|x| at(x, 30)), [0, 4, 15, 15, 15, 15, 15, 4, 0]);
    }
}
