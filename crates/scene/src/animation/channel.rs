//! Key frames of one property of one node, and what lies between them.

use serde::{Deserialize, Serialize};

use super::{MAX_CLIP_S, NodePlace};
use crate::limits::MAX_MATRIX_ELEMENT;
use crate::math::{slerp, unit_quaternion};

/// What a channel changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Property {
    /// Three numbers, metres.
    Translation,
    /// A quaternion, x y z w.
    Rotation,
    /// Three factors.
    Scale,
}

impl Property {
    /// Numbers of a value.
    pub const fn width(self) -> usize {
        match self {
            Self::Rotation => 4,
            Self::Translation | Self::Scale => 3,
        }
    }
}

/// What lies between two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interpolation {
    /// The key before.
    Step,
    /// A straight line; for rotations the shorter arc.
    Linear,
    /// A cubic with a tangent on each side of a key.
    CubicSpline,
}

impl Interpolation {
    /// Values stored for each key: a spline has its tangents before and after the value.
    pub const fn values_per_key(self) -> usize {
        match self {
            Self::CubicSpline => 3,
            Self::Step | Self::Linear => 1,
        }
    }
}

/// The keys of one property of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Index in [`super::Animation::nodes`], a node that is free.
    pub node: u32,
    /// What changes.
    pub property: Property,
    /// How it goes from key to key.
    pub interpolation: Interpolation,
    /// Seconds of each key, in order.
    pub times_s: Vec<f32>,
    /// Numbers of all keys, one after another.
    pub values: Vec<f32>,
}

impl Channel {
    /// Time of the last key.
    pub fn end_s(&self) -> f32 {
        self.times_s.last().copied().unwrap_or(0.0)
    }

    /// What is wrong with the numbers, if anything is.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.times_s.is_empty() {
            return Some("there is no key");
        }
        // NaN is in no range.
        if !self.times_s.iter().all(|time| (0.0..=MAX_CLIP_S).contains(time)) {
            return Some("a key has no usable time");
        }
        if !self.times_s.is_sorted() {
            return Some("its keys are not in the order of time");
        }
        let per_key = self.property.width() * self.interpolation.values_per_key();
        if self.times_s.len().checked_mul(per_key) != Some(self.values.len()) {
            return Some("it has another number of values than its keys need");
        }
        if !self.values.iter().all(|value| value.abs() <= MAX_MATRIX_ELEMENT) {
            return Some("a value is not a usable number");
        }
        None
    }

    /// Puts the value of a time into a place; one that is fixed stays as it is.
    pub(crate) fn apply(&self, seconds: f32, place: &mut NodePlace) {
        let NodePlace::Free { translation, rotation, scale } = place else { return };
        match self.property {
            Property::Translation => *translation = self.vector_at(seconds),
            Property::Scale => *scale = self.vector_at(seconds),
            Property::Rotation => *rotation = self.rotation_at(seconds),
        }
    }

    fn vector_at(&self, seconds: f32) -> [f32; 3] {
        match self.span(seconds) {
            Span::Key(key) => self.value(key),
            Span::Between { key, share, length_s } => match self.interpolation {
                Interpolation::Step => self.value(key),
                Interpolation::Linear => {
                    let [from, to] = [key, key + 1].map(|key| self.value::<3>(key));
                    [0, 1, 2].map(|axis| from[axis] + (to[axis] - from[axis]) * share)
                }
                Interpolation::CubicSpline => self.spline(key, share, length_s),
            },
        }
    }

    fn rotation_at(&self, seconds: f32) -> [f32; 4] {
        match self.span(seconds) {
            Span::Key(key) => unit_quaternion(self.value(key)),
            Span::Between { key, share, length_s } => match self.interpolation {
                Interpolation::Step => unit_quaternion(self.value(key)),
                Interpolation::Linear => {
                    let [from, to] = [key, key + 1].map(|key| unit_quaternion(self.value(key)));
                    slerp(from, to, share)
                }
                Interpolation::CubicSpline => unit_quaternion(self.spline(key, share, length_s)),
            },
        }
    }

    /// The cubic Hermite spline of glTF 2.0, appendix C.5.
    fn spline<const N: usize>(&self, key: usize, share: f32, length_s: f32) -> [f32; N] {
        let (from, to) = (self.value::<N>(key), self.value::<N>(key + 1));
        let leaving = self.number::<N>(3 * key + 2);
        let arriving = self.number::<N>(3 * (key + 1));
        let (square, cube) = (share * share, share * share * share);
        std::array::from_fn(|axis| {
            (2.0 * cube - 3.0 * square + 1.0) * from[axis]
                + length_s * (cube - 2.0 * square + share) * leaving[axis]
                + (3.0 * square - 2.0 * cube) * to[axis]
                + length_s * (cube - square) * arriving[axis]
        })
    }

    /// Where a time lies among the keys.
    fn span(&self, seconds: f32) -> Span {
        let next = self.times_s.partition_point(|&time| time <= seconds);
        if next == 0 || next == self.times_s.len() {
            return Span::Key(next.saturating_sub(1));
        }
        // The next key is later than the time, and so than the key before it.
        let (start, end) = (self.times_s[next - 1], self.times_s[next]);
        let length_s = end - start;
        Span::Between { key: next - 1, share: (seconds - start) / length_s, length_s }
    }

    /// The value of a key, without tangents.
    fn value<const N: usize>(&self, key: usize) -> [f32; N] {
        match self.interpolation {
            Interpolation::CubicSpline => self.number(3 * key + 1),
            Interpolation::Step | Interpolation::Linear => self.number(key),
        }
    }

    fn number<const N: usize>(&self, index: usize) -> [f32; N] {
        std::array::from_fn(|axis| self.values[index * N + axis])
    }
}

/// Where a time lies among the keys.
enum Span {
    /// Before the first, or after the last.
    Key(usize),
    /// Between a key and the next.
    Between { key: usize, share: f32, length_s: f32 },
}
