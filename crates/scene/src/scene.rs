//! The flat arrays that every tracer reads.

use std::sync::Arc;

use p2c2r_frame::SceneId;
use serde::{Deserialize, Serialize};

use crate::bvh::StoredTrees;
use crate::math::{Vec3, luminance};
use crate::pose::Motion;
use crate::{LightTree, Material};

/// Marks an index that is absent.
pub const NO_INDEX: u32 = u32::MAX;

/// Most nodes on a path from a root to a leaf, in the top level and in each mesh's tree.
///
/// A traversal that descends into one child and stacks the other needs at most this many entries a
/// level, so 64 entries hold both levels.
pub const MAX_BVH_DEPTH: u32 = 32;

/// Most triangles in a leaf of a mesh's tree; a leaf of the top level holds one instance.
pub const MAX_LEAF_TRIANGLES: u32 = 4;

/// A scene ready for tracing: flat arrays, checked so that no index leaves its array.
///
/// Lengths are metres, radiance is linear Rec. 709, angles do not occur. What no animation can change
/// is shared between the poses of a scene, see [`Scene::posed`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// Hash of the stored package.
    pub id: SceneId,
    /// World bounds of all instances: minimum, maximum.
    pub bounds: [[f32; 3]; 2],
    /// Vertex positions in object space.
    pub positions: Arc<Vec<[f32; 3]>>,
    /// Unit shading normals, one per vertex.
    pub normals: Arc<Vec<[f32; 3]>>,
    /// Unit tangents, w is the bitangent's sign, one per vertex.
    pub tangents: Arc<Vec<[f32; 4]>>,
    /// Texture coordinates, one per vertex.
    pub uvs: Arc<Vec<[f32; 2]>>,
    /// Vertex indices, grouped by mesh and in the order of the mesh's BVH leaves.
    pub triangles: Arc<Vec<[u32; 3]>>,
    /// Meshes: one material each.
    pub meshes: Arc<Vec<Mesh>>,
    /// Placed meshes, in the order of the stored top-level BVH's leaves.
    pub instances: Vec<Instance>,
    /// BVH nodes of the top level, root first; as many at every pose.
    pub nodes: Vec<BvhNode>,
    /// The trees of the meshes; [`Scene::mesh_nodes`] and [`Scene::all_nodes`] give their nodes.
    pub mesh_trees: Arc<StoredTrees>,
    /// Materials.
    pub materials: Arc<Vec<Material>>,
    /// Textures, regions of `texels`.
    pub textures: Arc<Vec<Texture>>,
    /// RGBA8 texels of all textures and then of their smaller levels, row by row from the top left,
    /// 0xAABBGGRR.
    pub texels: Arc<Vec<u32>>,
    /// Point, spot and directional lights.
    pub lights: Vec<PunctualLight>,
    /// Triangles that emit, for next-event estimation; ordered by instance, then triangle.
    pub emissive_triangles: Arc<Vec<EmissiveTriangle>>,
    /// Tree over `emissive_triangles`, by which a point picks one of them.
    pub light_tree: Arc<LightTree>,
    /// Light from infinity.
    pub environment: Option<Arc<Environment>>,
    /// Cameras in the file's order.
    pub cameras: Vec<Camera>,
    /// What moves, if anything does.
    pub motion: Option<Arc<Motion>>,
}

impl Scene {
    /// Whether any material has fibres, whose albedo then has to be tabulated.
    pub fn has_sheen(&self) -> bool {
        self.materials.iter().any(|material| material.sheen.color != [0.0; 3])
    }

    /// What the environment's table may send to a surface over the power of the emissive triangles,
    /// in 1/m²: as light trees count importance. 0 where one of the two is missing.
    pub fn environment_importance(&self) -> f32 {
        let power = self.environment.as_ref().map_or(0.0, |environment| environment.sampled_power);
        self.over_light_power(power)
    }

    /// What punctual lights may send to a surface, as the environment's importance is counted: that of
    /// points is the mean over a ball as large as the scene.
    pub fn punctual_importance(&self) -> f32 {
        let [low, high] = self.bounds.map(Vec3::from);
        let mean_per_square = 3.0 / (0.25 * (high - low).length_squared());
        let irradiance = |light: &PunctualLight| {
            let falloff = match light.kind {
                LightKind::Directional => 1.0,
                LightKind::Point => mean_per_square,
                LightKind::Spot { cos_outer, .. } => mean_per_square * (0.5 - 0.5 * cos_outer),
            };
            luminance(light.intensity.into()) * falloff
        };
        self.over_light_power(self.lights.iter().map(irradiance).sum())
    }

    /// Irradiance from everywhere, of which a surface gets about half, over the tree's power; 0 without.
    fn over_light_power(&self, irradiance: f32) -> f32 {
        let ratio = 0.5 * irradiance / self.light_tree.power;
        if (0.0..f32::MAX).contains(&ratio) { ratio } else { 0.0 }
    }
}

/// A range of triangles with one material and its own BVH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mesh {
    /// First of `Scene::triangles`.
    pub first_triangle: u32,
    /// Number of triangles, at least one.
    pub triangle_count: u32,
    /// Index in [`Scene::all_nodes`] of this mesh's root.
    pub root_node: u32,
    /// Index in `Scene::materials`.
    pub material: u32,
}

/// A mesh placed in the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instance {
    /// Rows of the 3×4 matrix.
    pub world_from_object: [[f32; 4]; 3],
    /// Rows of its inverse; all 0 where an animation has flattened the instance, which no ray meets then.
    pub object_from_world: [[f32; 4]; 3],
    /// Index in `Scene::meshes`.
    pub mesh: u32,
    /// Position of this instance in the authored scene: stable whatever the BVH does.
    pub source_index: u32,
}

/// A binary BVH node that holds both children's boxes: 64 bytes.
///
/// A child with `count == 0` is the node `child` of the same array; otherwise it is a
/// leaf of `count` consecutive primitives from `child`: absolute triangle indices in a mesh's tree,
/// instance indices in the top level. An empty child has `child == NO_INDEX`, `count == 0` and an
/// inverted box. Boxes are conservative: padded outward by a few ULP at build.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct BvhNode {
    /// Left box minimum.
    pub left_min: [f32; 3],
    /// Left child.
    pub left_child: u32,
    /// Left box maximum.
    pub left_max: [f32; 3],
    /// Primitives of the left leaf.
    pub left_count: u32,
    /// Right box minimum.
    pub right_min: [f32; 3],
    /// Right child.
    pub right_child: u32,
    /// Right box maximum.
    pub right_max: [f32; 3],
    /// Primitives of the right leaf.
    pub right_count: u32,
}

/// How texture coordinates outside 0..1 are mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TextureWrap {
    /// Periodic.
    Repeat,
    /// Periodic, every other copy mirrored.
    Mirror,
    /// The edge texel goes on.
    Clamp,
}

/// Regions of `Scene::texels`: an image, and the smaller levels that [`Scene::build_mips`] makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texture {
    /// First texel.
    pub first_texel: u32,
    /// Width in texels.
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// First texel of level 1; the levels follow each other.
    pub first_mip_texel: u32,
    /// Levels, the image included; 1 where it has no smaller copies.
    pub level_count: u32,
    /// Horizontal wrap.
    pub wrap_u: TextureWrap,
    /// Vertical wrap.
    pub wrap_v: TextureWrap,
    /// Whether RGB is sRGB-encoded (colour) rather than linear (data).
    pub is_srgb: bool,
    /// Whether texels are interpolated bilinearly rather than taken by the nearest.
    pub is_filtered: bool,
}

/// What a punctual light is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum LightKind {
    /// All directions from a point; intensity is W/sr.
    Point,
    /// A cone; intensity is W/sr.
    Spot {
        /// Cosine of the half angle where the fall-off begins.
        cos_inner: f32,
        /// Cosine of the half angle where the light ends.
        cos_outer: f32,
    },
    /// Parallel light; intensity is irradiance, W/m².
    Directional,
}

/// `KHR_lights_punctual`, in world space.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PunctualLight {
    /// What it is.
    pub kind: LightKind,
    /// World position; unused for directional lights.
    pub position: [f32; 3],
    /// Unit world direction in which the light shines; unused for points.
    pub direction: [f32; 3],
    /// Linear intensity per channel.
    pub intensity: [f32; 3],
    /// Distance at which the light ends, infinite if it does not.
    pub range_m: f32,
}

/// A triangle of an instance whose material emits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmissiveTriangle {
    /// Index in `Scene::instances`.
    pub instance: u32,
    /// Index in `Scene::triangles`.
    pub triangle: u32,
    /// World-space area in m².
    pub area_m2: f32,
    /// Its path in the light tree: bit d is 1 where the second child is taken at depth d.
    pub trail: u32,
}

/// One column of an alias table (Walker 1977, Vose 1991); the decision is an integer comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliasEntry {
    /// Keep this column where a uniform u32 is below the threshold.
    pub threshold: u32,
    /// The column taken otherwise.
    pub alias: u32,
}

/// An equirectangular environment; row 0 is +y, the middle column looks along +x: see
/// [`crate::math::direction_from_equirect`] for the one definition of the mapping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Environment {
    /// Width in texels.
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// Linear radiance, row by row.
    pub radiance: Vec<[f32; 3]>,
    /// Alias table over texels by solid angle × luminance above the mean; empty where all is even.
    pub alias: Vec<AliasEntry>,
    /// Probability density per steradian of each texel; empty where `alias` is.
    pub pdf: Vec<f32>,
    /// Sum of luminance above the mean × solid angle: what the table stands for.
    pub sampled_power: f32,
}

/// A perspective camera of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Its name, or `camera-N`.
    pub name: String,
    /// Rows of the rigid 3×4 matrix; looks along −z.
    pub world_from_camera: [[f32; 4]; 3],
    /// Tangent of half the vertical field of view.
    pub tan_half_fov_y: f32,
}
