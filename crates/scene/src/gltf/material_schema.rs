//! The JSON of a material's extensions; names as in the Khronos registry.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::schema::TextureInfo;

/// The extensions of a material that are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MaterialExtensions {
    #[serde(rename = "KHR_materials_emissive_strength")]
    pub(super) emissive_strength: Option<EmissiveStrength>,
    #[serde(rename = "KHR_materials_unlit")]
    pub(super) unlit: Option<IgnoredAny>,
    #[serde(rename = "KHR_materials_ior")]
    pub(super) ior: Option<IorRecord>,
    #[serde(rename = "KHR_materials_specular")]
    pub(super) specular: Option<SpecularRecord>,
    #[serde(rename = "KHR_materials_transmission")]
    pub(super) transmission: Option<TransmissionRecord>,
    #[serde(rename = "KHR_materials_volume")]
    pub(super) volume: Option<VolumeRecord>,
    #[serde(rename = "KHR_materials_dispersion")]
    pub(super) dispersion: Option<DispersionRecord>,
    #[serde(rename = "KHR_materials_clearcoat")]
    pub(super) clearcoat: Option<ClearcoatRecord>,
    #[serde(rename = "KHR_materials_sheen")]
    pub(super) sheen: Option<SheenRecord>,
    #[serde(rename = "KHR_materials_anisotropy")]
    pub(super) anisotropy: Option<AnisotropyRecord>,
    #[serde(rename = "KHR_materials_iridescence")]
    pub(super) iridescence: Option<IridescenceRecord>,
}

/// Structs whose absent fields take the values of their `Default`.
macro_rules! records {
    ($($name:ident { $($field:ident: $kind:ty = $default:expr,)* })*) => {
        $(#[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub(super) struct $name {
            $(pub(super) $field: $kind,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        })*
    };
}

records! {
    EmissiveStrength {
        emissive_strength: f32 = 1.0,
    }
    IorRecord {
        ior: f32 = 1.5,
    }
    SpecularRecord {
        specular_factor: f32 = 1.0,
        specular_texture: Option<TextureInfo> = None,
        specular_color_factor: [f32; 3] = [1.0; 3],
        specular_color_texture: Option<TextureInfo> = None,
    }
    TransmissionRecord {
        transmission_factor: f32 = 0.0,
        transmission_texture: Option<TextureInfo> = None,
    }
    VolumeRecord {
        thickness_factor: f32 = 0.0,
        attenuation_distance: Option<f32> = None,
        attenuation_color: [f32; 3] = [1.0; 3],
    }
    DispersionRecord {
        dispersion: f32 = 0.0,
    }
    ClearcoatRecord {
        clearcoat_factor: f32 = 0.0,
        clearcoat_texture: Option<TextureInfo> = None,
        clearcoat_roughness_factor: f32 = 0.0,
        clearcoat_roughness_texture: Option<TextureInfo> = None,
        clearcoat_normal_texture: Option<TextureInfo> = None,
    }
    SheenRecord {
        sheen_color_factor: [f32; 3] = [0.0; 3],
        sheen_color_texture: Option<TextureInfo> = None,
        sheen_roughness_factor: f32 = 0.0,
        sheen_roughness_texture: Option<TextureInfo> = None,
    }
    AnisotropyRecord {
        anisotropy_strength: f32 = 0.0,
        anisotropy_rotation: f32 = 0.0,
        anisotropy_texture: Option<TextureInfo> = None,
    }
    IridescenceRecord {
        iridescence_factor: f32 = 0.0,
        iridescence_texture: Option<TextureInfo> = None,
        iridescence_ior: f32 = 1.3,
        iridescence_thickness_minimum: f32 = 100.0,
        iridescence_thickness_maximum: f32 = 400.0,
        iridescence_thickness_texture: Option<TextureInfo> = None,
    }
}
