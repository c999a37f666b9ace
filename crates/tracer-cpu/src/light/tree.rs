//! Walks the light tree: which emissive triangle a point picks, and with what probability.
//!
//! At each node one of four children is taken with a probability in 1/65,536, so that the choice is a
//! comparison of integers, what is left of the random word goes on to the next level without rounding,
//! and the product of the shares is the probability of the pick.

use fearless_simd::prelude::*;
use fearless_simd::{f32x4, u32x4};
use p2c2r_scene::math::{Vec3, larger};
use p2c2r_scene::{LIGHT_TREE_WIDTH, LightNode, LightTree, light_child};

/// Shares of a choice are counted in this.
pub(crate) const WHOLE: u32 = 1 << 16;
/// What is shared out by importance: with 1 more for each child and rounding it is at most the whole.
const SHARED: f32 = (WHOLE - 8) as f32;
/// Levels after which fresh bits fill the low half of the random word.
const REFILL_DEPTHS: [u32; 2] = [4, 8];
/// Cosines down to this count as lit: neither rounding nor a grazing light may give a probability of 0.
const GRAZING: f32 = -1e-3;
/// Least factor for a cosine: glossy surfaces reflect grazing light better than the cosine says.
const LEAST_COSINE: f32 = 0.02;
/// Least sum of importances, which divides.
const LEAST_SUM: f32 = 1e-37;
/// Least squared distance in m².
const LEAST_SQUARED: f32 = 1e-30;

/// From the bit of [`light_child::TWO_SIDED`] to that of a float's sign.
const TWO_SIDED_TO_SIGN: u32 = light_child::TWO_SIDED.leading_zeros();
/// A float's sign.
const SIGN: u32 = 1 << 31;

/// What light falls on: a point of a surface, seen from the side of its normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Receiver {
    /// World position.
    pub(crate) position: Vec3,
    /// Unit normal of the surface's plane.
    pub(crate) normal: Vec3,
    /// Whether light from behind can go through.
    pub(crate) can_transmit: bool,
}

/// Picks a triangle; gives its index in `Scene::emissive_triangles` and the probability.
///
/// `None` where no triangle can shine on the receiver.
#[inline(always)]
pub(super) fn pick<S: Simd>(
    simd: S,
    tree: &LightTree,
    receiver: &Receiver,
    [word, fresh]: [u32; 2],
) -> Option<(u32, f32)> {
    let mut node = tree.nodes.first()?;
    let mut word = word;
    let mut probability = 1.0;
    let mut depth = 0;
    loop {
        if depth == REFILL_DEPTHS[0] {
            word ^= fresh >> 16;
        } else if depth == REFILL_DEPTHS[1] {
            word ^= fresh & (WHOLE - 1);
        }
        let [a, b, c, d] = shares(simd, node, receiver);
        let ends = [a, a + b, a + b + c, a + b + c + d];
        let high = word >> 16;
        if high >= ends[3] {
            return None;
        }
        let lane = ends.iter().filter(|&&end| high >= end).count();
        let share = [a, b, c, d][lane];
        word = stretched(word - ((ends[lane] - share) << 16), share);
        probability *= share as f32 / WHOLE as f32;
        let child = node.child[lane];
        if child & light_child::TRIANGLE != 0 {
            return Some((child & light_child::INDEX, probability));
        }
        node = &tree.nodes[(child & light_child::INDEX) as usize];
        depth += 1;
    }
}

/// Probability with which [`pick`] gives the triangle of this trail.
#[inline(always)]
pub(super) fn probability<S: Simd>(
    simd: S,
    tree: &LightTree,
    receiver: &Receiver,
    trail: u32,
) -> f32 {
    let Some(mut node) = tree.nodes.first() else { return 0.0 };
    let mut probability = 1.0;
    let mut trail = trail;
    loop {
        let lane = trail as usize % LIGHT_TREE_WIDTH;
        let share = shares(simd, node, receiver)[lane];
        if share == 0 {
            return 0.0;
        }
        probability *= share as f32 / WHOLE as f32;
        let child = node.child[lane];
        if child & light_child::TRIANGLE != 0 {
            return probability;
        }
        node = &tree.nodes[(child & light_child::INDEX) as usize];
        trail >>= 2;
    }
}

/// How much the whole tree matters to a receiver: in units of its power over m².
#[inline(always)]
pub(super) fn root_importance<S: Simd>(simd: S, tree: &LightTree, receiver: &Receiver) -> f32 {
    match tree.nodes.first() {
        Some(root) => sum(importances(simd, root, receiver)),
        None => 0.0,
    }
}

#[inline(always)]
fn sum<S: Simd>(lanes: f32x4<S>) -> f32 {
    let [a, b, c, d] = lanes.to_array();
    (a + b) + (c + d)
}

/// The children's shares in 1/65,536, which only children of no importance lack.
///
/// They may miss the whole by a few, so that no child has to be told from the others.
#[inline(always)]
fn shares<S: Simd>(simd: S, node: &LightNode, receiver: &Receiver) -> [u32; LIGHT_TREE_WIDTH] {
    let importances = importances(simd, node, receiver);
    let scale = SHARED / larger(sum(importances), LEAST_SUM);
    // The low bits of a sum with 2²³ are the nearest integer.
    let rounded: u32x4<S> = (importances * scale + 8_388_608.0).bitcast();
    let share = rounded - (0x4b00_0000 - 1);
    let is_some = importances.simd_gt(f32x4::splat(simd, 0.0));
    is_some.select(share, u32x4::splat(simd, 0)).to_array()
}

/// Spreads a word below `share` × 2¹⁶ over all words.
#[inline]
fn stretched(word: u32, share: u32) -> u32 {
    ((u64::from(word) << 16) / u64::from(share)) as u32
}

/// How much light each child of a node may send to a receiver: power × cosines / distance² (Conty
/// Estevez and Kulla 2018, eq. 3), with cosines that are 0 only where no light can pass.
#[inline(always)]
fn importances<S: Simd>(simd: S, node: &LightNode, receiver: &Receiver) -> f32x4<S> {
    let lanes = |numbers: &[f32; LIGHT_TREE_WIDTH]| f32x4::from_slice(simd, numbers);
    let position = receiver.position;
    let x = lanes(&node.center[0]) - position.x;
    let y = lanes(&node.center[1]) - position.y;
    let z = lanes(&node.center[2]) - position.z;
    let radius = lanes(&node.radius_m);
    let squared = x * x + y * y + z * z;
    // Within its sphere a child is everywhere, and as near as the sphere is large.
    let base = larger_of(larger_of(squared, radius * radius), f32x4::splat(simd, LEAST_SQUARED));
    let per_distance = f32x4::splat(simd, 1.0) / base.sqrt();
    let sin_reach = radius * per_distance;

    let [axis_x, axis_y, axis_z] = &node.axis;
    let dot = lanes(axis_x) * x + lanes(axis_y) * y + lanes(axis_z) * z;
    let along = -dot * per_distance;
    // Two-sided children lose the sign of the cosine.
    let sign = (u32x4::from_slice(simd, &node.child) << TWO_SIDED_TO_SIGN) & SIGN;
    let cos_axis = f32x4::from_bytes((along.bitcast::<u32x4<S>>() & !sign).to_bytes());
    let light = widened(simd, cos_axis, lanes(&node.sin_spread) + sin_reach);
    let importance = lanes(&node.energy) * light * (per_distance * per_distance);
    if receiver.can_transmit {
        return importance;
    }
    let normal = receiver.normal;
    let facing = (x * normal.x + y * normal.y + z * normal.z) * per_distance;
    importance * widened(simd, facing, sin_reach)
}

/// An upper bound of the cosines of directions around one of this cosine, 0 where all are behind.
///
/// An angle θ with a spread of β reaches below 90° just where cos θ + sin β is above 0; `sin` is at
/// least sin β.
#[inline(always)]
fn widened<S: Simd>(simd: S, cos: f32x4<S>, sin: f32x4<S>) -> f32x4<S> {
    let reached = cos + sin;
    let one = f32x4::splat(simd, 1.0);
    let factor = larger_of(reached, f32x4::splat(simd, LEAST_COSINE));
    let factor = factor.simd_lt(one).select(factor, one);
    let is_behind = reached.simd_lt(f32x4::splat(simd, GRAZING));
    is_behind.select(f32x4::splat(simd, 0.0), factor)
}

/// `larger` in each lane.
#[inline(always)]
fn larger_of<S: Simd>(a: f32x4<S>, b: f32x4<S>) -> f32x4<S> {
    a.simd_gt(b).select(a, b)
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
