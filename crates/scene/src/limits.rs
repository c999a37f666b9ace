//! The named limits that bound memory and work for whatever bytes come in.

/// Coordinates beyond this magnitude, in object or world space, are refused (metres).
///
/// Their cross products still fit an f32, so tracers meet no infinities.
pub const MAX_COORDINATE_M: f32 = 1.0e7;
/// Matrix elements beyond this magnitude, in a placement or its inverse, are refused.
pub const MAX_MATRIX_ELEMENT: f32 = 1.0e9;
/// Radiance and intensity factors beyond this are refused.
pub const MAX_INTENSITY: f32 = 1.0e12;
/// Texture transform elements and coordinates beyond this magnitude are refused.
pub const MAX_UV: f32 = 1.0e6;
/// Largest index of refraction, and largest factor of a specular colour.
pub const MAX_IOR: f32 = 1.0e3;
/// Thickest iridescent film in nanometres.
pub const MAX_FILM_NM: f32 = 1.0e5;
/// Largest `KHR_materials_dispersion`; diamond has 0.36.
pub const MAX_DISPERSION: f32 = 10.0;

/// What `unpack` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnpackLimits {
    /// Stored bytes.
    pub max_package_bytes: usize,
    /// Bytes of the inflated arrays.
    pub max_body_bytes: usize,
    /// What the content may add up to.
    pub content: ContentLimits,
}

/// How much a scene may hold, wherever it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentLimits {
    /// Vertices of all meshes.
    pub max_vertices: u64,
    /// Triangles of all meshes, each mesh once.
    pub max_triangles: u64,
    /// Placed meshes.
    pub max_instances: u64,
    /// Meshes, materials, textures, images, lights or cameras, each.
    pub max_records: u64,
    /// Emissive triangles, once per instance.
    pub max_emissive_triangles: u64,
    /// Texels of all images together.
    pub max_texels: u64,
    /// Texels of the environment.
    pub max_environment_texels: u64,
    /// Keys of all animation channels.
    pub max_animation_keys: u64,
    /// Longest side of an image in texels.
    pub max_image_side: u32,
}

/// What `load_gltf` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// Bytes of the root file, and of all that it names together.
    pub max_bytes: usize,
    /// Deepest nesting of nodes.
    pub max_node_depth: usize,
    /// What the content may add up to.
    pub content: ContentLimits,
}

impl Default for ContentLimits {
    fn default() -> Self {
        Self {
            max_vertices: 1 << 24,
            max_triangles: 1 << 24,
            max_instances: 1 << 20,
            max_records: 1 << 18,
            max_emissive_triangles: 1 << 22,
            max_texels: 1 << 27,
            max_environment_texels: 1 << 25,
            max_animation_keys: 1 << 22,
            max_image_side: 16_384,
        }
    }
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self {
            max_package_bytes: 512 << 20,
            max_body_bytes: 1 << 30,
            content: ContentLimits::default(),
        }
    }
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self { max_bytes: 1 << 30, max_node_depth: 1024, content: ContentLimits::default() }
    }
}
