//! Broken scenes on a device: each trace ends, with sums that samples can reach.

use futures::executor::block_on;
use p2c2r_frame::{SampleRange, View};
use p2c2r_testkit::{broken_scene, named_seeds, words_of_seed};
use p2c2r_tracer_gpu::GpuTracer;

use crate::common::{context, task, traced};

/// Seeds of an ordinary run; each is a scene to upload and a few submits.
const SEEDS: std::ops::Range<u64> = 0..120;
const FILM_PX: [u32; 2] = [12, 9];
const SAMPLES: u32 = 2;

#[test]
fn broken_scenes_are_traced_to_the_end_on_a_device() {
    let Some(context) = context("broken scenes") else { return };
    let mut rendered = 0u64;
    let count = named_seeds(SEEDS, |seed| {
        let Ok(scene) = broken_scene(&mut words_of_seed(seed)) else { return };
        let view = scene.default_view(FILM_PX[0], FILM_PX[1]);
        let view = View { time_us: seed * 12_345, ..view };
        let task = task(&scene, view, SampleRange::new(0, SAMPLES));
        let mut tracer = block_on(GpuTracer::new(&context, scene)).unwrap();
        let Ok((sums, counters)) = traced(&mut tracer, &task) else {
            // The CPU refuses the same views; a lost device would refuse all that follow.
            assert!(task.check().is_err(), "a sound task was not traced");
            return;
        };
        sums.check().expect("sums are possible");
        let paths = u64::from(FILM_PX[0] * FILM_PX[1] * SAMPLES);
        assert!(counters.rays <= paths * (u64::from(task.max_bounces) + 1), "too many rays");
        rendered += 1;
    });
    assert!(rendered > count / 3, "{rendered} of {count} scenes were traced");
}
