//! A scene as authored: what importers and generators make and `pack` stores.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Animation, Camera, Material, PunctualLight, TextureWrap};

/// A scene as authored: meshes, placements and encoded images, not yet checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SceneSource {
    /// Triangle meshes of one material each.
    pub meshes: Vec<MeshSource>,
    /// Placed meshes.
    pub instances: Vec<InstanceSource>,
    /// Materials; their texture indices point into `textures`.
    pub materials: Vec<Material>,
    /// Images with their sampling.
    pub textures: Vec<TextureSource>,
    /// Encoded images.
    pub images: Vec<ImageSource>,
    /// Point, spot and directional lights.
    pub lights: Vec<PunctualLight>,
    /// Cameras.
    pub cameras: Vec<Camera>,
    /// Light from infinity.
    pub environment: Option<EnvironmentSource>,
    /// What moves; everything above is the pose at time 0.
    pub animation: Option<Animation>,
    /// What was left out or changed on the way in, for a person to read.
    pub warnings: Vec<String>,
}

impl SceneSource {
    /// Replaces the environment.
    #[must_use]
    pub fn with_environment(mut self, environment: EnvironmentSource) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Whether an animation moves this instance.
    pub(crate) fn does_move(&self, instance: usize) -> bool {
        self.animation.as_ref().is_some_and(|animation| {
            Animation::node_of(&animation.instances, instance as u32).is_some()
        })
    }
}

/// Most warnings that a scene collects: a hostile file could give cause for millions.
const MAX_WARNINGS: usize = 64;

/// Adds a warning; the last place is kept for the word that there are more.
pub(crate) fn warn(warnings: &mut Vec<String>, warning: impl Into<String>) {
    if warnings.len() + 1 < MAX_WARNINGS {
        warnings.push(warning.into());
    } else if warnings.len() < MAX_WARNINGS {
        warnings.push("there are further warnings".to_owned());
    }
}

/// Triangles with one material.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeshSource {
    /// Vertex positions in object space.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals, one per vertex.
    pub normals: Vec<[f32; 3]>,
    /// Unit tangents with the bitangent's sign, one per vertex or none at all.
    pub tangents: Vec<[f32; 4]>,
    /// Texture coordinates, one per vertex or none at all.
    pub uvs: Vec<[f32; 2]>,
    /// Vertex indices, counter-clockwise seen from the front.
    pub triangles: Vec<[u32; 3]>,
    /// Index in `SceneSource::materials`.
    pub material: u32,
}

/// A mesh placed in the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InstanceSource {
    /// Rows of the 3×4 matrix.
    pub world_from_object: [[f32; 4]; 3],
    /// Index in `SceneSource::meshes`.
    pub mesh: u32,
}

/// An image with its sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TextureSource {
    /// Index in `SceneSource::images`.
    pub image: u32,
    /// Horizontal wrap.
    pub wrap_u: TextureWrap,
    /// Vertical wrap.
    pub wrap_v: TextureWrap,
    /// Whether RGB is sRGB-encoded (colour) rather than linear (data).
    pub is_srgb: bool,
    /// Whether texels are interpolated bilinearly rather than taken by the nearest.
    pub is_filtered: bool,
}

/// How an image is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageFormat {
    /// Portable Network Graphics.
    Png,
    /// JPEG, baseline or progressive.
    Jpeg,
    /// WebP, lossy or lossless, not moving.
    WebP,
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
        })
    }
}

/// An encoded image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSource {
    /// How it is encoded.
    pub format: ImageFormat,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// An equirectangular environment in the texels of Radiance files.
///
/// A texel (r, g, b, e) stands for the radiance (r, g, b) · 2^(e − 136), and 0 where e is 0; the
/// mapping to directions is [`crate::math::direction_from_equirect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentSource {
    /// Width in texels.
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// Row by row from the top.
    pub rgbe: Vec<[u8; 4]>,
}
