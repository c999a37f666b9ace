//! The wide trees that vectors walk, and the corners of their triangles.

use std::sync::Arc;

use p2c2r_scene::{MAX_LEAF_TRIANGLES, Scene};

use super::collapse::Collapse;
use super::machine::{on_large_pages, with_room_on_large_pages};
use super::node::{Reference, WideNode};

/// Most triangles in a leaf.
pub(super) const BLOCK: usize = MAX_LEAF_TRIANGLES as usize;
/// Numbers of a triangle's corners.
const NUMBERS: usize = 9;
/// Numbers that the test of a leaf may look at.
pub(super) const ROWS: usize = NUMBERS * BLOCK;

/// The top level over all meshes, W children a node.
#[derive(Debug, Clone)]
pub(super) struct WideTree<const W: usize> {
    /// Nodes of the top level.
    pub(super) top_nodes: Vec<WideNode<W>>,
    /// Where the top level begins; none for a scene in which nothing can be met.
    pub(super) top: Option<Reference>,
    /// The trees of the meshes, which all poses of a scene share.
    pub(super) meshes: Arc<MeshTrees<W>>,
}

/// The trees of all meshes.
#[derive(Debug)]
pub(super) struct MeshTrees<const W: usize> {
    /// All nodes.
    pub(super) nodes: Vec<WideNode<W>>,
    /// Where each mesh begins.
    pub(super) roots: Vec<Reference>,
    /// Corners of all triangles in object space, see [`MeshTrees::leaf`].
    corners: Vec<f32>,
}

impl<const W: usize> WideTree<W> {
    /// Collapses the trees of a scene.
    pub(super) fn new(scene: &Scene) -> Self {
        Self::under_top(scene, Arc::new(MeshTrees::new(scene)))
    }

    /// The same meshes under the top level of another pose.
    pub(super) fn posed(&self, scene: &Scene) -> Self {
        Self::under_top(scene, Arc::clone(&self.meshes))
    }

    fn under_top(scene: &Scene, meshes: Arc<MeshTrees<W>>) -> Self {
        let mut top_nodes = Vec::new();
        let top = Collapse::new(&scene.nodes, 1, &mut top_nodes, |_| ()).run();
        Self { top_nodes, top, meshes }
    }
}

impl<const W: usize> MeshTrees<W> {
    fn new(scene: &Scene) -> Self {
        let (mut nodes, mut roots) = (Vec::new(), Vec::with_capacity(scene.meshes.len()));
        let mut corners = with_room_on_large_pages(NUMBERS * scene.triangles.len() + ROWS);
        corners.resize(NUMBERS * scene.triangles.len() + ROWS, 0.0);
        for mesh in 0..scene.meshes.len() {
            let binary = scene.mesh_nodes(mesh);
            let write = |leaf| write_leaf(scene, leaf, &mut corners);
            let root = Collapse::new(&binary, BLOCK as u32, &mut nodes, write).run();
            roots.extend(root);
        }
        Self { nodes: on_large_pages(nodes), roots, corners }
    }

    /// The corners of a leaf of n triangles: n numbers for each corner and axis, `3 * corner + axis`,
    /// after which other leaves begin.
    #[inline(always)]
    pub(super) fn leaf(&self, leaf: Reference) -> &[f32; ROWS] {
        let rows = self.corners[NUMBERS * leaf.first() as usize..].first_chunk();
        rows.expect("the array ends with room for a whole leaf")
    }
}

/// Gathers the corners of a leaf.
fn write_leaf(scene: &Scene, leaf: Reference, corners: &mut [f32]) {
    let (first, count) = (leaf.first() as usize, leaf.count());
    let rows = &mut corners[NUMBERS * first..NUMBERS * (first + count)];
    for (place, triangle) in scene.triangles[first..first + count].iter().enumerate() {
        let positions = triangle.map(|vertex| scene.positions[vertex as usize]);
        for (row, &coordinate) in positions.as_flattened().iter().enumerate() {
            rows[count * row + place] = coordinate;
        }
    }
}
