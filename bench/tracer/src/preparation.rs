//! From a mesh to the first ray: how long it takes, and what is held afterwards.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use p2c2r_bench_common::{Mesh, Ours};
use p2c2r_scene::build_mesh_tree;
use p2c2r_tracer_cpu::CpuTracer;

use crate::memory::held_bytes;
use crate::peers::embree::Embree;

/// Millions of triangles a second of both sides, build by build in turns; the first is not counted.
///
/// Ours is the tree that is stored and the tracer's own, which it becomes; packing and unpacking, which
/// lie in between, compress and hash and are nobody else's business.
pub fn race_builds(mesh: &Mesh, repetitions: usize) -> Result<[Vec<f64>; 2]> {
    let millions = mesh.triangles.len() as f64 / 1e6;
    let mut speeds = [Vec::new(), Vec::new()];
    let scene = Ours::source(mesh).build();
    for round in 0..=repetitions {
        let started = Instant::now();
        black_box(build_mesh_tree(&mesh.positions, &mesh.triangles));
        black_box(CpuTracer::new(Arc::clone(&scene)));
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
        size_of_val(scene.normals.as_slice())
            + size_of_val(scene.tangents.as_slice())
            + size_of_val(scene.uvs.as_slice());
    let tree = size_of_val(scene.nodes.as_slice()) + scene.mesh_trees.byte_count();
    let mesh_bytes =
        size_of_val(scene.positions.as_slice()) + size_of_val(scene.triangles.as_slice());
    let own = held - shading - tree - mesh_bytes;
    eprintln!("{}: mesh {mesh_bytes}, shared tree {tree}, the tracer's own {own} bytes", mesh.name);
    [(held - shading) as f64, embree.bytes() as f64]
}
