//! What the lobes reflect in total, tabulated over cosine and roughness.
//!
//! The layers of a material use it to give the layer below exactly what the one above leaves, and the
//! GGX lobe to give back what its facets would have scattered several times.

use super::fresnel::schlick_weight;
use super::microfacet::{Alpha, alpha_from_roughness, ggx_reflection_pdf, sample_visible_normal};
use super::microfacet::{ggx_distribution, ggx_visibility};
use super::sheen::{charlie_distribution, sheen_visibility};
use super::{PI, Vec3, larger, smaller, unit_clamped};

/// Directional albedo of the GGX lobe with Schlick's Fresnel: `f0 · of_f0 + f90 · of_f90`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GgxAlbedo {
    /// Part that goes with the reflectance at normal incidence.
    pub of_f0: f32,
    /// Part that goes with the reflectance at grazing incidence.
    pub of_f90: f32,
}

impl GgxAlbedo {
    /// Albedo of the lobe of facets that reflect everything.
    #[inline]
    pub fn of_mirrors(self) -> f32 {
        self.of_f0 + self.of_f90
    }

    /// Albedo at these reflectances.
    #[inline]
    pub fn of(self, f0: f32, f90: f32) -> f32 {
        f0 * self.of_f0 + f90 * self.of_f90
    }

    #[inline]
    fn mixed(self, other: Self, share: f32) -> Self {
        Self {
            of_f0: self.of_f0 + (other.of_f0 - self.of_f0) * share,
            of_f90: self.of_f90 + (other.of_f90 - self.of_f90) * share,
        }
    }
}

/// The tables.
#[derive(Debug, Clone, PartialEq)]
pub struct LobeAlbedo {
    /// Row by row: one row of [`Self::COSINES`] values per roughness, cosine and roughness from 0 to 1.
    pub ggx: Vec<GgxAlbedo>,
    /// Cosine-weighted mean of each row: the hemispherical albedo.
    pub ggx_average: Vec<GgxAlbedo>,
    /// The same as `ggx` for white sheen; all 0 where the scene has none.
    pub sheen: Vec<f32>,
}

impl LobeAlbedo {
    /// Columns: cosines i / (COSINES − 1).
    pub const COSINES: u32 = 64;
    /// Rows: perceptual roughness i / (ROUGHNESSES − 1).
    pub const ROUGHNESSES: u32 = 32;

    /// Integrates the tables; takes some tens of milliseconds, as many again with sheen.
    pub fn new(has_sheen: bool) -> Self {
        let count = (Self::COSINES * Self::ROUGHNESSES) as usize;
        let mut ggx = Vec::with_capacity(count);
        let mut sheen = Vec::with_capacity(count);
        let mut ggx_average = Vec::with_capacity(Self::ROUGHNESSES as usize);
        for row in 0..Self::ROUGHNESSES {
            let roughness = row as f32 / (Self::ROUGHNESSES - 1) as f32;
            let cosines = (0..Self::COSINES).map(|i| i as f32 / (Self::COSINES - 1) as f32);
            ggx.extend(cosines.clone().map(|cos| integrated_ggx(cos, roughness)));
            ggx_average.push(average(&ggx[(row * Self::COSINES) as usize..]));
            sheen.extend(
                cosines.map(|cos| if has_sheen { integrated_sheen(cos, roughness) } else { 0.0 }),
            );
        }
        Self { ggx, ggx_average, sheen }
    }

    /// Share of light that the GGX lobe reflects towards this cosine; interpolated.
    #[inline]
    pub fn ggx(&self, cos: f32, roughness: f32) -> GgxAlbedo {
        let place = Place::new(cos, roughness);
        let at = |index: usize| self.ggx[index];
        let upper = at(place.first).mixed(at(place.first + 1), place.across);
        let lower = at(place.second).mixed(at(place.second + 1), place.across);
        upper.mixed(lower, place.down)
    }

    /// Share of uniform light that the GGX lobe reflects; interpolated.
    #[inline]
    pub fn ggx_average(&self, roughness: f32) -> GgxAlbedo {
        let (row, down) = cell(roughness, Self::ROUGHNESSES);
        self.ggx_average[row as usize].mixed(self.ggx_average[row as usize + 1], down)
    }

    /// Share of light that white sheen reflects towards this cosine; interpolated.
    #[inline]
    pub fn sheen(&self, cos: f32, roughness: f32) -> f32 {
        let place = Place::new(cos, roughness);
        let at = |index: usize| self.sheen[index];
        let upper = at(place.first) + (at(place.first + 1) - at(place.first)) * place.across;
        let lower = at(place.second) + (at(place.second + 1) - at(place.second)) * place.across;
        upper + (lower - upper) * place.down
    }
}

/// A place between four entries of a table.
struct Place {
    first: usize,
    second: usize,
    across: f32,
    down: f32,
}

impl Place {
    #[inline]
    fn new(cos: f32, roughness: f32) -> Self {
        let (column, across) = cell(cos, LobeAlbedo::COSINES);
        let (row, down) = cell(roughness, LobeAlbedo::ROUGHNESSES);
        let first = (row * LobeAlbedo::COSINES + column) as usize;
        Self { first, second: first + LobeAlbedo::COSINES as usize, across, down }
    }
}

/// Cell and fraction of `x` in 0..=1 on a grid of `count` knots; the cell always has a successor.
#[inline]
fn cell(x: f32, count: u32) -> (u32, f32) {
    let scaled = unit_clamped(x) * (count - 1) as f32;
    let floor = smaller(scaled.floor(), (count - 2) as f32);
    (floor as u32, scaled - floor)
}

/// Mean of a row weighted by the cosine.
fn average(row: &[GgxAlbedo]) -> GgxAlbedo {
    let mut sum = GgxAlbedo::default();
    let mut weight_sum = 0.0;
    for (column, albedo) in row.iter().enumerate() {
        let cos = column as f32 / (LobeAlbedo::COSINES - 1) as f32;
        // The trapezoidal rule over cos · d(cos): the ends count half, and cos is 0 at one.
        let weight = if column + 1 == row.len() { 0.5 } else { 1.0 } * cos;
        sum.of_f0 += albedo.of_f0 * weight;
        sum.of_f90 += albedo.of_f90 * weight;
        weight_sum += weight;
    }
    GgxAlbedo { of_f0: sum.of_f0 / weight_sum, of_f90: sum.of_f90 / weight_sum }
}

/// A direction of this cosine, which is kept off the horizon.
fn towards(cos: f32) -> Vec3 {
    let cos = larger(cos, 1e-3);
    Vec3::new((1.0 - cos * cos).sqrt(), 0.0, cos)
}

/// The GGX lobe's albedo by a regular grid of its own samples.
fn integrated_ggx(cos: f32, roughness: f32) -> GgxAlbedo {
    const STEPS: u32 = 24;
    let wo = towards(cos);
    let alpha = Alpha::isotropic(alpha_from_roughness(roughness));
    let mut sum = GgxAlbedo::default();
    let mut weight_sum = 0.0;
    for i in 0..STEPS {
        for j in 0..STEPS {
            // The lobe is symmetric about the plane of incidence: half the azimuths suffice.
            let u = 0.5 * (i as f32 + 0.5) / STEPS as f32;
            // Steps crowd where v is near 1: there the normals of the distribution's long tail are.
            let step = (j as f32 + 0.5) / STEPS as f32;
            let h = sample_visible_normal(wo, alpha, u, 1.0 - step * step);
            weight_sum += step;
            let cos_h = wo.dot(h);
            let wi = h * (2.0 * cos_h) - wo;
            if wi.z > 0.0 {
                let lobe = ggx_distribution(h, alpha) * ggx_visibility(wo, wi, alpha) * wi.z;
                let weight = step * lobe / ggx_reflection_pdf(wo, h, alpha);
                let schlick = schlick_weight(cos_h);
                sum.of_f0 += (1.0 - schlick) * weight;
                sum.of_f90 += schlick * weight;
            }
        }
    }
    GgxAlbedo { of_f0: sum.of_f0 / weight_sum, of_f90: sum.of_f90 / weight_sum }
}

/// The albedo of white sheen by a regular grid over the projected hemisphere.
fn integrated_sheen(cos: f32, roughness: f32) -> f32 {
    const STEPS: u32 = 32;
    let wo = towards(cos);
    let mut sum = 0.0;
    for i in 0..STEPS {
        for j in 0..STEPS {
            let u = 0.5 * (i as f32 + 0.5) / STEPS as f32;
            let cos2 = (j as f32 + 0.5) / STEPS as f32;
            let (radius, cos_i) = ((1.0 - cos2).sqrt(), cos2.sqrt());
            let (sin, cos) = super::sin_cos_turns(u);
            let wi = Vec3::new(radius * cos, radius * sin, cos_i);
            let Some(h) = (wo + wi).normalized() else { continue };
            // f cos / pdf, with cos / π as the density.
            sum += PI * charlie_distribution(h.z, roughness) * sheen_visibility(wo.z, cos_i);
        }
    }
    smaller(sum / (STEPS * STEPS) as f32, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_dielectric_reflects_what_fresnel_says() {
        let albedo = LobeAlbedo::new(false);
        for cos in [0.1, 0.3, 0.7, 1.0] {
            let expected = 0.04 + 0.96 * schlick_weight(cos);
            let found = albedo.ggx(cos, 0.0).of(0.04, 1.0);
            assert!((found - expected).abs() < 2e-3, "{cos}: {found} for {expected}");
        }
    }

    #[test]
    fn no_lobe_reflects_more_than_it_gets() {
        let albedo = LobeAlbedo::new(true);
        for entry in &albedo.ggx {
            let all = entry.of_mirrors();
            assert!(all > 0.3 && all < 1.001 && entry.of_f90 >= 0.0, "{entry:?}");
        }
        assert!(albedo.sheen.iter().all(|&value| (0.0..=1.0).contains(&value)));
        assert!(albedo.sheen.iter().any(|&value| value > 0.2), "there is sheen");
    }
}
