//! The structs that Rust uploads and WGSL reads; this is their one definition in Rust.
//!
//! `tests/layout.rs` compares every offset and size with naga's view of the linked WGSL.

use bytemuck::{Pod, Zeroable};

/// Names and byte offsets of a mirrored struct.
#[derive(Debug, Clone, Copy)]
pub struct StructLayout {
    /// The struct's name in Rust, and in WESL.
    pub name: &'static str,
    /// Size in bytes, the stride in an array.
    pub size_bytes: usize,
    /// Fields in order, each with its offset in bytes.
    pub fields: &'static [(&'static str, usize)],
}

/// Defines `#[repr(C)]` structs and the function that lists their layouts.
macro_rules! mirrored {
    ($($(#[$about:meta])* pub struct $name:ident {
        $($(#[$field_about:meta])* pub $field:ident: $kind:ty,)*
    })*) => {
        $($(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $kind,)*
        })*

        /// The layout of every struct that has a twin in WGSL.
        pub fn mirrored_structs() -> Vec<StructLayout> {
            vec![$(StructLayout {
                name: stringify!($name),
                size_bytes: size_of::<$name>(),
                fields: &[$((stringify!($field), std::mem::offset_of!($name, $field))),*],
            }),*]
        }
    };
}

mirrored! {
    /// What a slice of a tile needs: a uniform.
    pub struct SliceParams {
        /// Rows of the camera's rigid matrix.
        pub world_from_camera_x: [f32; 4],
        /// Second row.
        pub world_from_camera_y: [f32; 4],
        /// Third row.
        pub world_from_camera_z: [f32; 4],
        /// Film size in pixels.
        pub film_size_px: [u32; 2],
        /// First pixel of the region that the film buffer holds.
        pub region_first_px: [u32; 2],
        /// Size of that region in pixels.
        pub region_size_px: [u32; 2],
        /// Tangent of half the vertical field of view.
        pub tan_half_fov_y: f32,
        /// Keys every random number.
        pub seed: u32,
        /// Sample that path 0 of the slice traces.
        pub first_sample: u32,
        /// Pixel of the region (row by row) that path 0 of the slice traces.
        pub first_pixel: u32,
        /// Paths of the slice; pixels vary fastest.
        pub path_count: u32,
        /// Path vertices after the camera.
        pub max_bounces: u32,
        /// Radius of the lens in metres; 0 for a pinhole.
        pub lens_radius_m: f32,
        /// Distance of the plane that is sharp, in metres.
        pub lens_focus_m: f32,
        /// 1 if lobes after a spread-out scattering are blurred, and textures by the width of the beam.
        pub is_regularized: u32,
        /// Fills the row.
        pub padding: u32,
    }

    /// What stays the same for a scene: a uniform.
    pub struct SceneParams {
        /// Minimum of the scene's bounds.
        pub bounds_min: [f32; 3],
        /// Punctual lights.
        pub light_count: u32,
        /// Maximum of the scene's bounds.
        pub bounds_max: [f32; 3],
        /// Emissive triangles.
        pub emissive_count: u32,
        /// Columns and rows of the environment; 0×0 if there is none.
        pub environment_size: [u32; 2],
        /// Instances; none makes every ray miss.
        pub instance_count: u32,
        /// 1 if the environment has a table to sample it by.
        pub is_environment_sampled: u32,
        /// What that table may send to a surface over the power of the light tree, in 1/m².
        pub environment_importance: f32,
        /// What punctual lights may send, counted likewise.
        pub punctual_importance: f32,
        /// Fills the row.
        pub padding: [u32; 2],
    }

    /// A BVH node: `p2c2r_scene::BvhNode` as it is.
    pub struct Node {
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

    /// A triangle with its positions gathered, so that a leaf test reads no index.
    pub struct Triangle {
        /// First corner in object space.
        pub position_0: [f32; 3],
        /// Its vertex.
        pub vertex_0: u32,
        /// Second corner.
        pub position_1: [f32; 3],
        /// Its vertex.
        pub vertex_1: u32,
        /// Third corner.
        pub position_2: [f32; 3],
        /// Its vertex.
        pub vertex_2: u32,
    }

    /// What shading reads of a vertex.
    pub struct Vertex {
        /// Unit shading normal.
        pub normal: [f32; 3],
        /// First texture coordinate.
        pub u: f32,
        /// Unit tangent, w is the bitangent's sign.
        pub tangent: [f32; 4],
        /// Second texture coordinate.
        pub v: f32,
        /// Fills the struct.
        pub padding: [u32; 3],
    }

    /// A placed mesh.
    pub struct Instance {
        /// Rows of the matrix.
        pub world_from_object_x: [f32; 4],
        /// Second row.
        pub world_from_object_y: [f32; 4],
        /// Third row.
        pub world_from_object_z: [f32; 4],
        /// Rows of the inverse.
        pub object_from_world_x: [f32; 4],
        /// Second row.
        pub object_from_world_y: [f32; 4],
        /// Third row.
        pub object_from_world_z: [f32; 4],
        /// Root of the mesh's BVH.
        pub root_node: u32,
        /// The mesh's material.
        pub material: u32,
        /// Position in the authored scene.
        pub source_index: u32,
        /// Index of the mesh.
        pub mesh: u32,
    }

    /// A texture as a material uses it.
    pub struct TextureSlot {
        /// First row of the texture's UV from the mesh's UV.
        pub uv_row_0: [f32; 3],
        /// First texel.
        pub first_texel: u32,
        /// Second row.
        pub uv_row_1: [f32; 3],
        /// Bits of [`texture_flag`]; 0 if the slot is empty.
        pub flags: u32,
        /// Columns and rows.
        pub size: [u32; 2],
        /// First texel of level 1.
        pub first_mip_texel: u32,
        /// Levels, the image included.
        pub level_count: u32,
    }

    /// glTF metallic-roughness with its layers.
    pub struct Material {
        /// Linear base colour and alpha.
        pub base_color: [f32; 4],
        /// Emitted radiance.
        pub emissive: [f32; 3],
        /// 0 dielectric to 1 metal.
        pub metallic: f32,
        /// Perceptual roughness.
        pub roughness: f32,
        /// Scales the normal's x and y.
        pub normal_scale: f32,
        /// One of [`alpha_mode`].
        pub alpha_mode: u32,
        /// Below it a masked surface is not there.
        pub alpha_cutoff: f32,
        /// Bits of [`material_flag`].
        pub flags: u32,
        /// Index of refraction.
        pub ior: f32,
        /// Scales the dielectric reflection.
        pub specular: f32,
        /// Share of light that goes through.
        pub transmission: f32,
        /// Scales the dielectric reflection head on.
        pub specular_color: [f32; 3],
        /// 20 divided by the Abbe number.
        pub dispersion: f32,
        /// Absorption per metre inside a body.
        pub absorption: [f32; 3],
        /// Coverage of the varnish.
        pub coat: f32,
        /// Colour of the sheen.
        pub sheen: [f32; 3],
        /// Its perceptual roughness.
        pub sheen_roughness: f32,
        /// Perceptual roughness of the varnish.
        pub coat_roughness: f32,
        /// Scales the varnish's normal's x and y.
        pub coat_normal_scale: f32,
        /// Strength of the anisotropy.
        pub anisotropy: f32,
        /// Coverage of the iridescent film.
        pub film: f32,
        /// Direction of the anisotropy.
        pub stretch: [f32; 2],
        /// Thickness of the film where its texture is black, and where it is white.
        pub film_nm: [f32; 2],
        /// Index of refraction of the film.
        pub film_ior: f32,
        /// Fills the row.
        pub padding: [u32; 3],
        /// Textures, in the order of `p2c2r_scene::Material::textures`.
        pub textures: [TextureSlot; 15],
    }

    /// A punctual light.
    pub struct Light {
        /// World position.
        pub position: [f32; 3],
        /// One of [`light_kind`].
        pub kind: u32,
        /// Unit world direction in which it shines.
        pub direction: [f32; 3],
        /// Distance at which it ends; never infinite here, `f32::MAX` stands for that.
        pub range_m: f32,
        /// Linear intensity.
        pub intensity: [f32; 3],
        /// Cosine of the half angle where the fall-off begins.
        pub cos_inner: f32,
        /// Cosine of the half angle where the light ends.
        pub cos_outer: f32,
        /// Fills the struct.
        pub padding: [u32; 3],
    }

    /// An emissive triangle.
    pub struct EmissiveTriangle {
        /// Index of the instance.
        pub instance: u32,
        /// Index of the triangle.
        pub triangle: u32,
        /// World-space area in m².
        pub area_m2: f32,
        /// Its path in the light tree.
        pub trail: u32,
    }

    /// What looking at first surfaces needs beside a slice: a uniform.
    pub struct AovParams {
        /// Rows of the inverse of the camera's matrix.
        pub camera_from_world_x: [f32; 4],
        /// Second row.
        pub camera_from_world_y: [f32; 4],
        /// Third row.
        pub camera_from_world_z: [f32; 4],
        /// The same of the picture before.
        pub previous_from_world_x: [f32; 4],
        /// Second row.
        pub previous_from_world_y: [f32; 4],
        /// Third row.
        pub previous_from_world_z: [f32; 4],
        /// Film size of the picture before.
        pub previous_size_px: [f32; 2],
        /// Tangent of half its vertical field of view.
        pub previous_tan_half_fov_y: f32,
        /// Bits of [`aov_flag`].
        pub flags: u32,
        /// Camera samples that the radiance has of a pixel.
        pub sampled_count: u32,
        /// Most camera samples of a pixel.
        pub max_samples: u32,
        /// Fills the row.
        pub padding: [u32; 2],
    }

    /// What one pass of the denoiser needs: a uniform.
    pub struct DenoiseParams {
        /// Columns and rows of the picture.
        pub size_px: [u32; 2],
        /// Columns and rows of the picture before.
        pub old_size_px: [u32; 2],
        /// First pixel that the dispatch works on.
        pub first_pixel: u32,
        /// The pixel after its last.
        pub end_pixel: u32,
        /// Distance of two taps in pixels.
        pub stride: i32,
        /// Standard deviations of light that count as alike.
        pub strength: f32,
        /// Weight of the squared distance of two albedos.
        pub albedo_scale: f32,
        /// Samples of a pixel of the picture.
        pub samples: f32,
        /// Fills the row.
        pub padding: [u32; 2],
    }
}

/// Values of [`Material::alpha_mode`].
pub mod alpha_mode {
    /// Alpha is ignored.
    pub const OPAQUE: u32 = 0;
    /// Alpha is compared with the cut-off.
    pub const MASK: u32 = 1;
    /// Alpha is the probability of being there.
    pub const BLEND: u32 = 2;
}

/// Bits of [`Material::flags`].
pub mod material_flag {
    /// The back face shows and emits.
    pub const DOUBLE_SIDED: u32 = 1;
    /// The base colour is the radiance.
    pub const UNLIT: u32 = 2;
    /// What goes through is refracted into a body.
    pub const BODY: u32 = 4;
}

/// Bits of [`AovParams::flags`].
pub mod aov_flag {
    /// The camera's matrix has an inverse.
    pub const HAS_INVERSE: u32 = 1;
    /// There is a picture before.
    pub const HAS_PREVIOUS: u32 = 2;
    /// The matrix of its camera has an inverse.
    pub const HAS_PREVIOUS_INVERSE: u32 = 4;
}

/// Values of [`Light::kind`].
pub mod light_kind {
    /// All directions from a point.
    pub const POINT: u32 = 0;
    /// A cone.
    pub const SPOT: u32 = 1;
    /// Parallel light.
    pub const DIRECTIONAL: u32 = 2;
}

/// Bits of [`TextureSlot::flags`].
pub mod texture_flag {
    /// The slot holds a texture.
    pub const PRESENT: u32 = 1;
    /// RGB is sRGB-encoded.
    pub const SRGB: u32 = 2;
    /// Bilinear rather than nearest.
    pub const FILTERED: u32 = 4;
    /// Shift of the horizontal wrap's two bits.
    pub const WRAP_U_SHIFT: u32 = 4;
    /// Shift of the vertical wrap's two bits.
    pub const WRAP_V_SHIFT: u32 = 6;
    /// Wrap: periodic.
    pub const WRAP_REPEAT: u32 = 0;
    /// Wrap: periodic, every other copy mirrored.
    pub const WRAP_MIRROR: u32 = 1;
    /// Wrap: the edge goes on.
    pub const WRAP_CLAMP: u32 = 2;
}
