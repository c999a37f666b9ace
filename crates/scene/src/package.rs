//! The stored form of a scene: content addressed, small, and checked in full when read.
//!
//! ```text
//! "P2C2R" 0 version  u16 le       body length  u32 le       deflated length  u32 le
//! deflated body: header length u32 le, header (postcard), columns
//! encoded images, one after another
//! ```
//!
//! Columns are arrays of 32-bit words split into byte planes, which deflate well. Boxes, inverses,
//! alias tables and texels are not stored: they follow from what is, in the same bits everywhere.

mod clean;
mod columns;
mod layout;
mod pack;
mod unpack;

pub use pack::{PackError, PackedScene, pack};
pub use unpack::{UnpackError, unpack};
