//! Axis-aligned boxes.

use crate::math::{Affine, Vec3};

/// An axis-aligned box; inverted where it holds nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    /// Smallest coordinates.
    pub(crate) min: Vec3,
    /// Largest coordinates.
    pub(crate) max: Vec3,
}

/// Rounding of a transformed box, relative to the magnitudes that were added up.
const TRANSFORM_SLACK: f32 = 1.0 / (1 << 19) as f32;

impl Bounds {
    /// Holds nothing.
    pub(crate) const EMPTY: Self =
        Self { min: Vec3::splat(f32::INFINITY), max: Vec3::splat(f32::NEG_INFINITY) };

    /// The box of some points.
    pub(crate) fn of_points(points: impl IntoIterator<Item = [f32; 3]>) -> Self {
        points.into_iter().fold(Self::EMPTY, |bounds, point| bounds.with_point(point.into()))
    }

    /// Grown to hold a point.
    pub(crate) fn with_point(self, point: Vec3) -> Self {
        Self { min: self.min.min(point), max: self.max.max(point) }
    }

    /// Grown to hold another box.
    pub(crate) fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// Grown by the same length on all sides.
    pub(crate) fn padded(self, by: f32) -> Self {
        Self { min: self.min - Vec3::splat(by), max: self.max + Vec3::splat(by) }
    }

    /// Whether it holds at least a point.
    pub(crate) fn is_inhabited(&self) -> bool {
        self.min.x <= self.max.x && self.min.y <= self.max.y && self.min.z <= self.max.z
    }

    /// Half the surface; 0 for a box that holds nothing.
    pub(crate) fn half_area(&self) -> f32 {
        if !self.is_inhabited() {
            return 0.0;
        }
        let size = self.max - self.min;
        size.x * size.y + size.y * size.z + size.z * size.x
    }

    /// Largest magnitude of a coordinate; 0 for a box that holds nothing.
    pub(crate) fn magnitude(&self) -> f32 {
        if self.is_inhabited() { self.min.abs().max(self.max.abs()).max_component() } else { 0.0 }
    }

    /// A box that holds this one's image for sure (Arvo 1990, with slack for rounding).
    pub(crate) fn transformed(&self, world_from_object: &[[f32; 4]; 3]) -> Self {
        if !self.is_inhabited() {
            return Self::EMPTY;
        }
        let center = (self.min + self.max) * 0.5;
        let half = (self.max - self.min) * 0.5;
        let middle = Affine::from_rows(*world_from_object).point(center);
        let reach = |row: &[f32; 4]| {
            let half_image = row[0].abs() * half.x + row[1].abs() * half.y + row[2].abs() * half.z;
            let farthest = center.abs() + half;
            let magnitude = row[0].abs() * farthest.x
                + row[1].abs() * farthest.y
                + row[2].abs() * farthest.z
                + row[3].abs();
            half_image + magnitude * TRANSFORM_SLACK
        };
        let [x, y, z] = world_from_object;
        let half_image = Vec3::new(reach(x), reach(y), reach(z));
        Self { min: middle - half_image, max: middle + half_image }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn transformed_box_holds_the_image_of_every_corner(
            rows in prop::array::uniform3(prop::array::uniform4(-100.0f32..100.0)),
            a in prop::array::uniform3(-50.0f32..50.0),
            b in prop::array::uniform3(-50.0f32..50.0),
        ) {
            let bounds = Bounds::of_points([a, b]);
            let image = bounds.transformed(&rows);
            for corner in 0..8 {
                let pick = |axis: usize| if corner >> axis & 1 == 0 { a[axis] } else { b[axis] };
                let p = [pick(0), pick(1), pick(2)].map(f64::from);
                for (axis, row) in rows.iter().enumerate() {
                    let [x, y, z, w] = row.map(f64::from);
                    let exact = x * p[0] + y * p[1] + z * p[2] + w;
                    prop_assert!(f64::from(image.min.axis(axis as u32)) <= exact);
                    prop_assert!(exact <= f64::from(image.max.axis(axis as u32)));
                }
            }
        }
    }

    #[test]
    fn nothing_has_no_area_and_no_image() {
        assert_eq!(Bounds::EMPTY.half_area(), 0.0);
        assert_eq!(Bounds::EMPTY.magnitude(), 0.0);
        assert_eq!(Bounds::EMPTY.transformed(&Affine::IDENTITY.rows), Bounds::EMPTY);
    }
}
