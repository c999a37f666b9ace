//! The lobe of cloth: Charlie's distribution (Estevez and Kulla 2017, "Production friendly microfacet
//! sheen BRDF") with Neubelt and Pettineo's visibility, as `KHR_materials_sheen` gives them.

use super::{PI, exp, larger, ln};

/// Smoothest sheen: the exponent of the distribution stays below 200.
const MIN_ROUGHNESS: f32 = 0.07;

/// Distribution of the fibres' half vectors at this cosine (eq. 2).
#[inline]
pub fn charlie_distribution(cos_h: f32, roughness: f32) -> f32 {
    let roughness = larger(roughness, MIN_ROUGHNESS);
    let exponent = 1.0 / (roughness * roughness);
    let sin2 = larger(1.0 - cos_h * cos_h, 0.0);
    (2.0 + exponent) * exp(0.5 * exponent * ln(sin2)) / (2.0 * PI)
}

/// Shadowing over 4 cos_o cos_i; both cosines are positive.
#[inline]
pub fn sheen_visibility(cos_o: f32, cos_i: f32) -> f32 {
    1.0 / (4.0 * (cos_o + cos_i - cos_o * cos_i))
}
