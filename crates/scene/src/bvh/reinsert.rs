//! Makes a built tree better by moving subtrees to where they fit (Bittner, Hapala and Havran 2013; the
//! search is that of Meister and Bittner 2018).
//!
//! Searches of a batch see the same tree and run at the same time; moves follow one after another, each only
//! if it is still worth it. So the result does not depend on the number of threads.

use super::Bounds;
use super::build::BuiltTree;
use super::threads::map;
use crate::MAX_BVH_DEPTH;

/// One of so many nodes is tried, once: those with the largest boxes. Further passes made rays no faster.
const TRIED_SHARE: usize = 4;
/// Nodes whose places are searched in the same tree.
const BATCH: usize = 4096;
/// Places looked at for one node.
const MAX_STEPS: u64 = 4096;
/// Places looked at in all, for each node of the tree: a hostile scene could make every place promising.
const STEPS_PER_NODE: u64 = 256;

const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    bounds: Bounds,
    area: f32,
    parent: u32,
    /// `[NONE, NONE]` for a leaf.
    children: [u32; 2],
    /// The leaf's place in the old order, and its size.
    first: u32,
    count: u32,
    /// Nodes on the longest way down, this one included.
    height: u32,
}

/// Moves subtrees while that shrinks the sum of all boxes' surfaces.
pub(crate) fn reinsert(tree: BuiltTree, boxes: &[Bounds]) -> BuiltTree {
    let mut nodes = read(&tree, boxes);
    let mut steps_left = nodes.len() as u64 * STEPS_PER_NODE;
    for batch in largest(&nodes).chunks(BATCH) {
        let most_steps = MAX_STEPS.min(steps_left);
        let found = map(batch, |&node| best_place(&nodes, node, most_steps));
        for (&node, (target, steps)) in batch.iter().zip(found) {
            steps_left = steps_left.saturating_sub(steps);
            if let Some(target) = target {
                improve(&mut nodes, node, target);
            }
        }
    }
    write(&nodes, &tree.order)
}

/// The nodes to be tried, largest first.
fn largest(nodes: &[Node]) -> Vec<u32> {
    let order = |&a: &u32, &b: &u32| {
        let area = |node: u32| nodes[node as usize].area;
        area(b).total_cmp(&area(a)).then(a.cmp(&b))
    };
    let mut by_area: Vec<u32> = (1..nodes.len() as u32).collect();
    let tried = nodes.len() / TRIED_SHARE;
    if tried < by_area.len() {
        by_area.select_nth_unstable_by(tried, order);
        by_area.truncate(tried);
    }
    by_area.sort_unstable_by(order);
    by_area
}

/// The preorder bytes as linked nodes, root first.
fn read(tree: &BuiltTree, boxes: &[Bounds]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::with_capacity(tree.topology.len());
    let mut waiting: Vec<u32> = vec![NONE];
    let mut first = 0;
    for &byte in &tree.topology {
        let index = nodes.len() as u32;
        let parent = waiting.pop().expect("each byte is a child of a node before it");
        if let Some(parent) = nodes.get_mut(parent as usize) {
            let side = usize::from(parent.children[0] != NONE);
            parent.children[side] = index;
        }
        let count = u32::from(byte);
        let range = &tree.order[first as usize..(first + count) as usize];
        let bounds = range.iter().fold(Bounds::EMPTY, |whole, &p| whole.union(boxes[p as usize]));
        let children = [NONE; 2];
        nodes.push(Node {
            bounds,
            area: bounds.half_area(),
            parent,
            children,
            first,
            count,
            height: 1,
        });
        first += count;
        if count == 0 {
            waiting.extend([index, index]);
        }
    }
    for index in (0..nodes.len()).rev() {
        if nodes[index].count == 0 {
            fit(&mut nodes, index as u32);
        }
    }
    nodes
}

/// The nodes as preorder bytes, and the order of primitives that goes with them.
fn write(nodes: &[Node], old_order: &[u32]) -> BuiltTree {
    let mut order = Vec::with_capacity(old_order.len());
    let mut topology = Vec::with_capacity(nodes.len());
    let mut waiting = vec![0];
    while let Some(index) = waiting.pop() {
        let Some(node) = nodes.get(index as usize) else { continue };
        topology.push(node.count as u8);
        order.extend(&old_order[node.first as usize..(node.first + node.count) as usize]);
        if node.count == 0 {
            waiting.extend([node.children[1], node.children[0]]);
        }
    }
    BuiltTree { order, topology }
}

/// Takes box and height of an inner node from its children.
fn fit(nodes: &mut [Node], index: u32) {
    let [left, right] = nodes[index as usize].children.map(|child| nodes[child as usize]);
    let node = &mut nodes[index as usize];
    node.bounds = left.bounds.union(right.bounds);
    node.area = node.bounds.half_area();
    node.height = 1 + left.height.max(right.height);
}

/// The same for all nodes above.
fn fit_upward(nodes: &mut [Node], mut index: u32) {
    while index != NONE {
        fit(nodes, index);
        index = nodes[index as usize].parent;
    }
}

fn sibling(nodes: &[Node], index: u32) -> u32 {
    let [left, right] = nodes[nodes[index as usize].parent as usize].children;
    if left == index { right } else { left }
}

fn depth(nodes: &[Node], mut index: u32) -> u32 {
    let mut depth = 1;
    while nodes[index as usize].parent != NONE {
        index = nodes[index as usize].parent;
        depth += 1;
    }
    depth
}

/// Moves the node beside another, if that is possible and still makes the tree better.
fn improve(nodes: &mut [Node], node: u32, target: u32) -> bool {
    let parent = nodes[node as usize].parent;
    if parent == NONE || nodes[parent as usize].parent == NONE {
        return false;
    }
    let brother = sibling(nodes, node);
    if target == brother || target == parent || gain_of(nodes, node, target) <= 0.0 {
        return false;
    }
    let is_below = |subtree: u32| nodes[subtree as usize].height + 1;
    if depth(nodes, target) + is_below(node).max(is_below(target)) - 1 > MAX_BVH_DEPTH {
        return false;
    }
    // The parent leaves its place to the sibling and goes along.
    let above = nodes[parent as usize].parent;
    replace_child(nodes, above, parent, brother);
    fit_upward(nodes, above);
    let above_target = nodes[target as usize].parent;
    replace_child(nodes, above_target, target, parent);
    nodes[parent as usize].children = [target, node];
    nodes[target as usize].parent = parent;
    fit_upward(nodes, parent);
    true
}

/// Surface that the tree loses if the node goes beside the target; less than nothing if it cannot.
fn gain_of(nodes: &[Node], node: u32, target: u32) -> f32 {
    let above = |index: u32| nodes[index as usize].parent;
    let above_inner = |&index: &u32| Some(above(index)).filter(|&index| index != NONE);
    let above_target: Vec<u32> = std::iter::successors(Some(target), above_inner).collect();
    if above_target.contains(&node) {
        return f32::NEG_INFINITY;
    }
    let Node { bounds, parent, .. } = nodes[node as usize];
    let mut gain = nodes[parent as usize].area;
    // Boxes shrink on the way up to the first node that is above both.
    let mut without = nodes[sibling(nodes, node) as usize].bounds;
    let (mut below, mut pivot) = (parent, above(parent));
    while pivot != NONE && !above_target.contains(&pivot) {
        without = without.union(nodes[sibling(nodes, below) as usize].bounds);
        gain += nodes[pivot as usize].area - without.half_area();
        (below, pivot) = (pivot, above(pivot));
    }
    gain -= nodes[target as usize].bounds.union(bounds).half_area();
    for &index in above_target[1..].iter().take_while(|&&index| index != pivot && index != parent) {
        let Node { bounds: old, area, .. } = nodes[index as usize];
        gain -= old.union(bounds).half_area() - area;
    }
    gain
}

fn replace_child(nodes: &mut [Node], parent: u32, old: u32, new: u32) {
    for child in &mut nodes[parent as usize].children {
        if *child == old {
            *child = new;
        }
    }
    nodes[new as usize].parent = parent;
}

/// The node beside which this one costs least surface, if there is a better one than it has; and the number
/// of places looked at.
fn best_place(nodes: &[Node], node: u32, most_steps: u64) -> (Option<u32>, u64) {
    let Node { bounds, area, parent, .. } = nodes[node as usize];
    if parent == NONE || nodes[parent as usize].parent == NONE {
        return (None, 0);
    }
    let mut pivot = parent;
    let mut beside = sibling(nodes, node);
    // What taking the node away saves on the way up, and the pivot's box without it.
    let mut saved = nodes[parent as usize].area;
    let mut pivot_bounds = nodes[beside as usize].bounds;
    let (mut best_gain, mut best) = (0.0, None);
    let mut steps = 0;
    let mut waiting = Vec::new();
    loop {
        waiting.push((beside, saved));
        while let Some((place, saved)) = waiting.pop() {
            // It costs its own surface at least.
            if saved - area <= best_gain {
                continue;
            }
            steps += 1;
            let candidate = &nodes[place as usize];
            let gain = saved - candidate.bounds.union(bounds).half_area();
            if gain > best_gain {
                (best_gain, best) = (gain, Some(place));
            }
            if candidate.count == 0 && steps < most_steps {
                let below = gain + candidate.area;
                waiting.extend(candidate.children.map(|child| (child, below)));
            }
        }
        if pivot != parent {
            pivot_bounds = pivot_bounds.union(nodes[beside as usize].bounds);
            saved += nodes[pivot as usize].area - pivot_bounds.half_area();
        }
        if nodes[pivot as usize].parent == NONE || steps >= most_steps {
            break;
        }
        beside = sibling(nodes, pivot);
        pivot = nodes[pivot as usize].parent;
    }
    let brother = sibling(nodes, node);
    (best.filter(|&place| place != brother && place != parent), steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::build::split_tree;
    use super::*;

    fn surface(tree: &BuiltTree, boxes: &[Bounds]) -> f32 {
        read(tree, boxes).iter().map(|node| node.area).sum()
    }

    fn boxes_of(corners: &[([f32; 3], [f32; 3])]) -> Vec<Bounds> {
        corners.iter().map(|&(a, b)| Bounds::of_points([a, b])).collect()
    }

    proptest! {
        #[test]
        fn trees_only_get_better_and_keep_their_primitives(
            corners in prop::collection::vec(
                (prop::array::uniform3(-9.0f32..9.0), prop::array::uniform3(-9.0f32..9.0)),
                1..150,
            ),
            max_leaf in 1usize..=4,
        ) {
            let boxes = boxes_of(&corners);
            let before = split_tree(&boxes, max_leaf);
            let after = reinsert(before.clone(), &boxes);
            prop_assert!(surface(&after, &boxes) <= surface(&before, &boxes) * 1.0001);
            let mut order = after.order.clone();
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..boxes.len() as u32));
            prop_assert_eq!(after.topology.len(), before.topology.len());
        }
    }

    proptest! {
        /// Whatever has happened to the tree since the search.
        #[test]
        fn a_move_saves_the_surface_that_it_promises(
            corners in prop::collection::vec(
                (prop::array::uniform3(-9.0f32..9.0), prop::array::uniform3(-9.0f32..9.0)),
                4..60,
            ),
            pairs in prop::collection::vec((any::<u16>(), any::<u16>()), 1..40),
        ) {
            let boxes = boxes_of(&corners);
            let mut nodes = read(&split_tree(&boxes, 2), &boxes);
            let surface = |nodes: &[Node]| nodes.iter().map(|node| node.area).sum::<f32>();
            for (node, target) in pairs {
                let inner = |word: u16| 1 + u32::from(word) % (nodes.len() as u32 - 1);
                let (node, target) = (inner(node), inner(target));
                let (before, gain) = (surface(&nodes), gain_of(&nodes, node, target));
                let is_moved = improve(&mut nodes, node, target);
                let saved = before - surface(&nodes);
                prop_assert!(!is_moved || gain > 0.0);
                let expected = if is_moved { gain } else { 0.0 };
                // A target above the node loses some of its own surface besides.
                prop_assert!(saved >= expected - 1e-4 * before, "{saved} of {expected}");
            }
            let order: Vec<u32> = (0..boxes.len() as u32).collect();
            prop_assert_eq!(write(&nodes, &order).order.len(), boxes.len());
        }
    }

    /// Numbers from 0 to 1 in a fixed order (Weyl's sequence).
    fn spread(index: u32, step: f32) -> f32 {
        (index as f32 * step).fract()
    }

    #[test]
    fn crossing_rods_are_set_apart() {
        let rod = |index: u32| {
            let start = [0.618_034, 0.754_878, 0.569_84].map(|step| 9.0 * spread(index, step));
            let mut end = start.map(|x| x + 0.1);
            end[index as usize % 3] += 6.0 * spread(index, 0.414_214);
            (start, end)
        };
        let boxes = boxes_of(&(0..1000).map(rod).collect::<Vec<_>>());
        let before = split_tree(&boxes, 1);
        let after = reinsert(before.clone(), &boxes);
        let (before, after) = (surface(&before, &boxes), surface(&after, &boxes));
        assert!(after < 0.95 * before, "{after} of {before}");
    }

    #[test]
    fn equal_boxes_do_not_keep_it_busy() {
        let boxes = vec![Bounds::of_points([[0.0; 3], [1.0; 3]]); 3000];
        let before = split_tree(&boxes, 1);
        assert_eq!(reinsert(before.clone(), &boxes), before);
    }
}
