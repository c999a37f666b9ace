//! What was looked at, between two workers of one page: the numbers of each pixel as they lie in memory.

use p2c2r_frame::{AovPixel, Aovs, PixelRect};

const PIXEL_WORDS: usize = 24;
const PIXEL_BYTES: usize = 4 * PIXEL_WORDS;

/// The bytes of pixels, row by row.
pub(crate) fn aovs_bytes(aovs: &Aovs) -> Vec<u8> {
    let words: Vec<_> = aovs.pixels.iter().map(words_of).collect();
    bytemuck::cast_slice(&words).to_vec()
}

/// Reads the pixels of a rectangle; none if there are not as many.
pub(crate) fn aovs_of(rect: PixelRect, bytes: &[u8]) -> Option<Aovs> {
    let (pixels, rest) = bytes.as_chunks::<PIXEL_BYTES>();
    let is_whole = rest.is_empty() && pixels.len() as u64 == rect.area();
    let pixel = |bytes| pixel_of(&bytemuck::pod_read_unaligned(bytes));
    is_whole.then(|| Aovs { rect, pixels: pixels.iter().map(|bytes| pixel(bytes)).collect() })
}

fn words_of(pixel: &AovPixel) -> [u32; PIXEL_WORDS] {
    // Every field by its name: none that comes to be is forgotten here.
    let AovPixel {
        depth,
        mirrored_variance,
        motion_px,
        normal,
        albedo,
        emission,
        sampled_albedo,
        sampled_emission,
        mirrored,
        instance,
        material,
    } = *pixel;
    let vectors = [normal, albedo, emission, sampled_albedo, sampled_emission, mirrored];
    let numbers = [depth, mirrored_variance, motion_px[0], motion_px[1]];
    let numbers = numbers.iter().chain(vectors.as_flattened()).map(|number| number.to_bits());
    let mut words = [0; PIXEL_WORDS];
    for (word, value) in words.iter_mut().zip(numbers.chain([instance, material])) {
        *word = value;
    }
    words
}

fn pixel_of(words: &[u32; PIXEL_WORDS]) -> AovPixel {
    let number = |at: usize| f32::from_bits(words[at]);
    let vector = |at: usize| [number(at), number(at + 1), number(at + 2)];
    AovPixel {
        depth: number(0),
        mirrored_variance: number(1),
        motion_px: [number(2), number(3)],
        normal: vector(4),
        albedo: vector(7),
        emission: vector(10),
        sampled_albedo: vector(13),
        sampled_emission: vector(16),
        mirrored: vector(19),
        instance: words[22],
        material: words[23],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: PixelRect = PixelRect { x: 1, y: 2, width: 3, height: 2 };

    /// Pixels of which no two numbers are alike.
    fn aovs() -> Aovs {
        let pixel = |index: u32| {
            let words: [u32; PIXEL_WORDS] =
                std::array::from_fn(|at| (index as f32 + at as f32 / 64.0).to_bits());
            pixel_of(&words)
        };
        Aovs { rect: RECT, pixels: (1..7).map(pixel).collect() }
    }

    #[test]
    fn pixels_survive_the_way_between_workers() {
        assert_eq!(aovs_of(RECT, &aovs_bytes(&aovs())), Some(aovs()));
        let pixel = aovs().pixels[0];
        assert!(pixel.depth < pixel.normal[0] && pixel.normal[2] < pixel.mirrored[0]);
    }

    #[test]
    fn other_lengths_are_no_pixels_of_the_rectangle() {
        let bytes = aovs_bytes(&aovs());
        for length in [0, 1, PIXEL_BYTES, bytes.len() - PIXEL_BYTES, bytes.len() - 1] {
            assert_eq!(aovs_of(RECT, &bytes[..length]), None, "{length} bytes");
        }
        for more in [1, PIXEL_BYTES] {
            assert_eq!(aovs_of(RECT, &[&bytes[..], &vec![0; more]].concat()), None);
        }
        let endless = PixelRect::of_size(u32::MAX, u32::MAX);
        assert_eq!(aovs_of(endless, &bytes), None);
    }
}
