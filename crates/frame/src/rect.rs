//! Integer regions of a job: pixels of the film, and samples of a pixel.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A region is not inside the film that it names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RectError {
    /// Width or height is zero.
    #[error("rectangle {0:?} has no area")]
    Empty(PixelRect),
    /// The rectangle leaves the film.
    #[error("rectangle {rect:?} leaves the film of {width_px}x{height_px} pixels")]
    Outside {
        /// The rectangle.
        rect: PixelRect,
        /// Film width in pixels.
        width_px: u32,
        /// Film height in pixels.
        height_px: u32,
    },
}

/// A rectangle of pixels, half open: `x..x+width`, `y..y+height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PixelRect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl PixelRect {
    /// The rectangle of a whole film.
    pub const fn of_size(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// Number of pixels.
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Whether the pixel lies inside.
    pub fn contains(self, x: u32, y: u32) -> bool {
        x.checked_sub(self.x).is_some_and(|dx| dx < self.width)
            && y.checked_sub(self.y).is_some_and(|dy| dy < self.height)
    }

    /// The common part, if it has any area.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let right = self.right().min(other.right());
        let bottom = self.bottom().min(other.bottom());
        (u64::from(x) < right && u64::from(y) < bottom).then(|| Self {
            x,
            y,
            width: (right - u64::from(x)) as u32,
            height: (bottom - u64::from(y)) as u32,
        })
    }

    /// One past the last column.
    pub const fn right(self) -> u64 {
        self.x as u64 + self.width as u64
    }

    /// One past the last row.
    pub const fn bottom(self) -> u64 {
        self.y as u64 + self.height as u64
    }

    /// Fails unless the rectangle has area and lies inside a film of this size.
    pub fn check_inside(self, width_px: u32, height_px: u32) -> Result<(), RectError> {
        if self.area() == 0 {
            return Err(RectError::Empty(self));
        }
        if self.right() > u64::from(width_px) || self.bottom() > u64::from(height_px) {
            return Err(RectError::Outside { rect: self, width_px, height_px });
        }
        Ok(())
    }
}

/// Consecutive samples of every pixel of a rectangle, half open: `first..first+count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampleRange {
    /// Index of the first sample.
    pub first: u32,
    /// Number of samples.
    pub count: u32,
}

impl SampleRange {
    /// The range `first..first+count`.
    pub const fn new(first: u32, count: u32) -> Self {
        Self { first, count }
    }

    /// One past the last sample.
    pub const fn end(self) -> u64 {
        self.first as u64 + self.count as u64
    }

    /// Whether the two share a sample.
    pub const fn overlaps(self, other: Self) -> bool {
        (self.first as u64) < other.end() && (other.first as u64) < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangle_at_the_integer_limit_does_not_overflow() {
        let rect = PixelRect { x: u32::MAX, y: 0, width: u32::MAX, height: 1 };
        assert!(rect.check_inside(u32::MAX, 1).is_err());
        assert!(!rect.contains(0, 0));
    }

    #[test]
    fn intersection_of_neighbours_is_empty() {
        let left = PixelRect { x: 0, y: 0, width: 4, height: 4 };
        let right = PixelRect { x: 4, y: 0, width: 4, height: 4 };
        assert_eq!(left.intersection(right), None);
        assert_eq!(left.intersection(left), Some(left));
    }
}
