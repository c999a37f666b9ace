//! Traversal of the two-level BVH: nearest hit and any hit.
//!
//! Box tests only skip work and are conservative; what is hit is decided by the triangle test and, at
//! equal distance, by (instance, triangle). So the order of traversal cannot change the picture.

use p2c2r_scene::math::{Affine, Vec3, larger, smaller};
use p2c2r_scene::{BvhNode, NO_INDEX};

use crate::prepared::Prepared;
use crate::ray::{Hit, Ray};
use crate::surface::is_surface_there;
use crate::triangle::ShearedRay;

/// Entries of a traversal's stack: one level of the tree each. `scene` refuses deeper trees.
const STACK_ENTRIES: usize = p2c2r_scene::MAX_BVH_DEPTH as usize;

/// Box distances are widened by this share, more than all roundings of the slab test (Ize 2013) and
/// of the triangle's distance, so that neither a hit nor a tie is lost.
const BOX_SLACK: f32 = 1.000_02;

/// Stands for 1/0: large, but its product with 0 is not NaN.
const HUGE_INVERSE: f32 = 1e20;

/// Nearest surface along the ray.
pub(crate) fn nearest_hit(prepared: &Prepared, ray: &Ray) -> Option<Hit> {
    let mut query = Query { ray, t_max: ray.t_max, hit: None };
    query.traverse_instances::<false>(prepared);
    query.hit
}

/// Whether anything lies between the ray's origin and `t_max`.
pub(crate) fn is_occluded(prepared: &Prepared, ray: &Ray) -> bool {
    let mut query = Query { ray, t_max: ray.t_max, hit: None };
    query.traverse_instances::<true>(prepared);
    query.hit.is_some()
}

/// A child of a node: a node or a leaf, and where the ray enters its box.
#[derive(Clone, Copy)]
struct Entry {
    child: u32,
    count: u32,
    t: f32,
}

/// Nodes put aside for later.
struct Stack {
    entries: [Entry; STACK_ENTRIES],
    depth: usize,
}

impl Stack {
    fn new() -> Self {
        Self { entries: [Entry { child: 0, count: 0, t: 0.0 }; STACK_ENTRIES], depth: 0 }
    }

    /// Drops the entry when full, which a checked scene cannot reach.
    fn push(&mut self, entry: Entry) {
        if let Some(slot) = self.entries.get_mut(self.depth) {
            *slot = entry;
            self.depth += 1;
        }
    }

    /// The last entry whose box begins before `t_max`.
    fn pop(&mut self, t_max: f32) -> Option<Entry> {
        while self.depth > 0 {
            self.depth -= 1;
            let entry = self.entries[self.depth];
            if entry.t <= t_max * BOX_SLACK {
                return Some(entry);
            }
        }
        None
    }
}

/// The origin and inverse direction that box tests use.
struct BoxRay {
    origin: Vec3,
    inverse: Vec3,
}

impl BoxRay {
    fn new(origin: Vec3, direction: Vec3) -> Self {
        let inverse = |d: f32| {
            if d.abs() * HUGE_INVERSE > 1.0 {
                1.0 / d
            } else if d < 0.0 {
                -HUGE_INVERSE
            } else {
                HUGE_INVERSE
            }
        };
        let inverse = Vec3::new(inverse(direction.x), inverse(direction.y), inverse(direction.z));
        Self { origin, inverse }
    }

    /// Distance at which the ray enters the box, if it does so before `t_max`.
    #[inline(always)]
    fn entry(&self, low: [f32; 3], high: [f32; 3], t_max: f32) -> Option<f32> {
        let to_low = (Vec3::from(low) - self.origin) * self.inverse;
        let to_high = (Vec3::from(high) - self.origin) * self.inverse;
        let near = to_low.min(to_high);
        let far = to_low.max(to_high);
        let enter = larger(larger(near.x, near.y), larger(near.z, 0.0));
        let leave = smaller(smaller(far.x, far.y), smaller(far.z, t_max)) * BOX_SLACK;
        (enter <= leave).then_some(enter)
    }

    /// The children that the ray enters, the nearer one first.
    #[inline(always)]
    fn children(&self, node: &BvhNode, t_max: f32) -> (Option<Entry>, Option<Entry>) {
        let enter = |child: u32, count: u32, low, high| {
            if child == NO_INDEX {
                return None;
            }
            self.entry(low, high, t_max).map(|t| Entry { child, count, t })
        };
        let left = enter(node.left_child, node.left_count, node.left_min, node.left_max);
        let right = enter(node.right_child, node.right_count, node.right_min, node.right_max);
        match (left, right) {
            (Some(l), Some(r)) if r.t < l.t => (right, left),
            (None, _) => (right, None),
            _ => (left, right),
        }
    }
}

/// One ray on its way; `t_max` shrinks as hits are found.
struct Query<'a> {
    ray: &'a Ray,
    t_max: f32,
    hit: Option<Hit>,
}

impl Query<'_> {
    /// Walks the top level; its leaves are instances.
    fn traverse_instances<const ANY: bool>(&mut self, prepared: &Prepared) {
        if prepared.scene.instances.is_empty() {
            return;
        }
        let box_ray = BoxRay::new(self.ray.origin, self.ray.direction);
        self.walk::<ANY>(&prepared.scene.nodes, &box_ray, 0, |query, instance| {
            query.traverse_mesh::<ANY>(prepared, instance);
        });
    }

    /// Walks one instance's mesh, in its object space; distances stay those of the world.
    fn traverse_mesh<const ANY: bool>(&mut self, prepared: &Prepared, instance_index: u32) {
        let instance = &prepared.scene.instances[instance_index as usize];
        let object_from_world = Affine::from_rows(instance.object_from_world);
        let origin = object_from_world.point(self.ray.origin);
        let direction = object_from_world.vector(self.ray.direction);
        let box_ray = BoxRay::new(origin, direction);
        let sheared = ShearedRay::new(origin, direction);
        let root = prepared.scene.meshes[instance.mesh as usize].root_node;
        self.walk::<ANY>(&prepared.scene.nodes, &box_ray, root, |query, triangle| {
            query.test_triangle(prepared, &sheared, instance_index, triangle);
        });
    }

    /// Visits the primitives of every leaf that the ray may meet before `t_max`, nearer boxes first.
    fn walk<const ANY: bool>(
        &mut self,
        nodes: &[BvhNode],
        box_ray: &BoxRay,
        root: u32,
        mut visit: impl FnMut(&mut Self, u32),
    ) {
        let mut stack = Stack::new();
        let mut next = Some(Entry { child: root, count: 0, t: 0.0 });
        while let Some(entry) = next {
            if entry.count > 0 {
                for primitive in entry.child..entry.child + entry.count {
                    visit(self, primitive);
                }
                if ANY && self.hit.is_some() {
                    return;
                }
                next = stack.pop(self.t_max);
            } else {
                let (near, far) = box_ray.children(&nodes[entry.child as usize], self.t_max);
                if let Some(far) = far {
                    stack.push(far);
                }
                next = near.or_else(|| stack.pop(self.t_max));
            }
        }
    }

    /// Takes the triangle if it is hit, nearer than what is known, and there at all.
    fn test_triangle(
        &mut self,
        prepared: &Prepared,
        sheared: &ShearedRay,
        instance: u32,
        triangle: u32,
    ) {
        let Some(found) = sheared.intersect(prepared.corners(triangle)) else { return };
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
