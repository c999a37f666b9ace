//! Embree 3: its best quality, its best instruction set, one ray at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use anyhow::{Result, anyhow};
use embree3::{
    BufferUsage, BuildQuality, Config, Device, Format, GeometryKind, IntersectContext, Ray, RayHit,
    Scene,
};
use p2c2r_bench_common::{Found, Mesh};
use p2c2r_tracer_cpu::RayQuery;

/// Threads that build; rays are traced by one.
const BUILD_THREADS: u32 = 2;

pub struct Embree {
    scene: Scene<'static>,
    /// What it says it holds: the mesh's buffers and the tree.
    bytes: Arc<AtomicIsize>,
}

impl Embree {
    pub fn build(mesh: &Mesh) -> Result<Self> {
        let failed = |error| anyhow!("Embree: {error:?}");
        let config = Config { threads: BUILD_THREADS, ..Config::default() };
        let device = Device::with_config(config).map_err(failed)?;
        let bytes = Arc::new(AtomicIsize::new(0));
        let counter = Arc::clone(&bytes);
        device.set_memory_monitor_function(move |change, _| {
            counter.fetch_add(change, Ordering::Relaxed);
            true
        });
        let mut scene = device.create_scene().map_err(failed)?;
        scene.set_build_quality(BuildQuality::HIGH);
        let mut triangles = device.create_geometry(GeometryKind::TRIANGLE).map_err(failed)?;
        triangles.set_build_quality(BuildQuality::HIGH);
        let (vertices, count) = (mesh.positions.len(), mesh.triangles.len());
        triangles
            .set_new_buffer::<[f32; 3]>(BufferUsage::VERTEX, 0, Format::FLOAT3, 12, vertices)
            .map_err(failed)?
            .copy_from_slice(&mesh.positions);
        triangles
            .set_new_buffer::<[u32; 3]>(BufferUsage::INDEX, 0, Format::UINT3, 12, count)
            .map_err(failed)?
            .copy_from_slice(&mesh.triangles);
        scene.attach_geometry(&triangles.commit());
        scene.commit();
        Ok(Self { scene, bytes })
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed).max(0) as usize
    }

    pub fn nearest(&self, query: &RayQuery, context: &mut IntersectContext) -> Option<Found> {
        let mut hit = RayHit::from(segment(query));
        self.scene.intersect(context, &mut hit);
        let is_hit = hit.hit.geomID != embree3::INVALID_ID;
        is_hit.then_some(Found { triangle: hit.hit.primID, t: hit.ray.tfar })
    }

    pub fn is_occluded(&self, query: &RayQuery, context: &mut IntersectContext) -> bool {
        self.scene.occluded(context, &mut segment(query))
    }
}

fn segment(query: &RayQuery) -> Ray {
    Ray::segment(query.origin, query.direction, 0.0, query.t_max)
}
