//! Builds the tree from the top: binned splits by the surface area orientation heuristic.

use std::ops::Range;

use super::cone::{Cone, orientation_measure};
use super::{LIGHT_TREE_WIDTH, LightNode, LightTree, MAX_LIGHT_TREE_DEPTH, light_child};
use crate::NO_INDEX;
use crate::bvh::Bounds;
use crate::math::{Vec3, larger};

/// Bins along an axis.
const BINS: usize = 12;
/// Nodes of fewer lights than this are split with fewer bins.
const FEW: usize = 16;
/// Bins of those.
const FEW_BINS: usize = 4;
/// How much larger than its corners a bounding sphere is made.
const SPHERE_SLACK: f32 = 1.0 + 1e-6;

/// Least share of the power that a node holds: a light of next to none can still be picked.
const LEAST_ENERGY: f32 = 1e-20;

/// An emissive triangle as the build sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LightItem {
    /// World bounds.
    pub(crate) bounds: Bounds,
    /// Unit normal of the side that emits.
    pub(crate) normal: Vec3,
    /// Luminance × area; positive.
    pub(crate) power: f32,
    /// Whether the other side emits as well.
    pub(crate) is_two_sided: bool,
    /// Index in `Scene::emissive_triangles`.
    pub(crate) index: u32,
}

/// A node that is still to be made, and the items below it.
struct Open {
    items: Range<usize>,
    node: usize,
    depth: u32,
    trail: u32,
}

/// Builds the tree, and calls `on_triangle` with each item's index and its trail: two bits a level,
/// the root's lowest, say which child the path takes.
pub(crate) fn build_light_tree(
    mut items: Vec<LightItem>,
    mut on_triangle: impl FnMut(u32, u32),
) -> LightTree {
    if items.is_empty() {
        return LightTree::default();
    }
    for item in items.iter_mut().filter(|item| item.is_two_sided) {
        item.normal = in_upper_half(item.normal);
    }
    let total: f64 = items.iter().map(|item| f64::from(item.power)).sum();
    let mut nodes = vec![EMPTY_NODE];
    let mut open = vec![Open { items: 0..items.len(), node: 0, depth: 0, trail: 0 }];
    while let Some(Open { items: range, node, depth, trail }) = open.pop() {
        for (lane, range) in quarters(&mut items, range, depth).into_iter().enumerate() {
            let members = &items[range.clone()];
            let trail = trail | (lane as u32) << (2 * depth);
            let flag = match members {
                [] => continue,
                [item] => {
                    on_triangle(item.index, trail);
                    item.index | light_child::TRIANGLE
                }
                _ => {
                    nodes.push(EMPTY_NODE);
                    let child = nodes.len() - 1;
                    open.push(Open { items: range.clone(), node: child, depth: depth + 1, trail });
                    child as u32
                }
            };
            set_child(&mut nodes[node], lane, members, total);
            nodes[node].child[lane] |= flag;
        }
    }
    LightTree { nodes, power: total as f32 }
}

/// A node without children.
const EMPTY_NODE: LightNode = LightNode {
    center: [[0.0; LIGHT_TREE_WIDTH]; 3],
    radius_m: [0.0; LIGHT_TREE_WIDTH],
    axis: [[0.0; LIGHT_TREE_WIDTH]; 3],
    sin_spread: [0.0; LIGHT_TREE_WIDTH],
    energy: [0.0; LIGHT_TREE_WIDTH],
    child: [NO_INDEX; LIGHT_TREE_WIDTH],
};

/// Parts a range in two and each part in two again, as far as there are items; others are empty.
fn quarters(
    items: &mut [LightItem],
    range: Range<usize>,
    depth: u32,
) -> [Range<usize>; LIGHT_TREE_WIDTH] {
    let levels_left = 2 * (MAX_LIGHT_TREE_DEPTH - depth);
    let [left, right] = halves(items, range, levels_left);
    let [a, b] = halves(items, left, levels_left - 1);
    let [c, d] = halves(items, right, levels_left - 1);
    [a, b, c, d]
}

/// Parts a range in two; one item is not parted.
fn halves(items: &mut [LightItem], range: Range<usize>, levels_left: u32) -> [Range<usize>; 2] {
    let middle = if range.len() < 2 {
        range.end
    } else {
        range.start + split(&mut items[range.clone()], levels_left)
    };
    [range.start..middle, middle..range.end]
}

/// A line's direction of which one end is always the same: so that equal planes have equal normals.
fn in_upper_half(normal: Vec3) -> Vec3 {
    let [x, y, z] = normal.abs().to_array();
    let leading = if x >= y && x >= z {
        normal.x
    } else if y >= z {
        normal.y
    } else {
        normal.z
    };
    if leading < 0.0 { -normal } else { normal }
}

/// Writes what is known of some items into a node's lane, and whether any is two-sided into its child.
fn set_child(node: &mut LightNode, lane: usize, items: &[LightItem], total: f64) {
    let mut bounds = Bounds::EMPTY;
    let mut power = 0.0f64;
    let mut is_two_sided = false;
    for item in items {
        bounds = bounds.union(item.bounds);
        power += f64::from(item.power);
        is_two_sided |= item.is_two_sided;
    }
    let center = (bounds.min + bounds.max) * 0.5;
    let cone = Cone::around(items.iter().map(|item| item.normal));
    for axis in 0..3 {
        node.center[axis][lane] = center.axis(axis as u32);
        node.axis[axis][lane] = cone.axis.axis(axis as u32);
    }
    let reach = (bounds.max - center).max(center - bounds.min).length();
    node.radius_m[lane] = reach * SPHERE_SLACK;
    node.sin_spread[lane] = cone.sin;
    node.energy[lane] = larger((power / total) as f32, LEAST_ENERGY);
    node.child[lane] = if is_two_sided { light_child::TWO_SIDED } else { 0 };
}

fn centroid(item: &LightItem) -> Vec3 {
    (item.bounds.min + item.bounds.max) * 0.5
}

/// Parts at least two items; gives the number of those that go first, neither 0 nor all.
fn split(items: &mut [LightItem], levels_left: u32) -> usize {
    let count = items.len();
    // Halving takes this many levels: no split may leave more items than that can part.
    let levels_needed = (count - 1).ilog2() + 1;
    let best = if levels_needed < levels_left { best_plane(items) } else { None };
    best.map_or(count / 2, |plane| partition(items, |item| plane.bin_of(item) < plane.first_right))
}

/// A split of the space between two bins.
struct Plane {
    axis: u32,
    origin: f32,
    bins_per_m: f32,
    bins: usize,
    first_right: usize,
}

impl Plane {
    fn bin_of(&self, item: &LightItem) -> usize {
        let place = (centroid(item).axis(self.axis) - self.origin) * self.bins_per_m;
        // The cast takes what is not a number to 0.
        (place as usize).min(self.bins - 1)
    }
}

/// What a split's side is weighed by.
#[derive(Clone, Copy)]
struct Side {
    count: u32,
    bounds: Bounds,
    power: f32,
    normal: Vec3,
}

impl Side {
    const EMPTY: Self = Self { count: 0, bounds: Bounds::EMPTY, power: 0.0, normal: Vec3::ZERO };

    fn joined(&self, other: &Self) -> Self {
        Self {
            count: self.count + other.count,
            bounds: self.bounds.union(other.bounds),
            power: self.power + other.power,
            normal: self.normal + other.normal,
        }
    }

    /// Power × surface × orientation (Conty Estevez and Kulla 2018, eq. 2), without common factors.
    fn cost(&self) -> f32 {
        let spread = self.normal.length() / self.count as f32;
        self.power * self.bounds.half_area() * orientation_measure(spread)
    }
}

/// The cheapest plane, or `None` where all centroids fall together or no cost can be told.
fn best_plane(items: &[LightItem]) -> Option<Plane> {
    let centroids = Bounds::of_points(items.iter().map(|item| centroid(item).to_array()));
    let extent = centroids.max - centroids.min;
    let longest = extent.max_component();
    let bins = if items.len() < FEW { FEW_BINS } else { BINS };
    let scale = 1.0 / items.iter().map(|item| item.power).sum::<f32>();
    let mut best: Option<(f32, Plane)> = None;
    for axis in 0..3 {
        let size = extent.axis(axis);
        let bins_per_m = bins as f32 / size;
        if size <= 0.0 || !bins_per_m.is_finite() {
            continue;
        }
        let origin = centroids.min.axis(axis);
        let mut plane = Plane { axis, origin, bins_per_m, bins, first_right: 0 };
        // Thin boxes would be cut along their short side without this factor (section 4.4).
        let regularity = longest / size;
        let Some((cost, first_right)) = cheapest_cut(items, &plane, scale) else { continue };
        let cost = cost * regularity;
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            plane.first_right = first_right;
            best = Some((cost, plane));
        }
    }
    best.map(|(_, plane)| plane)
}

/// The cheapest cut between a plane's bins and its cost.
fn cheapest_cut(items: &[LightItem], plane: &Plane, scale: f32) -> Option<(f32, usize)> {
    let mut bins = [Side::EMPTY; BINS];
    for item in items {
        let bin = &mut bins[plane.bin_of(item)];
        bin.count += 1;
        bin.bounds = bin.bounds.union(item.bounds);
        bin.power += item.power * scale;
        bin.normal += item.normal;
    }
    let bins = &bins[..plane.bins];
    let mut right_costs = [(0u32, 0.0f32); BINS];
    let mut right = Side::EMPTY;
    for index in (1..plane.bins).rev() {
        right = right.joined(&bins[index]);
        right_costs[index] = (right.count, if right.count > 0 { right.cost() } else { 0.0 });
    }
    let mut left = Side::EMPTY;
    let mut best: Option<(f32, usize)> = None;
    for index in 1..plane.bins {
        left = left.joined(&bins[index - 1]);
        let (right_count, right_cost) = right_costs[index];
        if left.count == 0 || right_count == 0 {
            continue;
        }
        let cost = left.cost() + right_cost;
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, index));
        }
    }
    best
}

/// Moves the items that go left to the front, in a fixed order; gives their number.
fn partition(items: &mut [LightItem], is_left: impl Fn(&LightItem) -> bool) -> usize {
    let mut left = 0;
    for index in 0..items.len() {
        if is_left(&items[index]) {
            items.swap(left, index);
            left += 1;
        }
    }
    left
}
