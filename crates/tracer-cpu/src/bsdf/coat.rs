//! A clear varnish: one GGX lobe of a dielectric of index 1.5 around a normal of its own.

use p2c2r_scene::math::fresnel::schlick_weight;
use p2c2r_scene::math::microfacet::{
    Alpha, alpha_from_roughness, ggx_distribution, ggx_reflection_pdf, ggx_visibility,
    sample_visible_normal,
};
use p2c2r_scene::math::{LobeAlbedo, Vec3, basis_from_normal, smaller};

use super::BsdfValue;
use crate::surface::Surface;

/// Reflectance of the varnish at normal incidence.
const COAT_F0: f32 = 0.04;

#[derive(Debug, Clone, Copy)]
pub(super) struct Coat {
    /// Its frame in the shading frame: tangent, bitangent, normal.
    frame: [Vec3; 3],
    /// The viewer in that frame.
    wo: Vec3,
    alpha: Alpha,
    roughness: f32,
    coverage: f32,
    /// Share of light that reaches the layers below from the viewer's side.
    pub(super) left_towards_viewer: f32,
}

impl Coat {
    /// `None` where there is no varnish.
    pub(super) fn new(surface: &Surface, wo: Vec3, tables: &LobeAlbedo) -> Option<Self> {
        let coverage = surface.material.coat;
        if coverage <= 0.0 {
            return None;
        }
        let normal = surface.local_from_world(surface.coat_normal);
        let (tangent, bitangent) = basis_from_normal(normal);
        let frame = [tangent, bitangent, normal];
        let wo = into(&frame, wo);
        let roughness = surface.material.coat_roughness;
        let alpha = Alpha::isotropic(alpha_from_roughness(roughness));
        let reflected = tables.ggx(wo.z, roughness).of(COAT_F0, 1.0);
        let left_towards_viewer = 1.0 - coverage * reflected;
        Some(Self { frame, wo, alpha, roughness, coverage, left_towards_viewer })
    }

    /// Share of light that the varnish leaves to what is below it.
    pub(super) fn left(&self, wi: Vec3, tables: &LobeAlbedo) -> f32 {
        let cos = wi.dot(self.frame[2]).abs();
        let reflected = tables.ggx(cos, self.roughness).of(COAT_F0, 1.0);
        smaller(self.left_towards_viewer, 1.0 - self.coverage * reflected)
    }

    /// Reflection times cosine, and its density.
    pub(super) fn value(&self, wi: Vec3) -> BsdfValue {
        let wi = into(&self.frame, wi);
        let Some(h) = (self.wo + wi).normalized() else { return BsdfValue::NONE };
        if wi.z <= 0.0 || h.z <= 0.0 {
            return BsdfValue::NONE;
        }
        let fresnel = COAT_F0 + (1.0 - COAT_F0) * schlick_weight(self.wo.dot(h));
        let lobe = ggx_distribution(h, self.alpha) * ggx_visibility(self.wo, wi, self.alpha) * wi.z;
        BsdfValue {
            weighted: Vec3::splat(self.coverage * fresnel * lobe),
            pdf: ggx_reflection_pdf(self.wo, h, self.alpha),
        }
    }

    /// Draws a direction of the shading frame; no direction where it would go below.
    pub(super) fn sample(&self, u: f32, v: f32) -> Vec3 {
        let h = sample_visible_normal(self.wo, self.alpha, u, v);
        let wi = h * (2.0 * self.wo.dot(h)) - self.wo;
        let [tangent, bitangent, normal] = self.frame;
        let wi = tangent * wi.x + bitangent * wi.y + normal * wi.z;
        if wi.z > 0.0 { wi } else { Vec3::ZERO }
    }
}

fn into([tangent, bitangent, normal]: &[Vec3; 3], direction: Vec3) -> Vec3 {
    Vec3::new(direction.dot(*tangent), direction.dot(*bitangent), direction.dot(*normal))
}
