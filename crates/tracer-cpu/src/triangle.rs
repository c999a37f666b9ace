//! The one ray-triangle test, here as the oracle that `bvh/block.rs` repeats operation for operation: watertight, in single precision (Woop, Benthin and Wald 2013).
//!
//! Two triangles that share an edge compute the edge function from the same numbers with opposite sign,
//! so no ray slips between them. Every width and every machine must do these operations in this order.

use p2c2r_scene::math::Vec3;
#[cfg(test)]
use p2c2r_scene::math::larger;

/// Largest relative error of one rounded operation, 2⁻²⁴.
pub(crate) const ROUNDING: f32 = 1.0 / 16_777_216.0;

/// A ray in object space, sheared so that it runs along one axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShearedRay {
    pub(crate) origin: [f32; 3],
    /// The axis with the largest component of the direction, and the two others, ordered so that
    /// orientation is kept.
    pub(crate) axes: [usize; 3],
    pub(crate) shear: [f32; 3],
}

/// Where a ray meets a triangle's plane inside the triangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TriangleHit {
    /// Distance in lengths of the direction, positive.
    pub(crate) t: f32,
    /// Barycentric weights of the second and third corner.
    pub(crate) weights: [f32; 2],
    /// Whether the corners run counter-clockwise as the ray sees them.
    pub(crate) is_front: bool,
}

impl ShearedRay {
    /// Prepares a ray; a direction of zero gives a ray that hits nothing.
    pub(crate) fn new(origin: Vec3, direction: Vec3) -> Self {
        let size = direction.abs();
        let z = if size.x > size.y {
            if size.x > size.z { 0 } else { 2 }
        } else if size.y > size.z {
            1
        } else {
            2
        };
        let (next, last) = ((z + 1) % 3, (z + 2) % 3);
        let d = direction.to_array();
        let (x, y) = if d[z] < 0.0 { (last, next) } else { (next, last) };
        Self {
            origin: origin.to_array(),
            axes: [x, y, z],
            shear: [d[x] / d[z], d[y] / d[z], 1.0 / d[z]],
        }
    }

    /// The hit, if it lies in front of the origin; an edge belongs to both of its triangles.
    #[cfg(test)]
    pub(crate) fn intersect(&self, corners: [[f32; 3]; 3]) -> Option<TriangleHit> {
        let [a, b, c] = corners;
        let (a, b, c) = (self.sheared(a), self.sheared(b), self.sheared(c));
        let u = c[0] * b[1] - c[1] * b[0];
        let v = a[0] * c[1] - a[1] * c[0];
        let w = b[0] * a[1] - b[1] * a[0];
        let has_negative = u < 0.0 || v < 0.0 || w < 0.0;
        let has_positive = u > 0.0 || v > 0.0 || w > 0.0;
        if has_negative && has_positive {
            return None;
        }
        let determinant = u + v + w;
        if determinant == 0.0 {
            return None;
        }
        let depths = [a[2] * self.shear[2], b[2] * self.shear[2], c[2] * self.shear[2]];
        let t = (u * depths[0] + v * depths[1] + w * depths[2]) / determinant;
        // NaN and infinity fail this as well.
        let is_ahead = t > 0.0 && t < f32::MAX;
        if !is_ahead || t <= t_error([a, b, c], depths, [u, v, w], determinant) {
            return None;
        }
        Some(TriangleHit {
            t,
            weights: [v / determinant, w / determinant],
            is_front: determinant > 0.0,
        })
    }

    /// A corner relative to the origin; z is not scaled yet.
    #[cfg(test)]
    fn sheared(&self, corner: [f32; 3]) -> [f32; 3] {
        let [x, y, z] = self.axes;
        let depth = corner[z] - self.origin[z];
        [
            (corner[x] - self.origin[x]) - self.shear[0] * depth,
            (corner[y] - self.origin[y]) - self.shear[1] * depth,
            depth,
        ]
    }
}

/// Bound of the rounding error of t: a hit below it may lie behind the origin (Pharr, Jakob and
/// Humphreys 2023, section 6.8.7, without its factor 3: the test of departures fails at a tenth).
#[cfg(test)]
fn t_error(corners: [[f32; 3]; 3], depths: [f32; 3], edges: [f32; 3], determinant: f32) -> f32 {
    let [a, b, c] = corners;
    let largest =
        |values: [f32; 3]| larger(larger(values[0].abs(), values[1].abs()), values[2].abs());
    let x = largest([a[0], b[0], c[0]]);
    let y = largest([a[1], b[1], c[1]]);
    let z = largest(depths);
    let edge = largest(edges);
    let x_error = 5.0 * ROUNDING * (x + z);
    let y_error = 5.0 * ROUNDING * (y + z);
    let z_error = 3.0 * ROUNDING * z;
    let edge_error = 2.0 * (2.0 * ROUNDING * x * y + y_error * x + x_error * y);
    (3.0 * ROUNDING * edge * z + edge_error * z + z_error * edge) / determinant.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{pcg4d, unit_from_word};

    fn signed(word: u32) -> f32 {
        2.0 * unit_from_word(word) - 1.0
    }

    fn random_point(index: u32, salt: u32) -> Vec3 {
        let words = pcg4d([index, salt, 0, 5]);
        Vec3::new(signed(words[0]), signed(words[1]), signed(words[2]))
    }

    #[test]
    fn orientation_and_distance_are_those_of_the_geometry() {
        for index in 0..5_000 {
            let [a, b, c] = [0, 1, 2].map(|salt| random_point(index, salt));
            let words = pcg4d([index, 0, 0, 9]);
            let (u, v) = (unit_from_word(words[0]), unit_from_word(words[1]));
            let (w1, w2) = (u * (1.0 - v), u * v);
            let target = a * (1.0 - w1 - w2) + b * w1 + c * w2;
            let origin = random_point(index, 3) * 3.0;
            let direction = (target - origin) * 0.5;
            let normal = (b - a).cross(c - a);
            if normal.length() < 0.05 || (normal.dot(direction) / normal.length()).abs() < 0.02 {
                continue;
            }
            let hit = ShearedRay::new(origin, direction)
                .intersect([a.to_array(), b.to_array(), c.to_array()])
                .unwrap();
            assert!((hit.t - 2.0).abs() < 1e-3, "case {index}: {hit:?}");
            assert_eq!(hit.is_front, normal.dot(direction) < 0.0, "case {index}");
            let point = a * (1.0 - hit.weights[0] - hit.weights[1])
                + b * hit.weights[0]
                + c * hit.weights[1];
            assert!((point - target).length() < 1e-3, "case {index}: {hit:?}");
        }
    }

    /// A closed fan around a vertex: rays at the vertex and along the edges must hit some triangle.
    #[test]
    fn no_ray_slips_through_edges_and_vertices() {
        const SIDES: u32 = 7;
        for index in 0..3_000 {
            let apex = random_point(index, 50);
            let rim: Vec<Vec3> = (0..SIDES)
                .map(|side| {
                    let (sin, cos) = p2c2r_scene::math::sin_cos_turns(side as f32 / SIDES as f32);
                    apex + Vec3::new(cos * 2.0, sin * 2.0, 0.3 * random_point(index, side).z)
                })
                .collect();
            let origin = Vec3::new(apex.x + 0.3, apex.y - 0.4, 9.0) + random_point(index, 60) * 0.5;
            let along = unit_from_word(pcg4d([index, 70, 0, 0])[0]) * 0.9;
            let mut targets = vec![apex];
            targets.extend(rim.iter().map(|&corner| apex + (corner - apex) * along));
            for target in targets {
                let ray = ShearedRay::new(origin, target - origin);
                let is_hit = (0..SIDES as usize).any(|side| {
                    let next = (side + 1) % SIDES as usize;
                    ray.intersect([apex.to_array(), rim[side].to_array(), rim[next].to_array()])
                        .is_some()
                });
                assert!(is_hit, "case {index}: a ray at {target:?} slipped through");
            }
        }
    }

    #[test]
    fn degenerate_input_hits_nothing() {
        let flat = [[0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [2.0, 2.0, 1.0]];
        let ray = ShearedRay::new(Vec3::ZERO, Vec3::new(0.0, 0.0, 1.0));
        assert_eq!(ray.intersect(flat), None);
        let triangle = [[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [0.0, 1.0, 1.0]];
        assert!(ray.intersect(triangle).is_some());
        assert_eq!(ShearedRay::new(Vec3::ZERO, Vec3::ZERO).intersect(triangle), None);
        let lost = Vec3::new(f32::NAN, 0.0, 1.0);
        assert_eq!(ShearedRay::new(Vec3::ZERO, lost).intersect(triangle), None);
    }
}
