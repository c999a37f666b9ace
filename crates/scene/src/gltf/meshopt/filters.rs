//! What was done to attributes before they were compressed, undone.

use crate::math::larger;

/// A filter with the width of its components.
#[derive(Clone, Copy)]
pub(super) enum Filter {
    /// Unit vectors on an octahedron, of 8 bits.
    Octahedral8,
    /// The same, of 16 bits.
    Octahedral16,
    /// Unit quaternions without their largest component.
    Quaternion,
    /// Floats of a shared form: 24 bits and an exponent.
    Exponential,
}

impl Filter {
    /// `None` if there is no such filter for elements of this many bytes.
    pub(super) fn named(name: &str, stride: usize) -> Option<Self> {
        match (name, stride) {
            ("OCTAHEDRAL", 4) => Some(Self::Octahedral8),
            ("OCTAHEDRAL", 8) => Some(Self::Octahedral16),
            ("QUATERNION", 8) => Some(Self::Quaternion),
            ("EXPONENTIAL", _) => Some(Self::Exponential),
            _ => None,
        }
    }

    /// Decodes all elements in place; their length is a multiple of four.
    pub(super) fn apply(self, bytes: &mut [u8]) {
        match self {
            Self::Octahedral8 => {
                for element in bytes.as_chunks_mut::<4>().0 {
                    let [x, y, one, _] = element.map(|byte| f32::from(byte as i8));
                    let unit = octahedral(x, y, one, 127.0);
                    for (byte, value) in element.iter_mut().zip(unit) {
                        *byte = value as i8 as u8;
                    }
                }
            }
            Self::Octahedral16 => {
                for element in bytes.as_chunks_mut::<8>().0 {
                    let [x, y, one, _] = shorts(element).map(f32::from);
                    let unit = octahedral(x, y, one, 32_767.0);
                    store(element, unit.map(|value| value as i16));
                }
            }
            Self::Quaternion => {
                for element in bytes.as_chunks_mut::<8>().0 {
                    *element = quaternion(shorts(element));
                }
            }
            Self::Exponential => {
                for word in bytes.as_chunks_mut::<4>().0 {
                    *word = exponential(u32::from_le_bytes(*word)).to_le_bytes();
                }
            }
        }
    }
}

fn shorts(element: &[u8; 8]) -> [i16; 4] {
    let (pairs, _) = element.as_chunks::<2>();
    std::array::from_fn(|place| i16::from_le_bytes(pairs[place]))
}

fn store(element: &mut [u8; 8], values: [i16; 3]) {
    for (pair, value) in element.as_chunks_mut::<2>().0.iter_mut().zip(values) {
        *pair = value.to_le_bytes();
    }
}

/// A point of the octahedron |x| + |y| + |z| = one as a vector of length `most`, rounded.
fn octahedral(x: f32, y: f32, one: f32, most: f32) -> [i32; 3] {
    let z = one - x.abs() - y.abs();
    // Below the equator the corners are folded over.
    let fold = if z < 0.0 { z } else { 0.0 };
    let x = x + if x >= 0.0 { fold } else { -fold };
    let y = y + if y >= 0.0 { fold } else { -fold };
    let length = (x * x + y * y + z * z).sqrt();
    let scale = if length > 0.0 { most / length } else { 0.0 };
    [x, y, z].map(|value| rounded(value * scale))
}

/// Three components and, in the fourth, their scale and the place of the one that is missing.
fn quaternion(values: [i16; 4]) -> [u8; 8] {
    let scale = std::f32::consts::FRAC_1_SQRT_2 / f32::from(values[3] | 3);
    let [x, y, z] = [0, 1, 2].map(|place: usize| f32::from(values[place]) * scale);
    let w = larger(1.0 - x * x - y * y - z * z, 0.0).sqrt();
    let largest = (values[3] & 3) as usize;
    let mut element = [0; 8];
    for (after, value) in [(1, x), (2, y), (3, z), (0, w)] {
        let place = (largest + after) % 4 * 2;
        let short = rounded(value * 32_767.0) as i16;
        element[place..place + 2].copy_from_slice(&short.to_le_bytes());
    }
    element
}

/// 24 bits times 2 to the upper 8, all signed.
fn exponential(word: u32) -> f32 {
    let exponent = word as i32 >> 24;
    let mantissa = (word << 8) as i32 >> 8;
    // Exponents outside those of floats saturate, as their bits do.
    let scale = f32::from_bits(((exponent + 127).clamp(0, 254) as u32) << 23);
    mantissa as f32 * scale
}

/// To the nearest whole number, halves away from zero; what is none becomes zero.
fn rounded(value: f32) -> i32 {
    (value + if value >= 0.0 { 0.5 } else { -0.5 }) as i32
}
