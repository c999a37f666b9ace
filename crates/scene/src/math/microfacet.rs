//! The GGX microfacet lobe in a local frame (normal +z), and what it reflects in total.
//!
//! Every tracer uses these formulas, and the table that [`SpecularAlbedo`] makes of them.

use super::{Vec3, larger, sin_cos_turns, smaller, unit_clamped};

/// Smallest α: a mirror is a lobe of 0.06°, so no surface needs a delta function.
pub const MIN_ALPHA: f32 = 1e-3;

/// Reflectance of a dielectric of index 1.5 at normal incidence (glTF 2.0, appendix B).
pub const DIELECTRIC_F0: f32 = 0.04;

/// α of a perceptual roughness in 0..=1.
#[inline]
pub fn alpha_from_roughness(roughness: f32) -> f32 {
    larger(roughness * roughness, MIN_ALPHA)
}

/// Schlick's (1 − cos)^5.
#[inline]
pub fn schlick_weight(cos: f32) -> f32 {
    let m = unit_clamped(1.0 - cos);
    let m2 = m * m;
    m2 * m2 * m
}

/// Normal distribution D of GGX (Walter et al. 2007, eq. 33) at the half vector `h`.
#[inline]
pub fn ggx_distribution(h: Vec3, alpha: f32) -> f32 {
    let a2 = alpha * alpha;
    // 1 − cos² as x² + y² keeps the digits that a narrow lobe needs.
    let d = h.x * h.x + h.y * h.y + a2 * (h.z * h.z);
    a2 / (super::PI * (d * d))
}

/// √(α² + (1 − α²) cos²), which the terms of Smith's shadowing share.
#[inline]
fn smith_root(cos: f32, alpha: f32) -> f32 {
    let a2 = alpha * alpha;
    (a2 + (1.0 - a2) * (cos * cos)).sqrt()
}

/// Height-correlated G2 / (4 cos_o cos_i) (Heitz 2014, eq. 99); both cosines positive.
#[inline]
pub fn ggx_visibility(cos_o: f32, cos_i: f32, alpha: f32) -> f32 {
    0.5 / (cos_i * smith_root(cos_o, alpha) + cos_o * smith_root(cos_i, alpha))
}

/// Density per steradian of the reflected direction whose half vector is `h`, when that is drawn by
/// [`sample_visible_normal`] (Heitz 2018, eq. 17): G1 D / (4 cos_o).
#[inline]
pub fn ggx_reflection_pdf(cos_o: f32, h: Vec3, alpha: f32) -> f32 {
    ggx_distribution(h, alpha) / (2.0 * (cos_o + smith_root(cos_o, alpha)))
}

/// Draws a normal visible from `wo` by spherical caps (Dupuy and Benyoub 2023, listing 1).
#[inline]
pub fn sample_visible_normal(wo: Vec3, alpha: f32, u: f32, v: f32) -> Vec3 {
    let stretched = Vec3::new(wo.x * alpha, wo.y * alpha, wo.z);
    let stretched = stretched.normalized_or(Vec3::new(0.0, 0.0, 1.0));
    let z = (1.0 - v) * (1.0 + stretched.z) - stretched.z;
    let radius = larger(1.0 - z * z, 0.0).sqrt();
    let (sin, cos) = sin_cos_turns(u);
    let cap = Vec3::new(radius * cos, radius * sin, z);
    let h = cap + stretched;
    Vec3::new(h.x * alpha, h.y * alpha, larger(h.z, 0.0)).normalized_or(Vec3::new(0.0, 0.0, 1.0))
}

/// Directional albedo of the dielectric lobe, tabulated over cosine and roughness.
///
/// The diffuse base under the lobe gets what the lobe leaves: that keeps a white surface white.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecularAlbedo {
    /// Row by row: one row of [`Self::COSINES`] values per roughness, cosine and roughness from 0 to 1.
    pub directional: Vec<f32>,
    /// Cosine-weighted mean of each row: the hemispherical albedo.
    pub average: Vec<f32>,
}

impl SpecularAlbedo {
    /// Columns: cosines i / (COSINES − 1).
    pub const COSINES: u32 = 64;
    /// Rows: perceptual roughness i / (ROUGHNESSES − 1).
    pub const ROUGHNESSES: u32 = 32;

    /// Integrates the table; takes some tens of milliseconds.
    pub fn new() -> Self {
        let mut directional = Vec::with_capacity((Self::COSINES * Self::ROUGHNESSES) as usize);
        let mut average = Vec::with_capacity(Self::ROUGHNESSES as usize);
        for row in 0..Self::ROUGHNESSES {
            let alpha = alpha_from_roughness(row as f32 / (Self::ROUGHNESSES - 1) as f32);
            let mut sum = 0.0;
            let mut weight_sum = 0.0;
            for column in 0..Self::COSINES {
                let cos = column as f32 / (Self::COSINES - 1) as f32;
                let albedo = integrated_albedo(cos, alpha);
                // The trapezoidal rule over cos · d(cos): the ends count half, and cos is 0 at one.
                let weight = if column + 1 == Self::COSINES { 0.5 } else { 1.0 } * cos;
                sum += albedo * weight;
                weight_sum += weight;
                directional.push(albedo);
            }
            average.push(sum / weight_sum);
        }
        Self { directional, average }
    }

    /// Share of light that the lobe reflects towards this cosine; interpolated.
    #[inline]
    pub fn directional(&self, cos: f32, roughness: f32) -> f32 {
        let (column, across) = cell(cos, Self::COSINES);
        let (row, down) = cell(roughness, Self::ROUGHNESSES);
        let first = (row * Self::COSINES + column) as usize;
        let second = first + Self::COSINES as usize;
        let table = &self.directional;
        let upper = table[first] + (table[first + 1] - table[first]) * across;
        let lower = table[second] + (table[second + 1] - table[second]) * across;
        upper + (lower - upper) * down
    }

    /// Share of uniform light that the lobe reflects; interpolated.
    #[inline]
    pub fn average(&self, roughness: f32) -> f32 {
        let (row, down) = cell(roughness, Self::ROUGHNESSES);
        let (upper, lower) = (self.average[row as usize], self.average[row as usize + 1]);
        upper + (lower - upper) * down
    }
}

impl Default for SpecularAlbedo {
    fn default() -> Self {
        Self::new()
    }
}

/// Cell and fraction of `x` in 0..=1 on a grid of `count` knots; the cell always has a successor.
#[inline]
fn cell(x: f32, count: u32) -> (u32, f32) {
    let scaled = unit_clamped(x) * (count - 1) as f32;
    let floor = smaller(scaled.floor(), (count - 2) as f32);
    (floor as u32, scaled - floor)
}

/// ∫ f cos over the hemisphere by the lobe's own sampling on a regular grid.
fn integrated_albedo(cos: f32, alpha: f32) -> f32 {
    const STEPS: u32 = 16;
    let cos = larger(cos, 1e-3);
    let wo = Vec3::new((1.0 - cos * cos).sqrt(), 0.0, cos);
    let mut sum = 0.0;
    for i in 0..STEPS {
        for j in 0..STEPS {
            // The lobe is symmetric about the plane of incidence: half the azimuths suffice.
            let u = 0.5 * (i as f32 + 0.5) / STEPS as f32;
            let v = (j as f32 + 0.5) / STEPS as f32;
            let h = sample_visible_normal(wo, alpha, u, v);
            let cos_h = wo.dot(h);
            let cos_i = 2.0 * cos_h * h.z - cos;
            if cos_i > 0.0 {
                let fresnel = DIELECTRIC_F0 + (1.0 - DIELECTRIC_F0) * schlick_weight(cos_h);
                // f cos / pdf = F G2 / G1.
                let weight = ggx_visibility(cos, cos_i, alpha)
                    * cos_i
                    * (2.0 * (cos + smith_root(cos, alpha)));
                sum += fresnel * weight;
            }
        }
    }
    sum / (STEPS * STEPS) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_projects_to_one() {
        for alpha in [MIN_ALPHA, 0.05, 0.5, 1.0] {
            // With t = tan²θ, ∫ D cosθ dω is ∫ α² / (α² + t)² dt; u = α²/(α² + t) is uniform.
            let (mut sum, steps) = (0.0f64, 1000);
            for i in 0..steps {
                let u = (f64::from(i) + 0.5) / f64::from(steps);
                let t = f64::from(alpha) * f64::from(alpha) * (1.0 - u) / u;
                let cos = (1.0 / (1.0 + t)).sqrt();
                let sin = (t / (1.0 + t)).sqrt();
                let d = ggx_distribution(Vec3::new(sin as f32, 0.0, cos as f32), alpha);
                // dω = 2π sinθ dθ, and dt = 2 tanθ / cos² dθ, so cosθ dω = π cos⁴ dt.
                let density = f64::from(alpha).powi(2) / (f64::from(alpha).powi(2) + t).powi(2);
                sum += f64::from(d) * std::f64::consts::PI * cos.powi(4) / density;
            }
            let integral = sum / f64::from(steps);
            assert!((integral - 1.0).abs() < 1e-3, "alpha {alpha}: {integral}");
        }
    }

    #[test]
    fn smooth_dielectric_reflects_what_fresnel_says() {
        let albedo = SpecularAlbedo::new();
        for cos in [0.1, 0.3, 0.7, 1.0] {
            let expected = DIELECTRIC_F0 + (1.0 - DIELECTRIC_F0) * schlick_weight(cos);
            let found = albedo.directional(cos, 0.0);
            assert!((found - expected).abs() < 2e-3, "{cos}: {found} for {expected}");
        }
        assert!(albedo.directional.iter().all(|&value| value > 0.0 && value < 1.0));
    }
}
