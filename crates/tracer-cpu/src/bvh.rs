//! Traversal of the two-level BVH: nearest hit and any hit.
//!
//! Box tests only skip work and are conservative; what is hit is decided by the triangle test and, at
//! equal distance, by (instance, triangle). So neither the order of traversal nor the width of a node
//! can change the picture.

mod block;
mod collapse;
mod extremes;
mod machine;
mod node;
mod tree;
mod walk;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f32x4, f32x8};
use p2c2r_scene::Scene;
use p2c2r_scene::math::Affine;

use self::block::LaneRay;
use self::extremes::Extremes;
use self::machine::has_wide_vectors;
use self::tree::{MeshTrees, WideTree};
use self::walk::{BoxRay, Walk};
use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::surface::is_surface_there;
use crate::triangle::{ShearedRay, TriangleHit};

/// Nearest surface along the ray.
pub(crate) fn nearest_hit(prepared: &Prepared, ray: &Ray) -> Option<Hit> {
    prepared.tree.trace::<false>(prepared, ray)
}

/// Whether anything lies between the ray's origin and `t_max`.
pub(crate) fn is_occluded(prepared: &Prepared, ray: &Ray) -> bool {
    prepared.tree.trace::<true>(prepared, ray).is_some()
}

/// The trees of a scene at the width that suits the machine.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    level: Level,
    width: Width,
}

#[derive(Debug, Clone)]
enum Width {
    Four(WideTree<4>),
    Eight(WideTree<8>),
}

impl Tree {
    /// For the best vectors of this machine.
    pub(crate) fn new(scene: &Scene) -> Self {
        let level = Level::new();
        if has_wide_vectors(level) { Self::eight(scene, level) } else { Self::four(scene, level) }
    }

    /// Four children a node, on any machine.
    pub(crate) fn four(scene: &Scene, level: Level) -> Self {
        Self { level, width: Width::Four(WideTree::new(scene)) }
    }

    fn eight(scene: &Scene, level: Level) -> Self {
        Self { level, width: Width::Eight(WideTree::new(scene)) }
    }

    /// The trees of another pose of the scene.
    pub(crate) fn posed(&self, scene: &Scene) -> Self {
        let width = match &self.width {
            Width::Four(tree) => Width::Four(tree.posed(scene)),
            Width::Eight(tree) => Width::Eight(tree.posed(scene)),
        };
        Self { level: self.level, width }
    }

    /// The nearest hit; of `ANY`, some hit.
    fn trace<const ANY: bool>(&self, prepared: &Prepared, ray: &Ray) -> Option<Hit> {
        match &self.width {
            Width::Four(tree) => dispatch!(self.level, simd => {
                trace_wide::<_, f32x4<_>, 4, ANY>(simd, tree, prepared, ray)
            }),
            Width::Eight(tree) => dispatch!(self.level, simd => {
                trace_wide::<_, f32x8<_>, 8, ANY>(simd, tree, prepared, ray)
            }),
        }
    }
}

/// Walks the top level, whose leaves are instances.
#[inline(always)]
fn trace_wide<
    S: Simd,
    F: SimdFloat<S, Element = f32> + Extremes,
    const W: usize,
    const ANY: bool,
>(
    simd: S,
    tree: &WideTree<W>,
    prepared: &Prepared,
    ray: &Ray,
) -> Option<Hit> {
    let mut query = Query { ray, t_max: ray.t_max, hit: None };
    let box_ray = BoxRay::new(simd, ray.origin, ray.direction)?;
    let mut walk = Walk::<S, F, W>::new(simd, box_ray, tree.top?);
    let meshes = &*tree.meshes;
    while let Some(leaf) = walk.next::<ANY>(&tree.top_nodes, query.t_max) {
        query.trace_mesh::<S, F, W, ANY>(simd, meshes, prepared, &box_ray, leaf.first());
        if ANY && query.hit.is_some() {
            break;
        }
    }
    query.hit
}

/// One ray on its way; `t_max` shrinks as hits are found.
struct Query<'a> {
    ray: &'a Ray,
    t_max: f32,
    hit: Option<Hit>,
}

impl Query<'_> {
    /// Walks one instance's mesh, in its object space; distances stay those of the world.
    #[inline(always)]
    fn trace_mesh<
        S: Simd,
        F: SimdFloat<S, Element = f32> + Extremes,
        const W: usize,
        const ANY: bool,
    >(
        &mut self,
        simd: S,
        trees: &MeshTrees<W>,
        prepared: &Prepared,
        world_ray: &BoxRay<F>,
        instance_index: u32,
    ) {
        let instance = &prepared.scene.instances[instance_index as usize];
        let object_from_world = Affine::from_rows(instance.object_from_world);
        let origin = object_from_world.point(self.ray.origin);
        let direction = object_from_world.vector(self.ray.direction);
        let sheared = LaneRay::new(simd, &ShearedRay::new(origin, direction));
        let root = trees.roots[instance.mesh as usize];
        let is_same = origin == self.ray.origin && direction == self.ray.direction;
        let box_ray = if is_same { Some(*world_ray) } else { BoxRay::new(simd, origin, direction) };
        let Some(box_ray) = box_ray else { return };
        let mut walk = Walk::<S, F, W>::new(simd, box_ray, root);
        let traits = prepared.mesh_traits[instance.mesh as usize];
        // Its triangles are there for every ray.
        let is_plain = !traits.has_alpha && !traits.hides_back;
        while let Some(leaf) = walk.next::<ANY>(&trees.nodes, self.t_max) {
            let Some(hits) = sheared.intersect(trees.leaf(leaf), leaf.count(), self.t_max) else {
                continue;
            };
            let mut places = hits.places;
            if ANY && is_plain && places != 0 {
                self.hit = Some(Hit::SOMEWHERE);
                return;
            }
            while places != 0 {
                let place = places.trailing_zeros() as usize;
                places &= places - 1;
                let triangle = leaf.first() + place as u32;
                self.take(prepared, hits.at(place), instance_index, triangle);
            }
            if ANY && self.hit.is_some() {
                return;
            }
        }
    }

    /// Takes the hit if it is nearer than what is known, and the surface there at all.
    fn take(&mut self, prepared: &Prepared, found: TriangleHit, instance: u32, triangle: u32) {
        let hit = Hit {
            t: found.t,
            instance,
            triangle,
            weights: found.weights,
            is_front: found.is_front,
        };
        if self.is_preferred(prepared, &hit) && is_surface_there(prepared, &hit, self.ray.key) {
            self.t_max = hit.t;
            self.hit = Some(hit);
        }
    }

    /// Nearer, or equally near and earlier in the authored scene.
    fn is_preferred(&self, prepared: &Prepared, hit: &Hit) -> bool {
        if hit.t != self.t_max {
            return hit.t < self.t_max;
        }
        let order = |hit: &Hit| {
            let source_index = prepared.scene.instances[hit.instance as usize].source_index;
            (source_index, hit.triangle)
        };
        self.hit.as_ref().is_some_and(|known| order(hit) < order(known))
    }
}

#[cfg(test)]
#[path = "bvh_tests.rs"]
mod tests;
