//! Binary trees into wide ones, at the least cost of walking them.

use std::cmp::Reverse;

use arrayvec::ArrayVec;
use p2c2r_scene::{BvhNode, NO_INDEX};

use super::node::{Corners, Reference, WideNode};

/// Cost of testing a leaf, in visits of a node.
const LEAF_COST: f32 = 1.2;

/// The primitives under a binary node: they follow one another.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u32,
    count: u32,
}

/// A child of a binary node.
#[derive(Debug, Clone, Copy)]
struct Branch {
    corners: Corners,
    /// The binary node, unless it is a leaf already.
    node: Option<u32>,
    span: Span,
}

impl Branch {
    fn half_area(&self) -> f32 {
        let [low, high] = &self.corners;
        let [x, y, z] = [0, 1, 2].map(|axis| high[axis] - low[axis]);
        x * y + y * z + z * x
    }
}

/// A binary tree on its way into wide nodes with leaves of up to `max_leaf` primitives.
pub(super) struct Collapse<'a, Write, const W: usize> {
    binary: &'a [BvhNode],
    max_leaf: u32,
    wide: &'a mut Vec<WideNode<W>>,
    /// Hears of each leaf.
    write_leaf: Write,
    spans: Vec<Span>,
    /// For each binary node the least cost of what is under it, as 1, 2 … W children of a wide node
    /// (Ylitie, Karras and Laine 2017, section 3).
    costs: Vec<[f32; W]>,
}

impl<'a, Write: FnMut(Reference), const W: usize> Collapse<'a, Write, W> {
    /// Of a tree whose root comes first; the wide nodes are appended.
    pub(super) fn new(
        binary: &'a [BvhNode],
        max_leaf: u32,
        wide: &'a mut Vec<WideNode<W>>,
        write_leaf: Write,
    ) -> Self {
        let costs = vec![[0.0; W]; binary.len()];
        Self { binary, max_leaf, wide, write_leaf, spans: spans(binary), costs }
    }

    /// Gives where the wide tree begins; nothing for a tree without primitives.
    pub(super) fn run(mut self) -> Option<Reference> {
        let whole = self.spans.first().filter(|span| span.count > 0)?;
        if whole.count <= self.max_leaf {
            return Some(self.leaf(*whole));
        }
        // Children come after their parents.
        for node in (0..self.binary.len() as u32).rev() {
            self.costs[node as usize] = self.costs_of(node);
        }
        let first_node = self.wide.len() as u32;
        let mut pending: Vec<(u32, Option<(usize, usize)>)> = vec![(0, None)];
        while let Some((node, place)) = pending.pop() {
            let index = self.wide.len();
            if let Some((parent, lane)) = place {
                self.wide[parent].children[lane] = index as u32;
            }
            let mut gathered = self.gather(node);
            // Whoever looks for any hit begins with the last: small children are soon done with.
            gathered.sort_by_key(|branch| Reverse(branch.span.count));
            let boxes: ArrayVec<Corners, W> =
                gathered.iter().map(|branch| branch.corners).collect();
            self.wide.push(WideNode::around(&boxes));
            for (lane, branch) in gathered.into_iter().enumerate() {
                match branch.node.filter(|_| branch.span.count > self.max_leaf) {
                    Some(node) => pending.push((node, Some((index, lane)))),
                    None => self.wide[index].children[lane] = self.leaf(branch.span).0,
                }
            }
        }
        Some(Reference(first_node))
    }

    /// The least costs of a node whose children's are known.
    fn costs_of(&self, node: u32) -> [f32; W] {
        let mut costs = [f32::INFINITY; W];
        let branches: ArrayVec<Branch, 2> = self.branches(node).collect();
        if let [left, right] = branches.as_slice() {
            let (left, right) = (self.costs_as_child(left), self.costs_as_child(right));
            for width in 2..=W {
                costs[width - 1] = best_split(&left, &right, width).1;
            }
        } else {
            for branch in &branches {
                costs = self.costs_as_child(branch);
            }
        }
        let (area, span) = (half_area_of(&branches), self.spans[node as usize]);
        costs[0] = if span.count <= self.max_leaf {
            area * LEAF_COST
        } else {
            area + costs.iter().copied().fold(f32::INFINITY, f32::min)
        };
        for width in 1..W {
            costs[width] = costs[width].min(costs[width - 1]);
        }
        costs
    }

    /// What a branch costs as 1, 2 … W children.
    fn costs_as_child(&self, branch: &Branch) -> [f32; W] {
        match branch.node {
            Some(node) => self.costs[node as usize],
            None => [branch.half_area() * LEAF_COST; W],
        }
    }

    /// The children of a wide node that cost least.
    fn gather(&self, node: u32) -> ArrayVec<Branch, W> {
        let mut gathered = ArrayVec::new();
        let mut open = ArrayVec::<(u32, usize), W>::new();
        open.push((node, W));
        while let Some((node, width)) = open.pop() {
            let branches: ArrayVec<Branch, 2> = self.branches(node).collect();
            let widths = match branches.as_slice() {
                [left, right] => {
                    let (left, right) = (self.costs_as_child(left), self.costs_as_child(right));
                    let (left_width, _) = best_split(&left, &right, width);
                    [left_width, width - left_width]
                }
                _ => [width; 2],
            };
            for (branch, width) in branches.into_iter().zip(widths) {
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

    fn branches(&self, node: u32) -> impl Iterator<Item = Branch> {
        children(&self.binary[node as usize]).map(|(corners, child, count)| {
            if count > 0 {
                Branch { corners, node: None, span: Span { first: child, count } }
            } else {
                Branch { corners, node: Some(child), span: self.spans[child as usize] }
            }
        })
    }

    fn leaf(&mut self, span: Span) -> Reference {
        let leaf = Reference::leaf(span.first, span.count);
        (self.write_leaf)(leaf);
        leaf
    }
}

/// How many of `width` places the left child should get, and what that costs.
fn best_split<const W: usize>(left: &[f32; W], right: &[f32; W], width: usize) -> (usize, f32) {
    let splits = (1..width).map(|places| (places, left[places - 1] + right[width - places - 1]));
    splits.fold((1, f32::INFINITY), |best, split| if split.1 < best.1 { split } else { best })
}

/// Half the surface of the box around some branches.
fn half_area_of(branches: &[Branch]) -> f32 {
    let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
    for Branch { corners, .. } in branches {
        for axis in 0..3 {
            low[axis] = low[axis].min(corners[0][axis]);
            high[axis] = high[axis].max(corners[1][axis]);
        }
    }
    let span = Span { first: 0, count: 0 };
    Branch { corners: [low, high], node: None, span }.half_area()
}

/// The children that are there: box, index and number of primitives.
fn children(node: &BvhNode) -> impl Iterator<Item = (Corners, u32, u32)> {
    let left = ([node.left_min, node.left_max], node.left_child, node.left_count);
    let right = ([node.right_min, node.right_max], node.right_child, node.right_count);
    [left, right].into_iter().filter(|&(_, child, _)| child != NO_INDEX)
}

/// What each binary node holds; children come after their parents.
fn spans(nodes: &[BvhNode]) -> Vec<Span> {
    let mut spans = vec![Span { first: 0, count: 0 }; nodes.len()];
    for (index, node) in nodes.iter().enumerate().rev() {
        let mut whole = Span { first: u32::MAX, count: 0 };
        for (_, child, count) in children(node) {
            let part = if count > 0 { Span { first: child, count } } else { spans[child as usize] };
            whole = Span { first: whole.first.min(part.first), count: whole.count + part.count };
        }
        spans[index] = whole;
    }
    spans
}
