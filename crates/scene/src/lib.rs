//! glTF and generated scenes into a packed, content-addressed scene package with its BVH.
//!
//! A scene has three forms: [`SceneSource`] (as authored: meshes, nodes, encoded images), the stored
//! package bytes (content addressed, [`p2c2r_frame::SceneId`]), and [`Scene`] (flat arrays that
//! tracers read). Everything here is single-threaded and gives the same bytes natively and in WASM.

pub mod math;
mod scene;

pub use scene::{
    AliasEntry, AlphaMode, BvhNode, Camera, EmissiveTriangle, Environment, Instance, LightKind,
    Material, Mesh, NO_INDEX, PunctualLight, Scene, Texture, TextureRef, TextureWrap,
};
