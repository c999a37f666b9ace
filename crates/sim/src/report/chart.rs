//! A chart as inline SVG: axes with ticks and names, marks, a legend, a caption.

use std::fmt::Write as _;

/// Size of the drawing, and of the plot's place in it, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 68.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;
/// Ticks of an axis, about.
const TICKS: f64 = 6.0;
/// Colours that the style sheet has.
pub(super) const COLOURS: usize = 8;

/// One direction of a chart.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// What it shows, with the unit.
    pub(super) name: String,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) is_logarithmic: bool,
    /// Marks with names of their own; by value if there are none.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Evenly from `low` to `high`.
    pub(super) fn even(name: &str, low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { name: name.to_owned(), low, high, is_logarithmic: false, ticks: Vec::new() }
    }

    /// By the logarithm, from and to round numbers around these; both must be above zero.
    pub(super) fn logarithmic(name: &str, low: f64, high: f64) -> Self {
        let is_sound = low.is_finite() && high.is_finite() && low > 0.0;
        let (low, high) = if is_sound { (low, high.max(low * 1.01)) } else { (1.0, 10.0) };
        Self { name: name.to_owned(), low, high, is_logarithmic: true, ticks: Vec::new() }
    }

    /// 0 at the low end, 1 at the high one; kept between them.
    fn place(&self, value: f64) -> f64 {
        let place = if self.is_logarithmic {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        if !self.ticks.is_empty() {
            return self.ticks.clone();
        }
        let values = if self.is_logarithmic { self.decades() } else { self.steps() };
        values.into_iter().map(|value| (value, number(value))).collect()
    }

    fn steps(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / TICKS;
        let decade = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * decade);
        let step = step.into_iter().find(|step| *step >= rough).unwrap_or(10.0 * decade);
        let first = (self.low / step).ceil();
        (0..20)
            .map(|index| (first + f64::from(index)) * step)
            .take_while(|value| *value <= self.high * (1.0 + 1e-9))
            .collect()
    }

    fn decades(&self) -> Vec<f64> {
        let first = self.low.log10().floor() as i32;
        let decades = (first..first + 12).map(|power| 10f64.powf(f64::from(power)));
        let factors: &[f64] = if self.high / self.low < 1000.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        decades
            .flat_map(|decade| factors.iter().map(move |factor| factor * decade))
            .filter(|value| (self.low..=self.high).contains(value))
            .collect()
    }
}

/// Without needless zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// A chart under way.
#[derive(Debug)]
pub(super) struct Chart {
    x: Axis,
    y: Axis,
    marks: String,
    legend: Vec<(usize, String)>,
}

impl Chart {
    pub(super) const fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, marks: String::new(), legend: Vec::new() }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    /// A line through points, named in the legend.
    pub(super) fn line(&mut self, colour: usize, name: &str, points: &[(f64, f64)]) {
        self.legend.push((colour, name.to_owned()));
        let points: Vec<String> = points
            .iter()
            .filter(|(_, y)| y.is_finite())
            .map(|(x, y)| format!("{:.1},{:.1}", self.x(*x), self.y(*y)))
            .collect();
        let _ = write!(
            self.marks,
            "<polyline class=\"line c{}\" points=\"{}\"/>",
            colour % COLOURS,
            points.join(" ")
        );
    }

    /// A thin line that explains, without a name.
    pub(super) fn guide(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (a, b) = ((self.x(from.0), self.y(from.1)), (self.x(to.0), self.y(to.1)));
        self.segment("guide", a, b);
    }

    /// A point with an upright interval.
    pub(super) fn interval(&mut self, colour: usize, x: f64, y: f64, ends: (f64, f64)) {
        let (x, low, high) = (self.x(x), self.y(ends.0), self.y(ends.1));
        self.segment(&format!("whisker c{}", colour % COLOURS), (x, low), (x, high));
        let y = self.y(y);
        let class = colour % COLOURS;
        let _ = write!(
            self.marks,
            "<circle class=\"dot c{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.2\"/>"
        );
    }

    /// A bar from one place to another of the horizontal axis, around a place of the other.
    pub(super) fn bar(&mut self, colour: usize, from: f64, to: f64, y: f64, thickness: f64) {
        let (left, right) = (self.x(from), self.x(to));
        let (top, bottom) = (self.y(y + thickness / 2.0), self.y(y - thickness / 2.0));
        let _ = write!(
            self.marks,
            "<rect class=\"fill c{}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            colour % COLOURS,
            (right - left).max(0.6),
            (bottom - top).max(0.6)
        );
    }

    /// An upright bar from the bottom.
    pub(super) fn column(&mut self, colour: usize, from: f64, to: f64, height: f64) {
        let middle = 0.5 * (self.y.low + height);
        self.bar(colour, from, to, middle, height - self.y.low);
    }

    /// An entry of the legend for marks that are no lines.
    pub(super) fn name(&mut self, colour: usize, name: &str) {
        self.legend.push((colour, name.to_owned()));
    }

    fn segment(&mut self, class: &str, a: (f64, f64), b: (f64, f64)) {
        let _ = write!(
            self.marks,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            a.0, a.1, b.0, b.1
        );
    }

    /// The chart with its heading and what it says.
    pub(super) fn finish(self, heading: &str, caption: &str) -> String {
        let axes = self.axes();
        let legend: String = self
            .legend
            .iter()
            .map(|(colour, name)| {
                let class = colour % COLOURS;
                format!("<li><span class=\"key c{class}\"></span>{}</li>", escaped(name))
            })
            .collect();
        format!(
            "<figure><h3>{heading}</h3><ul class=\"legend\">{legend}</ul>\
             <div class=\"wide\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{heading}\">{axes}{marks}</svg></div>\
             <figcaption>{caption}</figcaption></figure>",
            heading = escaped(heading),
            marks = self.marks,
            caption = escaped(caption),
        )
    }

    fn axes(&self) -> String {
        let mut text = String::new();
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for (value, name) in self.x.ticks() {
            let (x, name) = (self.x(value), escaped(&name));
            let _ = write!(
                text,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
                bottom + 16.0
            );
        }
        for (value, name) in self.y.ticks() {
            let (y, name) = (self.y(value), escaped(&name));
            let _ = write!(
                text,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
                LEFT - 6.0,
                y + 4.0
            );
        }
        let (middle_x, middle_y) = (0.5 * (LEFT + right), 0.5 * (TOP + bottom));
        let _ = write!(
            text,
            "<text class=\"axis\" x=\"{middle_x}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text class=\"axis\" transform=\"translate(14 {middle_y}) rotate(-90)\" \
             text-anchor=\"middle\">{}</text>",
            HEIGHT - 8.0,
            escaped(&self.x.name),
            escaped(&self.y.name)
        );
        text
    }
}

/// Text that HTML takes for text: names come from files.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let names = |axis: &Axis| -> Vec<String> {
            axis.ticks().into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names(&Axis::even("x", 0.0, 500.0)), ["0", "100", "200", "300", "400", "500"]);
        assert_eq!(names(&Axis::even("x", 0.0, 0.02)), ["0", "0.005", "0.01", "0.015", "0.02"]);
        assert_eq!(names(&Axis::logarithmic("x", 8.0, 120.0)), ["10", "20", "50", "100"]);
    }

    #[test]
    fn nonsense_is_drawn_inside_the_chart() {
        let mut chart =
            Chart::new(Axis::even("x", 0.0, 0.0), Axis::logarithmic("y", 0.0, f64::NAN));
        chart.line(0, "a", &[(f64::NAN, 1.0), (1e9, -5.0), (0.0, f64::INFINITY)]);
        chart.interval(1, f64::INFINITY, f64::NAN, (0.0, f64::INFINITY));
        let text = chart.finish("heading", "caption");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }

    #[test]
    fn names_cannot_become_markup() {
        let mut chart = Chart::new(Axis::even("<x>", 0.0, 1.0), Axis::even("y", 0.0, 1.0));
        chart.line(0, "<script>", &[]);
        assert!(!chart.finish("a\"b", "c").contains("<script>"));
    }
}
