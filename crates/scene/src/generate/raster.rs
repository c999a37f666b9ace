//! Small pictures made in memory, and the PNG bytes of them.

use crate::math::{Vec3, srgb_from_linear};
use crate::{ImageFormat, ImageSource, SceneSource, TextureSource, TextureWrap};

/// Deflate effort of generated images; it decides their bytes and so the id of generated scenes.
const DEFLATE_LEVEL: u8 = 6;

/// An RGB picture of bytes.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pixels: Vec<[u8; 3]>,
}

impl Raster {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[0; 3]; (width * height) as usize] }
    }

    /// A picture whose pixels are made by a function of column and row.
    pub(super) fn from_fn(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, pixels: places.map(|(x, y)| pixel(x, y)).collect() }
    }

    /// Sets a pixel; outside of the picture nothing happens.
    pub(super) fn set(&mut self, x: u32, y: u32, pixel: [u8; 3]) {
        if x < self.width && y < self.height {
            self.pixels[(y * self.width + x) as usize] = pixel;
        }
    }

    /// Adds the picture as a texture of the scene; gives the texture's index.
    pub(super) fn add_to(&self, scene: &mut SceneSource, is_srgb: bool, wrap: TextureWrap) -> u32 {
        scene.images.push(ImageSource { format: ImageFormat::Png, bytes: self.png() });
        scene.textures.push(TextureSource {
            image: scene.images.len() as u32 - 1,
            wrap_u: wrap,
            wrap_v: wrap,
            is_srgb,
            is_filtered: true,
        });
        scene.textures.len() as u32 - 1
    }

    /// PNG bytes: 8-bit RGB, one IDAT. Our own writer, since a library's choice of filters or deflate
    /// would change the scene's id from one version, or one build's features, to the next.
    fn png(&self) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = Vec::new();
        header.extend(self.width.to_be_bytes());
        header.extend(self.height.to_be_bytes());
        // Bit depth 8, colour type RGB, deflate, adaptive filters, not interlaced.
        header.extend([8, 2, 0, 0, 0]);
        push_chunk(&mut bytes, *b"IHDR", &header);
        let data = miniz_oxide::deflate::compress_to_vec_zlib(&self.filtered(), DEFLATE_LEVEL);
        push_chunk(&mut bytes, *b"IDAT", &data);
        push_chunk(&mut bytes, *b"IEND", &[]);
        bytes
    }

    /// Each row with the filter (none, sub, up) of the least absolute sum.
    fn filtered(&self) -> Vec<u8> {
        let stride = self.width as usize * 3;
        let samples = self.pixels.as_flattened();
        let mut filtered = Vec::with_capacity(samples.len() + self.height as usize);
        let mut above = vec![0u8; stride];
        for row in samples.chunks_exact(stride) {
            let sub = row
                .iter()
                .enumerate()
                .map(|(i, &sample)| sample.wrapping_sub(if i < 3 { 0 } else { row[i - 3] }));
            let up = row.iter().zip(&above).map(|(&sample, &above)| sample.wrapping_sub(above));
            let candidates: [Vec<u8>; 3] = [row.to_vec(), sub.collect(), up.collect()];
            let cost = |row: &Vec<u8>| -> u32 {
                row.iter().map(|&sample| u32::from((sample as i8).unsigned_abs())).sum()
            };
            let costs = candidates.each_ref().map(cost);
            let best = if costs[2] <= costs[0] && costs[2] <= costs[1] {
                2
            } else {
                usize::from(costs[1] <= costs[0])
            };
            filtered.push(best as u8);
            filtered.extend_from_slice(&candidates[best]);
            above.copy_from_slice(row);
        }
        filtered
    }
}

/// Encodes a linear colour for a colour texture.
pub(super) fn srgb_pixel(linear: Vec3) -> [u8; 3] {
    linear.to_array().map(srgb_from_linear)
}

/// Encodes roughness and metallic for a data texture.
pub(super) fn surface_pixel(roughness: f32, metallic: f32) -> [u8; 3] {
    [0, byte_of(roughness), byte_of(metallic)]
}

/// Nearest byte of a value in 0..=1.
pub(super) fn byte_of(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}

fn push_chunk(bytes: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    bytes.extend((data.len() as u32).to_be_bytes());
    let start = bytes.len();
    bytes.extend(kind);
    bytes.extend_from_slice(data);
    let checksum = crc32(&bytes[start..]);
    bytes.extend(checksum.to_be_bytes());
}

/// CRC-32 as in the PNG specification, annex D.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageLimits, decode_image};

    #[test]
    fn png_decodes_to_the_picture() {
        let raster = Raster::from_fn(7, 5, |x, y| [x as u8 * 30, y as u8 * 50, (x * y) as u8]);
        let image = ImageSource { format: ImageFormat::Png, bytes: raster.png() };
        let limits = ImageLimits { max_texels: 35, max_side: 7 };
        let decoded = decode_image(&image, &limits).unwrap();
        assert_eq!((decoded.width, decoded.height), (7, 5));
        let expected: Vec<u32> =
            raster.pixels.iter().map(|&[r, g, b]| u32::from_le_bytes([r, g, b, 255])).collect();
        assert_eq!(decoded.texels, expected);
    }
}
