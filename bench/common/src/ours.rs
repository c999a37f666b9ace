//! Our tree, through the tracer's own interface.

use std::collections::HashMap;
use std::sync::Arc;

use p2c2r_scene::{Scene, UnpackError, UnpackLimits, unpack};
use p2c2r_testkit::{SceneBuilder, material};
use p2c2r_tracer_cpu::{CpuTracer, RayQuery};

use crate::Mesh;

/// What a ray hits: the mesh's own triangle and the distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Index in the mesh's triangles.
    pub triangle: u32,
    /// In lengths of the ray's direction.
    pub t: f32,
}

/// A mesh in our tracer.
#[derive(Debug, Clone)]
pub struct Ours {
    tracer: CpuTracer,
    /// Packing puts triangles in the order of the tree's leaves: their places in the mesh.
    original: Vec<u32>,
}

impl Ours {
    /// Builds the tree over a mesh.
    pub fn build(mesh: &Mesh) -> Self {
        Self::of(mesh, Self::prepare(Self::source(mesh)))
    }

    /// The same from the mesh's own package.
    pub fn unpacked(mesh: &Mesh, package: &[u8]) -> Result<Self, UnpackError> {
        let scene = unpack(package, &UnpackLimits::default())?;
        Ok(Self::of(mesh, CpuTracer::new(Arc::new(scene))))
    }

    fn of(mesh: &Mesh, tracer: CpuTracer) -> Self {
        let original = original_places(mesh, tracer.scene());
        Self { tracer, original }
    }

    /// The mesh as authored.
    pub fn source(mesh: &Mesh) -> SceneBuilder {
        let (positions, triangles) = (mesh.positions.clone(), mesh.triangles.clone());
        SceneBuilder::new().triangles(positions, triangles, material(0.5, 0.0, 1.0))
    }

    /// All that lies between a mesh and its first ray: tree, package and back, the tracer's own tree.
    pub fn prepare(source: SceneBuilder) -> CpuTracer {
        CpuTracer::new(source.build())
    }

    /// The first triangle along a ray.
    pub fn nearest(&self, query: &RayQuery) -> Option<Found> {
        let hit = self.tracer.nearest_hit(query)?;
        Some(Found { triangle: self.original[hit.triangle as usize], t: hit.t })
    }

    /// Whether a ray meets anything.
    pub fn is_occluded(&self, query: &RayQuery) -> bool {
        self.tracer.is_occluded(query)
    }
}

/// Finds each packed triangle in the mesh by its corners; of equal ones, in order.
fn original_places(mesh: &Mesh, scene: &Scene) -> Vec<u32> {
    let key = |corners: [[f32; 3]; 3]| corners.map(|corner| corner.map(f32::to_bits));
    let mut places = HashMap::<_, Vec<u32>>::new();
    for (place, triangle) in mesh.triangles.iter().enumerate().rev() {
        let corners = triangle.map(|vertex| mesh.positions[vertex as usize]);
        places.entry(key(corners)).or_default().push(place as u32);
    }
    let find = |triangle: &[u32; 3]| {
        let corners = triangle.map(|vertex| scene.positions[vertex as usize]);
        places.get_mut(&key(corners)).and_then(Vec::pop).unwrap_or(u32::MAX)
    };
    scene.triangles.iter().map(find).collect()
}
