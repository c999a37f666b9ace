//! Smaller copies of textures, made when a scene is loaded: box filtered, the same bits everywhere.
//!
//! A package holds none, so they follow from its images. Colours are averaged as light. Textures that hold
//! directions (normals, anisotropy) have no copies: what a surface reflects is far from linear in them, and
//! their average, a smoother surface, would be another material (Bruneton and Neyret 2012, "A Survey of
//! Nonlinear Prefiltering Methods"). Where alpha decides what is there, colours count by their alpha, since
//! texels that nobody sees may have any colour; cut-outs themselves are always looked up in the image.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::math::{LINEAR_FROM_SRGB, SrgbEncoder};
use crate::{AlphaMode, Material, NO_INDEX, Scene, Texture, TextureRef};

/// All copies of all textures together have at most this share of the images' texels.
const LARGEST_SHARE: u64 = 3;

/// How the texels of a copy are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Averaging {
    is_srgb: bool,
    is_weighted_by_alpha: bool,
}

/// What a texture is used for, over all materials.
#[derive(Debug, Clone, Copy, Default)]
struct Uses {
    holds_directions: bool,
    holds_coverage: bool,
}

/// Texels of a level that make up one of the next, along one axis.
#[derive(Debug, Clone, Copy)]
struct Taps {
    first: usize,
    count: usize,
    weights: [f32; 3],
}

impl Texture {
    /// First texel, columns and rows of a level below `level_count`.
    #[inline]
    pub fn level(&self, level: u32) -> (u32, u32, u32) {
        if level == 0 {
            return (self.first_texel, self.width, self.height);
        }
        let mut first = self.first_mip_texel;
        let mut size = next_size([self.width, self.height]);
        for _ in 1..level {
            first += size[0] * size[1];
            size = next_size(size);
        }
        (first, size[0], size[1])
    }
}

impl Scene {
    /// Appends the smaller levels of all textures to the texels, which so far hold images alone.
    pub fn build_mips(&mut self) {
        let uses = self.texture_uses();
        let (all_texels, textures) =
            (Arc::make_mut(&mut self.texels), Arc::make_mut(&mut self.textures));
        let image_texels = all_texels.len() as u64;
        let most_texels = image_texels + image_texels / LARGEST_SHARE;
        let encoder = SrgbEncoder::new();
        let mut made: BTreeMap<(u32, Averaging), (u32, u32)> = BTreeMap::new();
        for (texture, uses) in textures.iter_mut().zip(uses) {
            let Texture { first_texel, width, height, is_srgb, .. } = *texture;
            if uses.holds_directions {
                continue;
            }
            let averaging = Averaging { is_srgb, is_weighted_by_alpha: uses.holds_coverage };
            let levels = made.entry((first_texel, averaging)).or_insert_with(|| {
                let left = most_texels - all_texels.len() as u64;
                let first_mip_texel = all_texels.len() as u32;
                let image = (first_texel as usize, [width, height]);
                let count = append_levels(all_texels, image, averaging, (&encoder, left));
                (first_mip_texel, count)
            });
            (texture.first_mip_texel, texture.level_count) = *levels;
        }
    }

    /// Whether a texture of a material has smaller levels.
    pub fn has_mips(&self, material: &Material) -> bool {
        let level_count = |reference: &TextureRef| {
            self.textures.get(reference.texture as usize).map_or(1, |texture| texture.level_count)
        };
        material.textures().into_iter().flatten().any(|reference| level_count(reference) > 1)
    }

    fn texture_uses(&self) -> Vec<Uses> {
        let mut uses = vec![Uses::default(); self.textures.len()];
        let is_texture = |reference: &&TextureRef| reference.texture != NO_INDEX;
        for material in self.materials.iter() {
            for reference in material.direction_textures().into_iter().flatten().filter(is_texture)
            {
                uses[reference.texture as usize].holds_directions = true;
            }
            if let Some(reference) = material.base_color_texture.as_ref().filter(is_texture) {
                uses[reference.texture as usize].holds_coverage |=
                    material.alpha_mode != AlphaMode::Opaque;
            }
        }
        uses
    }
}

/// Appends levels until one texel is left, or one more would not fit; gives their number, the image's
/// included.
fn append_levels(
    texels: &mut Vec<u32>,
    (mut first, mut size): (usize, [u32; 2]),
    averaging: Averaging,
    (encoder, left): (&SrgbEncoder, u64),
) -> u32 {
    let area = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
    let mut left = left.min(area(size) / LARGEST_SHARE);
    let mut count = 1;
    while size != [1, 1] && area(next_size(size)) <= left {
        let next = texels.len();
        append_level(texels, (first, size), averaging, encoder);
        left -= area(next_size(size));
        (first, size) = (next, next_size(size));
        count += 1;
    }
    count
}

/// Half of each side, rounded down.
fn next_size(size: [u32; 2]) -> [u32; 2] {
    size.map(|side| if side > 1 { side / 2 } else { 1 })
}

fn append_level(
    texels: &mut Vec<u32>,
    (first, [width, height]): (usize, [u32; 2]),
    averaging: Averaging,
    encoder: &SrgbEncoder,
) {
    let (columns, rows) = (taps(width), taps(height));
    texels.reserve(columns.len() * rows.len());
    for row in &rows {
        for column in &columns {
            let mut sum = [0.0f32; 4];
            for (y, &row_weight) in row.weights[..row.count].iter().enumerate() {
                let start = first + (row.first + y) * width as usize + column.first;
                let line = &texels[start..start + column.count];
                for (&texel, &weight) in line.iter().zip(&column.weights) {
                    let value = averaging.decoded(texel);
                    let weight = weight * row_weight;
                    sum = std::array::from_fn(|channel| sum[channel] + weight * value[channel]);
                }
            }
            let packed = averaging.encoded(sum, encoder);
            texels.push(packed);
        }
    }
}

/// The texels under each of the next level's: two, or three of uneven weight where the side is odd (Guthe
/// and Heckbert 2005, "Non-Power-of-Two Mipmap Creation"), so that every texel counts alike.
fn taps(side: u32) -> Vec<Taps> {
    let next = side / 2;
    if side == 1 {
        return vec![Taps { first: 0, count: 1, weights: [1.0, 0.0, 0.0] }];
    }
    let of_odd = |index: u32| {
        let parts = [next - index, next, index + 1];
        parts.map(|part| part as f32 / side as f32)
    };
    let of_index = |index: u32| {
        let (count, weights) =
            if side == 2 * next { (2, [0.5, 0.5, 0.0]) } else { (3, of_odd(index)) };
        Taps { first: 2 * index as usize, count, weights }
    };
    (0..next).map(of_index).collect()
}

impl Averaging {
    /// What is added up of a texel.
    fn decoded(self, texel: u32) -> [f32; 4] {
        let [r, g, b, a] = texel.to_le_bytes();
        let alpha = f32::from(a) / 255.0;
        let color = [r, g, b].map(|byte| {
            if self.is_srgb { LINEAR_FROM_SRGB[usize::from(byte)] } else { f32::from(byte) / 255.0 }
        });
        // A little weight for what cannot be seen, so that its colour is not lost where all is unseen.
        let weight = if self.is_weighted_by_alpha { alpha + UNSEEN_WEIGHT } else { 1.0 };
        [color[0] * weight, color[1] * weight, color[2] * weight, alpha]
    }

    /// The texel of a mean.
    fn encoded(self, mean: [f32; 4], encoder: &SrgbEncoder) -> u32 {
        let [r, g, b, alpha] = mean;
        let weight = if self.is_weighted_by_alpha { alpha + UNSEEN_WEIGHT } else { 1.0 };
        let byte = |unit: f32| (unit * 255.0 + 0.5) as u8;
        let [r, g, b] = [r, g, b].map(|channel| {
            let color = channel / weight;
            if self.is_srgb { encoder.byte(color) } else { byte(color) }
        });
        u32::from_le_bytes([r, g, b, byte(alpha)])
    }
}

/// Weight of a texel of no alpha: far below that of the least alpha.
const UNSEEN_WEIGHT: f32 = 1.0e-5;

#[cfg(test)]
#[path = "mip_tests.rs"]
mod tests;
