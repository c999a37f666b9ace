//! WGSL sources by topic, linked at build time, and the Rust structs they mirror.
//!
//! `src/wgsl` holds one WESL module per topic and one per entry point; `build.rs` links each entry
//! point into plain WGSL. Every kernel mirrors a file of `p2c2r-tracer-cpu` and names it.

mod kernel;
mod layout;

pub use kernel::{
    AOV_TILE, DENOISE_DEMODULATE, DENOISE_GUIDE, DENOISE_HISTORY, DENOISE_REMODULATE,
    DENOISE_VARIANCE, DENOISE_WAVELET, DISPATCH_BYTES, DISPATCH_PATHS, DISPATCH_RAYS, KERNELS,
    Kernel, PATH_FIELDS, PATH_WORDS, QUEUE_HEADER_WORDS, QUEUES, TRACE_TILE, WAVE_ARRANGE,
    WAVE_FINISH, WAVE_GENERATE, WAVE_SHADE, WAVE_TRACE, WORKGROUP_SIZE_ID,
};
pub use layout::{
    AovParams, DenoiseParams, EmissiveTriangle, Instance, Light, Material, Node, SceneParams,
    SliceParams, StructLayout, TextureSlot, Triangle, Vertex, alpha_mode, aov_flag, light_kind,
    material_flag, mirrored_structs, texture_flag,
};

/// Words at the start of the film buffer: rays (low, high), shadow rays (low, high).
pub const FILM_COUNTER_WORDS: usize = 4;

/// Words of a pixel of the film buffer: low and high of red, green, blue.
pub const FILM_PIXEL_WORDS: usize = 6;

/// Rows of four words that a pixel of first surfaces takes.
pub const LOOK_ROWS: usize = 6;

/// Columns of the texel page, a power of two: texel `i` lies at `(i % W, i / W % H, i / W / H)`.
pub const TEXEL_PAGE_WIDTH: u32 = 4096;

/// Rows of the texel page, a power of two.
pub const TEXEL_PAGE_HEIGHT: u32 = 4096;

/// Texels of a node of the light tree.
pub const LIGHT_NODE_TEXELS: u32 = 10;

/// Nodes of the light tree in a row of their texture.
pub const LIGHT_NODES_PER_ROW: u32 = 512;
