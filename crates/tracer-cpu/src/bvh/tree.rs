//! The wide trees that vectors walk, collapsed from the scene's binary ones.
//!
//! Boxes of all children of a node and corners of all triangles of a leaf lie side by side, one number
//! of each, so that one instruction tests as many as a vector holds. Nothing here decides what is hit.

use arrayvec::ArrayVec;
use p2c2r_scene::{BvhNode, MAX_LEAF_TRIANGLES, NO_INDEX, Scene};

/// Marks a reference to a leaf; the rest is the leaf's index.
const LEAF: u32 = 1 << 31;

/// Triangles of a block.
pub(super) const BLOCK: usize = MAX_LEAF_TRIANGLES as usize;

/// A child: a node, or what hangs in a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference(pub(super) u32);

impl Reference {
    const fn leaf(index: u32) -> Self {
        Self(index | LEAF)
    }

    /// The index of an instance or a block, if this is a leaf.
    #[inline(always)]
    pub(super) const fn leaf_index(self) -> Option<u32> {
        if self.0 & LEAF != 0 { Some(self.0 & !LEAF) } else { None }
    }
}

/// Up to W children: their boxes by axis and side, low before high. Without a child a box is inverted.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct WideNode<const W: usize> {
    /// `planes[2 * axis + side][child]`.
    pub(super) planes: [[f32; W]; 6],
    /// References, [`Reference`].
    pub(super) children: [u32; W],
}

/// The triangles of a leaf; places without one repeat a point, which no ray hits.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(16))]
pub(super) struct Block {
    /// `corners[corner][axis][place]` in object space.
    pub(super) corners: [[[f32; BLOCK]; 3]; 3],
    /// Indices in `Scene::triangles`.
    pub(super) triangles: [u32; BLOCK],
}

/// The top level and every mesh, W children a node.
#[derive(Debug, Clone)]
pub(super) struct WideTree<const W: usize> {
    /// All nodes.
    pub(super) nodes: Vec<WideNode<W>>,
    /// The leaves of all meshes.
    pub(super) blocks: Vec<Block>,
    /// Where the top level begins; none for a scene without instances.
    pub(super) top: Option<Reference>,
    /// Where each mesh begins.
    pub(super) meshes: Vec<Reference>,
}

impl<const W: usize> WideTree<W> {
    /// Collapses the trees of a scene.
    pub(super) fn new(scene: &Scene) -> Self {
        let spans = spans(&scene.nodes);
        let tree = Self { nodes: Vec::new(), blocks: Vec::new(), top: None, meshes: Vec::new() };
        let mut builder = Builder { scene, spans, tree };
        if !scene.nodes.is_empty() && !scene.instances.is_empty() {
            builder.tree.top = Some(builder.collapse(0, 1));
            for mesh in &scene.meshes {
                let root = builder.collapse(mesh.root_node, BLOCK as u32);
                builder.tree.meshes.push(root);
            }
        }
        builder.tree
    }
}

/// The primitives under a binary node: they follow one another.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u32,
    count: u32,
}

/// A child of a binary node.
#[derive(Debug, Clone, Copy)]
struct Branch {
    low: [f32; 3],
    high: [f32; 3],
    /// The binary node, unless the span is a leaf already.
    node: Option<u32>,
    span: Span,
}

impl Branch {
    fn half_area(&self) -> f32 {
        let [x, y, z] = [0, 1, 2].map(|axis| self.high[axis] - self.low[axis]);
        x * y + y * z + z * x
    }
}

struct Builder<'a, const W: usize> {
    scene: &'a Scene,
    spans: Vec<Span>,
    tree: WideTree<W>,
}

impl<const W: usize> Builder<'_, W> {
    /// Collapses a binary tree into one whose leaves hold up to `max_leaf` primitives.
    fn collapse(&mut self, root: u32, max_leaf: u32) -> Reference {
        let span = self.spans[root as usize];
        if span.count <= max_leaf {
            return self.leaf(span, max_leaf);
        }
        let first_node = self.tree.nodes.len() as u32;
        let mut pending = vec![(root, None)];
        while let Some((node, place)) = pending.pop() {
            let index = self.tree.nodes.len();
            if let Some((parent, lane)) = place {
                let parent: &mut WideNode<W> = &mut self.tree.nodes[parent];
                parent.children[lane] = index as u32;
            }
            self.tree.nodes.push(empty_node());
            for (lane, branch) in self.gather(node, max_leaf).into_iter().enumerate() {
                let node = branch.node.filter(|_| branch.span.count > max_leaf);
                let child = match node {
                    Some(node) => {
                        pending.push((node, Some((index, lane))));
                        Reference(0)
                    }
                    None => self.leaf(branch.span, max_leaf),
                };
                set_child(&mut self.tree.nodes[index], lane, &branch, child);
            }
        }
        Reference(first_node)
    }

    /// The children of a wide node: the largest box is opened until there are W.
    fn gather(&self, node: u32, max_leaf: u32) -> ArrayVec<Branch, W> {
        let mut branches: ArrayVec<Branch, W> = self.branches(node).collect();
        while branches.len() < W {
            let inner = branches.iter().enumerate().filter_map(|(index, branch)| {
                let node = branch.node.filter(|_| branch.span.count > max_leaf)?;
                Some((branch.half_area(), index, node))
            });
            let Some((_, index, node)) = inner.max_by(|a, b| a.0.total_cmp(&b.0)) else { break };
            branches.swap_remove(index);
            branches.extend(self.branches(node));
        }
        branches
    }

    fn branches(&self, node: u32) -> impl Iterator<Item = Branch> {
        children(&self.scene.nodes[node as usize]).map(|(low, high, child, count)| {
            if count > 0 {
                Branch { low, high, node: None, span: Span { first: child, count } }
            } else {
                Branch { low, high, node: Some(child), span: self.spans[child as usize] }
            }
        })
    }

    fn leaf(&mut self, span: Span, max_leaf: u32) -> Reference {
        if max_leaf == 1 {
            return Reference::leaf(span.first);
        }
        let mut block = Block { corners: [[[0.0; BLOCK]; 3]; 3], triangles: [NO_INDEX; BLOCK] };
        for (place, triangle) in (span.first..span.first + span.count).enumerate() {
            block.triangles[place] = triangle;
            for (corner, vertex) in self.scene.triangles[triangle as usize].into_iter().enumerate()
            {
                let position = self.scene.positions[vertex as usize];
                for (axis, coordinate) in position.into_iter().enumerate() {
                    block.corners[corner][axis][place] = coordinate;
                }
            }
        }
        self.tree.blocks.push(block);
        Reference::leaf(self.tree.blocks.len() as u32 - 1)
    }
}

/// The children that are there: box, index and number of primitives.
fn children(node: &BvhNode) -> impl Iterator<Item = ([f32; 3], [f32; 3], u32, u32)> {
    let left = (node.left_min, node.left_max, node.left_child, node.left_count);
    let right = (node.right_min, node.right_max, node.right_child, node.right_count);
    [left, right].into_iter().filter(|&(_, _, child, _)| child != NO_INDEX)
}

/// What each binary node holds; children come after their parents.
fn spans(nodes: &[BvhNode]) -> Vec<Span> {
    let mut spans = vec![Span { first: 0, count: 0 }; nodes.len()];
    for (index, node) in nodes.iter().enumerate().rev() {
        let mut whole = Span { first: u32::MAX, count: 0 };
        for (_, _, child, count) in children(node) {
            let part = if count > 0 { Span { first: child, count } } else { spans[child as usize] };
            whole = Span { first: whole.first.min(part.first), count: whole.count + part.count };
        }
        spans[index] = whole;
    }
    spans
}

fn empty_node<const W: usize>() -> WideNode<W> {
    let (low, high) = ([f32::INFINITY; W], [f32::NEG_INFINITY; W]);
    WideNode { planes: [low, high, low, high, low, high], children: [0; W] }
}

fn set_child<const W: usize>(
    node: &mut WideNode<W>,
    lane: usize,
    branch: &Branch,
    child: Reference,
) {
    for axis in 0..3 {
        node.planes[2 * axis][lane] = branch.low[axis];
        node.planes[2 * axis + 1][lane] = branch.high[axis];
    }
    node.children[lane] = child.0;
}
