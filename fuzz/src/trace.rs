//! Tracing: a scene of any words is refused, or traced to the end with sums that samples can reach.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::{TileTask, View};
use p2c2r_testkit::{broken_scene, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

const FILM_PX: [u32; 2] = [6, 4];
const SAMPLES: u32 = 2;
const BOUNCES: u8 = 12;

/// The bytes are the words that the scene is made of; zeros follow them.
pub fn scene(bytes: &[u8]) {
    let mut words = bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(word)
    });
    let mut words = || words.next().unwrap_or(0);
    let Ok(scene) = broken_scene(&mut words) else { return };
    let time_us = u64::from(words());
    let view = View { time_us, ..scene.default_view(FILM_PX[0], FILM_PX[1]) };
    let whole = whole_task(&scene, FILM_PX, SAMPLES, 1);
    let task = TileTask { view, max_bounces: BOUNCES, ..whole };
    let Ok(tile) = CpuTracer::new(scene).trace(&task, &AtomicBool::new(false)) else { return };
    tile.sums.check().expect("sums are possible");
    let paths = u64::from(FILM_PX[0] * FILM_PX[1] * SAMPLES);
    assert!(tile.counters.rays <= paths * (u64::from(BOUNCES) + 1));
}
