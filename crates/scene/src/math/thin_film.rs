//! Reflectance of a film as thin as light's wavelength above a base (Belcour and Barla 2017, "A
//! practical extension to microfacet theory for the modeling of varying iridescence").
//!
//! As `KHR_materials_iridescence` lays it down: two interfaces, two orders of interference, and the
//! eye's sensitivity as Gaussians whose Fourier transforms (eq. 10 and the supplement's fit) meet the
//! optical path difference.

use super::fresnel::dielectric_fresnel;
use super::{Vec3, exp, larger, sin_cos_turns, smaller, unit_clamped};

/// Films thinner than this fade into none.
const FADE_NM: f32 = 0.03;

/// Orders of interference that are summed beside the mean.
const ORDERS: u32 = 2;

/// Centre of each Gaussian of the sensitivities X, Y, Z and the second lobe of X: turns per nanometre.
const CENTRES: [f32; 4] = [1.681_0e-3, 1.795_3e-3, 2.208_4e-3, 2.239_9e-3];
/// Its variance: exponent per nanometre squared.
const VARIANCES: [f32; 4] = [1.708_547e-7, 3.673_309e-7, 2.610_352e-7, 1.787_662e-7];
/// Its weight, relative to the sensitivity's integral.
const WEIGHTS: [f32; 4] = [0.846_59, 1.000_222, 1.001_122, 0.153_868];

/// Reflectance of a film of index `film_ior` and `thickness_nm` in air above a base that reflects
/// `base_f0` at normal incidence; each channel 0 to 1.
pub fn thin_film_fresnel(cos: f32, film_ior: f32, thickness_nm: f32, base_f0: Vec3) -> Vec3 {
    // The index of a film that fades out becomes the air's.
    let t = unit_clamped(thickness_nm / FADE_NM);
    let film_ior = 1.0 + (film_ior - 1.0) * (t * t * (3.0 - 2.0 * t));
    let cos = unit_clamped(cos);
    let cos2_film = 1.0 - (1.0 - cos * cos) / (film_ior * film_ior);
    if cos2_film <= 0.0 {
        return Vec3::ONE;
    }
    let cos_film = cos2_film.sqrt();
    let reflected = dielectric_fresnel(cos, film_ior);
    let path_nm = 2.0 * film_ior * thickness_nm * cos_film;
    let channels = base_f0.to_array().map(|f0| {
        let base_ior = ior_from_f0(f0);
        let lower = dielectric_fresnel(cos_film, base_ior / film_ior);
        // A reflection at a denser medium turns the phase by half a wave, at either interface.
        let turns = if base_ior < film_ior { 1.0 } else { 0.5 };
        Interference { upper: reflected, lower, turns }
    });
    interfering(channels, path_nm)
}

/// Index of refraction in air of a base that reflects `f0`.
fn ior_from_f0(f0: f32) -> f32 {
    let root = smaller(larger(f0, 0.0), 0.9999).sqrt();
    (1.0 + root) / (1.0 - root)
}

/// The two interfaces as one channel meets them.
#[derive(Clone, Copy)]
struct Interference {
    upper: f32,
    lower: f32,
    /// Phase shift of both reflections together.
    turns: f32,
}

/// Airy's sum over the orders of reflection (eq. 7), each seen through the sensitivities.
fn interfering(channels: [Interference; 3], path_nm: f32) -> Vec3 {
    let mut result = [0.0; 3];
    let mut order_weight = [0.0; 3];
    let mut both = [0.0f32; 3];
    for (index, &Interference { upper, lower, .. }) in channels.iter().enumerate() {
        let passed = 1.0 - upper;
        let product = smaller(larger(upper * lower, 1e-5), 0.9999);
        let steady = passed * passed * lower / (1.0 - product);
        result[index] = upper + steady;
        order_weight[index] = steady - passed;
        both[index] = product.sqrt();
    }
    for order in 1..=ORDERS {
        let order = order as f32;
        let turns = channels.map(|channel| order * channel.turns);
        let seen = sensitivity(order * path_nm, turns).to_array();
        for index in 0..3 {
            order_weight[index] *= both[index];
            result[index] += order_weight[index] * 2.0 * seen[index];
        }
    }
    Vec3::from(result.map(unit_clamped))
}

/// Response of linear Rec. 709 to a cosine of this path difference and these phases, in turns.
fn sensitivity(path_nm: f32, turns: [f32; 3]) -> Vec3 {
    let gaussian = |index: usize, turns: f32| {
        let (_, cos) = sin_cos_turns(CENTRES[index] * path_nm + turns);
        WEIGHTS[index] * cos * exp(-(path_nm * path_nm) * VARIANCES[index])
    };
    let x = gaussian(0, turns[0]) + gaussian(3, turns[0]);
    let (y, z) = (gaussian(1, turns[1]), gaussian(2, turns[2]));
    Vec3::new(
        3.240_454_2 * x - 1.537_138_5 * y - 0.498_531_4 * z,
        -0.969_266 * x + 1.876_010_8 * y + 0.041_556 * z,
        0.055_643_4 * x - 0.204_025_9 * y + 1.057_225_2 * z,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_film_leaves_the_base() {
        for f0 in [0.04f32, 0.5, 0.9] {
            for cos in [0.2, 0.7, 1.0] {
                let found = thin_film_fresnel(cos, 1.4, 0.0, Vec3::splat(f0)).x;
                let expected = dielectric_fresnel(cos, ior_from_f0(f0));
                assert!((found - expected).abs() < 0.02, "{f0} at {cos}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn reflectance_stays_a_share() {
        for thickness_nm in [1.0f32, 120.0, 400.0, 1200.0, 1e5] {
            for film_ior in [1.0, 1.33, 2.0, 1e3] {
                for f0 in [0.0f32, 0.04, 0.6, 1.0] {
                    for cos in [0.0, 0.1, 0.5, 1.0, f32::NAN] {
                        let found = thin_film_fresnel(cos, film_ior, thickness_nm, Vec3::splat(f0));
                        let is_share = found.to_array().iter().all(|x| (0.0..=1.0).contains(x));
                        assert!(is_share, "{thickness_nm} {film_ior} {f0} {cos}: {found:?}");
                    }
                }
            }
        }
    }

    /// Soap of a quarter wave against green: green is bright there and dark at twice the thickness.
    #[test]
    fn quarter_wave_film_is_brightest_in_its_colour() {
        let green = |thickness: f32| thin_film_fresnel(1.0, 1.33, thickness, Vec3::ZERO).y;
        let quarter = 550.0 / (4.0 * 1.33);
        assert!(green(quarter) > 2.0 * green(2.0 * quarter), "{}", green(quarter));
        // A film of no thickness reflects nothing: both reflections cancel.
        assert!(green(1.0) < 0.1 * green(quarter));
    }
}
