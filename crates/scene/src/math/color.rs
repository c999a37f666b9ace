//! Luminance and the sRGB curve, by tables that the compiler makes.

use super::Vec3;

/// Relative luminance of a linear Rec. 709 colour.
#[inline]
pub fn luminance(linear: Vec3) -> f32 {
    0.2126 * linear.x + 0.7152 * linear.y + 0.0722 * linear.z
}

/// Linear value of each sRGB-encoded byte.
pub const LINEAR_FROM_SRGB: [f32; 256] = linear_table();

/// `ENCODED_ABOVE[i]`: the linear value that lies half-way between the bytes i and i + 1.
const ENCODED_ABOVE: [f32; 255] = threshold_table();

/// Linear value of an sRGB-encoded byte.
#[inline]
pub const fn linear_from_srgb(encoded: u8) -> f32 {
    LINEAR_FROM_SRGB[encoded as usize]
}

/// The sRGB byte nearest to a linear value; values outside 0..=1 are clamped, NaN gives 0.
#[inline]
pub fn srgb_from_linear(linear: f32) -> u8 {
    let below = ENCODED_ABOVE.partition_point(|&threshold| threshold <= linear);
    below as u8
}

/// Buckets of linear values, each with the byte of its lower end.
const ENCODER_BUCKETS: usize = 4096;

/// [`srgb_from_linear`] for many values: the same bytes, found without a search.
#[derive(Debug)]
pub struct SrgbEncoder {
    first_bytes: Vec<u8>,
}

impl SrgbEncoder {
    /// Fills the table.
    pub fn new() -> Self {
        let of_bucket = |index: usize| srgb_from_linear(index as f32 / ENCODER_BUCKETS as f32);
        Self { first_bytes: (0..=ENCODER_BUCKETS).map(of_bucket).collect() }
    }

    /// The sRGB byte nearest to a linear value; values outside 0..=1 are clamped, NaN gives 0.
    #[inline]
    pub fn byte(&self, linear: f32) -> u8 {
        let bucket = (linear * ENCODER_BUCKETS as f32) as usize;
        let mut byte = self.first_bytes[bucket.min(ENCODER_BUCKETS)];
        while ENCODED_ABOVE.get(usize::from(byte)).is_some_and(|&above| above <= linear) {
            byte += 1;
        }
        byte
    }
}

impl Default for SrgbEncoder {
    fn default() -> Self {
        Self::new()
    }
}

/// x^(1/5) by Newton's method: only + − × ÷, so that it can run at compile time.
const fn fifth_root(x: f64) -> f64 {
    let mut root = 1.0;
    let mut step = 0;
    while step < 64 {
        root = (4.0 * root + x / (root * root * root * root)) / 5.0;
        step += 1;
    }
    root
}

/// IEC 61966-2-1, for an encoded value in 0..=1.
const fn decoded(encoded: f64) -> f64 {
    if encoded <= 0.04045 {
        return encoded / 12.92;
    }
    let base = (encoded + 0.055) / 1.055;
    let squared = base * base;
    // x^2.4 = x² · (x²)^(1/5).
    squared * fifth_root(squared)
}

const fn linear_table() -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = decoded(i as f64 / 255.0) as f32;
        i += 1;
    }
    table
}

const fn threshold_table() -> [f32; 255] {
    let mut table = [0.0; 255];
    let mut i = 0;
    while i < 255 {
        table[i] = decoded((i as f64 + 0.5) / 255.0) as f32;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_the_standard_curve() {
        for encoded in 0..=255u8 {
            let x = f64::from(encoded) / 255.0;
            let exact = if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
            let error = (f64::from(linear_from_srgb(encoded)) - exact).abs();
            assert!(error <= 1e-7 * exact, "{encoded}: {error:e}");
        }
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for encoded in 0..=255u8 {
            assert_eq!(srgb_from_linear(linear_from_srgb(encoded)), encoded);
        }
        assert_eq!(srgb_from_linear(-1.0), 0);
        assert_eq!(srgb_from_linear(7.0), 255);
        assert_eq!(srgb_from_linear(f32::NAN), 0);
    }

    #[test]
    fn encoder_gives_the_bytes_of_the_search() {
        let encoder = SrgbEncoder::new();
        let around = |x: f32| [x.next_down(), x, x.next_up()];
        let values = (0..=100_000).map(|step| step as f32 / 99_000.0);
        let ends = ENCODED_ABOVE.iter().flat_map(|&x| around(x));
        for x in values.chain(ends).chain([-1.0, 7.0, f32::NAN, f32::INFINITY]) {
            assert_eq!(encoder.byte(x), srgb_from_linear(x), "{x}");
        }
    }
}
