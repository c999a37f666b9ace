//! The random numbers of four blocks at once: a point of the sequence in each of eight lanes.
//!
//! The words are those that [`SampleRandom::vertex`] gives one by one; most of a block's work is
//! multiplications that wait for each other, which eight points do side by side.

use fearless_simd::prelude::*;
use fearless_simd::u32x8;

use super::{BLOCKS_PER_VERTEX, FIRST_VERTEX_BLOCK, SampleRandom};
use crate::screen::{FIRST_PLAIN_BLOCK, WHOLE_SCREEN, walked};

/// Blocks that are drawn together.
const BLOCKS: usize = 4;
/// Two points of each.
const POINTS: usize = 2 * BLOCKS;

impl SampleRandom {
    /// Four words of each of a vertex's blocks, in their order, and those of the block behind them.
    #[inline(always)]
    pub(crate) fn vertex_blocks<S: Simd>(self, simd: S, vertex: u32) -> [[u32; 4]; BLOCKS] {
        self.blocks(simd, FIRST_VERTEX_BLOCK + vertex * BLOCKS_PER_VERTEX)
    }

    /// Four words of each of four consecutive blocks.
    #[inline(always)]
    pub(crate) fn blocks<S: Simd>(self, simd: S, first_block: u32) -> [[u32; 4]; BLOCKS] {
        if first_block == 0 {
            return in_blocks(self.diffused_points(simd));
        }
        if first_block < FIRST_PLAIN_BLOCK {
            return std::array::from_fn(|block| self.block(first_block + block as u32));
        }
        let splat = |word: u32| u32x8::splat(simd, word);
        let seeds = self.seeds(simd, self.pixel, first_block);
        let sample = splat(self.sample.reverse_bits());
        let index = reversed(scrambled_digits(sample, seeds[0]));
        let x = reversed(scrambled_digits(index, seeds[1]));
        let y = reversed(scrambled_digits(pascal_product(index), seeds[2]));
        in_blocks([x, y])
    }

    /// `crate::screen::diffused_point` of the first blocks, which are all spread over the screen.
    #[inline(always)]
    fn diffused_points<S: Simd>(self, simd: S) -> [u32x8<S>; 2] {
        const { assert!(FIRST_PLAIN_BLOCK as usize == BLOCKS) };
        let splat = |word: u32| u32x8::splat(simd, word);
        let seeds = self.seeds(simd, WHOLE_SCREEN, 0);
        let mut places = [0; POINTS];
        for (pair, place) in (0..).zip(&mut places) {
            *place = walked(self.pixel, pair).reverse_bits();
        }
        let places = u32x8::from_slice(simd, &places);
        let order = reversed(scrambled_digits(places, seeds[0]));
        let first_x = scrambled_digits(order, seeds[1]);
        let first_y = scrambled_digits(pascal_product(order), seeds[2]);
        let key = (first_x >> 16) | (first_y & 0xffff_0000);
        let key = (key ^ (key >> 15)) * 0x2c1b_3c6d;
        let sample = splat(self.sample.reverse_bits());
        let index = reversed(scrambled_digits(sample, key) ^ scrambled_digits(splat(0), key));
        let x = scrambled_from(first_x, index, (key >> 8) | 1);
        let y = scrambled_from(first_y, pascal_product(index), (key >> 16) | 1);
        [reversed(x), reversed(y)]
    }

    /// The first three seeds of each of the points, for a pixel's number.
    #[inline(always)]
    fn seeds<S: Simd>(self, simd: S, pixel: u32, first_block: u32) -> [u32x8<S>; 3] {
        let splat = |word: u32| u32x8::splat(simd, word);
        let block_of_lane = u32x8::from_slice(simd, &[0, 0, 1, 1, 2, 2, 3, 3]);
        let point_of_lane = u32x8::from_slice(simd, &[0, 1, 0, 1, 0, 1, 0, 1]);
        let blocks = block_of_lane + splat(first_block);
        pcg4d(splat(pixel), blocks, splat(self.seed), point_of_lane)
    }
}

/// The points in the order of their blocks.
#[inline(always)]
fn in_blocks<S: Simd>([x, y]: [u32x8<S>; 2]) -> [[u32; 4]; BLOCKS] {
    let (mut xs, mut ys) = ([0; POINTS], [0; POINTS]);
    x.store_slice(&mut xs);
    y.store_slice(&mut ys);
    let mut blocks = [[0; 4]; BLOCKS];
    for (block, words) in blocks.iter_mut().enumerate() {
        let first = 2 * block;
        *words = [xs[first], ys[first], xs[first + 1], ys[first + 1]];
    }
    blocks
}

/// `crate::screen::scrambled_from` in each lane.
#[inline(always)]
fn scrambled_from<S: Simd>(first: u32x8<S>, digits: u32x8<S>, factor: u32x8<S>) -> u32x8<S> {
    let mut x = digits;
    x ^= x * 0x3d20_adea;
    x = x * factor + first;
    x ^= x * 0x0552_6c56;
    x ^ (x * 0x53a2_2864)
}

/// `super::scrambled_digits` in each lane.
#[inline(always)]
fn scrambled_digits<S: Simd>(digits: u32x8<S>, seed: u32x8<S>) -> u32x8<S> {
    let mut x = digits;
    x ^= x * 0x3d20_adea;
    x += seed;
    x *= (seed >> 16) | 1;
    x ^= x * 0x0552_6c56;
    x ^ (x * 0x53a2_2864)
}

/// `super::pascal_product` in each lane.
#[inline(always)]
fn pascal_product<S: Simd>(index: u32x8<S>) -> u32x8<S> {
    let mut x = index;
    x ^= x >> 16;
    x ^= (x >> 8) & 0x00ff_00ff;
    x ^= (x >> 4) & 0x0f0f_0f0f;
    x ^= (x >> 2) & 0x3333_3333;
    x ^ ((x >> 1) & 0x5555_5555)
}

/// The bits of each lane in reverse.
#[inline(always)]
fn reversed<S: Simd>(x: u32x8<S>) -> u32x8<S> {
    let x = ((x >> 1) & 0x5555_5555) | ((x & 0x5555_5555) << 1);
    let x = ((x >> 2) & 0x3333_3333) | ((x & 0x3333_3333) << 2);
    let x = ((x >> 4) & 0x0f0f_0f0f) | ((x & 0x0f0f_0f0f) << 4);
    let x = ((x >> 8) & 0x00ff_00ff) | ((x & 0x00ff_00ff) << 8);
    (x >> 16) | (x << 16)
}

/// The first three words of `super::pcg4d` in each lane.
#[inline(always)]
fn pcg4d<S: Simd>(x: u32x8<S>, y: u32x8<S>, z: u32x8<S>, w: u32x8<S>) -> [u32x8<S>; 3] {
    let [mut x, mut y, mut z, mut w] = [
        x * 1_664_525 + 1_013_904_223,
        y * 1_664_525 + 1_013_904_223,
        z * 1_664_525 + 1_013_904_223,
        w * 1_664_525 + 1_013_904_223,
    ];
    x += y * w;
    y += z * x;
    z += x * y;
    w += y * z;
    x ^= x >> 16;
    y ^= y >> 16;
    z ^= z >> 16;
    w ^= w >> 16;
    x += y * w;
    y += z * x;
    z += x * y;
    [x ^ (x >> 16), y ^ (y >> 16), z ^ (z >> 16)]
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;

    #[test]
    fn lanes_give_the_words_of_single_blocks() {
        for draw in 0..2_000u32 {
            let [x, y, sample, seed] = super::super::pcg4d([draw, 1, 2, 3]);
            let random = SampleRandom::new(x & 0x3fff, y & 0x3fff, sample >> (draw % 32), seed);
            let first = draw % 97;
            let single = [0, 1, 2, 3].map(|block| random.block(first + block));
            for level in [Level::new(), Level::baseline()] {
                let words = dispatch!(level, simd => random.blocks(simd, first));
                assert_eq!(words, single, "draw {draw}");
            }
        }
    }
}
