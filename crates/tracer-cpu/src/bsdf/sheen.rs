//! Cloth fibres above the base.

use p2c2r_scene::math::sheen::{charlie_distribution, sheen_visibility};
use p2c2r_scene::math::{LobeAlbedo, Vec3, luminance, smaller};

use crate::material::PointMaterial;

#[derive(Debug, Clone, Copy)]
pub(super) struct Sheen {
    color: Vec3,
    roughness: f32,
    /// The brightest channel of the colour.
    largest: f32,
    /// Luminance that the fibres reflect to the viewer.
    pub(super) share: f32,
    /// Share of light that reaches the base from the viewer's side.
    pub(super) left_towards_viewer: f32,
}

impl Sheen {
    /// `None` where there are no fibres.
    pub(super) fn new(material: &PointMaterial, wo: Vec3, tables: &LobeAlbedo) -> Option<Self> {
        let largest = material.sheen.max_component();
        if largest <= 0.0 {
            return None;
        }
        let roughness = material.sheen_roughness;
        let albedo = tables.sheen(wo.z, roughness);
        Some(Self {
            color: material.sheen,
            roughness,
            largest,
            share: luminance(material.sheen) * albedo,
            left_towards_viewer: 1.0 - largest * albedo,
        })
    }

    /// Share of light that the fibres leave to the base.
    pub(super) fn left(&self, wi: Vec3, tables: &LobeAlbedo) -> f32 {
        let reflected = self.largest * tables.sheen(wi.z.abs(), self.roughness);
        smaller(self.left_towards_viewer, 1.0 - reflected)
    }

    /// Reflection times cosine; it is drawn by the cosine.
    pub(super) fn value(&self, wo: Vec3, wi: Vec3) -> Vec3 {
        let Some(h) = (wo + wi).normalized() else { return Vec3::ZERO };
        let lobe = charlie_distribution(h.z, self.roughness) * sheen_visibility(wo.z, wi.z);
        self.color * (lobe * wi.z)
    }
}
