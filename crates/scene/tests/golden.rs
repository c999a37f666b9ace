//! Ids of generated scenes, natively; the browser tests check the same table with the WASM build.

use std::collections::BTreeMap;

use p2c2r_scene::{GeneratedScene, generate, pack};

/// Scene texts and the ids of their packages. A change here means that every stored package of that
/// scene gets a new address: bless it only after looking at what changed.
const GOLDEN: &str = include_str!("../fixtures/generated-ids.json");

#[test]
fn generated_scenes_keep_their_ids() {
    let golden: BTreeMap<String, String> = serde_json::from_str(GOLDEN).unwrap();
    assert!(golden.len() >= 5, "the table is cut");
    let found: BTreeMap<String, String> = golden
        .keys()
        .map(|text| {
            let scene: GeneratedScene = text.parse().unwrap();
            (text.clone(), pack(&generate(&scene)).unwrap().id.to_string())
        })
        .collect();
    let table = serde_json::to_string_pretty(&found).unwrap();
    assert_eq!(found, golden, "the table would now be\n{table}");
}
