//! One ray through a tree: the boxes of a node in one vector, nearer children first where the nearest hit
//! counts, and without that order where any will do.

use arrayvec::ArrayVec;
use fearless_simd::prelude::*;
use p2c2r_scene::MAX_BVH_DEPTH;
use p2c2r_scene::math::Vec3;

use super::extremes::Extremes;
use super::node::{Reference, WideNode};

/// Box distances are widened by this share, more than all roundings of the slab test (Ize 2013) and
/// of the triangle's distance, so that neither a hit nor a tie is lost.
const BOX_SLACK: f32 = 1.000_02;

/// Widens by this share of the ray origin's own distance from the planes through zero: the slab test
/// subtracts it, fused or not, and either way rounds by less.
const ORIGIN_SLACK: f32 = 1.0 / (1 << 20) as f32;

/// Stands for 1/0: large, but its product with 0 is not NaN.
const HUGE_INVERSE: f32 = 1e20;

/// Most that can wait: each binary level adds one sibling, which may wait in up to seven parts.
const STACK_ENTRIES: usize = MAX_BVH_DEPTH as usize * 7 + 1;

/// A child put aside: where the ray enters its box above, its reference below. Distances are not
/// negative, so that whole numbers order like them.
#[derive(Clone, Copy)]
struct Entry(u64);

impl Entry {
    #[inline(always)]
    fn new(t: f32, child: u32) -> Self {
        Self(u64::from(t.to_bits()) << 32 | u64::from(child))
    }

    #[inline(always)]
    fn t(self) -> f32 {
        f32::from_bits((self.0 >> 32) as u32)
    }

    #[inline(always)]
    const fn child(self) -> Reference {
        Reference(self.0 as u32)
    }

    /// Keeps the nearer of two; gives the other.
    #[inline(always)]
    fn swap_if_farther(&mut self, other: Self) -> Self {
        let farther = Self(self.0.max(other.0));
        self.0 = self.0.min(other.0);
        farther
    }
}

/// A ray for box tests, each number in every lane: t of a plane is `plane · inverse − offset`.
#[derive(Clone, Copy)]
pub(super) struct BoxRay<F> {
    inverse: [F; 3],
    near_offset: [F; 3],
    /// Both times [`BOX_SLACK`], so that the loop need not widen.
    far_inverse: [F; 3],
    far_offset: [F; 3],
    /// Row of the plane that the ray meets first on each axis.
    near: [usize; 3],
}

impl<F> BoxRay<F> {
    /// None for a ray that meets nothing: from so far away that a distance cannot be told, or from nowhere.
    #[inline(always)]
    pub(super) fn new<S: Simd>(simd: S, origin: Vec3, direction: Vec3) -> Option<Self>
    where
        F: SimdFloat<S, Element = f32>,
    {
        let inverse = |d: f32| {
            if d.abs() * HUGE_INVERSE > 1.0 {
                1.0 / d
            } else if d < 0.0 {
                -HUGE_INVERSE
            } else {
                HUGE_INVERSE
            }
        };
        let (x, y, z) = (inverse(direction.x), inverse(direction.y), inverse(direction.z));
        let offset = Vec3::new(origin.x * x, origin.y * y, origin.z * z);
        let slack = offset.abs() * ORIGIN_SLACK;
        let (near, far) = (offset + slack, (offset - slack) * BOX_SLACK);
        // Without this, NaN would pass for a hit in lanes that hold no child: vectors differ in what they
        // make of it.
        if !direction.is_finite() || !near.is_finite() || !far.is_finite() {
            return None;
        }
        // Written out: what a closure computes would not be inlined into the vector code.
        Some(Self {
            inverse: [F::splat(simd, x), F::splat(simd, y), F::splat(simd, z)],
            far_inverse: [
                F::splat(simd, x * BOX_SLACK),
                F::splat(simd, y * BOX_SLACK),
                F::splat(simd, z * BOX_SLACK),
            ],
            near_offset: [F::splat(simd, near.x), F::splat(simd, near.y), F::splat(simd, near.z)],
            far_offset: [F::splat(simd, far.x), F::splat(simd, far.y), F::splat(simd, far.z)],
            near: [usize::from(x < 0.0), 2 + usize::from(y < 0.0), 4 + usize::from(z < 0.0)],
        })
    }
}

impl<F> BoxRay<F> {
    /// Where the ray meets the first and the second plane of each child on an axis, the second widened.
    #[inline(always)]
    fn slab<S: Simd, const W: usize>(&self, simd: S, node: &WideNode<W>, axis: usize) -> [F; 2]
    where
        F: SimdFloat<S, Element = f32>,
    {
        let near = F::from_slice(simd, &node.planes[self.near[axis]]);
        let far = F::from_slice(simd, &node.planes[self.near[axis] ^ 1]);
        [
            near.mul_sub(self.inverse[axis], self.near_offset[axis]),
            far.mul_sub(self.far_inverse[axis], self.far_offset[axis]),
        ]
    }
}

/// A walk through one level: gives leaf after leaf that the ray may meet.
pub(super) struct Walk<S, F, const W: usize> {
    simd: S,
    ray: BoxRay<F>,
    stack: ArrayVec<Entry, STACK_ENTRIES>,
}

impl<S: Simd, F: SimdFloat<S, Element = f32> + Extremes, const W: usize> Walk<S, F, W> {
    /// Begins at a root.
    #[inline(always)]
    pub(super) fn new(simd: S, ray: BoxRay<F>, root: Reference) -> Self {
        let mut stack = ArrayVec::new();
        stack.push(Entry::new(0.0, root.0));
        Self { simd, ray, stack }
    }

    /// The next leaf whose box begins before `t_max`; of `ANY`, in no order of distance.
    #[inline(always)]
    pub(super) fn next<const ANY: bool>(
        &mut self,
        nodes: &[WideNode<W>],
        t_max: f32,
    ) -> Option<Reference> {
        if ANY { self.next_of_any(nodes, t_max) } else { self.next_nearest(nodes, t_max) }
    }

    /// The next leaf, nearer ones first.
    #[inline(always)]
    fn next_nearest(&mut self, nodes: &[WideNode<W>], t_max: f32) -> Option<Reference> {
        let reach = t_max * BOX_SLACK;
        while let Some(entry) = self.stack.pop() {
            if entry.t() > reach {
                continue;
            }
            let mut next = Some(entry.child());
            while let Some(reference) = next {
                if reference.is_leaf() {
                    return Some(reference);
                }
                next = self.enter(&nodes[reference.0 as usize], reach);
            }
        }
        None
    }

    /// The next leaf by the order of the children: sorting them by distance would cost more than it saves where
    /// any hit ends the walk.
    #[inline(always)]
    fn next_of_any(&mut self, nodes: &[WideNode<W>], t_max: f32) -> Option<Reference> {
        let reach = t_max * BOX_SLACK;
        while let Some(entry) = self.stack.pop() {
            let mut reference = entry.child();
            loop {
                if reference.is_leaf() {
                    return Some(reference);
                }
                let node = &nodes[reference.0 as usize];
                let (mut hits, _) = self.meet(node, reach);
                if hits == 0 {
                    break;
                }
                let mut lane = take_lowest(&mut hits);
                while hits != 0 {
                    self.stack.push(Entry::new(0.0, node.children[lane]));
                    lane = take_lowest(&mut hits);
                }
                reference = Reference(node.children[lane]);
            }
        }
        None
    }

    /// A bit for each child that the ray enters before `reach`, and where it does.
    #[inline(always)]
    fn meet(&self, node: &WideNode<W>, reach: f32) -> (u64, F) {
        let (simd, ray) = (self.simd, &self.ray);
        let [near_x, far_x] = ray.slab(simd, node, 0);
        let [near_y, far_y] = ray.slab(simd, node, 1);
        let [near_z, far_z] = ray.slab(simd, node, 2);
        let enter = near_x.larger(near_y).larger(near_z.larger(F::splat(simd, 0.0)));
        let leave = far_x.smaller(far_y).smaller(far_z.smaller(F::splat(simd, reach)));
        (enter.simd_le(leave).to_bitmask(), enter)
    }

    /// The nearest child that the ray enters; the others go on the stack, the nearest on top.
    #[inline(always)]
    fn enter(&mut self, node: &WideNode<W>, reach: f32) -> Option<Reference> {
        let (mut hits, enter) = self.meet(node, reach);
        if hits == 0 {
            return None;
        }
        let lane = take_lowest(&mut hits);
        if hits == 0 {
            return Some(Reference(node.children[lane]));
        }
        let mut distances = [0.0; W];
        enter.store_slice(&mut distances);
        let entry_at = |lane: usize| Entry::new(distances[lane], node.children[lane]);
        let mut nearest = entry_at(lane);
        let other = entry_at(take_lowest(&mut hits));
        let first = self.stack.len();
        self.stack.push(nearest.swap_if_farther(other));
        while hits != 0 {
            let other = entry_at(take_lowest(&mut hits));
            let farther = nearest.swap_if_farther(other);
            self.insert(first, farther);
        }
        Some(nearest.child())
    }

    /// Puts an entry among those from `first` on, of which the nearest is on top.
    #[inline(always)]
    fn insert(&mut self, first: usize, entry: Entry) {
        self.stack.push(entry);
        let mut place = self.stack.len() - 1;
        while place > first && self.stack[place - 1].0 < entry.0 {
            self.stack[place] = self.stack[place - 1];
            place -= 1;
        }
        self.stack[place] = entry;
    }
}

/// Takes the lowest bit that is set; gives its place.
#[inline(always)]
fn take_lowest(bits: &mut u64) -> usize {
    let place = bits.trailing_zeros() as usize;
    *bits &= *bits - 1;
    place
}
