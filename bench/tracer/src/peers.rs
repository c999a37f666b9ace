//! The libraries that trace the same rays.

pub mod bvh_crate;
pub mod embree;
pub mod obvhs;
