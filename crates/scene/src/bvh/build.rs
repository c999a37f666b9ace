//! Binned SAH build (Wald 2007), iterative and deterministic.

use super::Bounds;
use crate::MAX_BVH_DEPTH;
use crate::math::Vec3;

/// Bins per axis.
const BIN_COUNT: usize = 16;
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

/// Primitives still to be split: a range of the order, and the depth its node would have.
struct Pending {
    first: usize,
    end: usize,
    depth: u32,
}

/// Splits from the top: a tree over primitives of these boxes, with at most `max_leaf` of them in a leaf.
pub(super) fn split_tree(boxes: &[Bounds], max_leaf: usize) -> BuiltTree {
    let mut order: Vec<u32> = (0..boxes.len() as u32).collect();
    let mut topology = Vec::with_capacity(boxes.len());
    let mut pending = vec![Pending { first: 0, end: boxes.len(), depth: 1 }];
    // A subtree is finished before its sibling starts, which is what makes the bytes preorder.
    while let Some(Pending { first, end, depth }) = pending.pop() {
        let range = &mut order[first..end];
        match split(boxes, range, max_leaf, depth) {
            None => topology.push((end - first) as u8),
            Some(left_count) => {
                topology.push(0);
                let middle = first + left_count;
                pending.push(Pending { first: middle, end, depth: depth + 1 });
                pending.push(Pending { first, end: middle, depth: depth + 1 });
            }
        }
    }
    BuiltTree { order, topology }
}

/// Partitions the primitives and gives the number on the left, or `None` for a leaf.
fn split(boxes: &[Bounds], range: &mut [u32], max_leaf: usize, depth: u32) -> Option<usize> {
    let count = range.len();
    if count <= 1 {
        return None;
    }
    let may_be_leaf = count <= max_leaf;
    let centroids = range.iter().fold(Bounds::EMPTY, |bounds, &primitive| {
        bounds.with_point(doubled_centroid(&boxes[primitive as usize]))
    });
    // Wide tracers test a whole leaf at once: above the leaves, only its number counts.
    let block = if may_be_leaf { 1 } else { max_leaf as u32 };
    let levels_left = MAX_BVH_DEPTH.saturating_sub(depth);
    if levels_left > levels_needed(count, max_leaf)
        && let Some(plane) = best_plane(boxes, range, &centroids, block)
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

/// The cheapest plane with primitives on both sides, over all axes.
fn best_plane(boxes: &[Bounds], range: &[u32], centroids: &Bounds, block: u32) -> Option<Plane> {
    let whole = range
        .iter()
        .fold(Bounds::EMPTY, |bounds, &primitive| bounds.union(boxes[primitive as usize]));
    let area = whole.half_area();
    if area <= 0.0 {
        return None;
    }
    let mut best: Option<Plane> = None;
    for bins in (0..3).filter_map(|axis| Bins::along(axis, centroids)) {
        let mut filled = [(Bounds::EMPTY, 0u32); BIN_COUNT];
        for &primitive in range {
            let bounds = &boxes[primitive as usize];
            let (bin, count) = &mut filled[bins.bin_of(bounds)];
            *bin = bin.union(*bounds);
            *count += 1;
        }
        for (first_right_bin, weighted_area) in plane_costs(&filled, block) {
            let cost = NODE_COST + weighted_area / area;
            if best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(Plane { bins, first_right_bin, cost });
            }
        }
    }
    best
}

/// Area × number of blocks of both sides, for each plane that has primitives on both.
fn plane_costs(
    filled: &[(Bounds, u32); BIN_COUNT],
    block: u32,
) -> impl Iterator<Item = (usize, f32)> {
    let blocks = move |count: u32| count.div_ceil(block) as f32;
    let mut right_sums = [(0.0f32, 0u32); BIN_COUNT];
    let mut right = (Bounds::EMPTY, 0);
    for index in (1..BIN_COUNT).rev() {
        right = (right.0.union(filled[index].0), right.1 + filled[index].1);
        right_sums[index] = (right.0.half_area() * blocks(right.1), right.1);
    }
    let mut left = (Bounds::EMPTY, 0);
    (1..BIN_COUNT).filter_map(move |first_right_bin| {
        let (bounds, count) = filled[first_right_bin - 1];
        left = (left.0.union(bounds), left.1 + count);
        let (right_cost, right_count) = right_sums[first_right_bin];
        (left.1 > 0 && right_count > 0)
            .then(|| (first_right_bin, left.0.half_area() * blocks(left.1) + right_cost))
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
