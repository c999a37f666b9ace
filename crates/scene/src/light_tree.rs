//! A tree over the emissive triangles, by which a point picks the ones that matter to it.
//!
//! After Conty Estevez and Kulla 2018, "Importance Sampling of Many Lights with Adaptive Tree
//! Splitting": each node bounds where its lights are, whither they shine and how strong they are. The
//! tree is built when a package is unpacked, in the same way on every target, so packages do not hold it.

mod build;
mod cone;

#[cfg(test)]
mod tests;

pub(crate) use build::{LightItem, build_light_tree};

use bytemuck::{Pod, Zeroable};

/// Children of a node.
pub const LIGHT_TREE_WIDTH: usize = 4;
/// Most nodes on a path from the root to a triangle: a trail has two bits for each.
pub const MAX_LIGHT_TREE_DEPTH: u32 = 16;

/// A node of the light tree: what is known of each of its four children, side by side.
///
/// A missing child has no energy and the child [`crate::NO_INDEX`]. 160 bytes, ten texels on a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct LightNode {
    /// Centres of spheres around all triangles of each child, in world space: x, y and z in turn.
    pub center: [[f32; LIGHT_TREE_WIDTH]; 3],
    /// Radii of those spheres in metres.
    pub radius_m: [f32; LIGHT_TREE_WIDTH],
    /// Unit axes of cones around all normals: x, y and z in turn.
    pub axis: [[f32; LIGHT_TREE_WIDTH]; 3],
    /// Sines of those cones' half angles; 1 from 90 degrees on.
    pub sin_spread: [f32; LIGHT_TREE_WIDTH],
    /// Shares of the tree's power, 0 to 1.
    pub energy: [f32; LIGHT_TREE_WIDTH],
    /// Indices of nodes or, with [`light_child::TRIANGLE`], in `Scene::emissive_triangles`; with
    /// [`light_child::TWO_SIDED`] where the cone holds along its axis and against it.
    pub child: [u32; LIGHT_TREE_WIDTH],
}

/// Bits of [`LightNode::child`].
pub mod light_child {
    /// The index is a triangle's.
    pub const TRIANGLE: u32 = 1 << 31;
    /// Some triangle emits from both sides.
    pub const TWO_SIDED: u32 = 1 << 30;
    /// The index.
    pub const INDEX: u32 = TWO_SIDED - 1;
}

/// The tree and what it stands for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LightTree {
    /// Nodes, the root first; empty where nothing emits.
    pub nodes: Vec<LightNode>,
    /// Sum of luminance × area over the triangles, dim ones scaled down: W/sr, near enough.
    pub power: f32,
}
