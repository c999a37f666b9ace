//! The wide trees that vectors walk, collapsed from the scene's binary ones.
//!
//! Boxes of all children of a node and corners of all triangles of a leaf lie side by side, one number
//! of each, so that one instruction tests as many as a vector holds. Nothing here decides what is hit.

use std::ops::Range;

use arrayvec::ArrayVec;
use p2c2r_scene::{BvhNode, MAX_LEAF_TRIANGLES, NO_INDEX, Scene};

use super::machine::on_large_pages;

/// Marks a reference to a leaf; the rest is the leaf's index.
const LEAF: u32 = 1 << 31;

/// Cost of testing a leaf, in visits of a node.
const LEAF_COST: f32 = 1.2;

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
        let costs = vec![[0.0; W]; scene.nodes.len()];
        let mut builder = Builder { scene, spans, tree, costs };
        if !scene.nodes.is_empty() && !scene.instances.is_empty() {
            // A mesh's nodes end where the next one's begin; the top level comes before all.
            let mut ends: Vec<u32> = scene.meshes.iter().map(|mesh| mesh.root_node).collect();
            ends.push(scene.nodes.len() as u32);
            builder.tree.top = Some(builder.collapse(0..ends[0], 1));
            for (mesh, &end) in scene.meshes.iter().zip(&ends[1..]) {
                let root = builder.collapse(mesh.root_node..end, BLOCK as u32);
                builder.tree.meshes.push(root);
            }
        }
        let Self { nodes, blocks, top, meshes } = builder.finish();
        Self { nodes: on_large_pages(nodes), blocks: on_large_pages(blocks), top, meshes }
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
    /// The binary node, unless it is a leaf already.
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
    /// For each binary node the least cost of what is under it, as 1, 2 … W children of a wide node
    /// (Ylitie, Karras and Laine 2017, section 3).
    costs: Vec<[f32; W]>,
}

impl<const W: usize> Builder<'_, W> {
    /// The tree alone: what building it needed is freed.
    fn finish(self) -> WideTree<W> {
        self.tree
    }

    /// Collapses a binary tree into one whose leaves hold up to `max_leaf` primitives.
    fn collapse(&mut self, nodes: Range<u32>, max_leaf: u32) -> Reference {
        let root = nodes.start;
        let span = self.spans[root as usize];
        if span.count <= max_leaf {
            return self.leaf(span, max_leaf);
        }
        for node in nodes.rev() {
            self.costs[node as usize] = self.costs_of(node, max_leaf);
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
            for (lane, branch) in self.gather(node).into_iter().enumerate() {
                let child = match branch.node.filter(|_| branch.span.count > max_leaf) {
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

    /// The least costs of a node whose children's are known.
    fn costs_of(&self, node: u32, max_leaf: u32) -> [f32; W] {
        let mut costs = [f32::INFINITY; W];
        for width in 2..=W {
            costs[width - 1] = self.best_split(node, width).1.min(costs[width - 2]);
        }
        let whole = self.whole(node);
        costs[0] = if whole.span.count <= max_leaf {
            whole.half_area() * LEAF_COST
        } else {
            whole.half_area() + costs[W - 1]
        };
        for width in 1..W {
            costs[width] = costs[width].min(costs[width - 1]);
        }
        costs
    }

    /// How many of `width` places the left child should get, and what that costs.
    fn best_split(&self, node: u32, width: usize) -> (usize, f32) {
        let cost = |branch: &Branch, width: usize| match branch.node {
            Some(node) => self.costs[node as usize][width - 1],
            None => branch.half_area() * LEAF_COST,
        };
        let mut branches = self.branches(node);
        let (Some(left), Some(right)) = (branches.next(), branches.next()) else {
            return (width, self.branches(node).map(|only| cost(&only, width)).sum());
        };
        let splits = (1..width).map(|left_width| {
            (left_width, cost(&left, left_width) + cost(&right, width - left_width))
        });
        splits.fold((1, f32::INFINITY), |best, split| if split.1 < best.1 { split } else { best })
    }

    /// The children of a wide node that cost least.
    fn gather(&self, node: u32) -> ArrayVec<Branch, W> {
        let mut gathered = ArrayVec::new();
        let mut open = ArrayVec::<(u32, usize), W>::new();
        open.push((node, W));
        while let Some((node, width)) = open.pop() {
            let (left_width, _) = self.best_split(node, width);
            for (branch, width) in self.branches(node).zip([left_width, width - left_width]) {
                match branch.node.and_then(|node| Some((node, self.useful_width(node, width)?))) {
                    Some(inner) => open.push(inner),
                    None => gathered.push(branch),
                }
            }
        }
        gathered
    }

    /// The fewest places that do as well as `width`; none if one does, so that nothing is opened.
    fn useful_width(&self, node: u32, width: usize) -> Option<usize> {
        let costs = &self.costs[node as usize];
        let fewest = (1..=width).find(|&fewer| costs[fewer - 1] <= costs[width - 1])?;
        (fewest > 1).then_some(fewest)
    }

    /// A binary node as a branch.
    fn whole(&self, node: u32) -> Branch {
        let mut whole = Branch {
            low: [f32::INFINITY; 3],
            high: [f32::NEG_INFINITY; 3],
            node: Some(node),
            span: self.spans[node as usize],
        };
        for branch in self.branches(node) {
            for axis in 0..3 {
                whole.low[axis] = whole.low[axis].min(branch.low[axis]);
                whole.high[axis] = whole.high[axis].max(branch.high[axis]);
            }
        }
        whole
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
