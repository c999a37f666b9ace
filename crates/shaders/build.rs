//! Links the WESL modules of `src/wgsl` into one plain WGSL text per entry point.

use wesl::{ModulePath, Wesl};

/// The modules that hold an entry point.
const ENTRY_POINTS: [&str; 1] = ["trace_tile"];

fn main() {
    println!("cargo::rerun-if-changed=src/wgsl");
    for name in ENTRY_POINTS {
        let root: ModulePath =
            format!("package::{name}").parse().expect("the names above are module paths");
        Wesl::new("src/wgsl").build_artifact(&root, name);
    }
}
