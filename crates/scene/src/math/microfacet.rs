//! The GGX microfacet lobe in a local frame (normal +z).
//!
//! Every tracer uses these formulas, and so do the tables of [`super::LobeAlbedo`].

use super::{Vec3, larger, sin_cos_turns};

/// Smallest α: a mirror is a lobe of 0.06°, so no surface needs a delta function.
pub const MIN_ALPHA: f32 = 1e-3;

/// α of a perceptual roughness in 0..=1.
#[inline]
pub fn alpha_from_roughness(roughness: f32) -> f32 {
    larger(roughness * roughness, MIN_ALPHA)
}

/// Widths of the lobe along x and y of its frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alpha {
    /// Along the tangent.
    pub x: f32,
    /// Along the bitangent.
    pub y: f32,
}

impl Alpha {
    /// The same in all directions.
    #[inline]
    pub fn isotropic(alpha: f32) -> Self {
        Self { x: alpha, y: alpha }
    }

    /// The width along the tangent grows to 1 with the anisotropy (`KHR_materials_anisotropy`).
    #[inline]
    pub fn stretched(roughness: f32, anisotropy: f32) -> Self {
        let alpha = alpha_from_roughness(roughness);
        Self { x: alpha + (1.0 - alpha) * (anisotropy * anisotropy), y: alpha }
    }
}

/// Normal distribution D of GGX (Walter et al. 2007, eq. 33; anisotropic: Burley 2012, eq. 13) at the
/// half vector `h`.
#[inline]
pub fn ggx_distribution(h: Vec3, alpha: Alpha) -> f32 {
    let area = alpha.x * alpha.y;
    // Three small squares instead of 1 − cos² keep the digits that a narrow lobe needs.
    let (x, y, z) = (h.x * alpha.y, h.y * alpha.x, h.z * area);
    let d = x * x + y * y + z * z;
    area * area * area / (super::PI * (d * d))
}

/// √(cos² + α_x² x² + α_y² y²), which the terms of Smith's shadowing share.
#[inline]
fn smith_root(w: Vec3, alpha: Alpha) -> f32 {
    let (x, y) = (w.x * alpha.x, w.y * alpha.y);
    (w.z * w.z + (x * x + y * y)).sqrt()
}

/// Height-correlated G2 / (4 cos_o cos_i) (Heitz 2014, eq. 99); only magnitudes of the cosines count,
/// so that it serves refraction as well.
#[inline]
pub fn ggx_visibility(wo: Vec3, wi: Vec3, alpha: Alpha) -> f32 {
    let (cos_o, cos_i) = (wo.z.abs(), wi.z.abs());
    0.5 / (cos_i * smith_root(wo, alpha) + cos_o * smith_root(wi, alpha))
}

/// Density per steradian of the half vectors that [`sample_visible_normal`] draws, over `wo · h`
/// (Heitz 2018, eq. 3): G1 D / cos_o.
#[inline]
pub fn visible_normal_density(wo: Vec3, h: Vec3, alpha: Alpha) -> f32 {
    2.0 * ggx_distribution(h, alpha) / (wo.z + smith_root(wo, alpha))
}

/// Density per steradian of the direction that the half vector `h` reflects to, when that is drawn by
/// [`sample_visible_normal`] (Heitz 2018, eq. 17): G1 D / (4 cos_o).
#[inline]
pub fn ggx_reflection_pdf(wo: Vec3, h: Vec3, alpha: Alpha) -> f32 {
    0.25 * visible_normal_density(wo, h, alpha)
}

/// Draws a normal visible from `wo` by spherical caps (Dupuy and Benyoub 2023, listing 1).
#[inline]
pub fn sample_visible_normal(wo: Vec3, alpha: Alpha, u: f32, v: f32) -> Vec3 {
    let stretched = Vec3::new(wo.x * alpha.x, wo.y * alpha.y, wo.z);
    let stretched = stretched.normalized_or(Vec3::new(0.0, 0.0, 1.0));
    let z = (1.0 - v) * (1.0 + stretched.z) - stretched.z;
    let radius = larger(1.0 - z * z, 0.0).sqrt();
    let (sin, cos) = sin_cos_turns(u);
    let cap = Vec3::new(radius * cos, radius * sin, z);
    let h = cap + stretched;
    Vec3::new(h.x * alpha.x, h.y * alpha.y, larger(h.z, 0.0))
        .normalized_or(Vec3::new(0.0, 0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_projects_to_one() {
        for (x, y) in [(MIN_ALPHA, MIN_ALPHA), (0.05, 0.05), (0.5, 0.5), (1.0, 1.0), (0.9, 0.1)] {
            let alpha = Alpha { x, y };
            // Slopes (tan θ cos φ / α_x, tan θ sin φ / α_y) of squared length s have D cosθ dω = ds / (1 + s)²
            // per turn; u = 1 / (1 + s) is uniform.
            let (mut sum, steps) = (0.0f64, 400);
            for i in 0..steps {
                for j in 0..steps {
                    let u = (f64::from(i) + 0.5) / f64::from(steps);
                    let turn = (f64::from(j) + 0.5) / f64::from(steps) * std::f64::consts::TAU;
                    let slope = ((1.0 - u) / u).sqrt();
                    let (a, b) =
                        (slope * turn.cos() * f64::from(x), slope * turn.sin() * f64::from(y));
                    let cos = 1.0 / (1.0 + a * a + b * b).sqrt();
                    let h = Vec3::new((a * cos) as f32, (b * cos) as f32, cos as f32);
                    let uniform = 1.0 / (std::f64::consts::PI * f64::from(x) * f64::from(y));
                    sum += f64::from(ggx_distribution(h, alpha)) * cos.powi(4) / (uniform * u * u);
                }
            }
            let integral = sum / f64::from(steps * steps);
            assert!((integral - 1.0).abs() < 1e-3, "alpha {x} {y}: {integral}");
        }
    }
}
