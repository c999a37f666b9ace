//! What the measuring programs share: their arguments, the rows that they print, meshes and rays.

mod arguments;
mod mesh;
mod ours;
mod random;
mod rays;
mod rows;

pub use arguments::Arguments;
pub use mesh::{Mesh, import};
pub use ours::{Found, Ours};
pub use random::Random;
pub use rays::Rays;
pub use rows::{Rows, median};
