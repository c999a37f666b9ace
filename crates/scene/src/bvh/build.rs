//! Binned SAH build (Wald 2007), deterministic on any number of threads.

use super::Bounds;
use super::threads::join;
use crate::MAX_BVH_DEPTH;
use crate::math::Vec3;

/// Bins per axis.
const BIN_COUNT: usize = 16;
/// Parts of a tree that may be split at the same time, about.
const PARTS: usize = 32;
/// Primitives of the smallest of them.
const LEAST_PART: usize = 4096;
/// Cost of visiting a node, in intersection tests of a primitive.
const NODE_COST: f32 = 1.0;

/// A tree without boxes, and the order of primitives that its leaves count on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuiltTree {
    /// For each place in leaf order, the primitive that goes there.
    pub(crate) order: Vec<u32>,
    /// Preorder bytes, see the parent module.
    pub(crate) topology: Vec<u8>,
}

/// A range of the order still to be split, and the depth its node would have.
struct Pending<'a> {
    range: &'a mut [u32],
    depth: u32,
}

/// Splits from the top: a tree over primitives of these boxes, with at most `max_leaf` of them in a leaf.
pub(super) fn split_tree(boxes: &[Bounds], max_leaf: usize) -> BuiltTree {
    let mut order: Vec<u32> = (0..boxes.len() as u32).collect();
    // Many parts, of which the system gives each of its processors one after another.
    let least_shared = (boxes.len() / PARTS).max(LEAST_PART);
    let topology =
        split_part(boxes, Pending { range: &mut order, depth: 1 }, max_leaf, least_shared);
    BuiltTree { order, topology }
}

/// The preorder bytes of a part, both of whose sides are split at the same time if it is large.
fn split_part(
    boxes: &[Bounds],
    part: Pending<'_>,
    max_leaf: usize,
    least_shared: usize,
) -> Vec<u8> {
    if part.range.len() < least_shared {
        return split_small(boxes, part, max_leaf);
    }
    let Pending { range, depth } = part;
    let Some(left_count) = split(boxes, range, max_leaf, depth) else {
        return vec![range.len() as u8];
    };
    let (left, right) = range.split_at_mut(left_count);
    let side = |range| {
        move || split_part(boxes, Pending { range, depth: depth + 1 }, max_leaf, least_shared)
    };
    let (left, right) = join(side(left), side(right));
    [vec![0], left, right].concat()
}

fn split_small(boxes: &[Bounds], part: Pending<'_>, max_leaf: usize) -> Vec<u8> {
    let mut topology = Vec::with_capacity(part.range.len());
    let mut pending = vec![part];
    // A subtree is finished before its sibling starts, which is what makes the bytes preorder.
    while let Some(Pending { range, depth }) = pending.pop() {
        match split(boxes, range, max_leaf, depth) {
            None => topology.push(range.len() as u8),
            Some(left_count) => {
                topology.push(0);
                let (left, right) = range.split_at_mut(left_count);
                pending.push(Pending { range: right, depth: depth + 1 });
                pending.push(Pending { range: left, depth: depth + 1 });
            }
        }
    }
    topology
}

/// Partitions the primitives and gives the number on the left, or `None` for a leaf.
fn split(boxes: &[Bounds], range: &mut [u32], max_leaf: usize, depth: u32) -> Option<usize> {
    let count = range.len();
    if count <= 1 {
        return None;
    }
    let may_be_leaf = count <= max_leaf;
    let (mut whole, mut centroids) = (Bounds::EMPTY, Bounds::EMPTY);
    for &primitive in range.iter() {
        let bounds = &boxes[primitive as usize];
        whole = whole.union(*bounds);
        centroids = centroids.with_point(doubled_centroid(bounds));
    }
    // Wide tracers test a whole leaf at once: above the leaves, only its number counts.
    let block = if may_be_leaf { 1 } else { max_leaf as u32 };
    let levels_left = MAX_BVH_DEPTH.saturating_sub(depth);
    if levels_left > levels_needed(count, max_leaf)
        && let Some(plane) = best_plane(boxes, range, [&whole, &centroids], block)
    {
        if may_be_leaf && plane.cost >= count as f32 {
            return None;
        }
        return Some(partition(range, |primitive| {
            plane.bins.bin_of(&boxes[primitive as usize]) < plane.first_right_bin
        }));
    }
    if may_be_leaf {
        return None;
    }
    let size = centroids.max - centroids.min;
    let axis = if size.x >= size.y && size.x >= size.z {
        0
    } else if size.y >= size.z {
        1
    } else {
        2
    };
    // A total order, so that the result does not depend on the sort's inside.
    range.sort_unstable_by(|&a, &b| {
        let key = |primitive: u32| doubled_centroid(&boxes[primitive as usize]).axis(axis);
        key(a).total_cmp(&key(b)).then(a.cmp(&b))
    });
    Some(count / 2)
}

/// Levels below this one that halving needs to come down to leaves.
fn levels_needed(count: usize, max_leaf: usize) -> u32 {
    count.div_ceil(max_leaf).next_power_of_two().trailing_zeros()
}

fn doubled_centroid(bounds: &Bounds) -> Vec3 {
    bounds.min + bounds.max
}

/// Equal slices of the centroids' extent along an axis.
#[derive(Clone, Copy)]
struct Bins {
    axis: u32,
    start: f32,
    bins_per_length: f32,
}

impl Bins {
    /// `None` where all centroids agree on this axis.
    fn along(axis: u32, centroids: &Bounds) -> Option<Self> {
        let start = centroids.min.axis(axis);
        let bins_per_length = BIN_COUNT as f32 / (centroids.max.axis(axis) - start);
        (bins_per_length > 0.0 && bins_per_length.is_finite()).then_some(Self {
            axis,
            start,
            bins_per_length,
        })
    }

    fn bin_of(&self, bounds: &Bounds) -> usize {
        let offset = doubled_centroid(bounds).axis(self.axis) - self.start;
        ((offset * self.bins_per_length) as usize).min(BIN_COUNT - 1)
    }
}

struct Plane {
    bins: Bins,
    first_right_bin: usize,
    cost: f32,
}

/// Boxes and numbers of the primitives in each bin.
type Filled = [(Bounds, u32); BIN_COUNT];

/// The cheapest plane with primitives on both sides, over all axes.
fn best_plane(
    boxes: &[Bounds],
    range: &[u32],
    [whole, centroids]: [&Bounds; 2],
    block: u32,
) -> Option<Plane> {
    let area = whole.half_area();
    if area <= 0.0 {
        return None;
    }
    let axes = [0, 1, 2].map(|axis| Bins::along(axis, centroids));
    let mut filled: [Filled; 3] = [[(Bounds::EMPTY, 0); BIN_COUNT]; 3];
    for &primitive in range {
        let bounds = &boxes[primitive as usize];
        for (bins, filled) in axes.iter().zip(&mut filled) {
            let Some(bins) = bins else { continue };
            let (bin, count) = &mut filled[bins.bin_of(bounds)];
            *bin = bin.union(*bounds);
            *count += 1;
        }
    }
    let mut best: Option<Plane> = None;
    for (bins, filled) in axes.into_iter().zip(&filled) {
        let Some(bins) = bins else { continue };
        for (first_right_bin, weighted_area) in plane_costs(filled, block) {
            let cost = NODE_COST + weighted_area / area;
            if best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(Plane { bins, first_right_bin, cost });
            }
        }
    }
    best
}

/// Area × number of blocks of both sides, for each plane that has primitives on both and a bin with some
/// right before it: the others cut the same way.
fn plane_costs(filled: &Filled, block: u32) -> impl Iterator<Item = (usize, f32)> {
    let blocks = move |count: u32| count.div_ceil(block) as f32;
    let mut right_sums = [(0.0f32, 0u32); BIN_COUNT];
    let (mut right, mut sum) = ((Bounds::EMPTY, 0), (0.0, 0));
    for index in (1..BIN_COUNT).rev() {
        let (bounds, count) = filled[index];
        if count > 0 {
            right = (right.0.union(bounds), right.1 + count);
            sum = (right.0.half_area() * blocks(right.1), right.1);
        }
        right_sums[index] = sum;
    }
    let mut left = (Bounds::EMPTY, 0);
    (1..BIN_COUNT).filter_map(move |first_right_bin| {
        let (bounds, count) = filled[first_right_bin - 1];
        let (right_cost, right_count) = right_sums[first_right_bin];
        if count == 0 || right_count == 0 {
            return None;
        }
        left = (left.0.union(bounds), left.1 + count);
        Some((first_right_bin, left.0.half_area() * blocks(left.1) + right_cost))
    })
}

/// Moves those that belong to the left to the front; gives their number.
fn partition(range: &mut [u32], mut is_left: impl FnMut(u32) -> bool) -> usize {
    let mut left_count = 0;
    for index in 0..range.len() {
        if is_left(range[index]) {
            range.swap(left_count, index);
            left_count += 1;
        }
    }
    left_count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_split_at_the_same_time_are_those_split_one_after_another() {
        let mut word = 1u32;
        let mut random = || {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (word >> 8) as f32 / 65536.0
        };
        let mut point = || [random(), random() * 0.1, random()];
        let boxes: Vec<Bounds> =
            (0..5 * LEAST_PART).map(|_| Bounds::of_points([point()]).padded(0.5)).collect();
        let mut order: Vec<u32> = (0..boxes.len() as u32).collect();
        let topology = split_small(&boxes, Pending { range: &mut order, depth: 1 }, 4);
        assert_eq!(split_tree(&boxes, 4), BuiltTree { order, topology });
    }
}
