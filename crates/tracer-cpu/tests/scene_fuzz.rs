//! No scene, however broken, makes a trace panic, run on, or give sums that no samples reach.
//!
//! `P2C2R_SEEDS=first..last` runs other seeds than those of the suite.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::{TileTask, View};
use p2c2r_scene::Scene;
use p2c2r_testkit::{broken_scene, named_seeds, whole_task, words_of_seed};
use p2c2r_tracer_cpu::CpuTracer;

/// Seeds of an ordinary run: about twenty seconds of one core.
const SEEDS: std::ops::Range<u64> = 0..3000;
const FILM_PX: [u32; 2] = [12, 9];
const SAMPLES: u32 = 4;
const BOUNCES: u8 = 16;

#[test]
fn broken_scenes_are_traced_to_the_end() {
    let (mut traced, mut lit) = (0u64, 0u64);
    let count = named_seeds(SEEDS, |seed| {
        let mut words = words_of_seed(seed);
        let Ok(scene) = broken_scene(&mut words) else { return };
        let eye = std::array::from_fn(|_| (words() >> 8) as f32 / (1 << 23) as f32 - 1.0);
        let view = match seed % 4 {
            0 => Scene::look_at(eye, [0.0; 3], [0.0, 1.0, 0.0], 0.7, FILM_PX),
            _ => scene.default_view(FILM_PX[0], FILM_PX[1]),
        };
        let view = View { time_us: u64::from(words() % 2_000_000), ..view };
        let whole = whole_task(&scene, FILM_PX, SAMPLES, seed as u32);
        let task = TileTask { view, max_bounces: BOUNCES, ..whole };
        let tracer = CpuTracer::new(scene);
        // A view of a broken scene may be refused, as it would be from the network.
        let Ok(tile) = tracer.trace(&task, &AtomicBool::new(false)) else { return };
        tile.sums.check().expect("sums are possible");
        let paths = u64::from(FILM_PX[0] * FILM_PX[1] * SAMPLES);
        assert!(tile.counters.rays <= paths * (u64::from(BOUNCES) + 1), "too many rays");
        assert!(tile.counters.shadow_rays <= tile.counters.rays, "too many shadow rays");
        traced += 1;
        lit += u64::from(tile.sums.sums.as_flattened().iter().any(|&sum| sum > 0));
    });
    // Enough of what is made can be packed, and some of it shows light.
    assert!(traced > count / 3, "{traced} of {count} scenes were traced");
    assert!(lit > count / 8, "{lit} of {count} scenes showed light");
}
