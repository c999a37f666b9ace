//! Stored topologies into nodes with boxes.

use thiserror::Error;

use super::Bounds;
use crate::{BvhNode, MAX_BVH_DEPTH, NO_INDEX};

/// Room for rounding in box tests, relative to the largest coordinate in the tree.
const BOX_SLACK: f32 = 1.0 / (1 << 21) as f32;

/// A stored tree does not fit the primitives that it should hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TopologyError {
    /// The bytes end inside a tree.
    #[error("the bytes end inside the tree")]
    Truncated,
    /// A leaf holds more primitives than a leaf may.
    #[error("a leaf of {found}, at most {limit} are allowed")]
    LeafTooLarge {
        /// Primitives in the leaf.
        found: u8,
        /// Most that a leaf may hold.
        limit: u8,
    },
    /// The leaves hold another number of primitives than there are.
    #[error("leaves for {found} or more of {expected} primitives")]
    WrongCount {
        /// Primitives that the leaves hold.
        found: u64,
        /// Primitives there are.
        expected: u32,
    },
    /// A path is longer than `MAX_BVH_DEPTH`.
    #[error("a path of more than {MAX_BVH_DEPTH} nodes")]
    TooDeep,
}

/// Reads trees one after another from their preorder bytes.
#[derive(Debug, Clone)]
pub(crate) struct TopologyReader<'a> {
    bytes: &'a [u8],
}

/// A child still to be read: whose, which side, at what depth.
struct Slot {
    node: usize,
    is_right: bool,
    depth: u32,
}

impl<'a> TopologyReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Bytes that no tree has used yet.
    pub(crate) const fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes that a later state of the same reader has read since.
    pub(crate) fn until(&self, later: &Self) -> &'a [u8] {
        &self.bytes[..self.bytes.len() - later.bytes.len()]
    }

    fn next(&mut self) -> Result<u8, TopologyError> {
        let (&byte, rest) = self.bytes.split_first().ok_or(TopologyError::Truncated)?;
        self.bytes = rest;
        Ok(byte)
    }

    /// Reads one tree over `count` primitives without keeping it; gives its number of nodes.
    pub(crate) fn check_tree(&mut self, count: u32, max_leaf: u8) -> Result<u32, TopologyError> {
        let (mut used, mut nodes) = (0u32, 0u32);
        let mut depths = vec![1];
        while let Some(depth) = depths.pop() {
            let leaf = self.next()?;
            if leaf == 0 {
                if depth > MAX_BVH_DEPTH {
                    return Err(TopologyError::TooDeep);
                }
                nodes += 1;
                depths.extend([depth + 1; 2]);
            } else {
                used = count_leaf(used, leaf, max_leaf, count)?;
            }
        }
        check_total(used, count)?;
        // A tree that is a single leaf has a root to hang it under.
        Ok(nodes.max(1))
    }

    /// Appends the nodes of one tree over `count` primitives from `first`; boxes are left inverted.
    pub(crate) fn read_tree(
        &mut self,
        first: u32,
        count: u32,
        max_leaf: u8,
        nodes: &mut Vec<BvhNode>,
    ) -> Result<(), TopologyError> {
        let root = nodes.len();
        nodes.push(empty_node());
        let mut slots = vec![Slot { node: root, is_right: false, depth: 1 }];
        // A tree that is a single leaf hangs it under the root; else the root's own 0 is read here.
        if self.bytes.first() == Some(&0) {
            self.next()?;
            slots.insert(0, Slot { node: root, is_right: true, depth: 1 });
        }
        let mut used = 0u32;
        while let Some(Slot { node, is_right, depth }) = slots.pop() {
            let leaf = self.next()?;
            let child = if leaf == 0 {
                if depth >= MAX_BVH_DEPTH {
                    return Err(TopologyError::TooDeep);
                }
                let child = nodes.len();
                nodes.push(empty_node());
                slots.push(Slot { node: child, is_right: true, depth: depth + 1 });
                slots.push(Slot { node: child, is_right: false, depth: depth + 1 });
                child as u32
            } else {
                used = count_leaf(used, leaf, max_leaf, count)?;
                first + used - u32::from(leaf)
            };
            set_child(&mut nodes[node], is_right, child, u32::from(leaf));
        }
        check_total(used, count)
    }
}

/// Primitives used after a leaf, if they are as many as there may be.
fn count_leaf(used: u32, leaf: u8, max_leaf: u8, count: u32) -> Result<u32, TopologyError> {
    if leaf > max_leaf {
        return Err(TopologyError::LeafTooLarge { found: leaf, limit: max_leaf });
    }
    if u32::from(leaf) > count - used {
        let found = u64::from(used) + u64::from(leaf);
        return Err(TopologyError::WrongCount { found, expected: count });
    }
    Ok(used + u32::from(leaf))
}

fn check_total(used: u32, count: u32) -> Result<(), TopologyError> {
    if used == count {
        return Ok(());
    }
    Err(TopologyError::WrongCount { found: u64::from(used), expected: count })
}

fn set_child(node: &mut BvhNode, is_right: bool, child: u32, count: u32) {
    if is_right {
        (node.right_child, node.right_count) = (child, count);
    } else {
        (node.left_child, node.left_count) = (child, count);
    }
}

pub(crate) fn empty_node() -> BvhNode {
    let (min, max) = (Bounds::EMPTY.min.to_array(), Bounds::EMPTY.max.to_array());
    BvhNode {
        left_min: min,
        left_child: NO_INDEX,
        left_max: max,
        left_count: 0,
        right_min: min,
        right_child: NO_INDEX,
        right_max: max,
        right_count: 0,
    }
}

/// Computes all boxes of the tree that `nodes[root..end]` holds; gives the tight box of the whole.
pub(crate) fn refit(
    nodes: &mut [BvhNode],
    root: usize,
    primitive_bounds: impl Fn(u32) -> Bounds,
) -> Bounds {
    let mut tight = Bounds::EMPTY;
    // Children come after their parent, so the reverse order sees them first.
    for index in (root..nodes.len()).rev() {
        let node = nodes[index];
        let left = child_bounds(nodes, node.left_child, node.left_count, &primitive_bounds);
        let right = child_bounds(nodes, node.right_child, node.right_count, &primitive_bounds);
        let node = &mut nodes[index];
        (node.left_min, node.left_max) = (left.min.to_array(), left.max.to_array());
        (node.right_min, node.right_max) = (right.min.to_array(), right.max.to_array());
        tight = left.union(right);
    }
    let slack = tight.magnitude() * BOX_SLACK;
    for node in &mut nodes[root..] {
        pad(&mut node.left_min, &mut node.left_max, slack);
        pad(&mut node.right_min, &mut node.right_max, slack);
    }
    tight
}

/// Cuts off children whose boxes hold nothing, so that tracers need not tell inverted boxes.
pub(crate) fn cut_empty(nodes: &mut [BvhNode]) {
    for node in nodes {
        if !(Bounds { min: node.left_min.into(), max: node.left_max.into() }).is_inhabited() {
            set_child(node, false, NO_INDEX, 0);
        }
        if !(Bounds { min: node.right_min.into(), max: node.right_max.into() }).is_inhabited() {
            set_child(node, true, NO_INDEX, 0);
        }
    }
}

fn child_bounds(
    nodes: &[BvhNode],
    child: u32,
    count: u32,
    primitive_bounds: &impl Fn(u32) -> Bounds,
) -> Bounds {
    if count > 0 {
        return (child..child + count)
            .fold(Bounds::EMPTY, |bounds, primitive| bounds.union(primitive_bounds(primitive)));
    }
    if child == NO_INDEX {
        return Bounds::EMPTY;
    }
    let node = &nodes[child as usize];
    let left = Bounds { min: node.left_min.into(), max: node.left_max.into() };
    left.union(Bounds { min: node.right_min.into(), max: node.right_max.into() })
}

fn pad(min: &mut [f32; 3], max: &mut [f32; 3], by: f32) {
    // An inverted box is infinite and stays so.
    let padded = Bounds { min: (*min).into(), max: (*max).into() }.padded(by);
    (*min, *max) = (padded.min.to_array(), padded.max.to_array());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::build_tree;
    use super::*;
    use crate::math::Vec3;

    fn boxes_of(points: &[[f32; 3]], size: f32) -> Vec<Bounds> {
        points.iter().map(|&p| Bounds::of_points([p]).padded(size)).collect()
    }

    /// Walks the tree: each primitive once, each box around what it holds; gives the depth.
    fn check_tree(nodes: &[BvhNode], boxes: &[Bounds], order: &[u32]) -> u32 {
        let mut seen = vec![false; boxes.len()];
        let mut deepest = 0;
        let everything = Bounds { min: Bounds::EMPTY.max, max: Bounds::EMPTY.min };
        let mut stack = vec![(0usize, 1, everything)];
        while let Some((index, depth, outer)) = stack.pop() {
            deepest = deepest.max(depth);
            let node = nodes[index];
            for (min, max, child, count) in [
                (node.left_min, node.left_max, node.left_child, node.left_count),
                (node.right_min, node.right_max, node.right_child, node.right_count),
            ] {
                if child == NO_INDEX {
                    continue;
                }
                let bounds = Bounds { min: min.into(), max: max.into() };
                assert_eq!(outer.union(bounds), outer);
                if count == 0 {
                    stack.push((child as usize, depth + 1, bounds));
                }
                for place in child..child + count {
                    let primitive = order[place as usize] as usize;
                    assert!(!std::mem::replace(&mut seen[primitive], true));
                    assert_eq!(bounds.union(boxes[primitive]), bounds);
                }
            }
        }
        assert!(seen.iter().all(|&seen| seen));
        deepest
    }

    fn built(boxes: &[Bounds], max_leaf: u8) -> u32 {
        let tree = build_tree(boxes, usize::from(max_leaf));
        let mut nodes = Vec::new();
        let mut reader = TopologyReader::new(&tree.topology);
        reader.read_tree(0, boxes.len() as u32, max_leaf, &mut nodes).unwrap();
        assert_eq!(reader.remaining(), 0);
        refit(&mut nodes, 0, |place| boxes[tree.order[place as usize] as usize]);
        check_tree(&nodes, boxes, &tree.order)
    }

    proptest! {
        #[test]
        fn every_primitive_is_in_one_leaf_and_its_boxes(
            points in prop::collection::vec(prop::array::uniform3(-10.0f32..10.0), 1..200),
            max_leaf in 1u8..=4,
        ) {
            prop_assert!(built(&boxes_of(&points, 0.5), max_leaf) <= MAX_BVH_DEPTH);
        }

        #[test]
        fn hostile_topologies_never_panic(
            bytes in prop::collection::vec(0u8..6, 0..200),
            count in 1u32..100,
        ) {
            let mut nodes = Vec::new();
            let read = TopologyReader::new(&bytes).read_tree(0, count, 4, &mut nodes);
            let checked = TopologyReader::new(&bytes).check_tree(count, 4);
            prop_assert_eq!(read.clone().map(|()| nodes.len() as u32), checked);
            prop_assert!(nodes.len() <= bytes.len() + 1);
            if read.is_ok() {
                let boxes = vec![Bounds::of_points([[0.0; 3]]); count as usize];
                refit(&mut nodes, 0, |place| boxes[place as usize]);
                let order: Vec<u32> = (0..count).collect();
                prop_assert!(check_tree(&nodes, &boxes, &order) <= MAX_BVH_DEPTH);
            }
        }
    }

    #[test]
    fn degenerate_input_stays_within_the_depth() {
        let same = boxes_of(&vec![[1.0, 2.0, 3.0]; 5000], 0.0);
        assert!(built(&same, 4) <= MAX_BVH_DEPTH);
        // Each point half as far as the last: SAH peels off one after another.
        let mut x = 1.0e7;
        let mut points = Vec::new();
        for _ in 0..2000 {
            points.push([x, 0.0, 0.0]);
            x *= 0.97;
        }
        assert!(built(&boxes_of(&points, 0.0), 1) <= MAX_BVH_DEPTH);
    }

    /// A chain of nodes, each with a leaf on the left.
    fn chain(nodes: u32) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..nodes).flat_map(|_| [0, 1]).collect();
        bytes.push(1);
        bytes
    }

    #[test]
    fn paths_longer_than_the_limit_are_refused_by_both_readers() {
        for (nodes, expected) in
            [(MAX_BVH_DEPTH, Ok(MAX_BVH_DEPTH)), (MAX_BVH_DEPTH + 1, Err(TopologyError::TooDeep))]
        {
            let bytes = chain(nodes);
            assert_eq!(TopologyReader::new(&bytes).check_tree(nodes + 1, 4), expected);
            let read = TopologyReader::new(&bytes).read_tree(0, nodes + 1, 4, &mut Vec::new());
            assert_eq!(read, expected.map(|_| ()));
        }
    }

    #[test]
    fn one_leaf_hangs_under_the_root_beside_an_empty_child() {
        let mut nodes = Vec::new();
        TopologyReader::new(&[3]).read_tree(7, 3, 4, &mut nodes).unwrap();
        let bounds = refit(&mut nodes, 0, |_| Bounds::of_points([[0.0; 3], [1.0; 3]]));
        assert_eq!((nodes[0].left_child, nodes[0].left_count), (7, 3));
        assert_eq!((nodes[0].right_child, nodes[0].right_count), (NO_INDEX, 0));
        assert!(nodes[0].right_min[0] > nodes[0].right_max[0]);
        assert_eq!(bounds.max, Vec3::ONE);
    }
}
