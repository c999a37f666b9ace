//! Random numbers: a pure integer function of pixel, sample, block and seed.
//!
//! The shaders mirror this file word for word. A *block* gives four 32-bit words: two points of the
//! (0,2)-sequence of Sobol, each with its own Owen scrambling and order (Burley 2020), so that the
//! samples of a pixel cover what they integrate evenly; the first blocks spread their error over the screen
//! as well (`screen.rs`). A path uses these blocks; neither the order of work nor its splitting can change a
//! number:
//!
//! | block | word 0 | word 1 | word 2 | word 3 |
//! |---|---|---|---|---|
//! | 0 | pixel x | pixel y | lens u and key of the camera ray | lens v |
//! | 1 + 3v + 0 | light group | light: path in the tree, column | column or alias, bits for the tree | channel of dispersion, whether to go through |
//! | 1 + 3v + 1 | light u | light v | direction u | direction v and lobe |
//! | 1 + 3v + 2 | roulette | key of the shadow ray | key of the next ray | roulette of the shadow ray |
//!
//! where v counts the path's surface vertices from 0. A ray's key draws the numbers of the alpha tests
//! along it: see [`alpha_word`].

mod lanes;

use crate::screen::{FIRST_PLAIN_BLOCK, WHOLE_SCREEN, diffused_point, walked, z_order};

/// Block of the camera sample.
pub(crate) const CAMERA_BLOCK: u32 = 0;
/// Block of the first vertex.
pub(crate) const FIRST_VERTEX_BLOCK: u32 = 1;
/// Blocks of each vertex.
pub(crate) const BLOCKS_PER_VERTEX: u32 = 3;
/// Where on the light, and where to. The block before it chooses a light.
pub(crate) const DIRECTION_BLOCK: u32 = 1;
/// Whether and with what key to go on.
pub(crate) const CONTINUATION_BLOCK: u32 = 2;

/// The random numbers of one sample of one pixel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleRandom {
    /// Number in Z order: a film side is at most 2¹⁴.
    pixel: u32,
    sample: u32,
    seed: u32,
}

impl SampleRandom {
    /// The numbers of a sample.
    pub(crate) fn new(x: u32, y: u32, sample: u32, seed: u32) -> Self {
        Self { pixel: z_order(x, y), sample, seed }
    }

    /// Four words of the camera.
    pub(crate) fn camera(self) -> [u32; 4] {
        self.block(CAMERA_BLOCK)
    }

    /// Four words of one of a vertex's blocks.
    pub(crate) fn vertex(self, vertex: u32, block: u32) -> [u32; 4] {
        self.block(FIRST_VERTEX_BLOCK + vertex * BLOCKS_PER_VERTEX + block)
    }

    /// Two scrambled points of the sequence; a pixel's blocks are independent of each other.
    fn block(self, block: u32) -> [u32; 4] {
        if block < FIRST_PLAIN_BLOCK {
            let [[x, y], [z, w]] = [0, 1].map(|half| {
                let seeds = pcg4d([WHOLE_SCREEN, block, self.seed, half]);
                diffused_point(walked(self.pixel, 2 * block + half), self.sample, seeds)
            });
            return [x, y, z, w];
        }
        let [x, y] = scrambled_point(self.sample, pcg4d([self.pixel, block, self.seed, 0]));
        let [z, w] = scrambled_point(self.sample, pcg4d([self.pixel, block, self.seed, 1]));
        [x, y, z, w]
    }
}

/// A point of Sobol's first two dimensions: the seeds reorder the sequence and scramble each digit.
fn scrambled_point(sample: u32, seeds: [u32; 4]) -> [u32; 2] {
    let index = scrambled_digits(sample.reverse_bits(), seeds[0]).reverse_bits();
    let x = scrambled_digits(index, seeds[1]).reverse_bits();
    let y = scrambled_digits(pascal_product(index), seeds[2]).reverse_bits();
    [x, y]
}

/// Owen scrambling of a number whose first digit is bit 0 (Laine and Karras 2011; constants by Vegdahl).
pub(crate) fn scrambled_digits(digits: u32, seed: u32) -> u32 {
    let mut x = digits;
    x ^= x.wrapping_mul(0x3d20_adea);
    x = x.wrapping_add(seed);
    x = x.wrapping_mul((seed >> 16) | 1);
    x ^= x.wrapping_mul(0x0552_6c56);
    x ^ x.wrapping_mul(0x53a2_2864)
}

/// Sobol's second generator matrix, Pascal's triangle modulo 2, as a product with the index's digits.
pub(crate) fn pascal_product(index: u32) -> u32 {
    let mut x = index;
    x ^= (x >> 16) & 0x0000_ffff;
    x ^= (x >> 8) & 0x00ff_00ff;
    x ^= (x >> 4) & 0x0f0f_0f0f;
    x ^= (x >> 2) & 0x3333_3333;
    x ^ ((x >> 1) & 0x5555_5555)
}

/// Hashes four words to four words (Jarzynski and Olano 2020, `pcg4d`), with one more shift at the end:
/// scrambling lives on the low bits, and those of the plain hash differ too little between seeds.
pub(crate) fn pcg4d(words: [u32; 4]) -> [u32; 4] {
    let [mut x, mut y, mut z, mut w] =
        words.map(|word| word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    for round in 0..2 {
        if round == 1 {
            [x, y, z, w] = [x, y, z, w].map(|word| word ^ (word >> 16));
        }
        x = x.wrapping_add(y.wrapping_mul(w));
        y = y.wrapping_add(z.wrapping_mul(x));
        z = z.wrapping_add(x.wrapping_mul(y));
        w = w.wrapping_add(y.wrapping_mul(z));
    }
    [x, y, z, w].map(|word| word ^ (word >> 16))
}

/// The word that decides whether a ray meets a partly transparent triangle.
///
/// It depends on the instance's place in the authored scene, not on the order of traversal.
pub(crate) fn alpha_word(ray_key: u32, source_index: u32, triangle: u32) -> u32 {
    pcg4d([ray_key, source_index, triangle, 0])[0]
}

/// A uniform number in 0..1 from the upper 24 bits.
pub(crate) fn unit_from_word(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A uniform integer in 0..count: the high word of the product, in halves since WGSL has no 64 bits.
pub(crate) fn index_from_word(word: u32, count: u32) -> u32 {
    let (word_high, word_low) = (word >> 16, word & 0xffff);
    let (count_high, count_low) = (count >> 16, count & 0xffff);
    let low = word_low * count_low;
    let middle = word_high * count_low + (low >> 16);
    let other = word_low * count_high + (middle & 0xffff);
    word_high * count_high + (middle >> 16) + (other >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// χ² of 256 equal bins has mean 255 and deviation 22.6: five deviations.
    const CHI_SQUARE_LIMIT: f64 = 255.0 + 5.0 * 22.6;

    fn chi_square(values: impl Iterator<Item = u32>) -> f64 {
        let mut bins = [0u32; 256];
        let mut count = 0u32;
        for value in values {
            bins[(value >> 24) as usize] += 1;
            count += 1;
        }
        let expected = f64::from(count) / 256.0;
        bins.iter().map(|&found| (f64::from(found) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn every_word_is_uniform_along_every_axis() {
        for lane in 0..4 {
            let along_pixels =
                (0..65_536u32).map(|i| SampleRandom::new(i & 255, i >> 8, 0, 1).vertex(0, 1)[lane]);
            let along_samples =
                (0..65_536).map(|i| SampleRandom::new(5, 9, i, 1).vertex(2, 0)[lane]);
            let along_seeds = (0..65_536).map(|i| SampleRandom::new(5, 9, 3, i).camera()[lane]);
            let along_blocks =
                (0..65_536).map(|i| SampleRandom::new(5, 9, 3, 1).vertex(i / 3, i % 3)[lane]);
            for (axis, value) in [
                ("pixels", chi_square(along_pixels)),
                ("samples", chi_square(along_samples)),
                ("seeds", chi_square(along_seeds)),
                ("blocks", chi_square(along_blocks)),
            ] {
                assert!(value < CHI_SQUARE_LIMIT, "lane {lane} along {axis}: {value}");
            }
        }
    }

    #[test]
    fn neighbouring_numbers_are_independent_in_pairs() {
        let pair = |a: u32, b: u32| (a >> 28 << 28) | (b >> 28 << 24);
        let lanes = (0..65_536).map(|i| {
            let words = SampleRandom::new(7, 7, i, 3).vertex(0, 1);
            pair(words[0], words[1])
        });
        let blocks = (0..65_536).map(|i| {
            let random = SampleRandom::new(7, 7, i, 3);
            pair(random.vertex(0, 1)[2], random.vertex(1, 1)[2])
        });
        let pixels = (0..65_536).map(|i| {
            let word = |x| SampleRandom::new(x, i >> 8, 0, 3).vertex(1, 1)[3];
            pair(word(i & 255), word((i & 255) + 1))
        });
        for (kind, value) in [
            ("lanes", chi_square(lanes)),
            ("blocks", chi_square(blocks)),
            ("pixels", chi_square(pixels)),
        ] {
            assert!(value < CHI_SQUARE_LIMIT, "{kind}: {value}");
        }
    }

    /// In 2⁸ consecutive samples, each box of 2⁻ᵃ × 2⁻ᵇ with a + b = 8 holds exactly one point.
    #[test]
    fn samples_of_a_pixel_are_stratified() {
        for (vertex, first, seed) in [(1, 0, 1), (0, 256, 2), (1, 7 << 8, 3), (0, 0, 4)] {
            for lane in [0, 2] {
                for across in 0..=8u32 {
                    let mut boxes = [0u8; 256];
                    for sample in first..first + 256 {
                        let words = SampleRandom::new(9, 4, sample, seed).vertex(vertex, 1);
                        let column = u64::from(words[lane]) >> (32 - across);
                        let row = u64::from(words[lane + 1]) >> (24 + across);
                        boxes[(column << (8 - across) | row) as usize] += 1;
                    }
                    assert!(boxes.iter().all(|&count| count == 1), "lane {lane}, {across}");
                }
            }
        }
    }

    /// The first samples of many pixels, seen through two blocks: a path's vertices must not be related.
    #[test]
    fn blocks_of_a_path_are_independent() {
        let pair = |a: u32, b: u32| (a >> 28 << 28) | (b >> 28 << 24);
        for samples in [4, 16, 256] {
            for (ours, theirs) in [(1, 2), (2, 3), (2, 5), (5, 8), (0, 2)] {
                for lanes in 0..16 {
                    let words = (0..102_400 / samples).flat_map(|pixel| {
                        (0..samples).map(move |sample| {
                            let random = SampleRandom::new(pixel & 63, pixel >> 6, sample, 1);
                            let (a, b) = (random.block(ours), random.block(theirs));
                            pair(a[lanes / 4], b[lanes % 4])
                        })
                    });
                    let value = chi_square(words);
                    assert!(
                        value < CHI_SQUARE_LIMIT,
                        "{samples} samples, blocks {ours} and {theirs}, lanes {lanes}: {value}"
                    );
                }
            }
        }
    }

    /// Pictures of different seeds must have independent noise, and neighbouring pixels but for the blocks
    /// that are spread over the screen.
    #[test]
    fn seeds_and_pixels_are_independent() {
        let pair = |a: u32, b: u32| (a >> 28 << 28) | (b >> 28 << 24);
        for (dx, dy, ds, dseed) in
            [(0, 0, 0, 1), (0, 0, 0, 2), (0, 0, 0, 7), (1, 0, 0, 0), (0, 1, 0, 0), (1, 1, 0, 3)]
        {
            let blocks = if dseed == 0 { [4, 5, 8] } else { [0, 2, 5] };
            for block in blocks {
                for lanes in 0..16 {
                    let words = (0..102_400u32).map(|index| {
                        let (x, y, seed) = (index & 63, index >> 6 & 63, index >> 12);
                        let ours = SampleRandom::new(x, y, seed & 3, seed);
                        let theirs =
                            SampleRandom::new(x + dx, y + dy, (seed & 3) + ds, seed + dseed);
                        pair(ours.block(block)[lanes / 4], theirs.block(block)[lanes % 4])
                    });
                    let value = chi_square(words);
                    assert!(
                        value < CHI_SQUARE_LIMIT,
                        "block {block}, lanes {lanes}, {dx} {dy} {dseed}: {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn index_is_the_high_word_of_the_product() {
        for word in [0, 1, 0xffff, 0x1_0000, 0x8000_0001, u32::MAX] {
            for count in [1, 2, 3, 0xffff, 0x1_0000, 0x1234_5678, u32::MAX] {
                let expected = ((u64::from(word) * u64::from(count)) >> 32) as u32;
                assert_eq!(index_from_word(word, count), expected, "{word} {count}");
            }
        }
        assert!(unit_from_word(u32::MAX) < 1.0);
    }
}
