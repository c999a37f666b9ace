//! Bounding volume hierarchies: built once when packed, stored as a topology, re-boxed when unpacked.
//!
//! A stored topology is the tree in preorder, one byte a child: 0 goes on to two children, n ≤ 4 is a
//! leaf of the next n primitives. So a tree can only reach each primitive once, and boxes are always
//! those of the geometry, whatever bytes come in.

mod bounds;
mod build;
mod reinsert;
mod stored;
mod threads;
mod topology;

pub(crate) use bounds::Bounds;
pub(crate) use build::BuiltTree;
use build::split_tree;
use reinsert::reinsert;

use crate::MAX_LEAF_TRIANGLES;

pub use stored::StoredTrees;
pub use topology::TopologyError;
pub(crate) use topology::{TopologyReader, cut_empty, empty_node, refit};

/// The tree over a mesh's triangles: their order in its leaves, and its stored form.
///
/// What packing spends most of its time on besides compression; benchmarks measure it by itself.
pub fn build_mesh_tree(positions: &[[f32; 3]], triangles: &[[u32; 3]]) -> (Vec<u32>, Vec<u8>) {
    let corners = |triangle: &[u32; 3]| triangle.map(|index| positions[index as usize]);
    let boxes: Vec<Bounds> =
        triangles.iter().map(|triangle| Bounds::of_points(corners(triangle))).collect();
    let BuiltTree { order, topology } = build_tree(&boxes, MAX_LEAF_TRIANGLES as usize);
    (order, topology)
}

/// Builds a tree over primitives of these boxes, with at most `max_leaf` of them in a leaf.
pub(crate) fn build_tree(boxes: &[Bounds], max_leaf: usize) -> BuiltTree {
    reinsert(split_tree(boxes, max_leaf), boxes)
}
