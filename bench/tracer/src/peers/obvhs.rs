//! obvhs: its compressed eight-wide tree at its slowest, best build, over its own triangles, put in leaf order.

use std::time::Duration;

use glam::{Vec3A, vec3a};
use obvhs::BvhBuildParams;
use obvhs::cwbvh::CwBvh;
use obvhs::cwbvh::builder::build_cwbvh_from_tris;
use obvhs::ray::{Ray, RayHit};
use obvhs::triangle::Triangle;
use p2c2r_bench_common::{Found, Mesh};
use p2c2r_tracer_cpu::RayQuery;

pub struct Obvhs {
    tree: CwBvh,
    triangles: Vec<Triangle>,
}

impl Obvhs {
    pub fn build(mesh: &Mesh) -> Self {
        let triangles: Vec<Triangle> =
            (0..mesh.triangles.len()).map(|index| triangle(mesh, index)).collect();
        let parameters = BvhBuildParams::very_slow_build();
        let tree = build_cwbvh_from_tris(&triangles, parameters, &mut Duration::default());
        let ordered = tree.primitive_indices.iter().map(|&index| triangles[index as usize]);
        Self { triangles: ordered.collect(), tree }
    }

    pub fn nearest(&self, query: &RayQuery) -> Option<Found> {
        let mut hit = RayHit::none();
        let is_hit = self
            .tree
            .ray_traverse(ray(query), &mut hit, |ray, index| self.triangles[index].intersect(ray));
        let place = || self.tree.primitive_indices[hit.primitive_id as usize];
        is_hit.then(|| Found { triangle: place(), t: hit.t })
    }
}

pub fn triangle(mesh: &Mesh, index: usize) -> Triangle {
    let [v0, v1, v2] = mesh.corners(index).map(|corner| Vec3A::from(corner.to_array()));
    Triangle { v0, v1, v2 }
}

pub fn ray(query: &RayQuery) -> Ray {
    let [x, y, z] = query.origin;
    let [dx, dy, dz] = query.direction;
    Ray::new(vec3a(x, y, z), vec3a(dx, dy, dz), 0.0, query.t_max)
}
