//! What the header of a package holds, and where things are.

use serde::{Deserialize, Serialize};

use crate::{
    Animation, Attachment, Camera, Channel, Clip, ImageFormat, Interpolation, Material, MovingNode,
    Property, PunctualLight, SceneSource, TextureSource,
};

/// First bytes of every package.
pub(super) const MAGIC: [u8; 6] = *b"P2C2R\0";
/// Raised whenever the same scene would get other bytes.
pub(super) const VERSION: u16 = 3;
/// Bytes before the deflated body.
pub(super) const PREFIX_BYTES: usize = 16;
/// Longest header: it bounds what decoding its lists can allocate.
pub(super) const MAX_HEADER_BYTES: usize = 16 << 20;
/// Deflate effort, 0 to 10; part of the format, since it decides the bytes.
pub(super) const DEFLATE_LEVEL: u8 = 6;

/// All that is not an array of words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) meshes: Vec<MeshRecord>,
    pub(super) instance_count: u32,
    pub(super) materials: Vec<Material>,
    pub(super) textures: Vec<TextureSource>,
    pub(super) images: Vec<ImageRecord>,
    pub(super) lights: Vec<PunctualLight>,
    pub(super) cameras: Vec<Camera>,
    /// Width and height in texels.
    pub(super) environment: Option<[u32; 2]>,
}

/// What an animation is without its keys; follows the header where there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct AnimationRecord {
    pub(super) nodes: Vec<MovingNode>,
    pub(super) channels: Vec<ChannelRecord>,
    pub(super) instances: Vec<Attachment>,
    pub(super) cameras: Vec<Attachment>,
    pub(super) lights: Vec<Attachment>,
    pub(super) clips: Vec<Clip>,
}

/// Lengths of a channel's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChannelRecord {
    pub(super) node: u32,
    pub(super) property: Property,
    pub(super) interpolation: Interpolation,
    pub(super) key_count: u32,
}

impl AnimationRecord {
    /// Describes an animation that has passed its check.
    pub(super) fn of(animation: &Animation) -> Self {
        let channel = |channel: &Channel| ChannelRecord {
            node: channel.node,
            property: channel.property,
            interpolation: channel.interpolation,
            key_count: channel.times_s.len() as u32,
        };
        Self {
            nodes: animation.nodes.clone(),
            channels: animation.channels.iter().map(channel).collect(),
            instances: animation.instances.clone(),
            cameras: animation.cameras.clone(),
            lights: animation.lights.clone(),
            clips: animation.clips.clone(),
        }
    }
}

impl ChannelRecord {
    /// Numbers of all values.
    pub(super) const fn value_count(&self) -> usize {
        let per_key = self.property.width() * self.interpolation.values_per_key();
        per_key.saturating_mul(self.key_count as usize)
    }
}

/// Lengths of a mesh's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MeshRecord {
    pub(super) vertex_count: u32,
    pub(super) triangle_count: u32,
    pub(super) material: u32,
    pub(super) has_tangents: bool,
    pub(super) has_uvs: bool,
}

/// Length of an image's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImageRecord {
    pub(super) format: ImageFormat,
    pub(super) byte_count: u32,
}

impl Header {
    /// Describes a scene whose lengths fit 32 bits.
    pub(super) fn of(source: &SceneSource) -> Self {
        let mesh = |mesh: &crate::MeshSource| MeshRecord {
            vertex_count: mesh.positions.len() as u32,
            triangle_count: mesh.triangles.len() as u32,
            material: mesh.material,
            has_tangents: !mesh.tangents.is_empty(),
            has_uvs: !mesh.uvs.is_empty(),
        };
        let image = |image: &crate::ImageSource| ImageRecord {
            format: image.format,
            byte_count: image.bytes.len() as u32,
        };
        Self {
            meshes: source.meshes.iter().map(mesh).collect(),
            instance_count: source.instances.len() as u32,
            materials: source.materials.clone(),
            textures: source.textures.clone(),
            images: source.images.iter().map(image).collect(),
            lights: source.lights.clone(),
            cameras: source.cameras.clone(),
            environment: source.environment.as_ref().map(|e| [e.width, e.height]),
        }
    }
}
