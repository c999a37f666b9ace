//! glTF metallic-roughness in the shading frame: a GGX lobe over a diffuse base.
//!
//! Appendix B of glTF 2.0 mixes a metal and a coated dielectric by `metallic`. Both share one lobe, so
//! the mixture is a lobe of mixed F0. The base gets exactly what the dielectric lobe leaves, in the
//! reciprocal form of Kelemen and Szirmay-Kalos 2001: a white rough dielectric reflects everything.

use p2c2r_scene::math::microfacet::{
    DIELECTRIC_F0, SpecularAlbedo, alpha_from_roughness, ggx_distribution, ggx_reflection_pdf,
    ggx_visibility, sample_visible_normal, schlick_weight,
};
use p2c2r_scene::math::{PI, Vec3, larger, luminance, sin_cos_turns, smaller};

use crate::rng::unit_from_word;
use crate::surface::Surface;

/// Either lobe that reflects anything is sampled at least this often.
const MIN_LOBE_PROBABILITY: f32 = 0.01;

/// The reflection of one surface point towards one viewer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bsdf<'a> {
    wo: Vec3,
    alpha: f32,
    roughness: f32,
    f0: Vec3,
    /// Diffuse albedo divided by π, times what the lobe leaves towards the viewer.
    diffuse: Vec3,
    specular_probability: f32,
    albedo: &'a SpecularAlbedo,
}

/// Value and density for one pair of directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BsdfValue {
    /// BSDF times cosine.
    pub(crate) weighted: Vec3,
    /// Density per steradian with which [`Bsdf::sample`] draws the direction.
    pub(crate) pdf: f32,
}

impl<'a> Bsdf<'a> {
    /// `wo` points to the viewer in the shading frame; its z is positive.
    pub(crate) fn new(surface: &Surface, wo: Vec3, albedo: &'a SpecularAlbedo) -> Self {
        let (base, metallic, roughness) = (surface.base_color, surface.metallic, surface.roughness);
        let f0 = Vec3::splat(DIELECTRIC_F0) * (1.0 - metallic) + base * metallic;
        let weight = schlick_weight(wo.z);
        let dielectric_share = albedo.directional(wo.z, roughness);
        let diffuse_albedo = base * ((1.0 - metallic) * (1.0 - dielectric_share));
        let diffuse = diffuse_albedo / (PI * (1.0 - albedo.average(roughness)));

        // The lobe's albedo: the table's for a dielectric, scaled by how much brighter this F0 is.
        let fresnel = luminance(f0 + (Vec3::ONE - f0) * weight);
        let dielectric_fresnel = DIELECTRIC_F0 + (1.0 - DIELECTRIC_F0) * weight;
        let specular_share = fresnel * (dielectric_share / dielectric_fresnel);
        let diffuse_share = luminance(diffuse_albedo);
        let specular_probability = if diffuse_share > 0.0 {
            let share = specular_share / (specular_share + diffuse_share);
            smaller(larger(share, MIN_LOBE_PROBABILITY), 1.0 - MIN_LOBE_PROBABILITY)
        } else {
            1.0
        };
        let alpha = alpha_from_roughness(roughness);
        Self { wo, alpha, roughness, f0, diffuse, specular_probability, albedo }
    }

    /// BSDF times cosine, and density; both 0 below the surface.
    pub(crate) fn evaluate(&self, wi: Vec3) -> BsdfValue {
        let (cos_o, cos_i) = (self.wo.z, wi.z);
        let none = BsdfValue { weighted: Vec3::ZERO, pdf: 0.0 };
        if cos_i <= 0.0 {
            return none;
        }
        let Some(h) = (self.wo + wi).normalized() else { return none };
        let fresnel = self.f0 + (Vec3::ONE - self.f0) * schlick_weight(self.wo.dot(h));
        let lobe =
            ggx_distribution(h, self.alpha) * ggx_visibility(cos_o, cos_i, self.alpha) * cos_i;
        let left_by_lobe = 1.0 - self.albedo.directional(cos_i, self.roughness);
        let specular_pdf = ggx_reflection_pdf(cos_o, h, self.alpha);
        BsdfValue {
            weighted: fresnel * lobe + self.diffuse * (left_by_lobe * cos_i),
            pdf: self.specular_probability * specular_pdf
                + (1.0 - self.specular_probability) * (cos_i / PI),
        }
    }

    /// Draws a direction; it may lie below the surface, where [`Self::evaluate`] gives 0.
    ///
    /// The second number picks the lobe and is stretched again, so that the pair's strata reach both.
    pub(crate) fn sample(&self, u_word: u32, v_word: u32) -> Vec3 {
        let (u, v) = (unit_from_word(u_word), unit_from_word(v_word));
        if v < self.specular_probability {
            let v = v / self.specular_probability;
            let h = sample_visible_normal(self.wo, self.alpha, u, v);
            return h * (2.0 * self.wo.dot(h)) - self.wo;
        }
        let v = smaller((v - self.specular_probability) / (1.0 - self.specular_probability), 1.0);
        let (sin, cos) = sin_cos_turns(u);
        let radius = v.sqrt();
        Vec3::new(radius * cos, radius * sin, (1.0 - v).sqrt())
    }
}

#[cfg(test)]
#[path = "bsdf_tests.rs"]
mod tests;
