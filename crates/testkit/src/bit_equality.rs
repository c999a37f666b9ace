//! The list of small pictures whose bits must be the same on every machine that traces on a CPU.
//!
//! `fixtures/bit-equality.json` holds their hashes. The native tests check it; the browser tests compare
//! what WASM traces with what is traced natively. A change of the estimator or of a generated scene changes the hashes: bless them with
//! `P2C2R_BLESS=1 cargo test -p p2c2r-tracer-cpu`, after looking at the pictures.

use std::sync::Arc;

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange, TileTask};
use p2c2r_scene::Scene;
use serde::{Deserialize, Serialize};

use crate::{generated_scene, whole_task};

/// Film of every case in pixels.
const FILM_PX: [u32; 2] = [96, 64];
/// Samples of every case: not from 0, since a tile's range need not begin there.
const SAMPLES: SampleRange = SampleRange::new(3, 4);
/// Seed of every case.
const SEED: u32 = 2026;

/// Scenes, each with one rectangle.
const CASES: &[(&str, PixelRect)] = &[
    ("cornell", PixelRect { x: 16, y: 8, width: 64, height: 48 }),
    (
        "furnace:albedo=0.8,metallic=0.5,roughness=0.3",
        PixelRect { x: 32, y: 16, width: 32, height: 32 },
    ),
    ("gallery", PixelRect { x: 0, y: 0, width: 96, height: 64 }),
    ("night-city:size=24,seed=5", PixelRect { x: 0, y: 0, width: 96, height: 64 }),
];

/// One case and the hash of its picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Text form of the generated scene.
    pub scene: String,
    /// Id of its package: native and WASM packing must agree as well.
    pub id: String,
    /// blake3 of the sums, in hex.
    pub sums: String,
}

/// Traces every case and hashes the sums.
pub fn digests(mut trace: impl FnMut(&Arc<Scene>, &TileTask) -> RadianceSums) -> Vec<Digest> {
    let digest = |&(text, rect): &(&str, PixelRect)| {
        let scene = generated_scene(text);
        let task = TileTask { rect, samples: SAMPLES, ..whole_task(&scene, FILM_PX, 1, SEED) };
        let sums = trace(&scene, &task);
        Digest { scene: text.to_owned(), id: scene.id.to_string(), sums: hash_of(&sums) }
    };
    CASES.iter().map(digest).collect()
}

/// blake3 of the sums as little-endian words, pixel by pixel.
pub fn hash_of(picture: &RadianceSums) -> String {
    let mut hasher = blake3::Hasher::new();
    for sum in picture.sums.as_flattened() {
        hasher.update(&sum.to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The hashes that are committed.
///
/// # Panics
/// If the fixture is not what [`digests`] serialises to.
pub fn committed() -> Vec<Digest> {
    let text = include_str!("../fixtures/bit-equality.json");
    serde_json::from_str(text).expect("the fixture is a list of digests")
}
