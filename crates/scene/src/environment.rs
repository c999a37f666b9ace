//! Environments: shared-exponent texels into radiance and the tables that sample it.

use crate::alias::AliasTable;
use crate::math::{luminance, texel_solid_angle};
use crate::{Environment, EnvironmentSource};

/// Bias of the shared exponent: a mantissa of 128 with this exponent plus eight is 2⁷.
const EXPONENT_BIAS: i32 = 136;
/// Times the mean from which a texel is sampled: a soft sky is found well by scattered rays.
const OUTSTANDING: f32 = 2.0;

impl EnvironmentSource {
    /// Rounds linear radiance to shared-exponent texels; `radiance` is asked for each column and row.
    pub fn from_radiance(width: u32, height: u32, radiance: impl Fn(u32, u32) -> [f32; 3]) -> Self {
        let places = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
        let rgbe = places.map(|(column, row)| rgbe_from_linear(radiance(column, row))).collect();
        Self { width, height, rgbe }
    }

    /// The same radiance from everywhere.
    pub fn uniform(radiance: [f32; 3]) -> Self {
        Self::from_radiance(4, 2, |_, _| radiance)
    }

    /// Pale sky above, darker ground below: what lights a scene that brings no light.
    pub fn neutral() -> Self {
        const HEIGHT: u32 = 32;
        Self::from_radiance(2 * HEIGHT, HEIGHT, |_, row| {
            let up = 1.0 - (row as f32 + 0.5) / (HEIGHT / 2) as f32;
            let value = if up > 0.0 { 0.8 + 0.4 * up } else { 0.55 + 0.15 * up };
            [value * 0.97, value, value * 1.03]
        })
    }
}

/// Linear radiance of a shared-exponent texel.
pub(crate) fn linear_from_rgbe([red, green, blue, exponent]: [u8; 4]) -> [f32; 3] {
    if exponent == 0 {
        return [0.0; 3];
    }
    let scale = power_of_two(i32::from(exponent) - EXPONENT_BIAS);
    [red, green, blue].map(|mantissa| f32::from(mantissa) * scale)
}

/// The nearest texel of a radiance; negative and NaN count as 0, large values are clamped.
pub(crate) fn rgbe_from_linear(linear: [f32; 3]) -> [u8; 4] {
    let clamped = linear.map(|value| if value > 0.0 { value.min(65_504.0) } else { 0.0 });
    let largest = clamped[0].max(clamped[1]).max(clamped[2]);
    if largest < power_of_two(-100) {
        return [0; 4];
    }
    // The exponent field of `largest`, so that its mantissa comes out in 128..=255.
    let mut exponent = (largest.to_bits() >> 23) as i32 - 126;
    let quantized = |exponent: i32| {
        let scale = power_of_two(8 - exponent);
        clamped.map(|value| (value * scale + 0.5) as u32)
    };
    if quantized(exponent).iter().any(|&mantissa| mantissa > 255) {
        exponent += 1;
    }
    let [red, green, blue] = quantized(exponent).map(|mantissa| mantissa as u8);
    [red, green, blue, (exponent + EXPONENT_BIAS - 8) as u8]
}

/// 2^exponent for exponents of normal numbers.
fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits(((exponent + 127) as u32) << 23)
}

/// Decodes all texels and builds the tables; a black environment is none.
///
/// Only what stands out above the mean is sampled: scattered rays find the rest with less noise
/// (MIS compensation, Karlík et al. 2019). Where nothing stands out the tables are empty.
pub(crate) fn assemble_environment(source: &EnvironmentSource) -> Option<Environment> {
    let (width, height) = (source.width, source.height);
    let radiance: Vec<[f32; 3]> =
        source.rgbe.iter().map(|&texel| linear_from_rgbe(texel)).collect();
    let solid_angles: Vec<f32> =
        (0..height).map(|row| texel_solid_angle(row, width, height)).collect();
    let luminances = interpolated_luminances(&radiance, width as usize);
    let weights_above = |floor: f32| -> Vec<f32> {
        let weight = |luminance: f32, angle: f32| {
            let excess = luminance - floor;
            if excess > 0.0 { excess * angle } else { 0.0 }
        };
        let rows = luminances.chunks_exact(width as usize).zip(&solid_angles);
        rows.flat_map(|(row, &angle)| row.iter().map(move |&texel| weight(texel, angle))).collect()
    };
    let power: f64 = weights_above(0.0).iter().map(|&weight| f64::from(weight)).sum();
    let sphere: f64 = solid_angles.iter().map(|&angle| f64::from(angle) * f64::from(width)).sum();
    if power <= 0.0 {
        return None;
    }
    let mean = (power / sphere) as f32;
    let weights = weights_above(mean * OUTSTANDING);
    let Some(table) = AliasTable::new(&weights) else {
        return Some(Environment { width, height, radiance, ..Environment::default() });
    };
    let sampled_power = weights.iter().map(|&weight| f64::from(weight)).sum::<f64>() as f32;
    let pdf = table
        .probabilities
        .chunks_exact(width as usize)
        .zip(&solid_angles)
        .flat_map(|(row, &angle)| row.iter().map(move |&probability| probability / angle))
        .collect();
    Some(Environment { width, height, radiance, alias: table.entries, pdf, sampled_power })
}

/// Mean luminance over each texel's square of what tracers interpolate there: a part of it comes from
/// the neighbours, and a dim texel beside the sun is not dim. Periodic around, clamped at the poles.
fn interpolated_luminances(radiance: &[[f32; 3]], width: usize) -> Vec<f32> {
    let mixed = |before: f32, here: f32, after: f32| 0.125 * (before + after) + 0.75 * here;
    let across: Vec<f32> = radiance
        .chunks_exact(width)
        .flat_map(|row| {
            let texel = move |column: usize| luminance(row[column % width].into());
            (0..width).map(move |column| {
                mixed(texel(column + width - 1), texel(column), texel(column + 1))
            })
        })
        .collect();
    let last = across.len() - width;
    (0..across.len())
        .map(|index| {
            let above = if index < width { index } else { index - width };
            let below = if index >= last { index } else { index + width };
            mixed(across[above], across[index], across[below])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rounding_to_a_shared_exponent_is_within_half_a_step(
            linear in prop::array::uniform3(0.0f32..60_000.0),
        ) {
            let back = linear_from_rgbe(rgbe_from_linear(linear));
            let largest = linear.iter().fold(0.0f32, |a, &b| a.max(b));
            for (value, expected) in back.iter().zip(linear) {
                prop_assert!((value - expected).abs() <= largest / 255.0, "{back:?} {linear:?}");
            }
        }
    }

    #[test]
    fn one_is_exact_and_hostile_values_are_black() {
        assert_eq!(linear_from_rgbe(rgbe_from_linear([1.0; 3])), [1.0; 3]);
        assert_eq!(rgbe_from_linear([f32::NAN, -1.0, 0.0]), [0; 4]);
        assert!(linear_from_rgbe(rgbe_from_linear([f32::INFINITY; 3]))[0] > 60_000.0);
    }

    #[test]
    fn uniform_light_is_left_to_scattered_rays() {
        let environment = assemble_environment(&EnvironmentSource::uniform([0.7, 0.2, 1.0]));
        let environment = environment.unwrap();
        assert!(environment.alias.is_empty() && environment.pdf.is_empty());
        assert_eq!(assemble_environment(&EnvironmentSource::uniform([0.0; 3])), None);
    }

    #[test]
    fn texels_beside_the_sun_are_sampled_as_well() {
        let radiance = |x: u32, y: u32| if (x, y) == (0, 12) { [1e4; 3] } else { [1.0; 3] };
        let environment = EnvironmentSource::from_radiance(64, 32, radiance);
        let environment = assemble_environment(&environment).unwrap();
        let pdf = |x: usize, y: usize| environment.pdf[y * 64 + x];
        for (x, y) in [(1, 12), (63, 12), (0, 11), (0, 13), (63, 11), (1, 13)] {
            assert!(pdf(x, y) > 0.0 && pdf(x, y) < pdf(0, 12), "{x} {y}");
        }
        assert_eq!(pdf(8, 12), 0.0);
    }

    #[test]
    fn density_integrates_to_one() {
        let source =
            EnvironmentSource::from_radiance(16, 8, |x, y| [(x * x * x) as f32, y as f32, 1.0]);
        let environment = assemble_environment(&source).unwrap();
        let total: f32 = (0..8u32)
            .flat_map(|row| (0..16u32).map(move |column| (row, column)))
            .map(|(row, column)| {
                environment.pdf[(row * 16 + column) as usize] * texel_solid_angle(row, 16, 8)
            })
            .sum();
        assert!((total - 1.0).abs() < 1e-5, "{total}");
    }
}
