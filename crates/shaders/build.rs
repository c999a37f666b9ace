//! Links the WESL modules of `src/wgsl` into one plain WGSL text per entry point and variant.

use wesl::{ModulePath, Wesl};

/// The modules that hold an entry point, each with the feature that makes a variant of it.
const ENTRY_POINTS: [(&str, Option<&str>); 13] = [
    ("trace_tile", Some("workgroup_stack")),
    ("wave_generate", Some("subgroups")),
    ("wave_trace", Some("workgroup_stack")),
    ("wave_shade", Some("subgroups")),
    ("wave_arrange", None),
    ("wave_finish", None),
    ("aov_tile", Some("workgroup_stack")),
    ("denoise_guide", None),
    ("denoise_demodulate", None),
    ("denoise_history", None),
    ("denoise_variance", None),
    ("denoise_wavelet", None),
    ("denoise_remodulate", None),
];

fn main() {
    println!("cargo::rerun-if-changed=src/wgsl");
    for (name, variant) in ENTRY_POINTS {
        let root: ModulePath =
            format!("package::{name}").parse().expect("the names above are module paths");
        Wesl::new("src/wgsl").build_artifact(&root, name);
        if let Some(feature) = variant {
            let mut linker = Wesl::new("src/wgsl");
            linker.set_feature(feature, true);
            linker.build_artifact(&root, &format!("{name}_{feature}"));
        }
    }
}
