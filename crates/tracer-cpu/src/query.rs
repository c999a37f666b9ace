//! Single rays from outside: for picking, for baking, and for measuring the tree by itself.

use p2c2r_scene::math::Vec3;

use crate::bvh::{is_occluded, nearest_hit};
use crate::job::CpuTracer;
use crate::ray::Ray;

/// A ray in world space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RayQuery {
    /// Start, in metres.
    pub origin: [f32; 3],
    /// Direction, of a length from 1e-9 to 1e9.
    pub direction: [f32; 3],
    /// Hits lie before this distance, counted in lengths of `direction`.
    pub t_max: f32,
    /// Draws the numbers that decide whether a half-transparent surface is met.
    pub key: u32,
}

/// The surface that a ray meets first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RayHit {
    /// Distance, counted in lengths of the ray's direction.
    pub t: f32,
    /// Index in [`p2c2r_scene::Scene::instances`].
    pub instance: u32,
    /// Index in [`p2c2r_scene::Scene::triangles`].
    pub triangle: u32,
    /// Barycentric weights of the triangle's second and third corner.
    pub weights: [f32; 2],
    /// Whether the corners run counter-clockwise as the ray sees them.
    pub is_front: bool,
}

impl CpuTracer {
    /// The nearest surface along a ray; of equally near ones, the first in the authored scene.
    pub fn nearest_hit(&self, query: &RayQuery) -> Option<RayHit> {
        nearest_hit(self.prepared(), &Ray::from(query)).map(|hit| RayHit {
            t: hit.t,
            instance: hit.instance,
            triangle: hit.triangle,
            weights: hit.weights,
            is_front: hit.is_front,
        })
    }

    /// Whether a ray meets anything before its `t_max`.
    pub fn is_occluded(&self, query: &RayQuery) -> bool {
        is_occluded(self.prepared(), &Ray::from(query))
    }
}

impl From<&RayQuery> for Ray {
    fn from(query: &RayQuery) -> Self {
        let RayQuery { origin, direction, t_max, key } = *query;
        Self { origin: Vec3::from(origin), direction: Vec3::from(direction), t_max, key }
    }
}
