//! Rules about the workspace itself: its dependency arrows, its versions and the shape of its files.
//!
//! Each rule is a function from what it judges to a list of violations, so that it can be tried on
//! bad input; the integration tests run the rules on this checkout.

pub mod arrows;
pub mod tidy;
pub mod versions;

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_path_buf()
}
