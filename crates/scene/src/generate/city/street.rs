//! The ground: wet asphalt with puddles, pavements, markings and lamps.

use super::layout::{BLOCK_M, PERIOD_M, SIDEWALK_M};
use crate::generate::builder::{
    MeshBuilder, add_in_place, add_material, add_mesh, emitter, plain_material,
};
use crate::generate::random::Random;
use crate::generate::raster::{Raster, byte_of};
use crate::math::{Vec3, srgb_from_linear};
use crate::{Material, MeshSource, SceneSource, TextureRef, TextureWrap};

/// Edge of the asphalt texture in metres.
const ASPHALT_TILE_M: f32 = 37.0;
/// Edge of the paving texture in metres.
const PAVING_TILE_M: f32 = 6.0;
/// Height of the kerb in metres.
pub(super) const KERB_M: f32 = 0.15;
const LAMP_RADIANCE: [f32; 3] = [400.0, 240.0, 100.0];
/// As bright as it looks from afar; it lights less, see `signs`.
const FAR_LAMP_RADIANCE: [f32; 3] = [60.0, 36.0, 15.0];
const LAMP_HEIGHT_M: f32 = 7.2;

/// Meshes that the layout places.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreetMeshes {
    /// Pavement of a block, its middle at the origin.
    pub(super) pavement: u32,
    /// A dash of the middle line, along z.
    pub(super) dash: u32,
    /// Stripes for walkers across a street along z.
    pub(super) crossing: u32,
    /// A lamp post, its arm along +x.
    pub(super) lamp_post: u32,
    /// The light of the same lamp, near the cameras and far from them.
    pub(super) lamp_lights: [u32; 2],
}

/// Adds the ground itself, and the meshes to place.
pub(super) fn add_street(scene: &mut SceneSource, half_extent_m: f32, seed: u32) -> StreetMeshes {
    let asphalt = asphalt(scene, seed);
    let asphalt = add_material(scene, asphalt);
    let mut ground = MeshBuilder::new(asphalt);
    let (x, z) =
        (Vec3::new(2.0 * half_extent_m, 0.0, 0.0), Vec3::new(0.0, 0.0, 2.0 * half_extent_m));
    let tiles = half_extent_m / ASPHALT_TILE_M;
    let uvs = [[-tiles, -tiles], [tiles, tiles]];
    ground.quad_uv(Vec3::new(-half_extent_m, 0.0, half_extent_m), x, -z, uvs);
    add_in_place(scene, ground.finish());

    let paving = paving(scene, seed);
    let paving = add_material(scene, paving);
    let paint = add_material(scene, plain_material([0.42, 0.41, 0.38], 0.35));
    let metal = Material { metallic: 1.0, ..plain_material([0.1, 0.11, 0.12], 0.45) };
    let metal = add_material(scene, metal);
    let lights =
        [LAMP_RADIANCE, FAR_LAMP_RADIANCE].map(|radiance| add_material(scene, emitter(radiance)));
    let mut add = |mesh: MeshSource| add_mesh(scene, mesh);
    StreetMeshes {
        pavement: add(pavement_mesh(paving)),
        dash: add(dash_mesh(paint)),
        crossing: add(crossing_mesh(paint)),
        lamp_post: add(lamp_post_mesh(metal)),
        lamp_lights: lights.map(|light| add(lamp_light_mesh(light))),
    }
}

/// Dark asphalt: rough where it is dry, nearly a mirror where water stands.
fn asphalt(scene: &mut SceneSource, seed: u32) -> Material {
    const SIDE: u32 = 512;
    let noise = Noise::new(&mut Random::new(seed, 300));
    let wetness = |x: u32, y: u32| {
        let place = [x as f32 / SIDE as f32, y as f32 / SIDE as f32];
        let broad =
            0.65 * noise.at(place, 5) + 0.25 * noise.at(place, 13) + 0.1 * noise.at(place, 37);
        smooth_step(0.5, 0.6, broad)
    };
    let grain = |x: u32, y: u32| noise.at([x as f32 / SIDE as f32, y as f32 / SIDE as f32], 120);
    let roughness = Raster::from_fn(SIDE, SIDE, |x, y| {
        let dry = 0.26 + 0.16 * grain(x, y);
        [byte_of(mix(dry, 0.03, wetness(x, y))); 3]
    });
    let color = Raster::from_fn(SIDE, SIDE, |x, y| {
        let dry = 0.04 + 0.03 * grain(x, y);
        [srgb_from_linear(mix(dry, 0.014, wetness(x, y))); 3]
    });
    textured(scene, &color, &roughness)
}

/// Damp slabs with joints.
fn paving(scene: &mut SceneSource, seed: u32) -> Material {
    const SIDE: u32 = 256;
    const SLABS: u32 = 8;
    let noise = Noise::new(&mut Random::new(seed, 301));
    let slab = SIDE / SLABS;
    let is_joint = |x: u32, y: u32| {
        let shift = if (y / slab).is_multiple_of(2) { 0 } else { slab / 2 };
        (x + shift).is_multiple_of(slab) || y.is_multiple_of(slab)
    };
    let damp = |x: u32, y: u32| {
        let place = [x as f32 / SIDE as f32, y as f32 / SIDE as f32];
        smooth_step(0.35, 0.65, 0.7 * noise.at(place, 3) + 0.3 * noise.at(place, 11))
    };
    let roughness = Raster::from_fn(SIDE, SIDE, |x, y| {
        [byte_of(if is_joint(x, y) { 0.8 } else { mix(0.55, 0.16, damp(x, y)) }); 3]
    });
    let color = Raster::from_fn(SIDE, SIDE, |x, y| {
        let tone = mix(0.2, 0.11, damp(x, y));
        [srgb_from_linear(if is_joint(x, y) { tone * 0.45 } else { tone }); 3]
    });
    textured(scene, &color, &roughness)
}

fn textured(scene: &mut SceneSource, color: &Raster, roughness: &Raster) -> Material {
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let reference = |texture| Some(TextureRef { texture, uv_from_mesh_uv: identity });
    Material {
        base_color_texture: reference(color.add_to(scene, true, TextureWrap::Repeat)),
        metallic_roughness_texture: reference(roughness.add_to(scene, false, TextureWrap::Repeat)),
        ..plain_material([1.0; 3], 1.0)
    }
}

fn pavement_mesh(material: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(material);
    let half_m = BLOCK_M * 0.5 + SIDEWALK_M;
    let side_m = 2.0 * half_m;
    let tiles = side_m / PAVING_TILE_M;
    let (x, y, z) =
        (Vec3::new(side_m, 0.0, 0.0), Vec3::new(0.0, KERB_M, 0.0), Vec3::new(0.0, 0.0, side_m));
    let corner = Vec3::new(-half_m, KERB_M, half_m);
    builder.quad_uv(corner, x, -z, [[0.0, 0.0], [tiles, tiles]]);
    let kerb = [[0.0, 0.05], [tiles, 0.075]];
    builder.quad_uv(corner - y, x, y, kerb);
    builder.quad_uv(corner - y + x, -z, y, kerb);
    builder.quad_uv(corner - y + x - z, -x, y, kerb);
    builder.quad_uv(corner - y - z, z, y, kerb);
    builder.finish()
}

fn dash_mesh(material: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(material);
    let (x, z) = (Vec3::new(0.15, 0.0, 0.0), Vec3::new(0.0, 0.0, 3.0));
    builder.quad(Vec3::new(-0.075, 0.01, 1.5), x, -z);
    builder.finish()
}

fn crossing_mesh(material: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(material);
    let half_m = (PERIOD_M - BLOCK_M) * 0.5 - SIDEWALK_M;
    let mut x = -half_m + 0.3;
    while x + 0.5 < half_m {
        let (u, v) = (Vec3::new(0.5, 0.0, 0.0), Vec3::new(0.0, 0.0, 3.0));
        builder.quad(Vec3::new(x, 0.012, 1.5), u, -v);
        x += 1.1;
    }
    builder.finish()
}

fn lamp_post_mesh(material: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(material);
    let v = Vec3::new;
    builder.tube(v(0.0, 0.0, 0.0), v(0.0, 0.9, 0.0), 0.12, 8);
    builder.tube(v(0.0, 0.9, 0.0), v(0.0, LAMP_HEIGHT_M, 0.0), 0.07, 8);
    builder.tube(v(-0.05, LAMP_HEIGHT_M, 0.0), v(2.3, LAMP_HEIGHT_M + 0.25, 0.0), 0.05, 8);
    let housing = v(1.75, LAMP_HEIGHT_M + 0.29, 0.0);
    builder.block(housing, v(0.65, 0.0, 0.0), v(0.0, 0.07, 0.0), v(0.0, 0.0, 0.2));
    builder.finish()
}

fn lamp_light_mesh(material: u32) -> MeshSource {
    let mut builder = MeshBuilder::new(material);
    let corner = Vec3::new(1.2, LAMP_HEIGHT_M + 0.21, -0.17);
    builder.quad(corner, Vec3::new(1.1, 0.0, 0.0), Vec3::new(0.0, 0.0, 0.34));
    builder.finish()
}

/// Value noise that repeats with the texture.
struct Noise {
    lattice: Vec<f32>,
}

impl Noise {
    const SIDE: usize = 128;

    fn new(random: &mut Random) -> Self {
        Self { lattice: (0..Self::SIDE * Self::SIDE).map(|_| random.unit()).collect() }
    }

    /// Noise in 0..1 with `cells` cells to a side of the unit square; periodic.
    fn at(&self, [x, y]: [f32; 2], cells: u32) -> f32 {
        let (x, y) = (x * cells as f32, y * cells as f32);
        let (column, row) = (x.floor(), y.floor());
        let (s, t) = (smooth_step(0.0, 1.0, x - column), smooth_step(0.0, 1.0, y - row));
        let value = |dx: u32, dy: u32| {
            let wrap = |cell: u32| (cell % cells) as usize % Self::SIDE;
            self.lattice[wrap(row as u32 + dy) * Self::SIDE + wrap(column as u32 + dx)]
        };
        mix(mix(value(0, 0), value(1, 0), s), mix(value(0, 1), value(1, 1), s), t)
    }
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

fn smooth_step(low: f32, high: f32, value: f32) -> f32 {
    let t = crate::math::unit_clamped((value - low) / (high - low));
    t * t * (3.0 - 2.0 * t)
}
