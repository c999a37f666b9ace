//! The libraries that trace the same rays.

pub mod bvh_crate;
pub mod embree;
pub mod obvhs;
pub mod ours;

/// What a ray hits: the mesh's own triangle and the distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    pub triangle: u32,
    pub t: f32,
}
