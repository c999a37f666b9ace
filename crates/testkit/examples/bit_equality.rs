//! A module without imports that traces the list of `bit_equality` inside WASM.
//!
//! Whoever instantiates it calls `digests`, and compares the text with `fixtures/bit-equality.json`.

use std::sync::atomic::AtomicBool;

use p2c2r_testkit::bit_equality;
use p2c2r_tracer_cpu::CpuTracer;

/// Address of the digests: a length (u32, little endian) and that many bytes of JSON. Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn digests() -> *const u8 {
    let found = bit_equality::digests(|scene, task| {
        let tile = CpuTracer::new(scene.clone()).trace(task, &AtomicBool::new(false));
        tile.expect("the fixture's tasks can be traced").sums
    });
    let json = serde_json::to_vec(&found).expect("digests are plain text");
    let mut bytes = (json.len() as u32).to_le_bytes().to_vec();
    bytes.extend(json);
    bytes.leak().as_ptr()
}
