//! glTF and generated scenes into a packed, content-addressed scene package with its BVH.
//!
//! A scene has three forms: [`SceneSource`] (as authored: meshes, nodes, encoded images), the stored
//! package bytes (content addressed, [`p2c2r_frame::SceneId`]), and [`Scene`] (flat arrays that
//! tracers read). Everything here is single-threaded and gives the same bytes natively and in WASM.

mod alias;
mod animation;
mod assemble;
mod bvh;
mod check;
mod check_material;
mod emissive;
mod environment;
mod generate;
mod gltf;
mod hdr;
mod image;
mod light_tree;
mod limits;
mod material;
pub mod math;
mod mip;
mod package;
mod pose;
mod scene;
mod sketch;
mod source;
mod stats;
mod view;

pub use animation::{
    Animation, Attachment, Channel, Clip, Interpolation, MAX_CLIP_S, MovingNode, NodePlace,
    Property,
};
pub use bvh::{StoredTrees, TopologyError, build_mesh_tree};
pub use check::InvalidScene;
pub use generate::{
    DEFAULT_CITY_SIZE, EXHIBITS, FurnaceMaterial, GeneratedScene, GeneratedSceneError,
    MAX_CITY_SIZE, generate,
};
#[cfg(not(target_arch = "wasm32"))]
pub use gltf::FolderResolver;
pub use gltf::{ImportError, MapResolver, ResourceError, ResourceResolver, load_gltf, write_glb};
pub use hdr::{HdrError, parse_hdr, write_hdr};
pub use image::ImageError;
pub use light_tree::{LIGHT_TREE_WIDTH, LightNode, LightTree, MAX_LIGHT_TREE_DEPTH, light_child};
pub use limits::{
    ContentLimits, ImportLimits, MAX_COORDINATE_M, MAX_DISPERSION, MAX_FILM_NM, MAX_INTENSITY,
    MAX_IOR, MAX_MATRIX_ELEMENT, MAX_UV, UnpackLimits,
};
pub use material::{
    AlphaMode, Anisotropy, Clearcoat, Iridescence, Material, NO_ATTENUATION_M, Sheen, Specular,
    TextureRef, Transmission, Volume,
};
pub use package::{PackError, PackedScene, UnpackError, pack, unpack};
pub use pose::Motion;
pub use scene::{
    AliasEntry, BvhNode, Camera, EmissiveTriangle, Environment, Instance, LightKind, MAX_BVH_DEPTH,
    MAX_LEAF_TRIANGLES, Mesh, NO_INDEX, PunctualLight, Scene, Texture, TextureWrap,
};
pub use source::{
    EnvironmentSource, ImageFormat, ImageSource, InstanceSource, MeshSource, SceneSource,
    TextureSource,
};
pub use stats::SceneStats;
pub use view::DEFAULT_TAN_HALF_FOV_Y;
