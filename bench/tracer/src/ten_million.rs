//! Ten million triangles from source to hits in one process, and the most memory that took.

use std::sync::Arc;

use anyhow::{Context, Result};
use p2c2r_bench_common::Random;
use p2c2r_scene::{InstanceSource, Material, MeshSource, SceneSource, UnpackLimits, pack, unpack};
use p2c2r_tracer_cpu::{CpuTracer, RayQuery};
use serde_json::{Value, json};

/// The row's name.
pub const ID: &str = "ten-million-memory";
/// Squares along a side of the ground; two triangles each.
const SQUARES: u32 = 2237;
/// Bytes that all of it may take.
const LIMIT_BYTES: f64 = (2u64 << 30) as f64;
/// Rays toward the ground.
const RAYS: usize = 1 << 20;

/// Packs, unpacks, prepares and traces; the row's value is the peak as a share of 2 GiB.
pub fn row() -> Result<Value> {
    let packed = pack(&ground())?;
    let package_bytes = packed.bytes.len();
    eprintln!("packed to {package_bytes} bytes, peak {} bytes so far", peak_bytes()?);
    let scene = unpack(&packed.bytes, &UnpackLimits::default())?;
    drop(packed);
    let triangles = scene.triangles.len();
    eprintln!("unpacked, peak {} bytes so far", peak_bytes()?);
    let tracer = CpuTracer::new(Arc::new(scene));
    let mut random = Random::new(5);
    let hits = (0..RAYS).filter(|_| tracer.nearest_hit(&downward(&mut random)).is_some()).count();
    let peak = peak_bytes()?;
    eprintln!("{triangles} triangles, {hits} of {RAYS} rays hit, peak {peak} bytes");
    anyhow::ensure!(hits > RAYS / 2, "only {hits} of {RAYS} rays hit the ground");
    Ok(json!({
        "id": ID,
        "value": peak / LIMIT_BYTES,
        "unit": "ratio",
        "against": "2 GiB",
        "ours": { "ground": [peak] },
        "theirs": { "ground": [LIMIT_BYTES] },
    }))
}

/// Rough ground of one metre a square.
fn ground() -> SceneSource {
    let side = SQUARES + 1;
    let mut random = Random::new(3);
    let mut positions = Vec::with_capacity((side * side) as usize);
    for z in 0..side {
        for x in 0..side {
            positions.push([x as f32, 8.0 * random.unit(), z as f32]);
        }
    }
    let mut triangles = Vec::with_capacity(2 * (SQUARES * SQUARES) as usize);
    for z in 0..SQUARES {
        for x in 0..SQUARES {
            let corner = z * side + x;
            triangles.push([corner, corner + side, corner + 1]);
            triangles.push([corner + 1, corner + side, corner + side + 1]);
        }
    }
    let normals = vec![[0.0, 1.0, 0.0]; positions.len()];
    let mesh = MeshSource { positions, normals, triangles, ..MeshSource::default() };
    let identity = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    SceneSource {
        meshes: vec![mesh],
        instances: vec![InstanceSource { world_from_object: identity, mesh: 0 }],
        materials: vec![Material::default()],
        ..SceneSource::default()
    }
}

/// From somewhere above the ground to somewhere on it.
fn downward(random: &mut Random) -> RayQuery {
    let side = SQUARES as f32;
    let (from, to) = (random.point(), random.point());
    let origin = [from.x * side, 20.0 + 100.0 * from.y, from.z * side];
    let direction = [to.x * side - origin[0], -origin[1], to.z * side - origin[2]];
    RayQuery { origin, direction, t_max: f32::MAX, key: 0 }
}

/// The most that this process has held at once, as Linux counts it.
fn peak_bytes() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("no /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(1024.0 * kibibytes)
}
