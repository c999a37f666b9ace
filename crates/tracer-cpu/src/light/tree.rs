//! Walks the light tree: which emissive triangle a point picks, and with what probability.
//!
//! At each node one of four children is taken with a probability in 1/65,536, so that the choice is a
//! comparison of integers, what is left of the random word goes on to the next level without rounding,
//! and the product of the shares is the probability of the pick.

use std::array::from_fn;

use p2c2r_scene::math::{Vec3, larger, smaller};
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

/// A number for each child of a node.
type Lanes = [f32; LIGHT_TREE_WIDTH];

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
pub(super) fn pick(
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
        let [a, b, c, d] = shares(node, receiver);
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
pub(super) fn probability(tree: &LightTree, receiver: &Receiver, trail: u32) -> f32 {
    let Some(mut node) = tree.nodes.first() else { return 0.0 };
    let mut probability = 1.0;
    let mut trail = trail;
    loop {
        let lane = trail as usize % LIGHT_TREE_WIDTH;
        let share = shares(node, receiver)[lane];
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
pub(super) fn root_importance(tree: &LightTree, receiver: &Receiver) -> f32 {
    tree.nodes.first().map_or(0.0, |root| sum(&importances(root, receiver)))
}

#[inline]
fn sum([a, b, c, d]: &Lanes) -> f32 {
    (a + b) + (c + d)
}

/// The children's shares in 1/65,536, which only children of no importance lack.
///
/// They may miss the whole by a few, so that no child has to be told from the others.
#[inline]
fn shares(node: &LightNode, receiver: &Receiver) -> [u32; LIGHT_TREE_WIDTH] {
    let importances = importances(node, receiver);
    let scale = SHARED / larger(sum(&importances), LEAST_SUM);
    importances.map(|importance| {
        let share = 1 + rounded(importance * scale);
        if importance > 0.0 { share } else { 0 }
    })
}

/// The nearest integer of a number from 0 to 2²²: the low bits of its sum with 2²³.
#[inline]
fn rounded(number: f32) -> u32 {
    (number + 8_388_608.0).to_bits().wrapping_sub(0x4b00_0000)
}

/// Spreads a word below `share` × 2¹⁶ over all words.
#[inline]
fn stretched(word: u32, share: u32) -> u32 {
    ((u64::from(word) << 16) / u64::from(share)) as u32
}

/// How much light each child of a node may send to a receiver: power × cosines / distance² (Conty
/// Estevez and Kulla 2018, eq. 3), with cosines that are 0 only where no light can pass.
#[inline]
fn importances(node: &LightNode, receiver: &Receiver) -> Lanes {
    let [px, py, pz] = receiver.position.to_array();
    let x: Lanes = from_fn(|i| node.center[0][i] - px);
    let y: Lanes = from_fn(|i| node.center[1][i] - py);
    let z: Lanes = from_fn(|i| node.center[2][i] - pz);
    let squared: Lanes = from_fn(|i| x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
    // Within its sphere a child is everywhere, and as near as the sphere is large.
    let radius_squared: Lanes = from_fn(|i| node.radius_m[i] * node.radius_m[i]);
    let base: Lanes = from_fn(|i| larger(larger(squared[i], radius_squared[i]), LEAST_SQUARED));
    let per_distance: Lanes = from_fn(|i| 1.0 / base[i].sqrt());
    let sin_reach: Lanes = from_fn(|i| node.radius_m[i] * per_distance[i]);

    let along: Lanes = from_fn(|i| {
        let dot = node.axis[0][i] * x[i] + node.axis[1][i] * y[i] + node.axis[2][i] * z[i];
        -dot * per_distance[i]
    });
    let cos_axis: Lanes = from_fn(|i| {
        let is_two_sided = node.child[i] & light_child::TWO_SIDED != 0;
        if is_two_sided { along[i].abs() } else { along[i] }
    });
    let light: Lanes = from_fn(|i| widened(cos_axis[i], node.sin_spread[i] + sin_reach[i]));
    let importance: Lanes =
        from_fn(|i| node.energy[i] * light[i] * (per_distance[i] * per_distance[i]));
    if receiver.can_transmit {
        return importance;
    }
    let [nx, ny, nz] = receiver.normal.to_array();
    let normal: Lanes = from_fn(|i| (nx * x[i] + ny * y[i] + nz * z[i]) * per_distance[i]);
    from_fn(|i| importance[i] * widened(normal[i], sin_reach[i]))
}

/// An upper bound of the cosines of directions around one of this cosine, 0 where all are behind.
///
/// An angle θ with a spread of β reaches below 90° just where cos θ + sin β is above 0; `sin` is at
/// least sin β.
#[inline]
fn widened(cos: f32, sin: f32) -> f32 {
    let reached = cos + sin;
    let factor = smaller(larger(reached, LEAST_COSINE), 1.0);
    if reached < GRAZING { 0.0 } else { factor }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
