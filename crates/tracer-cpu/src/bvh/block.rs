//! The triangle test on all triangles of a leaf at once: the operations of `triangle.rs`, in its order.

use fearless_simd::prelude::*;
use fearless_simd::{f32x4, mask32x4};

use super::extremes::Extremes;
use super::tree::{BLOCK, ROWS};
use crate::triangle::{ROUNDING, ShearedRay, TriangleHit};

/// A sheared ray, each number in every lane.
pub(super) struct LaneRay<S: Simd> {
    simd: S,
    origin: [f32x4<S>; 3],
    shear: [f32x4<S>; 3],
    axes: [usize; 3],
}

/// What the triangles of a block gave.
pub(super) struct BlockHits {
    /// A bit for each place that is hit.
    pub(super) places: u64,
    t: [f32; BLOCK],
    edges: [[f32; BLOCK]; 2],
    determinant: [f32; BLOCK],
}

impl BlockHits {
    /// The hit at one of the places.
    #[inline(always)]
    pub(super) fn at(&self, place: usize) -> TriangleHit {
        let determinant = self.determinant[place];
        TriangleHit {
            t: self.t[place],
            weights: self.edges.map(|edge| edge[place] / determinant),
            is_front: determinant > 0.0,
        }
    }
}

impl<S: Simd> LaneRay<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, ray: &ShearedRay) -> Self {
        let (ShearedRay { origin, axes, shear }, splat) = (ray, f32x4::splat);
        // Written out: what a closure computes would not be inlined into the vector code.
        let origin = [
            splat(simd, origin[axes[0]]),
            splat(simd, origin[axes[1]]),
            splat(simd, origin[axes[2]]),
        ];
        let shear = [splat(simd, shear[0]), splat(simd, shear[1]), splat(simd, shear[2])];
        Self { simd, origin, shear, axes: *axes }
    }

    /// Tests the `count` triangles of a leaf; hits beyond `t_max` are left out.
    #[inline(always)]
    pub(super) fn intersect(
        &self,
        rows: &[f32; ROWS],
        count: usize,
        t_max: f32,
    ) -> Option<BlockHits> {
        let simd = self.simd;
        let zero = f32x4::splat(simd, 0.0);
        let a = self.sheared(rows, 0, count);
        let b = self.sheared(rows, 3 * count, count);
        let c = self.sheared(rows, 6 * count, count);
        let u = c[0] * b[1] - c[1] * b[0];
        let v = a[0] * c[1] - a[1] * c[0];
        let w = b[0] * a[1] - b[1] * a[0];
        let has_negative = u.simd_lt(zero) | v.simd_lt(zero) | w.simd_lt(zero);
        let has_positive = u.simd_gt(zero) | v.simd_gt(zero) | w.simd_gt(zero);
        let determinant = u + v + w;
        let is_missed = (has_negative & has_positive) | determinant.simd_eq(zero);
        // Lanes without a triangle of the leaf hold numbers of the next ones.
        let there = (1 << count) - 1;
        if !is_missed.to_bitmask() & there == 0 {
            return None;
        }
        let depths = [a[2] * self.shear[2], b[2] * self.shear[2], c[2] * self.shear[2]];
        let t = (u * depths[0] + v * depths[1] + w * depths[2]) / determinant;
        let is_ahead = t.simd_gt(zero)
            & t.simd_lt(f32x4::splat(simd, f32::MAX))
            & t.simd_le(f32x4::splat(simd, t_max));
        let is_near: mask32x4<S> = is_ahead & !is_missed;
        if is_near.all_false() {
            return None;
        }
        let error = t_error([a, b, c], depths, [u, v, w], determinant);
        let is_hit = is_near & !t.simd_le(error);
        Some(BlockHits {
            places: is_hit.to_bitmask() & there,
            t: t.to_array(),
            edges: [v.to_array(), w.to_array()],
            determinant: determinant.to_array(),
        })
    }

    /// A corner of every triangle, whose row for the first axis begins at `first`.
    #[inline(always)]
    fn sheared(&self, rows: &[f32; ROWS], first: usize, count: usize) -> [f32x4<S>; 3] {
        let row = |axis: usize| &rows[first + self.axes[axis] * count..][..BLOCK];
        let x = f32x4::from_slice(self.simd, row(0));
        let y = f32x4::from_slice(self.simd, row(1));
        let z = f32x4::from_slice(self.simd, row(2));
        let depth = z - self.origin[2];
        [
            (x - self.origin[0]) - self.shear[0] * depth,
            (y - self.origin[1]) - self.shear[1] * depth,
            depth,
        ]
    }
}

/// Where one is NaN, so is t, and nothing is hit.
#[inline(always)]
fn largest<S: Simd>([p, q, r]: [f32x4<S>; 3]) -> f32x4<S> {
    p.abs().larger(q.abs()).larger(r.abs())
}

#[inline(always)]
fn t_error<S: Simd>(
    [a, b, c]: [[f32x4<S>; 3]; 3],
    depths: [f32x4<S>; 3],
    edges: [f32x4<S>; 3],
    determinant: f32x4<S>,
) -> f32x4<S> {
    let x = largest([a[0], b[0], c[0]]);
    let y = largest([a[1], b[1], c[1]]);
    let z = largest(depths);
    let edge = largest(edges);
    let x_error = (x + z) * (5.0 * ROUNDING);
    let y_error = (y + z) * (5.0 * ROUNDING);
    let z_error = z * (3.0 * ROUNDING);
    let edge_error = (x * (2.0 * ROUNDING) * y + y_error * x + x_error * y) * 2.0;
    (edge * (3.0 * ROUNDING) * z + edge_error * z + z_error * edge) / determinant.abs()
}
