//! Neon signs, billboards and shop windows: what colours the street.

use super::buildings::BASE_HEIGHT_M;
use crate::generate::builder::{MeshBuilder, add_material, add_mesh, emitter, plain_material};
use crate::generate::random::Random;
use crate::generate::raster::{Raster, srgb_pixel};
use crate::math::Vec3;
use crate::{Material, MeshSource, SceneSource, TextureRef, TextureWrap};

/// Neon colours, strongest channel 1.
const NEON: [[f32; 3]; 7] = [
    [1.0, 0.06, 0.42],
    [0.05, 0.75, 1.0],
    [1.0, 0.36, 0.04],
    [0.12, 1.0, 0.3],
    [1.0, 0.05, 0.05],
    [0.42, 0.12, 1.0],
    [0.75, 0.85, 1.0],
];
const NEON_RADIANCE: f32 = 8.0;
const TUBE_RADIUS_M: f32 = 0.035;
const TUBE_SIDES: u32 = 5;
/// Edge of a glyph's cell in metres.
const GLYPH_M: f32 = 0.95;
/// Bays in the texture of shops.
const SHOP_BAYS: u32 = 12;
/// Edge of a bay in texels.
const BAY_TEXELS: u32 = 64;
const SHOP_WIDTH_M: f32 = 20.4;
const SHOP_RADIANCE: f32 = 2.4;
const BILLBOARD_RADIANCE: f32 = 2.2;

/// How much of their light signs keep where they are far from the cameras. They still look lit, but
/// take fewer of the tracer's light samples from the signs that light what one sees.
const FAR_SHARE: f32 = 0.3;

/// A material as it is near the cameras, and far from them.
#[derive(Debug, Clone, Copy)]
struct Lit {
    near: u32,
    far: u32,
}

/// Something to hang on a building: meshes that go together, the front towards +z.
#[derive(Debug, Clone)]
pub(super) struct Sign {
    /// Indices of the meshes near the cameras.
    pub(super) near: Vec<u32>,
    /// Indices of the meshes far from them.
    pub(super) far: Vec<u32>,
    /// Height in metres, measured from the origin upwards.
    pub(super) height_m: f32,
}

/// All that can hang on a building.
#[derive(Debug, Clone)]
pub(super) struct Signs {
    /// Upright signs that stand out from the wall; they show both sides along z.
    pub(super) blades: Vec<Sign>,
    /// Large pictures, flat on the wall.
    pub(super) billboards: Vec<Sign>,
    /// Windows of shops, as wide as a building, standing on the ground.
    pub(super) shops: Vec<Sign>,
}

/// Adds all signs to the scene, not yet placed.
pub(super) fn add_signs(scene: &mut SceneSource, seed: u32) -> Signs {
    let random = &mut Random::new(seed, 400);
    let frame = Material { metallic: 1.0, ..plain_material([0.06; 3], 0.4) };
    let frame = add_material(scene, frame);
    let neon: Vec<Lit> = NEON
        .iter()
        .map(|color| {
            let radiance = Vec3::from(*color) * NEON_RADIANCE;
            add_lit(scene, emitter(radiance.to_array()))
        })
        .collect();
    let blades = (0..14)
        .map(|index| {
            let colors = [neon[index % neon.len()], neon[random.below(neon.len())]];
            blade(scene, frame, colors, random)
        })
        .collect();
    let billboards = (0..4).map(|_| billboard(scene, frame, random)).collect();
    let shops = shops(scene, frame, random);
    Signs { blades, billboards, shops }
}

/// Adds a material that emits, in both its strengths.
fn add_lit(scene: &mut SceneSource, material: Material) -> Lit {
    let dimmed = (Vec3::from(material.emissive) * FAR_SHARE).to_array();
    let near = add_material(scene, material);
    Lit { near, far: add_material(scene, Material { emissive: dimmed, ..material }) }
}

/// Adds the meshes of a sign: what glows in both strengths, what does not once.
fn add_sign(
    scene: &mut SceneSource,
    glowing: Vec<(MeshBuilder, Lit)>,
    dark: MeshBuilder,
    height_m: f32,
) -> Sign {
    let dark = add_mesh(scene, dark.finish());
    let (mut near, mut far) = (vec![dark], vec![dark]);
    for (builder, lit) in glowing {
        let mesh = builder.finish();
        far.push(add_mesh(scene, MeshSource { material: lit.far, ..mesh.clone() }));
        near.push(add_mesh(scene, MeshSource { material: lit.near, ..mesh }));
    }
    Sign { near, far, height_m }
}

/// A column of glyphs in a frame of light, on both sides of a box.
fn blade(scene: &mut SceneSource, frame: u32, colors: [Lit; 2], random: &mut Random) -> Sign {
    let glyph_count = 3 + random.below(4);
    let height_m = glyph_count as f32 * (GLYPH_M + 0.2) + 0.4;
    let half = Vec3::new(0.68, height_m * 0.5, 0.09);
    let mut board = MeshBuilder::new(frame);
    let x = Vec3::new(half.x, 0.0, 0.0);
    let (y, z) = (Vec3::new(0.0, half.y, 0.0), Vec3::new(0.0, 0.0, half.z));
    board.block(Vec3::new(0.0, half.y, 0.0), x, y, z);
    let mut outline = MeshBuilder::new(colors[1].near);
    let mut strokes = MeshBuilder::new(colors[0].near);
    let glyphs: Vec<Vec<[Vec3; 2]>> = (0..glyph_count).map(|_| glyph(random)).collect();
    for depth in [half.z + 0.06, -half.z - 0.06] {
        let corners = [[-0.6, 0.1], [0.6, 0.1], [0.6, height_m - 0.1], [-0.6, height_m - 0.1]]
            .map(|[x, y]| Vec3::new(x, y, depth));
        for index in 0..4 {
            neon_tube(&mut outline, corners[index], corners[(index + 1) % 4]);
        }
        for (index, glyph) in glyphs.iter().enumerate() {
            let corner = Vec3::new(-GLYPH_M * 0.5, 0.3 + index as f32 * (GLYPH_M + 0.2), depth);
            for &[from, to] in glyph {
                neon_tube(&mut strokes, corner + from, corner + to);
            }
        }
    }
    add_sign(scene, vec![(outline, colors[1]), (strokes, colors[0])], board, height_m)
}

/// Strokes between points of a 3×3 grid, connected enough to look written.
fn glyph(random: &mut Random) -> Vec<[Vec3; 2]> {
    const EDGES: [([u8; 2], [u8; 2]); 12] = [
        ([0, 2], [2, 2]),
        ([0, 1], [2, 1]),
        ([0, 0], [2, 0]),
        ([0, 0], [0, 2]),
        ([1, 0], [1, 2]),
        ([2, 0], [2, 2]),
        ([0, 0], [1, 1]),
        ([1, 1], [2, 0]),
        ([0, 2], [1, 1]),
        ([1, 1], [2, 2]),
        ([0, 1], [1, 2]),
        ([1, 2], [2, 1]),
    ];
    let point = |[x, y]: [u8; 2]| {
        Vec3::new(f32::from(x) * 0.5 * GLYPH_M, f32::from(y) * 0.5 * GLYPH_M, 0.0)
    };
    // The second and fifth edges cross every other one, so each glyph holds together.
    let mut chosen = vec![EDGES[1], EDGES[4]];
    for edge in EDGES {
        if random.chance(0.34) && !chosen.contains(&edge) {
            chosen.push(edge);
        }
    }
    if random.chance(0.4) {
        chosen.remove(random.below(2));
    }
    chosen.into_iter().map(|(from, to)| [point(from), point(to)]).collect()
}

fn neon_tube(builder: &mut MeshBuilder, from: Vec3, to: Vec3) {
    builder.tube(from, to, TUBE_RADIUS_M, TUBE_SIDES);
}

/// A lit picture of bands, discs and bars that advertises nothing.
fn billboard(scene: &mut SceneSource, frame: u32, random: &mut Random) -> Sign {
    const SIZE: [u32; 2] = [192, 128];
    let pick = |random: &mut Random| Vec3::from(NEON[random.below(NEON.len())]);
    let colors: [Vec3; 3] = [pick(random), pick(random), pick(random)];
    let center = [random.between(50.0, 140.0), random.between(40.0, 90.0)];
    let radius = random.between(22.0, 48.0);
    let bars: Vec<f32> = (0..8).map(|_| random.between(0.1, 0.9)).collect();
    let picture = Raster::from_fn(SIZE[0], SIZE[1], |x, y| {
        let (dx, dy) = (x as f32 - center[0], y as f32 - center[1]);
        let distance = (dx * dx + dy * dy).sqrt();
        let bar = bars[(y / 16) as usize] * SIZE[0] as f32;
        let is_text = y % 16 > 10 && (x as f32) < bar && x % 11 > 2;
        let light = if distance < radius {
            colors[0] * (0.35 + 0.65 * distance / radius)
        } else if distance < radius + 5.0 {
            Vec3::ONE
        } else if is_text {
            colors[1] * 0.9
        } else {
            colors[2] * (0.05 + 0.22 * y as f32 / SIZE[1] as f32)
        };
        srgb_pixel(light)
    });
    let lit = lit_picture(scene, &picture, BILLBOARD_RADIANCE);
    let (width_m, height_m) = (9.0, 6.0);
    let mut face = MeshBuilder::new(lit.near);
    let corner = Vec3::new(-width_m * 0.5, 0.0, 0.21);
    face.quad(corner, Vec3::new(width_m, 0.0, 0.0), Vec3::new(0.0, height_m, 0.0));
    let mut board = MeshBuilder::new(frame);
    let half = [width_m * 0.5 + 0.15, height_m * 0.5 + 0.15, 0.1];
    let [x, y, z] =
        [Vec3::new(half[0], 0.0, 0.0), Vec3::new(0.0, half[1], 0.0), Vec3::new(0.0, 0.0, half[2])];
    board.block(Vec3::new(0.0, height_m * 0.5, 0.1), x, y, z);
    add_sign(scene, vec![(face, lit)], board, height_m)
}

/// Shop windows under a lit fascia, with awnings; six kinds from one texture.
fn shops(scene: &mut SceneSource, frame: u32, random: &mut Random) -> Vec<Sign> {
    let mut picture = Raster::new(SHOP_BAYS * BAY_TEXELS, BAY_TEXELS);
    for bay in 0..SHOP_BAYS {
        paint_bay(&mut picture, bay * BAY_TEXELS, &Interior::random(random));
    }
    let lit = lit_picture(scene, &picture, SHOP_RADIANCE);
    (0..6).map(|kind| shop(scene, lit, frame, kind as f32 / 6.0, random)).collect()
}

/// What one sees through a shop window.
struct Interior {
    /// Light of the room; black behind a shutter.
    light: Vec3,
    /// Colour of the writing above.
    fascia: Vec3,
    /// Distance between shelves in texels; 0 where there are none.
    shelf_texels: u32,
    /// Brightness of the goods along a shelf.
    goods: Vec<f32>,
    /// Someone who stands before the light: middle and half width in texels.
    figure: Option<[u32; 2]>,
}

impl Interior {
    fn random(random: &mut Random) -> Self {
        let warm = Vec3::new(1.0, random.between(0.55, 0.75), random.between(0.25, 0.45));
        let cool = Vec3::new(0.8, 0.95, 1.0);
        let bar = Vec3::from(NEON[random.below(NEON.len())]) * 0.35;
        let kind = random.unit();
        let (light, shelf_texels) = match kind {
            _ if kind < 0.2 => (Vec3::ZERO, 0),
            _ if kind < 0.45 => (cool * random.between(0.6, 0.95), 9),
            _ if kind < 0.6 => (bar, 0),
            _ => (warm * random.between(0.3, 0.8), if random.chance(0.5) { 14 } else { 0 }),
        };
        let fascia = Vec3::from(NEON[random.below(NEON.len())]);
        let goods = (0..BAY_TEXELS / 2).map(|_| random.between(0.08, 0.8)).collect();
        let middle = 10 + random.below(44) as u32;
        let figure = random.chance(0.45).then(|| [middle, 3 + random.below(2) as u32]);
        Self { light, fascia, shelf_texels, goods, figure }
    }

    /// Light of a texel below the fascia.
    fn at(&self, x: u32, y: u32) -> Vec3 {
        let depth = (y - 14) as f32 / 45.0;
        let is_board = self.shelf_texels > 0 && y.is_multiple_of(self.shelf_texels);
        let is_goods = self.shelf_texels > 0 && !(y + 2).is_multiple_of(self.shelf_texels);
        let tone = if is_board {
            0.12
        } else if is_goods {
            self.goods[(x / 2) as usize] * (1.0 - 0.5 * depth)
        } else {
            // Lit from the ceiling.
            0.95 - 0.75 * depth
        };
        let hides = |[middle, half]: [u32; 2]| {
            let off = x.abs_diff(middle);
            // A head on shoulders.
            (y > 30 && off + 1 < half) || (y > 36 && off <= half)
        };
        let is_hidden = self.figure.is_some_and(hides);
        self.light * if is_hidden { 0.03 } else { tone }
    }
}

fn paint_bay(picture: &mut Raster, left: u32, interior: &Interior) {
    for (x, y) in (0..BAY_TEXELS).flat_map(|y| (0..BAY_TEXELS).map(move |x| (x, y))) {
        let is_frame = !(2..BAY_TEXELS - 2).contains(&x) || x == BAY_TEXELS / 2;
        let color = match y {
            3..=10 if x % 9 > 2 && !is_frame => interior.fascia,
            14..=58 if !is_frame => interior.at(x, y),
            _ => Vec3::ZERO,
        };
        picture.set(left + x, y, srgb_pixel(color));
    }
}

fn shop(scene: &mut SceneSource, lit: Lit, frame: u32, first_u: f32, random: &mut Random) -> Sign {
    let height_m = BASE_HEIGHT_M - 0.4;
    let mut face = MeshBuilder::new(lit.near);
    let corner = Vec3::new(-SHOP_WIDTH_M * 0.5, 0.15, 0.06);
    let (x, y) = (Vec3::new(SHOP_WIDTH_M, 0.0, 0.0), Vec3::new(0.0, height_m, 0.0));
    // Five of the texture's twelve bays.
    face.quad_uv(corner, x, y, [[first_u, 0.0], [first_u + 5.0 / 12.0, 1.0]]);
    let mut awning = MeshBuilder::new(frame);
    for bay in 0..5 {
        if random.chance(0.5) {
            let x = (bay as f32 - 2.0) * SHOP_WIDTH_M / 5.0;
            let center = Vec3::new(x, 3.35, 0.75);
            let slope = Vec3::new(0.0, -0.22, 0.7);
            let half = [Vec3::new(1.9, 0.0, 0.0), Vec3::new(0.0, 0.04, 0.0127), slope];
            awning.block_uv(center, half, [0.0; 2]);
        }
    }
    // A strip along the foot, so that every kind has a frame mesh.
    let foot = Vec3::new(0.0, 0.08, 0.06);
    let half = [
        Vec3::new(SHOP_WIDTH_M * 0.5, 0.0, 0.0),
        Vec3::new(0.0, 0.08, 0.0),
        Vec3::new(0.0, 0.0, 0.06),
    ];
    awning.block_uv(foot, half, [0.0; 2]);
    add_sign(scene, vec![(face, lit)], awning, height_m)
}

/// A surface that shows a picture by its own light, glossy as if behind glass.
fn lit_picture(scene: &mut SceneSource, picture: &Raster, radiance: f32) -> Lit {
    let texture = picture.add_to(scene, true, TextureWrap::Repeat);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let material = Material {
        emissive: [radiance; 3],
        emissive_texture: Some(TextureRef { texture, uv_from_mesh_uv: identity }),
        ..plain_material([0.02; 3], 0.12)
    };
    add_lit(scene, material)
}
