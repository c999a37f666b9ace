//! Vectors, matrices and the only elementary functions of the project: same bits on every target.
//!
//! Only `+ - * / sqrt`, `floor`, comparisons and integer operations are used: IEEE 754 fixes each of
//! them to the bit. Angles in names are in radians unless the name says turns.

mod affine;
mod color;
mod elementary;
mod equirect;
pub mod fresnel;
mod lobe_albedo;
pub mod microfacet;
mod quaternion;
pub mod sheen;
mod thin_film;
mod vec3;

pub use affine::Affine;
pub use color::{LINEAR_FROM_SRGB, SrgbEncoder, linear_from_srgb, luminance, srgb_from_linear};
pub use elementary::{
    PI, acos, atan2, exp, larger, ln, pow, sin_cos, sin_cos_turns, smaller, tan, unit_clamped,
};
pub use equirect::{direction_from_equirect, equirect_from_direction, texel_solid_angle};
pub use lobe_albedo::{GgxAlbedo, LobeAlbedo};
pub use quaternion::{slerp, unit_quaternion};
pub use thin_film::thin_film_fresnel;
pub use vec3::{Vec3, basis_from_normal};
