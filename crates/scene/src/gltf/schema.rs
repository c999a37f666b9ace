//! The part of glTF 2.0's JSON that we read. Indices are plain numbers, checked where they are used.
//!
//! The `gltf` crate is not used: its validation indexes arrays with unchecked numbers from the file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::draco::CompressedPrimitive;
use super::material_schema::MaterialExtensions;
use super::meshopt::CompressedView;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Document {
    pub(super) asset: Asset,
    pub(super) extensions_used: Vec<String>,
    pub(super) extensions_required: Vec<String>,
    pub(super) buffers: Vec<Buffer>,
    pub(super) buffer_views: Vec<BufferView>,
    pub(super) accessors: Vec<Accessor>,
    pub(super) images: Vec<Image>,
    pub(super) samplers: Vec<Sampler>,
    pub(super) textures: Vec<Texture>,
    pub(super) materials: Vec<Material>,
    pub(super) meshes: Vec<Mesh>,
    pub(super) nodes: Vec<Node>,
    pub(super) scenes: Vec<SceneNodes>,
    pub(super) scene: Option<usize>,
    pub(super) cameras: Vec<Camera>,
    pub(super) skins: Vec<serde::de::IgnoredAny>,
    pub(super) animations: Vec<Animation>,
    pub(super) extensions: DocumentExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asset {
    pub(super) version: String,
    pub(super) min_version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DocumentExtensions {
    #[serde(rename = "KHR_lights_punctual")]
    pub(super) lights: Option<Lights>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Lights {
    pub(super) lights: Vec<Light>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Light {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default = "white")]
    pub(super) color: [f32; 3],
    #[serde(default = "one")]
    pub(super) intensity: f32,
    pub(super) range: Option<f32>,
    pub(super) spot: Option<Spot>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Spot {
    pub(super) inner_cone_angle: f32,
    pub(super) outer_cone_angle: f32,
}

impl Default for Spot {
    fn default() -> Self {
        Self { inner_cone_angle: 0.0, outer_cone_angle: std::f32::consts::FRAC_PI_4 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Buffer {
    pub(super) uri: Option<String>,
    pub(super) byte_length: u64,
    #[serde(default)]
    pub(super) extensions: BufferExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BufferExtensions {
    #[serde(rename = "EXT_meshopt_compression")]
    pub(super) meshopt: Option<MeshoptBuffer>,
}

/// A buffer that stands for what its views decompress to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MeshoptBuffer {
    pub(super) fallback: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BufferView {
    pub(super) buffer: usize,
    #[serde(default)]
    pub(super) byte_offset: u64,
    pub(super) byte_length: u64,
    pub(super) byte_stride: Option<u64>,
    #[serde(default)]
    pub(super) extensions: BufferViewExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BufferViewExtensions {
    #[serde(rename = "EXT_meshopt_compression")]
    pub(super) meshopt: Option<CompressedView>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accessor {
    pub(super) buffer_view: Option<usize>,
    #[serde(default)]
    pub(super) byte_offset: u64,
    pub(super) component_type: u32,
    #[serde(default)]
    pub(super) normalized: bool,
    pub(super) count: u64,
    #[serde(rename = "type")]
    pub(super) shape: String,
    pub(super) sparse: Option<Sparse>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sparse {
    pub(super) count: u64,
    pub(super) indices: SparseIndices,
    pub(super) values: SparseValues,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SparseIndices {
    pub(super) buffer_view: usize,
    #[serde(default)]
    pub(super) byte_offset: u64,
    pub(super) component_type: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SparseValues {
    pub(super) buffer_view: usize,
    #[serde(default)]
    pub(super) byte_offset: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image {
    pub(super) uri: Option<String>,
    pub(super) buffer_view: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sampler {
    pub(super) mag_filter: Option<u32>,
    #[serde(default = "repeat")]
    pub(super) wrap_s: u32,
    #[serde(default = "repeat")]
    pub(super) wrap_t: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Texture {
    pub(super) sampler: Option<usize>,
    source: Option<usize>,
    #[serde(default)]
    extensions: TextureExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TextureExtensions {
    #[serde(rename = "EXT_texture_webp")]
    webp: Option<ImageSource>,
}

#[derive(Debug, Deserialize)]
struct ImageSource {
    source: usize,
}

impl Texture {
    /// The image: that of an extension, or else the one for those who do not know the extension.
    pub(super) fn image(&self) -> Option<usize> {
        let extended = self.extensions.webp.as_ref();
        extended.map(|image| image.source).or(self.source)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Material {
    pub(super) pbr_metallic_roughness: MetallicRoughness,
    pub(super) normal_texture: Option<TextureInfo>,
    pub(super) emissive_texture: Option<TextureInfo>,
    pub(super) emissive_factor: [f32; 3],
    pub(super) alpha_mode: String,
    pub(super) alpha_cutoff: f32,
    pub(super) double_sided: bool,
    pub(super) extensions: MaterialExtensions,
}

impl Default for Material {
    fn default() -> Self {
        Self {
            pbr_metallic_roughness: MetallicRoughness::default(),
            normal_texture: None,
            emissive_texture: None,
            emissive_factor: [0.0; 3],
            alpha_mode: "OPAQUE".to_owned(),
            alpha_cutoff: 0.5,
            double_sided: false,
            extensions: MaterialExtensions::default(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MetallicRoughness {
    pub(super) base_color_factor: [f32; 4],
    pub(super) base_color_texture: Option<TextureInfo>,
    pub(super) metallic_factor: f32,
    pub(super) roughness_factor: f32,
    pub(super) metallic_roughness_texture: Option<TextureInfo>,
}

impl Default for MetallicRoughness {
    fn default() -> Self {
        Self {
            base_color_factor: [1.0; 4],
            base_color_texture: None,
            metallic_factor: 1.0,
            roughness_factor: 1.0,
            metallic_roughness_texture: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextureInfo {
    pub(super) index: usize,
    #[serde(default)]
    pub(super) tex_coord: u32,
    /// Of normal textures only.
    #[serde(default = "one")]
    pub(super) scale: f32,
    #[serde(default)]
    pub(super) extensions: TextureInfoExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TextureInfoExtensions {
    #[serde(rename = "KHR_texture_transform")]
    pub(super) transform: Option<TextureTransform>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TextureTransform {
    pub(super) offset: [f32; 2],
    pub(super) rotation: f32,
    pub(super) scale: [f32; 2],
    pub(super) tex_coord: Option<u32>,
}

impl Default for TextureTransform {
    fn default() -> Self {
        Self { offset: [0.0; 2], rotation: 0.0, scale: [1.0; 2], tex_coord: None }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Mesh {
    pub(super) primitives: Vec<Primitive>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Primitive {
    pub(super) attributes: BTreeMap<String, usize>,
    pub(super) indices: Option<usize>,
    pub(super) material: Option<usize>,
    #[serde(default = "triangles")]
    pub(super) mode: u32,
    #[serde(default)]
    pub(super) targets: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    pub(super) extensions: PrimitiveExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PrimitiveExtensions {
    #[serde(rename = "KHR_draco_mesh_compression")]
    pub(super) draco: Option<CompressedPrimitive>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Node {
    #[serde(default)]
    pub(super) children: Vec<usize>,
    pub(super) mesh: Option<usize>,
    pub(super) camera: Option<usize>,
    pub(super) name: Option<String>,
    pub(super) matrix: Option<[f32; 16]>,
    pub(super) translation: Option<[f32; 3]>,
    pub(super) rotation: Option<[f32; 4]>,
    pub(super) scale: Option<[f32; 3]>,
    #[serde(default)]
    pub(super) extensions: NodeExtensions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NodeExtensions {
    #[serde(rename = "KHR_lights_punctual")]
    pub(super) light: Option<NodeLight>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeLight {
    pub(super) light: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Animation {
    pub(super) name: Option<String>,
    pub(super) channels: Vec<AnimationChannel>,
    pub(super) samplers: Vec<AnimationSampler>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnimationChannel {
    pub(super) sampler: usize,
    pub(super) target: AnimationTarget,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnimationTarget {
    pub(super) node: Option<usize>,
    pub(super) path: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnimationSampler {
    pub(super) input: usize,
    pub(super) output: usize,
    #[serde(default = "linear")]
    pub(super) interpolation: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SceneNodes {
    #[serde(default)]
    pub(super) nodes: Vec<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Camera {
    pub(super) name: Option<String>,
    pub(super) perspective: Option<Perspective>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Perspective {
    pub(super) yfov: f32,
}

const fn white() -> [f32; 3] {
    [1.0; 3]
}

const fn one() -> f32 {
    1.0
}

fn linear() -> String {
    "LINEAR".to_owned()
}

const fn repeat() -> u32 {
    10497
}

const fn triangles() -> u32 {
    4
}
