//! The Khronos extensions of a material: layers, films and bodies.

use super::error::ImportError;
use super::material::MaterialImporter;
use super::material_schema::{
    AnisotropyRecord, ClearcoatRecord, IridescenceRecord, MaterialExtensions, SheenRecord,
    SpecularRecord, VolumeRecord,
};
use crate::limits::{MAX_DISPERSION, MAX_FILM_NM, MAX_IOR};
use crate::math::{larger, sin_cos, smaller, unit_clamped};
use crate::{
    Anisotropy, Clearcoat, Iridescence, Material, NO_ATTENUATION_M, Sheen, Specular, Transmission,
    Volume,
};

impl MaterialImporter<'_> {
    /// Reads every extension that the material has; factors outside their range are clamped.
    pub(super) fn import_layers(
        &mut self,
        extensions: &MaterialExtensions,
        material: &mut Material,
    ) -> Result<(), ImportError> {
        if let Some(record) = &extensions.ior {
            material.ior = index_of_refraction(record.ior);
        }
        if let Some(record) = &extensions.specular {
            material.specular = self.specular(record)?;
        }
        if let Some(record) = &extensions.transmission {
            material.transmission = Transmission {
                factor: unit_clamped(record.transmission_factor),
                texture: self.texture(record.transmission_texture.as_ref(), false)?,
            };
        }
        if let Some(record) = &extensions.volume {
            let dispersion = extensions.dispersion.as_ref().map_or(0.0, |record| record.dispersion);
            material.volume = volume(record, dispersion);
        }
        if let Some(record) = &extensions.clearcoat {
            material.clearcoat = self.clearcoat(record)?;
        }
        if let Some(record) = &extensions.sheen {
            material.sheen = self.sheen(record)?;
        }
        if let Some(record) = &extensions.anisotropy {
            material.anisotropy = self.anisotropy(record)?;
        }
        if let Some(record) = &extensions.iridescence {
            material.iridescence = self.iridescence(record)?;
        }
        if extensions.unlit.is_some() {
            // An unlit surface shows its base colour and nothing else.
            material.is_unlit = true;
            material.emissive = [0.0; 3];
            material.emissive_texture = None;
        }
        Ok(())
    }

    fn specular(&mut self, record: &SpecularRecord) -> Result<Specular, ImportError> {
        Ok(Specular {
            factor: unit_clamped(record.specular_factor),
            texture: self.texture(record.specular_texture.as_ref(), false)?,
            color: record.specular_color_factor.map(|x| clamped(x, 0.0, MAX_IOR)),
            color_texture: self.texture(record.specular_color_texture.as_ref(), true)?,
        })
    }

    fn clearcoat(&mut self, record: &ClearcoatRecord) -> Result<Clearcoat, ImportError> {
        let normal = record.clearcoat_normal_texture.as_ref();
        Ok(Clearcoat {
            factor: unit_clamped(record.clearcoat_factor),
            texture: self.texture(record.clearcoat_texture.as_ref(), false)?,
            roughness: unit_clamped(record.clearcoat_roughness_factor),
            roughness_texture: self.texture(record.clearcoat_roughness_texture.as_ref(), false)?,
            normal_texture: self.texture(normal, false)?,
            normal_scale: normal.map_or(1.0, |normal| normal.scale),
        })
    }

    fn sheen(&mut self, record: &SheenRecord) -> Result<Sheen, ImportError> {
        Ok(Sheen {
            color: record.sheen_color_factor.map(unit_clamped),
            color_texture: self.texture(record.sheen_color_texture.as_ref(), true)?,
            roughness: unit_clamped(record.sheen_roughness_factor),
            roughness_texture: self.texture(record.sheen_roughness_texture.as_ref(), false)?,
        })
    }

    fn anisotropy(&mut self, record: &AnisotropyRecord) -> Result<Anisotropy, ImportError> {
        let (sin, cos) = sin_cos(clamped(record.anisotropy_rotation, -100.0, 100.0));
        Ok(Anisotropy {
            strength: unit_clamped(record.anisotropy_strength),
            direction: [cos, sin],
            texture: self.texture(record.anisotropy_texture.as_ref(), false)?,
        })
    }

    fn iridescence(&mut self, record: &IridescenceRecord) -> Result<Iridescence, ImportError> {
        let thickness = |nanometres: f32| clamped(nanometres, 0.0, MAX_FILM_NM);
        Ok(Iridescence {
            factor: unit_clamped(record.iridescence_factor),
            texture: self.texture(record.iridescence_texture.as_ref(), false)?,
            ior: index_of_refraction(record.iridescence_ior),
            thickness_nm: [
                thickness(record.iridescence_thickness_minimum),
                thickness(record.iridescence_thickness_maximum),
            ],
            thickness_texture: self
                .texture(record.iridescence_thickness_texture.as_ref(), false)?,
        })
    }
}

/// A body, or `None` for a thin wall: the extension calls it that by a thickness of 0. The texture of
/// thickness serves rasterisers; rays measure the way through the body themselves.
fn volume(record: &VolumeRecord, dispersion: f32) -> Option<Volume> {
    let is_body = record.thickness_factor > 0.0;
    let distance = record.attenuation_distance.unwrap_or(NO_ATTENUATION_M);
    let has_distance = distance > 0.0 && distance < NO_ATTENUATION_M;
    is_body.then(|| Volume {
        attenuation_color: record.attenuation_color.map(unit_clamped),
        attenuation_distance_m: if has_distance { distance } else { NO_ATTENUATION_M },
        dispersion: clamped(dispersion, 0.0, MAX_DISPERSION),
    })
}

/// 0 stands for an infinite index: a surface that reflects everything.
fn index_of_refraction(ior: f32) -> f32 {
    if ior == 0.0 { MAX_IOR } else { clamped(ior, 1.0, MAX_IOR) }
}

/// NaN becomes the least value.
fn clamped(value: f32, least: f32, most: f32) -> f32 {
    smaller(larger(value, least), most)
}
