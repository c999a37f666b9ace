//! Walls with windows, some of them lit: three textures for each style of building.

use crate::generate::builder::{add_material, plain_material};
use crate::generate::random::Random;
use crate::generate::raster::{Raster, srgb_pixel, surface_pixel};
use crate::math::Vec3;
use crate::{Material, SceneSource, TextureRef, TextureWrap};

/// Bays and floors that a texture holds before it repeats.
pub(super) const CELLS: u32 = 16;
/// Texels of a bay and of a floor.
const CELL_TEXELS: u32 = 32;
/// Radiance of a white texel of a lit window.
const WINDOW_RADIANCE: f32 = 1.7;
/// Texture coordinates of plain wall in every style: the frame at a cell's corner.
pub(super) const WALL_UV: [f32; 2] = [1.0 / 512.0, 1.0 / 512.0];

const WARM: Vec3 = Vec3::new(1.0, 0.62, 0.27);
const NEUTRAL: Vec3 = Vec3::new(1.0, 0.85, 0.62);
const COOL: Vec3 = Vec3::new(0.62, 0.82, 1.0);
const SCREEN: Vec3 = Vec3::new(0.25, 0.45, 1.0);

/// How a kind of building looks.
struct Style {
    wall: Vec3,
    wall_roughness: f32,
    wall_metallic: f32,
    /// Window in its cell, in texels: left, top, right, bottom.
    window: [u32; 4],
    lit_share: f32,
    /// How much a whole floor is lit or dark together.
    floor_unity: f32,
    lights: [Vec3; 3],
}

const STYLES: [Style; 4] = [
    // Concrete offices with punched windows.
    Style {
        wall: Vec3::new(0.16, 0.155, 0.15),
        wall_roughness: 0.75,
        wall_metallic: 0.0,
        window: [6, 7, 26, 27],
        lit_share: 0.24,
        floor_unity: 0.3,
        lights: [NEUTRAL, COOL, WARM],
    },
    // Glass from edge to edge.
    Style {
        wall: Vec3::new(0.22, 0.24, 0.27),
        wall_roughness: 0.3,
        wall_metallic: 0.9,
        window: [2, 3, 31, 31],
        lit_share: 0.2,
        floor_unity: 0.7,
        lights: [COOL, NEUTRAL, COOL],
    },
    // Brick flats.
    Style {
        wall: Vec3::new(0.19, 0.09, 0.065),
        wall_roughness: 0.85,
        wall_metallic: 0.0,
        window: [9, 8, 23, 28],
        lit_share: 0.3,
        floor_unity: 0.0,
        lights: [WARM, WARM, SCREEN],
    },
    // Bands of windows.
    Style {
        wall: Vec3::new(0.27, 0.26, 0.24),
        wall_roughness: 0.6,
        wall_metallic: 0.0,
        window: [2, 10, 31, 26],
        lit_share: 0.3,
        floor_unity: 0.55,
        lights: [NEUTRAL, WARM, COOL],
    },
];

/// Adds a material for each style; gives their indices.
pub(super) fn add_facades(scene: &mut SceneSource, seed: u32) -> Vec<u32> {
    STYLES
        .iter()
        .enumerate()
        .map(|(index, style)| {
            let material = facade(scene, style, &mut Random::new(seed, 100 + index as u32));
            add_material(scene, material)
        })
        .collect()
}

fn facade(scene: &mut SceneSource, style: &Style, random: &mut Random) -> Material {
    let side = CELLS * CELL_TEXELS;
    let wall_pixel = |x: u32, y: u32| {
        // A joint below each floor, so that plain walls do not look like paper.
        let is_joint = y % CELL_TEXELS == CELL_TEXELS - 1 || x % (CELL_TEXELS * 2) == 63;
        srgb_pixel(if is_joint { style.wall * 0.55 } else { style.wall })
    };
    let mut base = Raster::from_fn(side, side, wall_pixel);
    let wall_surface = surface_pixel(style.wall_roughness, style.wall_metallic);
    let mut surface = Raster::from_fn(side, side, |_, _| wall_surface);
    let mut emissive = Raster::new(side, side);
    for floor in 0..CELLS {
        let floor_is_lit = random.chance(style.lit_share);
        for bay in 0..CELLS {
            let follows_floor = random.chance(style.floor_unity);
            let is_lit = if follows_floor { floor_is_lit } else { random.chance(style.lit_share) };
            let corner = [bay * CELL_TEXELS, floor * CELL_TEXELS];
            paint_glass(&mut base, &mut surface, style, corner);
            if is_lit {
                paint_light(&mut emissive, style, corner, random);
            }
        }
    }
    let reference =
        |texture| Some(TextureRef { texture, uv_from_mesh_uv: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] });
    Material {
        base_color_texture: reference(base.add_to(scene, true, TextureWrap::Repeat)),
        metallic: 1.0,
        metallic_roughness_texture: reference(surface.add_to(scene, false, TextureWrap::Repeat)),
        emissive: [WINDOW_RADIANCE; 3],
        emissive_texture: reference(emissive.add_to(scene, true, TextureWrap::Repeat)),
        ..plain_material([1.0; 3], 1.0)
    }
}

fn paint_glass(base: &mut Raster, surface: &mut Raster, style: &Style, [left, top]: [u32; 2]) {
    let glass = srgb_pixel(Vec3::new(0.02, 0.024, 0.03));
    let smooth = surface_pixel(0.06, 0.0);
    for (x, y) in places(style.window) {
        base.set(left + x, top + y, glass);
        surface.set(left + x, top + y, smooth);
    }
}

/// A lit room: a ceiling brighter than the floor, a blind, something dark that stands in the way.
fn paint_light(emissive: &mut Raster, style: &Style, corner: [u32; 2], random: &mut Random) {
    let [left, top] = corner;
    let color = style.lights[random.below(style.lights.len())] * random.between(0.25, 1.0);
    let [x0, y0, x1, y1] = style.window;
    let height = y1 - y0;
    let blind = if random.chance(0.4) { random.below(height as usize) as u32 } else { 0 };
    let dark_from = x0 + random.below((x1 - x0) as usize) as u32;
    let dark_to = dark_from + 2 + random.below(6) as u32;
    let dark_height = random.below((height / 2) as usize) as u32;
    for (x, y) in places(style.window) {
        let depth = (y - y0) as f32 / height as f32;
        let mut light = color * (1.0 - 0.45 * depth);
        if y - y0 < blind {
            light = light * 0.35;
        }
        if (dark_from..dark_to).contains(&x) && y1 - y <= dark_height {
            light = light * 0.2;
        }
        let is_mullion = x == (x0 + x1) / 2;
        emissive.set(left + x, top + y, srgb_pixel(if is_mullion { light * 0.1 } else { light }));
    }
}

fn places([x0, y0, x1, y1]: [u32; 4]) -> impl Iterator<Item = (u32, u32)> {
    (y0..y1).flat_map(move |y| (x0..x1).map(move |x| (x, y)))
}
