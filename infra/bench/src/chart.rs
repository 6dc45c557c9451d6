//! The picture of what a function costs beside the baselines: cold, warm and in memory. SVG, without a font or a script of its
//! own, on white ground of its own, so that it is read on light and dark pages alike.

use std::fmt::Write;

use crate::report::{BASELINE, NODE, Report, Row};

/// What the picture compares, each as it is called there.
const SHOWN: [(&str, &str); 4] = [
    (BASELINE, "Rust, nothing but the runtime"),
    ("get", "Rust, one read of DynamoDB"),
    ("dashboard", "The portal’s dashboard"),
    (NODE, "The same page in Node"),
];

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 24.0;
/// Where bars begin, behind their labels, and where the longest ends, before its value.
const BARS: (f64, f64) = (230.0, 650.0);
const ROW: f64 = 22.0;

/// One of the scales, and what stands on it.
struct Panel {
    title: &'static str,
    unit: &'static str,
    bars: Vec<(&'static str, f64)>,
}

/// The picture of a run.
pub(crate) fn svg(report: &Report) -> String {
    let panel = |title, unit, value: fn(&Row) -> f64| {
        let bars = SHOWN.iter().filter_map(|(request, label)| Some((*label, value(report.row(request)?))));
        Panel { title, unit, bars: bars.collect() }
    };
    let panels = [
        panel("Cold: from the start of the process to the answer", "ms", |row| row.tls_cold_ms),
        panel("Warm: from the event to the answer", "ms", |row| row.warm_p50_ms),
        panel("Memory at its peak", "MB", |row| row.peak_memory_mb),
    ];
    let node = report.node.as_ref().map(|version| format!("; Node {version}")).unwrap_or_default();
    let note = format!(
        "Medians of {} cold and {} warm runs on {}, DynamoDB played back over TLS{node}",
        report.cold_runs, report.warm_runs, report.machine.processor
    );
    draw(&panels, &note)
}

fn draw(panels: &[Panel], note: &str) -> String {
    let mut drawn = String::new();
    let mut top = MARGIN;
    for panel in panels {
        top = panel.draw(&mut drawn, top);
    }
    let scale = "The scales are logarithmic: each line stands for ten times as much as the one before.";
    for text in [scale, note] {
        drawn.push_str(&label(MARGIN, top + 4.0, "soft", text));
        top += 18.0;
    }
    let height = top + MARGIN - 8.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" role=\"img\">\n\
         <title>What the dashboard costs cold, warm and in memory, beside the same page in Node</title>\n\
         <style>text{{font:13px system-ui,sans-serif;fill:#1b2129}}.title{{font-weight:600}}.soft{{font-size:11px;fill:#525b66}}\
         .end{{text-anchor:end}}.mid{{text-anchor:middle}}.ours{{fill:#0b5cad}}.other{{fill:#9aa5b1}}.line{{stroke:#d5dae1}}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"12\" fill=\"#fff\" stroke=\"#d5dae1\"/>\n{drawn}</svg>\n",
        WIDTH - 1.0,
        height - 1.0
    )
}

impl Panel {
    /// Draws it below `top`, and says where it ends.
    fn draw(&self, drawn: &mut String, top: f64) -> f64 {
        let (first, last) = self.decades();
        let at = |value: f64| position(value, first, last);
        let (above, below) = (top + 18.0, top + 18.0 + ROW * self.bars.len() as f64);
        drawn.push_str(&label(MARGIN, top + 8.0, "title", &format!("{} ({})", self.title, self.unit)));
        for decade in first..=last {
            let value = 10f64.powi(decade);
            let x = at(value);
            // Writing to a String does not fail.
            let _ = writeln!(drawn, "<path class=\"line\" d=\"M{x:.1} {above}V{below}\"/>");
            drawn.push_str(&label(x, below + 13.0, "soft mid", &value.to_string()));
        }
        for (number, (name, value)) in self.bars.iter().enumerate() {
            let y = above + ROW * number as f64 + 4.0;
            let class = if *name == SHOWN[2].1 { "ours" } else { "other" };
            let width = at(*value) - BARS.0;
            drawn.push_str(&label(BARS.0 - 10.0, y + 11.0, "end", name));
            let _ = writeln!(
                drawn,
                "<rect class=\"{class}\" x=\"{}\" y=\"{y}\" width=\"{width:.1}\" height=\"14\"/>",
                BARS.0
            );
            drawn.push_str(&label(BARS.0 + width + 6.0, y + 11.0, "", &format!("{} {}", rounded(*value), self.unit)));
        }
        below + 38.0
    }

    /// The powers of ten around the values. The smallest value is well above the first, or its bar would not be seen.
    fn decades(&self) -> (i32, i32) {
        let values = || self.bars.iter().map(|(_, value)| value.max(f64::MIN_POSITIVE));
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::MIN_POSITIVE, f64::max));
        ((least / 1.5).log10().floor() as i32, most.log10().ceil() as i32)
    }
}

/// Where a value's bar ends.
fn position(value: f64, first: i32, last: i32) -> f64 {
    let share = (value.log10() - f64::from(first)) / f64::from((last - first).max(1));
    BARS.0 + (BARS.1 - BARS.0) * share.clamp(0.0, 1.0)
}

/// Two digits of a value say enough of it.
fn rounded(value: f64) -> String {
    match value {
        ..1.0 => format!("{value:.2}"),
        1.0..10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn label(x: f64, y: f64, class: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{text}</text>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ten_times_as_much_is_as_far_from_the_one_before() {
        let length = |value| position(value, 0, 3) - BARS.0;
        assert_eq!(length(1.0), 0.0);
        assert_eq!(length(1000.0), BARS.1 - BARS.0);
        assert!((length(100.0) - 2.0 * length(10.0)).abs() < 1e-9);
    }

    #[test]
    fn the_scale_holds_all_bars_and_none_is_too_short_to_be_seen() {
        for (values, decades) in
            [([2.0, 70.0], (0, 2)), ([1.0, 100.0], (-1, 2)), ([0.31, 9.0], (-1, 1)), ([0.1, 0.2], (-2, 0))]
        {
            let bars = values.map(|value| ("a function", value)).to_vec();
            assert_eq!(Panel { title: "", unit: "", bars }.decades(), decades, "{values:?}");
        }
    }

    #[test]
    fn a_picture_shows_names_values_and_what_its_scale_is() {
        let bars = vec![(SHOWN[2].1, 4.96), (SHOWN[3].1, 352.4), ("a < b & c", 0.412)];
        let picture = draw(&[Panel { title: "Cold", unit: "ms", bars }], "a note");
        for text in ["Cold (ms)", ">5.0 ms<", ">352 ms<", ">0.41 ms<", "a &lt; b &amp; c", "logarithmic", "a note"] {
            assert!(picture.contains(text), "{text}: {picture}");
        }
        assert_eq!(picture.matches("class=\"ours\"").count(), 1);
        assert_eq!(picture.matches("class=\"other\"").count(), 2);
    }
}
