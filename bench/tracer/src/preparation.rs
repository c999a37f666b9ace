//! From a mesh to the first ray: how long it takes, and what is held afterwards.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;

use crate::memory::held_bytes;
use crate::mesh::Mesh;
use crate::peers::embree::Embree;
use crate::peers::ours::Ours;

/// Millions of triangles a second of both sides, build by build in turns; the first is not counted.
pub fn race_builds(mesh: &Mesh, repetitions: usize) -> Result<[Vec<f64>; 2]> {
    let millions = mesh.triangles.len() as f64 / 1e6;
    let mut speeds = [Vec::new(), Vec::new()];
    for round in 0..=repetitions {
        let source = Ours::source(mesh);
        let started = Instant::now();
        black_box(Ours::prepare(source));
        let ours = started.elapsed();
        let started = Instant::now();
        black_box(Embree::build(mesh)?);
        let theirs = started.elapsed();
        if round > 0 {
            speeds[0].push(millions / ours.as_secs_f64());
            speeds[1].push(millions / theirs.as_secs_f64());
        }
    }
    Ok(speeds)
}

/// Bytes of mesh and tree of both sides.
pub fn bytes(mesh: &Mesh, embree: &Embree) -> [f64; 2] {
    let before = held_bytes();
    let tracer = Ours::prepare(Ours::source(mesh));
    let held = held_bytes() - before;
    // Embree keeps nothing to shade with.
    let scene = tracer.scene();
    let shading =
        size_of_val(&*scene.normals) + size_of_val(&*scene.tangents) + size_of_val(&*scene.uvs);
    [(held - shading) as f64, embree.bytes() as f64]
}
