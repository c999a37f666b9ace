//! Replays the corpora of the fuzz targets of this crate.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

#[path = "../../../fuzz/src/scene.rs"]
pub mod scene;

/// Runs the target over every file of its corpus; an empty corpus is a mistake.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} holds nothing", folder.display());
}

#[test]
fn gltf_corpus_holds() {
    replay("gltf", scene::gltf);
}

#[test]
fn hdr_corpus_holds() {
    replay("hdr", scene::hdr);
}

#[test]
fn scene_package_corpus_holds() {
    replay("scene_package", scene::scene_package);
}
