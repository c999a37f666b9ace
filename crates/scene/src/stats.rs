//! How much a scene holds, for `p2c2r scene inspect` and the pages.

use serde::Serialize;

use crate::{Animation, Scene, SceneSource};

/// Totals of a scene.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SceneStats {
    /// Meshes of one material each.
    pub meshes: u64,
    /// Placed meshes.
    pub instances: u64,
    /// Triangles, each mesh once.
    pub triangles: u64,
    /// Triangles, each mesh as often as it is placed.
    pub instanced_triangles: u64,
    /// Vertices, each mesh once.
    pub vertices: u64,
    /// Materials.
    pub materials: u64,
    /// Textures.
    pub textures: u64,
    /// Encoded images; 0 where only their texels are known.
    pub images: u64,
    /// Bytes of the encoded images; 0 where only their texels are known.
    pub image_bytes: u64,
    /// Texels of all images; 0 before they are decoded.
    pub texels: u64,
    /// Point, spot and directional lights.
    pub lights: u64,
    /// Emissive triangles, once per instance; 0 before packing.
    pub emissive_triangles: u64,
    /// Cameras.
    pub cameras: u64,
    /// Key frames of all animation channels.
    pub animation_keys: u64,
    /// Texels of the environment.
    pub environment_texels: u64,
    /// BVH nodes; 0 before packing.
    pub bvh_nodes: u64,
    /// Bytes of the arrays that tracers read; 0 before packing.
    pub array_bytes: u64,
}

impl SceneSource {
    /// Totals, before packing.
    pub fn stats(&self) -> SceneStats {
        let triangles_of = |mesh: u32| {
            self.meshes.get(mesh as usize).map_or(0, |mesh| mesh.triangles.len() as u64)
        };
        SceneStats {
            meshes: self.meshes.len() as u64,
            instances: self.instances.len() as u64,
            triangles: self.meshes.iter().map(|mesh| mesh.triangles.len() as u64).sum(),
            instanced_triangles: self.instances.iter().map(|i| triangles_of(i.mesh)).sum(),
            vertices: self.meshes.iter().map(|mesh| mesh.positions.len() as u64).sum(),
            materials: self.materials.len() as u64,
            textures: self.textures.len() as u64,
            images: self.images.len() as u64,
            image_bytes: self.images.iter().map(|image| image.bytes.len() as u64).sum(),
            lights: self.lights.len() as u64,
            cameras: self.cameras.len() as u64,
            animation_keys: self.animation.as_ref().map_or(0, Animation::key_count),
            environment_texels: self.environment.as_ref().map_or(0, |e| e.rgbe.len() as u64),
            ..SceneStats::default()
        }
    }
}

impl Scene {
    /// Totals of the arrays.
    pub fn stats(&self) -> SceneStats {
        let triangles_of = |mesh: u32| u64::from(self.meshes[mesh as usize].triangle_count);
        SceneStats {
            meshes: self.meshes.len() as u64,
            instances: self.instances.len() as u64,
            triangles: self.triangles.len() as u64,
            instanced_triangles: self.instances.iter().map(|i| triangles_of(i.mesh)).sum(),
            vertices: self.positions.len() as u64,
            materials: self.materials.len() as u64,
            textures: self.textures.len() as u64,
            texels: self.texels.len() as u64,
            lights: self.lights.len() as u64,
            emissive_triangles: self.emissive_triangles.len() as u64,
            cameras: self.cameras.len() as u64,
            animation_keys: self.motion.as_ref().map_or(0, |m| m.animation().key_count()),
            environment_texels: self.environment.as_ref().map_or(0, |e| e.radiance.len() as u64),
            bvh_nodes: self.node_count() as u64,
            array_bytes: self.array_bytes(),
            ..SceneStats::default()
        }
    }

    /// Bytes of all arrays together.
    pub fn array_bytes(&self) -> u64 {
        let environment = self.environment.as_ref().map_or(0, |environment| {
            size_of_val(environment.radiance.as_slice())
                + size_of_val(environment.alias.as_slice())
                + size_of_val(environment.pdf.as_slice())
        });
        let motion = self.motion.as_ref().map_or(0, |motion| motion.array_bytes());
        let bytes = size_of_val(self.positions.as_slice())
            + size_of_val(self.normals.as_slice())
            + size_of_val(self.tangents.as_slice())
            + size_of_val(self.uvs.as_slice())
            + size_of_val(self.triangles.as_slice())
            + size_of_val(self.meshes.as_slice())
            + size_of_val(self.instances.as_slice())
            + size_of_val(self.nodes.as_slice())
            + self.mesh_trees.byte_count()
            + size_of_val(self.materials.as_slice())
            + size_of_val(self.texels.as_slice())
            + size_of_val(self.emissive_triangles.as_slice())
            + size_of_val(self.light_tree.nodes.as_slice())
            + environment
            + motion;
        bytes as u64
    }
}
