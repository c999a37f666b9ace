//! The last minute of a meter, and the line that draws it.

use std::collections::VecDeque;

/// Points kept: one a second makes a minute.
pub const MAX_POINTS: usize = 60;

/// The newest values of one meter, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History(VecDeque<f64>);

impl History {
    /// Adds the newest value and forgets what is older than the limit; what is not a number counts as nothing.
    pub fn push(&mut self, value: f64) {
        if self.0.len() == MAX_POINTS {
            self.0.pop_front();
        }
        self.0.push_back(if value.is_finite() { value.max(0.0) } else { 0.0 });
    }

    /// The newest value, if there is one.
    pub fn newest(&self) -> Option<f64> {
        self.0.back().copied()
    }

    /// The largest value kept, 0 when there is none.
    pub fn peak(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }

    /// The points of an SVG polyline in a box of `width` × `height`; the newest value touches the right edge.
    pub fn polyline(&self, width: f64, height: f64) -> String {
        self.line_below(self.peak(), width, height)
    }

    /// As [`Self::polyline`], in a box whose top is at a given value.
    pub fn line_below(&self, top: f64, width: f64, height: f64) -> String {
        let peak = top.max(f64::MIN_POSITIVE);
        let step = width / (MAX_POINTS - 1) as f64;
        let left = width - step * self.0.len().saturating_sub(1) as f64;
        let point = |(index, value): (usize, &f64)| {
            format!("{:.1},{:.1}", left + step * index as f64, height - height * value / peak)
        };
        self.0.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_minute_is_kept() {
        let mut history = History::default();
        for value in 0..100 {
            history.push(f64::from(value));
        }
        assert_eq!(history.0.len(), MAX_POINTS);
        assert_eq!(history.peak(), 99.0);
        assert_eq!(history.0.front(), Some(&40.0));
    }

    #[test]
    fn the_line_ends_at_the_right_edge_and_the_peak_at_the_top() {
        let mut history = History::default();
        history.push(1.0);
        history.push(2.0);
        assert_eq!(history.polyline(59.0, 10.0), "58.0,5.0 59.0,0.0");
    }

    #[test]
    fn useless_values_draw_a_flat_line() {
        let mut history = History::default();
        history.push(f64::NAN);
        history.push(-3.0);
        assert_eq!(history.polyline(59.0, 10.0), "58.0,10.0 59.0,10.0");
        assert_eq!(History::default().polyline(59.0, 10.0), "");
    }
}
