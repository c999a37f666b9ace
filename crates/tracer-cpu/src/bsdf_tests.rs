//! Samples follow their density, values are reciprocal, and no surface gives more than it gets.

use p2c2r_scene::math::{PI, Vec3, sin_cos_turns};

use super::*;
use crate::ray::SurfacePoint;
use crate::rng::pcg4d;

fn surface(base: f32, metallic: f32, roughness: f32) -> Surface {
    Surface {
        point: SurfacePoint { position: Vec3::ZERO, error: Vec3::ZERO },
        geometric_normal: Vec3::new(0.0, 0.0, 1.0),
        frame: [Vec3::new(1., 0., 0.), Vec3::new(0., 1., 0.), Vec3::new(0., 0., 1.)],
        base_color: Vec3::splat(base),
        metallic,
        roughness,
        emission: Vec3::ZERO,
    }
}

fn direction(cos: f32, turns: f32) -> Vec3 {
    let (sin_azimuth, cos_azimuth) = sin_cos_turns(turns);
    let radius = (1.0 - cos * cos).sqrt();
    Vec3::new(radius * cos_azimuth, radius * sin_azimuth, cos)
}

/// Mean of f cos / pdf over the BSDF's own samples: the directional albedo.
fn sampled_albedo(bsdf: &Bsdf, count: u32) -> f64 {
    let mut sum = 0.0;
    for index in 0..count {
        let words = pcg4d([index, 17, 0, 0]);
        let value = bsdf.evaluate(bsdf.sample(words[0], words[1]));
        if value.pdf > 0.0 {
            sum += f64::from(value.weighted.x / value.pdf);
        }
    }
    sum / f64::from(count)
}

const MATERIALS: [(f32, f32, f32); 8] = [
    (1.0, 0.0, 1.0),
    (0.5, 0.0, 0.3),
    (1.0, 1.0, 0.15),
    (1.0, 1.0, 0.5),
    (0.8, 1.0, 1.0),
    (0.6, 0.5, 0.4),
    (0.0, 0.0, 0.2),
    (1.0, 0.2, 0.7),
];

#[test]
fn white_dielectrics_and_smooth_white_metals_reflect_everything() {
    let albedo = SpecularAlbedo::new();
    let cases = [0.0, 0.2, 0.5, 0.8, 1.0].map(|roughness| (0.0, roughness));
    for (metallic, roughness) in cases.into_iter().chain([(1.0, 0.0), (1.0, 0.03)]) {
        for cos in [0.05, 0.2, 0.5, 0.9, 1.0] {
            let surface = surface(1.0, metallic, roughness);
            let bsdf = Bsdf::new(&surface, direction(cos, 0.1), &albedo);
            let found = sampled_albedo(&bsdf, 200_000);
            assert!(
                (found - 1.0).abs() < 5e-3,
                "metallic {metallic}, roughness {roughness}, cos {cos}: {found}"
            );
        }
    }
}

#[test]
fn no_material_reflects_more_than_it_gets() {
    let albedo = SpecularAlbedo::new();
    for (base, metallic, roughness) in MATERIALS {
        for cos in [0.02, 0.3, 1.0] {
            let surface = surface(base, metallic, roughness);
            let bsdf = Bsdf::new(&surface, direction(cos, 0.7), &albedo);
            let found = sampled_albedo(&bsdf, 100_000);
            assert!(found < 1.005, "{base} {metallic} {roughness} at {cos}: {found}");
        }
    }
}

/// The albedo by quadrature over the hemisphere must be that of the samples.
#[test]
fn sampled_albedo_is_the_integral_of_the_lobe() {
    let albedo = SpecularAlbedo::new();
    for (base, metallic, roughness) in MATERIALS {
        for cos in [0.2, 0.7] {
            let surface = surface(base, metallic, roughness);
            let bsdf = Bsdf::new(&surface, direction(cos, 0.0), &albedo);
            let (mut integral, steps) = (0.0f64, 1000);
            for i in 0..steps {
                for j in 0..steps {
                    // Uniform in the projected disc would cancel the cosine; uniform in cos is simple.
                    let cos_i = (i as f32 + 0.5) / steps as f32;
                    let wi = direction(cos_i, (j as f32 + 0.5) / steps as f32);
                    integral += f64::from(bsdf.evaluate(wi).weighted.x);
                }
            }
            integral *= 2.0 * std::f64::consts::PI / f64::from(steps * steps);
            let found = sampled_albedo(&bsdf, 200_000);
            // Five deviations of the mean: one sample deviates by less than 0.4.
            assert!(
                (found - integral).abs() < 4.5e-3,
                "{base} {metallic} {roughness} at {cos}: {found} for {integral}"
            );
        }
    }
}

#[test]
fn light_may_travel_either_way() {
    let albedo = SpecularAlbedo::new();
    for (base, metallic, roughness) in MATERIALS {
        for index in 0..200 {
            let words = pcg4d([index, 5, 0, 0]).map(crate::rng::unit_from_word);
            let a = direction(words[0] * 0.98 + 0.02, words[1]);
            let b = direction(words[2] * 0.98 + 0.02, words[3]);
            let surface = surface(base, metallic, roughness);
            let forth = Bsdf::new(&surface, a, &albedo).evaluate(b).weighted.x / b.z;
            let back = Bsdf::new(&surface, b, &albedo).evaluate(a).weighted.x / a.z;
            // A narrow lobe multiplies the rounding of the half vector.
            let limit = 2e-3 * forth.abs().max(back.abs()) + 1e-5;
            assert!((forth - back).abs() <= limit, "{roughness}: {forth} and {back}");
        }
    }
}

const COS_BINS: usize = 12;
const TURN_BINS: usize = 24;

/// Probability of each bin of (cos, turns), by midpoint quadrature of the density.
fn expected_bins(bsdf: &Bsdf) -> Vec<f64> {
    const STEPS: usize = 48;
    let mut bins = vec![0.0f64; COS_BINS * TURN_BINS];
    let area = 2.0 * std::f64::consts::PI / (COS_BINS * TURN_BINS * STEPS * STEPS) as f64;
    for i in 0..COS_BINS * STEPS {
        for j in 0..TURN_BINS * STEPS {
            let cos = (i as f32 + 0.5) / (COS_BINS * STEPS) as f32;
            let turns = (j as f32 + 0.5) / (TURN_BINS * STEPS) as f32;
            let pdf = bsdf.evaluate(direction(cos, turns)).pdf;
            bins[i / STEPS * TURN_BINS + j / STEPS] += f64::from(pdf) * area;
        }
    }
    bins
}

/// Pearson's χ² test; sparse bins, and the samples below the surface, are pooled.
#[test]
fn samples_follow_their_density() {
    const SAMPLES: u32 = 200_000;
    let albedo = SpecularAlbedo::new();
    for (base, metallic, roughness) in MATERIALS {
        // The narrowest lobe that the quadrature of the bins resolves.
        let roughness = roughness.max(0.3);
        for cos in [0.1, 0.5, 0.95] {
            let surface = surface(base, metallic, roughness);
            let bsdf = Bsdf::new(&surface, direction(cos, 0.3), &albedo);
            let expected = expected_bins(&bsdf);
            let mut found = vec![0u32; expected.len()];
            for index in 0..SAMPLES {
                let words = pcg4d([index, 23, 1, 2]);
                let wi = bsdf.sample(words[0], words[1]);
                if wi.z > 0.0 {
                    let turns = p2c2r_scene::math::atan2(wi.y, wi.x) / (2.0 * PI);
                    let turns = if turns < 0.0 { turns + 1.0 } else { turns };
                    let row = ((wi.z * COS_BINS as f32) as usize).min(COS_BINS - 1);
                    let column = ((turns * TURN_BINS as f32) as usize).min(TURN_BINS - 1);
                    found[row * TURN_BINS + column] += 1;
                }
            }
            let (statistic, freedom) = chi_square(&expected, &found, SAMPLES);
            // Wilson and Hilferty's normal approximation; 4.5 deviations is one in 300 000.
            let third = 2.0 / (9.0 * freedom);
            let deviations = ((statistic / freedom).cbrt() - (1.0 - third)) / third.sqrt();
            assert!(
                deviations < 4.5,
                "{base} {metallic} {roughness} at {cos}: chi-square {statistic} of {freedom}"
            );
        }
    }
}

/// Statistic and degrees of freedom; bins with fewer than ten expected samples are pooled.
fn chi_square(expected: &[f64], found: &[u32], samples: u32) -> (f64, f64) {
    let total = f64::from(samples);
    let (mut statistic, mut bins) = (0.0, 0.0);
    let (mut pooled_expected, mut pooled_found) = (total, total);
    for (&probability, &count) in expected.iter().zip(found) {
        let mean = probability * total;
        if mean >= 10.0 {
            statistic += (f64::from(count) - mean).powi(2) / mean;
            bins += 1.0;
            pooled_expected -= mean;
            pooled_found -= f64::from(count);
        }
    }
    if pooled_expected >= 10.0 {
        statistic += (pooled_found - pooled_expected).powi(2) / pooled_expected;
        bins += 1.0;
    }
    (statistic, bins - 1.0)
}
