//! The trees of all meshes as they are stored, and their nodes for those who want them.
//!
//! A scene keeps a byte a child instead of 64 bytes a node: a tracer makes its own tree of the nodes, or
//! sends them to its device, and has no use for them afterwards.

use super::{Bounds, TopologyError, TopologyReader, refit};
use crate::{BvhNode, MAX_LEAF_TRIANGLES, Mesh, Scene};

/// The trees of all meshes in their stored form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredTrees {
    bytes: Vec<u8>,
    /// Where each mesh's tree begins in `bytes`.
    starts: Vec<u32>,
}

impl StoredTrees {
    /// Reads and checks the next mesh's tree, and keeps it; gives its number of nodes.
    pub(crate) fn push(
        &mut self,
        reader: &mut TopologyReader<'_>,
        triangle_count: u32,
    ) -> Result<u32, TopologyError> {
        let rest = reader.clone();
        let node_count = reader.check_tree(triangle_count, MAX_LEAF_TRIANGLES as u8)?;
        self.starts.push(self.bytes.len() as u32);
        self.bytes.extend(rest.until(reader));
        Ok(node_count)
    }

    /// Bytes of the trees together.
    pub const fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes from a mesh's tree on.
    fn bytes_from(&self, mesh: usize) -> Option<&[u8]> {
        self.starts.get(mesh).map(|&start| &self.bytes[start as usize..])
    }
}

impl Scene {
    /// The nodes of a mesh's tree, root first; children that are nodes are counted from the root. None
    /// in a scene that was not unpacked.
    pub fn mesh_nodes(&self, mesh: usize) -> Vec<BvhNode> {
        let Mesh { first_triangle, triangle_count, .. } = self.meshes[mesh];
        let mut nodes = Vec::new();
        let Some(stored) = self.mesh_trees.bytes_from(mesh) else { return nodes };
        TopologyReader::new(stored)
            .read_tree(first_triangle, triangle_count, MAX_LEAF_TRIANGLES as u8, &mut nodes)
            .expect("trees are checked before they are kept");
        refit(&mut nodes, 0, |triangle| self.triangle_bounds(triangle));
        nodes
    }

    /// All nodes in one array: the top level, then each mesh's from [`Mesh::root_node`] on.
    pub fn all_nodes(&self) -> Vec<BvhNode> {
        let mut all = self.nodes.clone();
        for mesh in 0..self.meshes.len() {
            let root = all.len() as u32;
            all.extend(self.mesh_nodes(mesh).into_iter().map(|node| moved(node, root)));
        }
        all
    }

    /// Number of nodes of all trees.
    pub fn node_count(&self) -> usize {
        // A tree in which everything has two children has a byte more than two for each of its nodes.
        let next = |index: usize| self.mesh_trees.starts.get(index + 1).copied();
        let end = self.mesh_trees.bytes.len() as u32;
        let nodes_of = |(index, &start): (usize, &u32)| {
            ((next(index).unwrap_or(end) - start) as usize / 2).max(1)
        };
        let in_meshes: usize = self.mesh_trees.starts.iter().enumerate().map(nodes_of).sum();
        self.nodes.len() + in_meshes
    }

    /// The box of a triangle in object space.
    pub(crate) fn triangle_bounds(&self, triangle: u32) -> Bounds {
        let corners = self.triangles[triangle as usize];
        Bounds::of_points(corners.map(|corner| self.positions[corner as usize]))
    }
}

/// A node whose children count from zero, in an array where its root is elsewhere.
fn moved(mut node: BvhNode, root: u32) -> BvhNode {
    for (child, count) in
        [(&mut node.left_child, node.left_count), (&mut node.right_child, node.right_count)]
    {
        if count == 0 && *child != crate::NO_INDEX {
            *child += root;
        }
    }
    node
}
