//! What surfaces are made of: glTF metallic-roughness and the Khronos extensions of it.

use serde::{Deserialize, Serialize};

use crate::math::{larger, ln};

/// Distance that stands for "no absorption" where a file gives none; in metres.
pub const NO_ATTENUATION_M: f32 = f32::MAX;

/// How a material treats its alpha.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum AlphaMode {
    /// Alpha is ignored.
    Opaque,
    /// Below the cut-off the surface is not there.
    Mask {
        /// The cut-off.
        cutoff: f32,
    },
    /// The surface is there with probability alpha (stochastic transparency).
    Blend,
}

/// A texture with its sampling and `KHR_texture_transform`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextureRef {
    /// Index in `Scene::textures`.
    pub texture: u32,
    /// Rows of the 2×3 matrix that takes the mesh's UV to the texture's.
    pub uv_from_mesh_uv: [[f32; 3]; 2],
}

/// glTF metallic-roughness with its extensions; the default is glTF's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// Linear base colour and alpha.
    pub base_color: [f32; 4],
    /// Multiplied with `base_color`; sRGB.
    pub base_color_texture: Option<TextureRef>,
    /// 0 dielectric to 1 metal.
    pub metallic: f32,
    /// Perceptual roughness; α is its square.
    pub roughness: f32,
    /// Green: roughness, blue: metallic; linear.
    pub metallic_roughness_texture: Option<TextureRef>,
    /// Tangent-space normals; linear.
    pub normal_texture: Option<TextureRef>,
    /// Scales the normal's x and y.
    pub normal_scale: f32,
    /// Emitted radiance with `KHR_materials_emissive_strength` multiplied in.
    pub emissive: [f32; 3],
    /// Multiplied with `emissive`; sRGB.
    pub emissive_texture: Option<TextureRef>,
    /// What alpha means.
    pub alpha_mode: AlphaMode,
    /// Whether the back face shows (and emits).
    pub is_double_sided: bool,
    /// `KHR_materials_unlit`: the base colour is the radiance, whatever the light.
    pub is_unlit: bool,
    /// `KHR_materials_ior`: index of refraction, at least 1.
    pub ior: f32,
    /// `KHR_materials_specular`.
    pub specular: Specular,
    /// `KHR_materials_transmission`.
    pub transmission: Transmission,
    /// `KHR_materials_volume` and `KHR_materials_dispersion`; `None` makes a thin wall.
    pub volume: Option<Volume>,
    /// `KHR_materials_clearcoat`.
    pub clearcoat: Clearcoat,
    /// `KHR_materials_sheen`.
    pub sheen: Sheen,
    /// `KHR_materials_anisotropy`.
    pub anisotropy: Anisotropy,
    /// `KHR_materials_iridescence`.
    pub iridescence: Iridescence,
}

/// Strength and colour of the dielectric reflection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Specular {
    /// Scales the whole reflection, 0 to 1.
    pub factor: f32,
    /// Alpha: multiplied with `factor`; linear.
    pub texture: Option<TextureRef>,
    /// Scales the reflection at normal incidence, per channel; may exceed 1.
    pub color: [f32; 3],
    /// Multiplied with `color`; sRGB.
    pub color_texture: Option<TextureRef>,
}

/// How much light goes through instead of being scattered below the surface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Transmission {
    /// 0 opaque to 1 clear.
    pub factor: f32,
    /// Red: multiplied with `factor`; linear.
    pub texture: Option<TextureRef>,
}

/// A closed body that refracts: its inside absorbs and disperses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// What is left of white light after `attenuation_distance_m`.
    pub attenuation_color: [f32; 3],
    /// Metres; [`NO_ATTENUATION_M`] if nothing is absorbed.
    pub attenuation_distance_m: f32,
    /// 20 divided by the Abbe number; 0 disperses nothing.
    pub dispersion: f32,
}

/// A clear varnish of index 1.5 above everything else.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clearcoat {
    /// 0 none to 1 full.
    pub factor: f32,
    /// Red: multiplied with `factor`; linear.
    pub texture: Option<TextureRef>,
    /// Perceptual roughness.
    pub roughness: f32,
    /// Green: multiplied with `roughness`; linear.
    pub roughness_texture: Option<TextureRef>,
    /// Tangent-space normals of the coat, which ignores the base's; linear.
    pub normal_texture: Option<TextureRef>,
    /// Scales the normal's x and y.
    pub normal_scale: f32,
}

/// Retro-reflective fibres above the base: cloth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheen {
    /// Linear colour; black is no sheen.
    pub color: [f32; 3],
    /// Multiplied with `color`; sRGB.
    pub color_texture: Option<TextureRef>,
    /// Perceptual roughness.
    pub roughness: f32,
    /// Alpha: multiplied with `roughness`; linear.
    pub roughness_texture: Option<TextureRef>,
}

/// Stretches the specular lobe along a direction of the tangent plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Anisotropy {
    /// 0 none to 1 full.
    pub strength: f32,
    /// Cosine and sine of the angle from the tangent to the stretch, counter-clockwise.
    pub direction: [f32; 2],
    /// Red and green: direction in −1..=1, blue: multiplied with `strength`; linear.
    pub texture: Option<TextureRef>,
}

/// A film as thin as a wavelength of light.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Iridescence {
    /// 0 none to 1 full.
    pub factor: f32,
    /// Red: multiplied with `factor`; linear.
    pub texture: Option<TextureRef>,
    /// Index of refraction of the film, at least 1.
    pub ior: f32,
    /// Thickness where the texture is black, and where it is white or absent; in nanometres.
    pub thickness_nm: [f32; 2],
    /// Green: between the two thicknesses; linear.
    pub thickness_texture: Option<TextureRef>,
}

impl Default for Material {
    fn default() -> Self {
        Self {
            base_color: [1.0; 4],
            base_color_texture: None,
            metallic: 1.0,
            roughness: 1.0,
            metallic_roughness_texture: None,
            normal_texture: None,
            normal_scale: 1.0,
            emissive: [0.0; 3],
            emissive_texture: None,
            alpha_mode: AlphaMode::Opaque,
            is_double_sided: false,
            is_unlit: false,
            ior: 1.5,
            specular: Specular::default(),
            transmission: Transmission::default(),
            volume: None,
            clearcoat: Clearcoat::default(),
            sheen: Sheen::default(),
            anisotropy: Anisotropy::default(),
            iridescence: Iridescence::default(),
        }
    }
}

impl Default for Specular {
    fn default() -> Self {
        Self { factor: 1.0, texture: None, color: [1.0; 3], color_texture: None }
    }
}

impl Default for Volume {
    fn default() -> Self {
        Self {
            attenuation_color: [1.0; 3],
            attenuation_distance_m: NO_ATTENUATION_M,
            dispersion: 0.0,
        }
    }
}

impl Volume {
    /// Absorption coefficient per metre (Beer and Lambert): what is black absorbs as 0.0001 does.
    pub fn absorption(&self) -> [f32; 3] {
        let per_metre = |color: f32| -ln(larger(color, 1e-4)) / self.attenuation_distance_m;
        self.attenuation_color.map(per_metre)
    }
}

impl Default for Clearcoat {
    fn default() -> Self {
        Self {
            factor: 0.0,
            texture: None,
            roughness: 0.0,
            roughness_texture: None,
            normal_texture: None,
            normal_scale: 1.0,
        }
    }
}

impl Default for Anisotropy {
    fn default() -> Self {
        Self { strength: 0.0, direction: [1.0, 0.0], texture: None }
    }
}

impl Default for Iridescence {
    fn default() -> Self {
        Self {
            factor: 0.0,
            texture: None,
            ior: 1.3,
            thickness_nm: [100.0, 400.0],
            thickness_texture: None,
        }
    }
}

impl Material {
    /// Number of textures that a material may use.
    pub const TEXTURES: usize = 15;

    /// Every texture, in a fixed order.
    pub fn textures(&self) -> [Option<&TextureRef>; Self::TEXTURES] {
        [
            self.base_color_texture.as_ref(),
            self.metallic_roughness_texture.as_ref(),
            self.normal_texture.as_ref(),
            self.emissive_texture.as_ref(),
            self.specular.texture.as_ref(),
            self.specular.color_texture.as_ref(),
            self.transmission.texture.as_ref(),
            self.clearcoat.texture.as_ref(),
            self.clearcoat.roughness_texture.as_ref(),
            self.clearcoat.normal_texture.as_ref(),
            self.sheen.color_texture.as_ref(),
            self.sheen.roughness_texture.as_ref(),
            self.anisotropy.texture.as_ref(),
            self.iridescence.texture.as_ref(),
            self.iridescence.thickness_texture.as_ref(),
        ]
    }

    /// Every texture, to be changed, in the order of [`Self::textures`].
    pub fn textures_mut(&mut self) -> [Option<&mut TextureRef>; Self::TEXTURES] {
        [
            self.base_color_texture.as_mut(),
            self.metallic_roughness_texture.as_mut(),
            self.normal_texture.as_mut(),
            self.emissive_texture.as_mut(),
            self.specular.texture.as_mut(),
            self.specular.color_texture.as_mut(),
            self.transmission.texture.as_mut(),
            self.clearcoat.texture.as_mut(),
            self.clearcoat.roughness_texture.as_mut(),
            self.clearcoat.normal_texture.as_mut(),
            self.sheen.color_texture.as_mut(),
            self.sheen.roughness_texture.as_mut(),
            self.anisotropy.texture.as_mut(),
            self.iridescence.texture.as_mut(),
            self.iridescence.thickness_texture.as_mut(),
        ]
    }

    /// Those textures that hold directions.
    pub fn direction_textures(&self) -> [Option<&TextureRef>; 3] {
        [
            self.normal_texture.as_ref(),
            self.clearcoat.normal_texture.as_ref(),
            self.anisotropy.texture.as_ref(),
        ]
    }

    /// Whether shading needs the direction of the mesh's tangents.
    pub fn needs_tangents(&self) -> bool {
        self.normal_texture.is_some()
            || self.clearcoat.normal_texture.is_some()
            || self.anisotropy.strength > 0.0
    }

    /// Whether rays meet both faces: a body that refracts has an inside.
    pub fn shows_back_faces(&self) -> bool {
        self.is_double_sided || self.is_body()
    }

    /// Whether light that goes through is refracted into a body; else the surface is a thin wall.
    pub fn is_body(&self) -> bool {
        self.volume.is_some() && self.transmission.factor > 0.0
    }
}
