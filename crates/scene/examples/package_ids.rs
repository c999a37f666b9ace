//! A module without imports that packs the scenes of `fixtures/package-ids.json` inside WASM.
//!
//! Whoever instantiates it calls `package_ids`, and compares the text with the fixture. The native test
//! `golden` runs the same list.

use std::collections::BTreeMap;

use p2c2r_scene::{GeneratedScene, ImportLimits, MapResolver, generate, load_gltf, pack};

/// Generated scenes, by their text form.
const GENERATED: [&str; 7] = [
    "cornell",
    "furnace",
    "furnace:metallic=1,roughness=0.1",
    "furnace:roughness=0.5",
    "gallery",
    "night-city",
    "night-city:size=5000,seed=7",
];

/// glTF files, by their place in the corpus of the fuzz target.
const GLTF: [(&str, &[u8]); 6] = [
    ("gltf/animated", include_bytes!("../../../fuzz/corpus/gltf/animated")),
    ("gltf/glb", include_bytes!("../../../fuzz/corpus/gltf/glb")),
    ("gltf/lights", include_bytes!("../../../fuzz/corpus/gltf/lights")),
    ("gltf/sparse", include_bytes!("../../../fuzz/corpus/gltf/sparse")),
    ("gltf/strip", include_bytes!("../../../fuzz/corpus/gltf/strip")),
    ("gltf/textured", include_bytes!("../../../fuzz/corpus/gltf/textured")),
];

/// The table as pretty JSON.
pub fn table() -> String {
    let generated = GENERATED.iter().map(|&name| {
        let scene: GeneratedScene = name.parse().expect("the list names generated scenes");
        (name, generate(&scene))
    });
    let imported = GLTF.iter().map(|&(name, bytes)| {
        let scene = load_gltf(bytes, &MapResolver::new(), &ImportLimits::default());
        (name, scene.expect("the list names sound files"))
    });
    let ids: BTreeMap<&str, String> = generated
        .chain(imported)
        .map(|(name, scene)| (name, pack(&scene).expect("the scenes can be traced").id.to_string()))
        .collect();
    serde_json::to_string_pretty(&ids).expect("a map of texts is JSON")
}

/// Address of the table: a length (u32, little endian) and that many bytes of JSON. Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn package_ids() -> *const u8 {
    let json = table();
    let mut bytes = (json.len() as u32).to_le_bytes().to_vec();
    bytes.extend(json.into_bytes());
    bytes.leak().as_ptr()
}
