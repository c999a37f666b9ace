//! The crate `bvh`: its tree walked from near to far, until the next box begins behind what was hit.

use bvh::aabb::{Aabb, Bounded};
use bvh::bounding_hierarchy::BHShape;
use bvh::bvh::Bvh;
use bvh::ray::Ray;
use nalgebra::{Point3, Vector3};
use obvhs::triangle::Triangle;
use p2c2r_bench_common::{Found, Mesh};
use p2c2r_tracer_cpu::RayQuery;

use super::obvhs::{ray as obvhs_ray, triangle as obvhs_triangle};

pub struct BvhCrate {
    tree: Bvh<f32, 3>,
    shapes: Vec<Shape>,
}

/// Its own triangle test leaves out back faces, so obvhs's serves both.
struct Shape {
    triangle: Triangle,
    bounds: Aabb<f32, 3>,
    index: u32,
    node: usize,
}

impl Bounded<f32, 3> for Shape {
    fn aabb(&self) -> Aabb<f32, 3> {
        self.bounds
    }
}

impl BHShape<f32, 3> for Shape {
    fn set_bh_node_index(&mut self, node: usize) {
        self.node = node;
    }

    fn bh_node_index(&self) -> usize {
        self.node
    }
}

impl BvhCrate {
    pub fn build(mesh: &Mesh) -> Self {
        let shape = |index: usize| {
            let points = mesh.corners(index).map(|corner| Point3::from(corner.to_array()));
            let bounds = points.iter().fold(Aabb::empty(), |bounds, point| bounds.grow(point));
            Shape { triangle: obvhs_triangle(mesh, index), bounds, index: index as u32, node: 0 }
        };
        let mut shapes: Vec<Shape> = (0..mesh.triangles.len()).map(shape).collect();
        Self { tree: Bvh::build(&mut shapes), shapes }
    }

    pub fn nearest(&self, query: &RayQuery) -> Option<Found> {
        let direction = Vector3::from(query.direction);
        let ray = Ray::new(Point3::from(query.origin), direction);
        let mut other_ray = obvhs_ray(query);
        let mut found = None;
        for shape in self.tree.nearest_traverse_iterator(&ray, &self.shapes) {
            let entry = ray.intersection_slice_for_aabb(&shape.bounds);
            if entry.is_some_and(|(near, _)| near > other_ray.tmax) {
                break;
            }
            let t = shape.triangle.intersect(&other_ray);
            if t < other_ray.tmax {
                other_ray.tmax = t;
                found = Some(Found { triangle: shape.index, t });
            }
        }
        found
    }
}
