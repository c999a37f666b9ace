//! A few building shapes that the city places again and again.

use super::facade::{CELLS, WALL_UV};
use crate::generate::builder::{MeshBuilder, add_mesh};
use crate::generate::random::Random;
use crate::math::Vec3;
use crate::{MeshSource, SceneSource};

/// Width of a bay in metres.
const BAY_M: f32 = 3.0;
/// Height of a floor in metres.
const FLOOR_M: f32 = 3.5;
/// Height of the street level, which has no windows of its own.
pub(super) const BASE_HEIGHT_M: f32 = 4.5;
/// Bays of a full side; with the base it fills a lot.
const SIDE_BAYS: u32 = 7;

/// A building shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Building {
    /// Index of its mesh.
    pub(super) mesh: u32,
    /// Height of the roof in metres.
    pub(super) height_m: f32,
}

/// Tiers of the shapes, from the street up: inset from the lot in metres, floors.
const SHAPES: [(usize, &[(f32, u32)]); 12] = [
    (2, &[(0.0, 4)]),
    (0, &[(0.0, 5)]),
    (2, &[(0.0, 7)]),
    (3, &[(0.0, 8)]),
    (0, &[(0.0, 6), (3.0, 5)]),
    (1, &[(0.0, 12)]),
    (3, &[(0.0, 10), (3.0, 8)]),
    (0, &[(0.0, 14), (1.5, 9)]),
    (1, &[(0.0, 24)]),
    (1, &[(0.0, 18), (3.0, 14), (6.0, 6)]),
    (3, &[(0.0, 22), (1.5, 18)]),
    (1, &[(0.0, 30), (1.5, 20), (4.5, 12)]),
];

/// Adds all shapes, lowest first.
pub(super) fn add_buildings(scene: &mut SceneSource, facades: &[u32], seed: u32) -> Vec<Building> {
    let mut buildings = Vec::new();
    for (index, &(style, tiers)) in SHAPES.iter().enumerate() {
        let random = &mut Random::new(seed, 200 + index as u32);
        let (mesh, height_m) = building(facades[style % facades.len()], tiers, random);
        buildings.push(Building { mesh: add_mesh(scene, mesh), height_m });
    }
    buildings
}

fn building(material: u32, tiers: &[(f32, u32)], random: &mut Random) -> (MeshSource, f32) {
    let mut builder = MeshBuilder::new(material);
    let full_side_m = SIDE_BAYS as f32 * BAY_M;
    walls(&mut builder, 0.0, BASE_HEIGHT_M, full_side_m * 0.5, |_| [WALL_UV; 2]);
    let mut y = BASE_HEIGHT_M;
    for &(inset_m, floors) in tiers {
        let half_m = full_side_m * 0.5 - inset_m;
        let bays = (2.0 * half_m / BAY_M + 0.5).floor();
        let mut corner = || random.below(CELLS as usize) as f32 / CELLS as f32;
        let corners: [[f32; 2]; 4] = [(); 4].map(|()| [corner(), corner()]);
        let top = y + floors as f32 * FLOOR_M;
        walls(&mut builder, y, top, half_m, |side| {
            let [u, v] = corners[side];
            [[u, v], [u + bays / CELLS as f32, v + floors as f32 / CELLS as f32]]
        });
        roof(&mut builder, top, half_m);
        y = top;
    }
    let last_inset_m = tiers.last().map_or(0.0, |tier| tier.0);
    roof_clutter(&mut builder, y, full_side_m * 0.5 - last_inset_m, random);
    (builder.finish(), y)
}

/// Four walls; `uv` gives the texture rectangle of each.
fn walls(
    builder: &mut MeshBuilder,
    bottom: f32,
    top: f32,
    half_m: f32,
    uv: impl Fn(usize) -> [[f32; 2]; 2],
) {
    let up = Vec3::new(0.0, top - bottom, 0.0);
    let outward = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)];
    for (side, (x, z)) in outward.into_iter().enumerate() {
        let out = Vec3::new(x, 0.0, z) * half_m;
        let along = Vec3::new(z, 0.0, -x) * half_m;
        let corner = out - along + Vec3::new(0.0, bottom, 0.0);
        builder.quad_uv(corner, along * 2.0, up, uv(side));
    }
}

/// A flat roof behind a low wall.
fn roof(builder: &mut MeshBuilder, y: f32, half_m: f32) {
    let (x, z) = (Vec3::new(2.0 * half_m, 0.0, 0.0), Vec3::new(0.0, 0.0, 2.0 * half_m));
    builder.quad_uv(Vec3::new(-half_m, y, half_m), x, -z, [WALL_UV; 2]);
    for (dx, dz) in [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)] {
        let center = Vec3::new(dx, 0.0, dz) * (half_m - 0.15) + Vec3::new(0.0, y + 0.5, 0.0);
        let long = half_m - if dx == 0.0 { 0.0 } else { 0.3 };
        let half_x = if dx == 0.0 { long } else { 0.15 };
        let half_z = if dx == 0.0 { 0.15 } else { long };
        solid(builder, center, [half_x, 0.5, half_z]);
    }
}

/// Machines, a stair head and sometimes a mast.
fn roof_clutter(builder: &mut MeshBuilder, y: f32, half_m: f32, random: &mut Random) {
    let reach = half_m - 2.5;
    for _ in 0..3 + random.below(3) {
        let half = [random.between(0.6, 1.8), random.between(0.5, 1.3), random.between(0.6, 1.8)];
        let x = random.between(-reach, reach);
        let z = random.between(-reach, reach);
        solid(builder, Vec3::new(x, y + half[1], z), half);
    }
    if random.chance(0.5) {
        let mast_m = random.between(3.0, 9.0);
        solid(builder, Vec3::new(0.0, y + mast_m, 0.0), [0.12, mast_m, 0.12]);
    }
}

/// A box of plain wall.
fn solid(builder: &mut MeshBuilder, center: Vec3, [x, y, z]: [f32; 3]) {
    let axes = [Vec3::new(x, 0.0, 0.0), Vec3::new(0.0, y, 0.0), Vec3::new(0.0, 0.0, z)];
    builder.block_uv(center, axes, WALL_UV);
}
