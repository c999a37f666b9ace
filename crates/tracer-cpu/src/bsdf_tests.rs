//! Samples follow their density, values are reciprocal, and no surface gives more than it gets.

use super::*;
use crate::material::PointMaterial;
use crate::ray::SurfacePoint;
use crate::rng::pcg4d;
use crate::texture::TexturePoint;

/// What the cases below change.
fn plain(base: f32, metallic: f32, roughness: f32) -> PointMaterial {
    let material = p2c2r_testkit::material(base, metallic, roughness);
    PointMaterial::at(&p2c2r_scene::Scene::default(), &material, &TexturePoint::sharp([0.0; 2]))
}

fn surface_of(material: PointMaterial, is_front: bool) -> Surface {
    Surface {
        point: SurfacePoint { position: Vec3::ZERO, error: Vec3::ZERO },
        is_front,
        geometric_normal: Vec3::new(0.0, 0.0, 1.0),
        frame: [Vec3::new(1., 0., 0.), Vec3::new(0., 1., 0.), Vec3::new(0., 0., 1.)],
        coat_normal: Vec3::new(0.0, 0.0, 1.0),
        material,
    }
}

/// A name, a material and the side from which it is seen.
type Case = (&'static str, PointMaterial, bool);

/// Every lobe alone and in company.
fn cases() -> Vec<Case> {
    let glass = PointMaterial { transmission: 1.0, is_body: true, ..plain(1.0, 0.0, 0.35) };
    let coated = PointMaterial { coat: 1.0, coat_roughness: 0.35, ..plain(0.8, 0.0, 0.6) };
    let cloth = PointMaterial {
        sheen: Vec3::new(0.9, 0.7, 0.5),
        sheen_roughness: 0.4,
        ..plain(0.6, 0.0, 0.8)
    };
    let brushed = PointMaterial { anisotropy: 0.8, ..plain(1.0, 1.0, 0.4) };
    let film = PointMaterial { film: 1.0, film_ior: 1.3, film_nm: 350.0, ..plain(0.7, 0.0, 0.4) };
    vec![
        ("white diffuse", plain(1.0, 0.0, 1.0), true),
        ("grey gloss", plain(0.5, 0.0, 0.3), true),
        ("smooth metal", plain(1.0, 1.0, 0.15), true),
        ("satin metal", plain(1.0, 1.0, 0.5), true),
        ("rough metal", plain(0.8, 1.0, 1.0), true),
        ("half metal", plain(0.6, 0.5, 0.4), true),
        ("black gloss", plain(0.0, 0.0, 0.2), true),
        ("mixed", plain(1.0, 0.2, 0.7), true),
        ("diamond", PointMaterial { ior: 2.4, ..plain(0.9, 0.0, 0.5) }, true),
        ("matt", PointMaterial { specular: 0.0, ..plain(1.0, 0.0, 0.5) }, true),
        (
            "bright specular",
            { PointMaterial { specular_color: Vec3::new(30., 5., 1.), ..plain(0.9, 0., 0.4) } },
            true,
        ),
        ("coated", coated, true),
        (
            "half coated metal",
            PointMaterial { coat: 0.5, ..PointMaterial { metallic: 1.0, ..coated } },
            true,
        ),
        ("cloth", cloth, true),
        ("coated cloth", PointMaterial { coat: 1.0, coat_roughness: 0.3, ..cloth }, true),
        ("brushed metal", brushed, true),
        ("brushed plastic", PointMaterial { metallic: 0.0, ..brushed }, true),
        ("film", film, true),
        ("film on metal", PointMaterial { metallic: 1.0, ..film }, true),
        ("thin wall", PointMaterial { is_body: false, ..glass }, true),
        ("half clear", PointMaterial { transmission: 0.5, ..glass }, true),
        ("glass from outside", glass, true),
        ("glass from inside", glass, false),
        ("coated glass", PointMaterial { coat: 0.7, coat_roughness: 0.4, ..glass }, true),
        (
            "film on glass",
            PointMaterial { film: 0.8, film_ior: 1.4, film_nm: 500.0, ..glass },
            true,
        ),
        ("air", PointMaterial { ior: 1.0, ..glass }, true),
    ]
}

fn bsdf_of<'a>(surface: &Surface, wo: Vec3, tables: &'a LobeAlbedo) -> Bsdf<'a> {
    Bsdf::new(surface, wo, surface.material.ior, tables)
}

fn words_of(index: u32, salt: u32) -> BsdfWords {
    let words = pcg4d([index, salt, 1, 2]);
    BsdfWords { u: words[0], v: words[1], side: words[2] }
}

fn direction(cos: f32, turns: f32) -> Vec3 {
    let (sin_azimuth, cos_azimuth) = sin_cos_turns(turns);
    let radius = (1.0 - cos * cos).sqrt();
    Vec3::new(radius * cos_azimuth, radius * sin_azimuth, cos)
}

/// Mean of f cos / pdf over the BSDF's own samples: the directional albedo. Of refracted light the
/// power is counted, not the radiance, which a dense medium concentrates.
fn sampled_albedo(bsdf: &Bsdf, count: u32) -> f64 {
    let mut sum = [0.0; 3];
    for index in 0..count {
        let wi = bsdf.sample(words_of(index, 17));
        let value = bsdf.evaluate(wi);
        if value.pdf > 0.0 {
            let power = if wi.z < 0.0 { bsdf.radiance_scale() } else { 1.0 };
            let weight = value.weighted / value.pdf * power;
            for (sum, channel) in sum.iter_mut().zip(weight.to_array()) {
                *sum += f64::from(channel);
            }
        }
    }
    brightest(sum) / f64::from(count)
}

fn brightest(channels: [f64; 3]) -> f64 {
    channels.into_iter().fold(0.0, f64::max)
}

#[test]
fn white_surfaces_reflect_everything_however_rough() {
    let tables = LobeAlbedo::new(false);
    for metallic in [0.0, 0.5, 1.0] {
        for roughness in [0.0, 0.03, 0.2, 0.5, 0.8, 1.0] {
            for cos in [0.05, 0.2, 0.5, 0.9, 1.0] {
                let surface = surface_of(plain(1.0, metallic, roughness), true);
                let bsdf = bsdf_of(&surface, direction(cos, 0.1), &tables);
                let found = sampled_albedo(&bsdf, 200_000);
                assert!(
                    (found - 1.0).abs() < 6e-3,
                    "metallic {metallic}, roughness {roughness}, cos {cos}: {found}"
                );
            }
        }
    }
}

#[test]
fn clear_smooth_glass_loses_nothing() {
    let tables = LobeAlbedo::new(false);
    for is_body in [false, true] {
        for is_front in [true, false] {
            for cos in [0.1, 0.4, 0.7, 0.8, 1.0] {
                let glass = PointMaterial { transmission: 1.0, is_body, ..plain(1.0, 0.0, 0.0) };
                let surface = surface_of(glass, is_front);
                let bsdf = bsdf_of(&surface, direction(cos, 0.1), &tables);
                let found = sampled_albedo(&bsdf, 100_000);
                assert!((found - 1.0).abs() < 6e-3, "{is_body} {is_front} {cos}: {found}");
            }
        }
    }
}

#[test]
fn no_material_scatters_more_than_it_gets() {
    let tables = LobeAlbedo::new(true);
    for (name, material, is_front) in cases() {
        for cos in [0.02, 0.3, 1.0] {
            let surface = surface_of(material, is_front);
            let bsdf = bsdf_of(&surface, direction(cos, 0.7), &tables);
            let found = sampled_albedo(&bsdf, 100_000);
            assert!(found < 1.007, "{name} at {cos}: {found}");
        }
    }
}

/// The albedo by quadrature over the sphere must be that of the samples.
#[test]
fn sampled_albedo_is_the_integral_of_the_lobes() {
    let tables = LobeAlbedo::new(true);
    for (name, material, is_front) in cases() {
        // The narrowest lobe that the quadrature resolves.
        let material = PointMaterial { roughness: larger(material.roughness, 0.3), ..material };
        for cos in [0.2, 0.7] {
            let surface = surface_of(material, is_front);
            let bsdf = bsdf_of(&surface, direction(cos, 0.0), &tables);
            let (mut integral, steps) = ([0.0f64; 3], 300);
            for i in 0..2 * steps {
                for j in 0..steps {
                    let cos_i = (i as f32 + 0.5) / steps as f32 - 1.0;
                    let wi = direction(cos_i, (j as f32 + 0.5) / steps as f32);
                    let power = if wi.z < 0.0 { bsdf.radiance_scale() } else { 1.0 };
                    let value = (bsdf.evaluate(wi).weighted * power).to_array();
                    for (sum, channel) in integral.iter_mut().zip(value) {
                        *sum += f64::from(channel);
                    }
                }
            }
            let area = 2.0 * std::f64::consts::PI / f64::from(steps * steps);
            let integral = brightest(integral) * area;
            let found = sampled_albedo(&bsdf, 200_000);
            // Five deviations of the mean: one sample deviates by less than 0.4.
            assert!((found - integral).abs() < 5e-3, "{name} at {cos}: {found} for {integral}");
        }
    }
}

#[test]
fn light_may_travel_either_way() {
    let tables = LobeAlbedo::new(true);
    for (name, material, is_front) in cases() {
        for index in 0..200 {
            let words = pcg4d([index, 5, 0, 0]).map(crate::rng::unit_from_word);
            let a = direction(words[0] * 0.98 + 0.02, words[1]);
            let b = direction(words[2] * 0.98 + 0.02, words[3]);
            let surface = surface_of(material, is_front);
            let forth = bsdf_of(&surface, a, &tables).evaluate(b).weighted.x / b.z;
            let back = bsdf_of(&surface, b, &tables).evaluate(a).weighted.x / a.z;
            // A narrow lobe multiplies the rounding of the half vector.
            let limit = 2e-3 * forth.abs().max(back.abs()) + 1e-5;
            assert!((forth - back).abs() <= limit, "{name}: {forth} and {back}");
        }
    }
}

/// Radiance over the squared index is what is reciprocal (Veach 1997, eq. 5.14).
#[test]
fn refracted_light_may_travel_either_way() {
    let tables = LobeAlbedo::new(true);
    let mut compared = 0;
    for (name, material, is_front) in cases() {
        let mirror = |w: Vec3| Vec3::new(w.x, w.y, -w.z);
        for index in 0..400 {
            let words = pcg4d([index, 6, 0, 0]).map(crate::rng::unit_from_word);
            let above = direction(words[0] * 0.98 + 0.02, words[1]);
            let below = direction(-(words[2] * 0.98 + 0.02), words[3] * 0.2 + words[1] + 0.4);
            let (front, back) = (
                surface_of(material, is_front),
                surface_of(material, is_front != material.is_body),
            );
            let forth = bsdf_of(&front, above, &tables);
            let scale = forth.radiance_scale();
            let forth = forth.evaluate(below).weighted.x / -below.z;
            let back = bsdf_of(&back, mirror(below), &tables);
            let back = back.evaluate(mirror(above)).weighted.x / above.z;
            let limit = 2e-3 * back.abs().max(forth * scale) + 1e-5;
            // A film shows to one side only.
            if material.film == 0.0 {
                assert!((forth * scale - back).abs() <= limit, "{name}: {forth} and {back}");
                compared += u32::from(forth > 1e-3);
            }
        }
    }
    assert!(compared > 300, "only {compared} pairs had light");
}

const COS_BINS: usize = 24;
const TURN_BINS: usize = 24;

/// Probability of each bin of (cos, turns) on the sphere, by midpoint quadrature of the density.
fn expected_bins(bsdf: &Bsdf) -> Vec<f64> {
    const STEPS: usize = 20;
    let mut bins = vec![0.0f64; COS_BINS * TURN_BINS];
    let area = 4.0 * std::f64::consts::PI / (COS_BINS * TURN_BINS * STEPS * STEPS) as f64;
    for i in 0..COS_BINS * STEPS {
        for j in 0..TURN_BINS * STEPS {
            let cos = 2.0 * (i as f32 + 0.5) / (COS_BINS * STEPS) as f32 - 1.0;
            let turns = (j as f32 + 0.5) / (TURN_BINS * STEPS) as f32;
            let pdf = bsdf.evaluate(direction(cos, turns)).pdf;
            bins[i / STEPS * TURN_BINS + j / STEPS] += f64::from(pdf) * area;
        }
    }
    bins
}

/// Pearson's χ² test; sparse bins, and the samples that a lobe lost below the surface, are pooled.
#[test]
fn samples_follow_their_density() {
    const SAMPLES: u32 = 200_000;
    let tables = LobeAlbedo::new(true);
    for (name, material, is_front) in cases() {
        // The narrowest lobe that the quadrature of the bins resolves.
        let material = PointMaterial { roughness: larger(material.roughness, 0.35), ..material };
        for cos in [0.1, 0.5, 0.95] {
            let surface = surface_of(material, is_front);
            let bsdf = bsdf_of(&surface, direction(cos, 0.3), &tables);
            let expected = expected_bins(&bsdf);
            let mut found = vec![0u32; expected.len()];
            for index in 0..SAMPLES {
                let wi = bsdf.sample(words_of(index, 23));
                if bsdf.evaluate(wi).pdf > 0.0 {
                    let turns = p2c2r_scene::math::atan2(wi.y, wi.x) / (2.0 * PI);
                    let turns = if turns < 0.0 { turns + 1.0 } else { turns };
                    let height = 0.5 * (wi.z + 1.0);
                    let row = ((height * COS_BINS as f32) as usize).min(COS_BINS - 1);
                    let column = ((turns * TURN_BINS as f32) as usize).min(TURN_BINS - 1);
                    found[row * TURN_BINS + column] += 1;
                }
            }
            let (statistic, freedom) = chi_square(&expected, &found, SAMPLES);
            // Wilson and Hilferty's normal approximation; 4.5 deviations is one in 300 000.
            let third = 2.0 / (9.0 * freedom);
            let deviations = ((statistic / freedom).cbrt() - (1.0 - third)) / third.sqrt();
            assert!(deviations < 4.5, "{name} at {cos}: chi-square {statistic} of {freedom}");
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
