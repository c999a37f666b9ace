//! Points whose error is spread over the screen as blue noise, for the blocks whose noise is seen most.
//!
//! The pixels, in Z order and shuffled level by level, take the points of one Owen-scrambled Sobol sequence in
//! turn, so that every square of 2ᵏ × 2ᵏ pixels covers evenly what it integrates (Ahmed and Wonka 2020,
//! "Screen-Space Blue-Noise Diffusion of Monte Carlo Sampling Error via Hierarchical Ordering of Pixels"). That
//! paper gives a pixel a run of the sequence, whose length must be known. Here each pixel has one point of it,
//! which is the pixel's first sample and *scrambles its further ones*: those of a sequence of its own, whose
//! error is that of any other pixel's sequence, however many samples there will be.

use crate::rng::{pascal_product, scrambled_digits};

/// Blocks below this one are spread over the screen: those of the camera and of the first vertex.
pub(crate) const FIRST_PLAIN_BLOCK: u32 = 4;

/// Takes the place of a pixel's number where numbers are drawn for the whole screen.
pub(crate) const WHOLE_SCREEN: u32 = u32::MAX;

/// A pixel's number in Z order: x and y with their bits interleaved, each below 2¹⁶.
pub(crate) fn z_order(x: u32, y: u32) -> u32 {
    spread(x) | (spread(y) << 1)
}

fn spread(bits: u32) -> u32 {
    let mut x = bits;
    x = (x | (x << 8)) & 0x00ff_00ff;
    x = (x | (x << 4)) & 0x0f0f_0f0f;
    x = (x | (x << 2)) & 0x3333_3333;
    (x | (x << 1)) & 0x5555_5555
}

/// The pixel's number in the order by which a pair of dimensions walks the screen: in squares of four by
/// rows, by columns, or crosswise.
///
/// Pairs that walk alike are halved alike by their first digits, and their products would be noise of pairs of
/// pixels, twice as coarse as chance; pairs that matter to each other have different orders.
pub(crate) fn walked(pixel: u32, pair: u32) -> u32 {
    let columns = pixel & 0x5555_5555;
    match pair % 3 {
        0 => pixel,
        1 => ((pixel >> 1) & 0x5555_5555) | (columns << 1),
        _ => pixel ^ (columns << 1),
    }
}

/// A point of a pixel, numbered in the order of its pair; the seeds are those of the whole screen.
pub(crate) fn diffused_point(pixel: u32, sample: u32, seeds: [u32; 4]) -> [u32; 2] {
    let order = scrambled_digits(pixel.reverse_bits(), seeds[0]).reverse_bits();
    let first_x = scrambled_digits(order, seeds[1]);
    let first_y = scrambled_digits(pascal_product(order), seeds[2]);
    // The last digits differ from pixel to pixel without any order.
    let key = (first_x >> 16) | (first_y & 0xffff_0000);
    let key = (key ^ (key >> 15)).wrapping_mul(0x2c1b_3c6d);
    // A shuffle that keeps the first sample first, so that it is at the same place in all pixels.
    let shuffled = scrambled_digits(sample.reverse_bits(), key) ^ scrambled_digits(0, key);
    let index = shuffled.reverse_bits();
    let x = scrambled_from(first_x, index, (key >> 8) | 1);
    let y = scrambled_from(first_y, pascal_product(index), (key >> 16) | 1);
    [x.reverse_bits(), y.reverse_bits()]
}

/// Owen scrambling as in `scrambled_digits`, by a seed that is itself a point: 0 becomes that point, up to a
/// scrambling that is the same for all.
fn scrambled_from(first: u32, digits: u32, factor: u32) -> u32 {
    let mut x = digits;
    x ^= x.wrapping_mul(0x3d20_adea);
    x = x.wrapping_mul(factor).wrapping_add(first);
    x ^= x.wrapping_mul(0x0552_6c56);
    x ^ x.wrapping_mul(0x53a2_2864)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SampleRandom;

    const SIDE: u32 = 64;

    /// The first number of a block in every pixel.
    fn values(vertex: u32, lane: usize, seed: u32) -> Vec<f64> {
        let value = |place: u32| {
            let random = SampleRandom::new(place % SIDE, place / SIDE, 0, seed);
            f64::from(random.vertex(vertex, 1)[lane]) / 4_294_967_296.0 - 0.5
        };
        (0..SIDE * SIDE).map(value).collect()
    }

    /// Mean square of the means of squares of so many pixels a side.
    fn variance_of_means(values: &[f64], square: u32) -> f64 {
        let mut sums = vec![0.0; (SIDE / square * (SIDE / square)) as usize];
        for (place, value) in (0u32..).zip(values) {
            let (x, y) = (place % SIDE / square, place / SIDE / square);
            sums[(y * (SIDE / square) + x) as usize] += value / f64::from(square * square);
        }
        sums.iter().map(|mean| mean * mean).sum::<f64>() / sums.len() as f64
    }

    #[test]
    fn squares_of_pixels_are_far_more_even_than_chance() {
        for lane in 0..4 {
            for seed in 1..4 {
                let (diffused, plain) = (values(0, lane, seed), values(2, lane, seed));
                for square in [2, 4, 8] {
                    let chance = 1.0 / 12.0 / f64::from(square * square);
                    // Errors of points that fill n boxes fall by n³ in the square, not by n.
                    let share = variance_of_means(&diffused, square) / chance;
                    assert!(share < 0.3, "lane {lane}, seed {seed}, {square}: {share}");
                    let share = variance_of_means(&plain, square) / chance;
                    assert!(share > 0.6, "lane {lane}, seed {seed}, {square}: {share} by chance");
                }
            }
        }
    }

    /// Products of two pairs' numbers, as when a light is chosen by one and a place on it by the other.
    #[test]
    fn products_of_pairs_are_no_coarser_than_chance() {
        let choices: Vec<f64> =
            (1..17).flat_map(|seed| products(|random| random.vertex(0, 0)[1], seed)).collect();
        let chance = 1.0 / 144.0 / 16.0;
        let area = (SIDE * SIDE) as usize;
        let pictures = choices.chunks_exact(area).map(|values| variance_of_means(values, 4));
        let share = pictures.sum::<f64>() / 16.0 / chance;
        assert!(share < 1.25, "{share}");
    }

    /// A number of each pixel times one of the place on a light, both centred.
    fn products(word: impl Fn(SampleRandom) -> u32, seed: u32) -> Vec<f64> {
        let centred = |word: u32| f64::from(word) / 4_294_967_296.0 - 0.5;
        let product = |place: u32| {
            let random = SampleRandom::new(place % SIDE, place / SIDE, 0, seed);
            centred(word(random)) * centred(random.vertex(0, 1)[0])
        };
        (0..SIDE * SIDE).map(product).collect()
    }

    #[test]
    fn every_walk_visits_each_pixel_of_a_square_once() {
        for pair in 0..3 {
            for count in [4, 16, 256] {
                let mut visited: Vec<u32> = (0..count).map(|pixel| walked(pixel, pair)).collect();
                visited.sort_unstable();
                assert!(visited.into_iter().eq(0..count), "{pair}");
            }
        }
    }

    #[test]
    fn first_samples_of_pixels_in_z_order_are_stratified() {
        let seeds = [11, 22, 33, 44];
        let mut boxes = [0u8; 256];
        for pixel in 512..768 {
            let [x, y] = diffused_point(pixel, 0, seeds);
            boxes[((x >> 28 << 4) | (y >> 28)) as usize] += 1;
        }
        assert!(boxes.iter().all(|&count| count == 1));
    }

    #[test]
    fn z_order_interleaves() {
        assert_eq!(z_order(0b101, 0b011), 0b01_1011);
        assert_eq!(z_order(0xffff, 0), 0x5555_5555);
    }
}
