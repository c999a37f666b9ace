//! Texture lookup: level of detail, wrapping, bilinear interpolation, sRGB by table.

use p2c2r_scene::math::{LINEAR_FROM_SRGB, smaller, unit_clamped};
use p2c2r_scene::{Scene, Texture, TextureRef, TextureWrap};

/// Texels under a beam up to which the image itself is looked up. A copy's texel covers a quarter of the
/// beam: the samples of a pixel spread over it as well, and both together must not blur it.
const FINEST_TEXELS: f32 = 4.0;

/// A place on a surface at which textures are looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TexturePoint {
    /// The mesh's texture coordinates.
    pub(crate) uv: [f32; 2],
    /// Area of the beam in those coordinates; 0 looks up the image itself.
    pub(crate) footprint: f32,
    /// A uniform number, which chooses between two levels.
    pub(crate) draw: f32,
}

impl TexturePoint {
    /// A point that is looked up in the images themselves.
    pub(crate) fn sharp(uv: [f32; 2]) -> Self {
        Self { uv, footprint: 0.0, draw: 0.0 }
    }
}

/// Linear RGBA at a point of a surface.
pub(crate) fn sample_texture(
    scene: &Scene,
    reference: &TextureRef,
    point: &TexturePoint,
) -> [f32; 4] {
    let texture = &scene.textures[reference.texture as usize];
    let [row_u, row_v] = reference.uv_from_mesh_uv;
    let u = row_u[0] * point.uv[0] + row_u[1] * point.uv[1] + row_u[2];
    let v = row_v[0] * point.uv[0] + row_v[1] * point.uv[1] + row_v[2];
    let level = texture.level(level_under(texture, reference, point));
    let (_, width, height) = level;
    let (column, across) = texel_pair(u, width, texture.wrap_u, texture.is_filtered);
    let (row, down) = texel_pair(v, height, texture.wrap_v, texture.is_filtered);
    let texel = |column: u32, row: u32| texel(scene, texture, level, [column, row]);
    if !texture.is_filtered {
        return texel(column[0], row[0]);
    }
    let upper = mixed(texel(column[0], row[0]), texel(column[1], row[0]), across);
    let lower = mixed(texel(column[0], row[1]), texel(column[1], row[1]), across);
    mixed(upper, lower, down)
}

/// The level of which a texel covers a quarter of the beam: the finer or the coarser of two, drawn so that
/// their mean is what mixing both would give (Fajardo et al. 2023, "Stochastic Texture Filtering").
fn level_under(texture: &Texture, reference: &TextureRef, point: &TexturePoint) -> u32 {
    let [row_u, row_v] = reference.uv_from_mesh_uv;
    let scale = (row_u[0] * row_v[1] - row_u[1] * row_v[0]).abs();
    let texels = point.footprint * scale * (texture.width as f32 * texture.height as f32);
    let is_minified = texels > FINEST_TEXELS;
    if !is_minified || texture.level_count == 1 {
        return 0;
    }
    let level = 0.5 * rough_log2(texels * (1.0 / FINEST_TEXELS)) + point.draw;
    smaller(level, (texture.level_count - 1) as f32) as u32
}

/// Binary logarithm, at most 0.09 too small: exponent and mantissa as they stand (Mitchell 1962).
fn rough_log2(x: f32) -> f32 {
    x.to_bits() as f32 * (1.0 / 8_388_608.0) - 127.0
}

/// The two texels around a coordinate and the fraction between their centres.
fn texel_pair(x: f32, size: u32, wrap: TextureWrap, is_filtered: bool) -> ([u32; 2], f32) {
    let scaled = wrapped(x, wrap) * size as f32 - if is_filtered { 0.5 } else { 0.0 };
    // A coordinate that is not a number fails the comparison and reads the first texel.
    let scaled = if scaled >= -0.5 { scaled } else { 0.0 };
    let floor = scaled.floor();
    let last = size - 1;
    let is_periodic = wrap == TextureWrap::Repeat;
    let first = if floor < 0.0 {
        if is_periodic { last } else { 0 }
    } else {
        smaller(floor, last as f32) as u32
    };
    let second = if floor < 0.0 {
        0
    } else if first < last {
        first + 1
    } else if is_periodic {
        0
    } else {
        last
    };
    ([first, second], scaled - floor)
}

/// Brings a coordinate into 0..=1.
fn wrapped(x: f32, wrap: TextureWrap) -> f32 {
    match wrap {
        TextureWrap::Repeat => x - x.floor(),
        TextureWrap::Clamp => unit_clamped(x),
        TextureWrap::Mirror => {
            let period = x - 2.0 * (x * 0.5).floor();
            if period > 1.0 { 2.0 - period } else { period }
        }
    }
}

fn mixed(a: [f32; 4], b: [f32; 4], share_of_b: f32) -> [f32; 4] {
    std::array::from_fn(|channel| a[channel] + (b[channel] - a[channel]) * share_of_b)
}

/// One texel, decoded.
fn texel(
    scene: &Scene,
    texture: &Texture,
    (first, width, _): (u32, u32, u32),
    [column, row]: [u32; 2],
) -> [f32; 4] {
    let packed = scene.texels[(first + row * width + column) as usize];
    let [r, g, b, a] = packed.to_le_bytes();
    let alpha = f32::from(a) / 255.0;
    if texture.is_srgb {
        let [r, g, b] = [r, g, b].map(|byte| LINEAR_FROM_SRGB[usize::from(byte)]);
        return [r, g, b, alpha];
    }
    [f32::from(r) / 255.0, f32::from(g) / 255.0, f32::from(b) / 255.0, alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(wrap: TextureWrap, is_filtered: bool) -> (Scene, TextureRef) {
        let texture = Texture {
            first_texel: 0,
            width: 2,
            height: 1,
            first_mip_texel: 0,
            level_count: 1,
            wrap_u: wrap,
            wrap_v: TextureWrap::Clamp,
            is_srgb: false,
            is_filtered,
        };
        let scene = Scene {
            textures: vec![texture].into(),
            texels: vec![0xff00_0000, 0xff00_00ff].into(),
            ..Scene::default()
        };
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        (scene, TextureRef { texture: 0, uv_from_mesh_uv: identity })
    }

    fn red(wrap: TextureWrap, is_filtered: bool, u: f32) -> f32 {
        let (scene, reference) = scene(wrap, is_filtered);
        sample_texture(&scene, &reference, &TexturePoint::sharp([u, 0.5]))[0]
    }

    #[test]
    fn wraps_follow_their_definition() {
        for (wrap, u, expected) in [
            (TextureWrap::Repeat, 0.25, 0.0),
            (TextureWrap::Repeat, 0.75, 1.0),
            (TextureWrap::Repeat, 0.5, 0.5),
            (TextureWrap::Repeat, 1.0, 0.5),
            (TextureWrap::Repeat, -0.25, 1.0),
            (TextureWrap::Mirror, 1.25, 1.0),
            (TextureWrap::Mirror, 1.75, 0.0),
            (TextureWrap::Mirror, 2.25, 0.0),
            (TextureWrap::Mirror, -0.25, 0.0),
            (TextureWrap::Mirror, 1.0, 1.0),
            (TextureWrap::Clamp, 7.0, 1.0),
            (TextureWrap::Clamp, -7.0, 0.0),
        ] {
            assert_eq!(red(wrap, true, u), expected, "{wrap:?} at {u}");
        }
    }

    #[test]
    fn nearest_takes_the_texel_under_the_coordinate() {
        for (u, expected) in [(0.0, 0.0), (0.49, 0.0), (0.5, 1.0), (0.99, 1.0), (1.0, 0.0)] {
            assert_eq!(red(TextureWrap::Repeat, false, u), expected, "at {u}");
        }
    }

    #[test]
    fn coordinates_that_are_not_finite_read_some_texel() {
        for wrap in [TextureWrap::Repeat, TextureWrap::Mirror, TextureWrap::Clamp] {
            for u in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38, -3e38] {
                assert!(red(wrap, true, u).is_finite(), "{wrap:?} at {u}");
            }
        }
    }
}
