//! A finisher gives what the denoiser gives that is told which picture follows which.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::{PixelRect, SampleRange};
use p2c2r_scene::{Scene, generate, pack};

use super::*;

/// A finisher, and beside it what it should do.
struct Pair {
    finisher: FinishWorker,
    tracer: CpuTracer,
    denoiser: Denoiser,
}

impl Pair {
    fn new() -> Self {
        let packed = pack(&generate(&"cornell".parse().unwrap())).unwrap();
        let finisher = FinishWorker::default();
        finisher.set_scene(&packed.bytes).unwrap();
        let scene = unpack(&packed.bytes, &UnpackLimits::default()).unwrap();
        Self { finisher, tracer: CpuTracer::new(Arc::new(scene)), denoiser: Denoiser::new() }
    }

    fn scene(&self) -> &Scene {
        self.tracer.scene()
    }

    /// A film from a camera that stands a bit to the right.
    fn film(&self, right: f32, samples: u32) -> (TileTask, Vec<[f32; 3]>) {
        let mut view = self.scene().default_view(24, 16);
        view.world_from_camera[0][3] += right;
        let (rect, samples) = (PixelRect::of_size(24, 16), SampleRange::new(0, samples));
        let (scene, effects) = (self.scene().id, Effects::PATH_TRACED);
        let task = TileTask { scene, view, rect, samples, seed: 5, effects, max_bounces: 4 };
        let traced = self.tracer.trace(&task, &AtomicBool::new(false)).unwrap();
        let mut film = p2c2r_image::Film::new(24, 16, samples.count).unwrap();
        film.merge(&traced.sums).unwrap();
        (task, film.radiances())
    }

    fn begin(&self, (task, radiance): &(TileTask, Vec<[f32; 3]>)) {
        let task = postcard::to_allocvec(task).unwrap();
        self.finisher.begin(&task, 8, &radiance_bytes(radiance)).unwrap();
    }

    /// Denoises a film on both sides; `before` is what came before it, as the picture's own way is.
    fn check(&mut self, film: &(TileTask, Vec<[f32; 3]>), before: Option<View>) {
        self.begin(film);
        while !self.finisher.step(5000).unwrap() {}
        let found = radiance_of(&self.finisher.finish().unwrap()).unwrap();
        let (task, radiance) = film;
        let aovs = self.tracer.aovs(&surfaces_of(task, 8, before)).unwrap();
        let expected = self.denoiser.denoise(radiance, task.samples.count, &aovs).unwrap();
        assert!(found == expected, "{} samples after {before:?}", task.samples.count);
        let alone = Denoiser::new().denoise(radiance, task.samples.count, &aovs).unwrap();
        assert_eq!(found != alone, before.is_some(), "the picture before counts");
    }
}

#[test]
fn pictures_before_count_and_a_film_that_grows_does_not_count_twice() {
    let mut pair = Pair::new();
    let (first, grown) = (pair.film(0.0, 2), pair.film(0.0, 4));
    pair.check(&first, None);
    pair.denoiser.again();
    pair.check(&grown, None);
    let (moved, moved_more) = (pair.film(0.05, 2), pair.film(0.05, 4));
    pair.check(&moved, Some(first.0.view));
    pair.denoiser.again();
    pair.check(&moved_more, Some(first.0.view));
    // What is dropped half way leaves no trace, whichever picture it was.
    for dropped in [pair.film(0.1, 2), pair.film(0.05, 8)] {
        pair.begin(&dropped);
        while !matches!(pair.finisher.state.borrow().job, Job::Filtering { .. }) {
            pair.finisher.step(500).unwrap();
        }
        pair.finisher.step(500).unwrap();
        pair.finisher.cancel();
    }
    let last = pair.film(0.15, 2);
    pair.check(&last, Some(moved.0.view));
}

#[test]
fn another_scene_forgets_all_pictures() {
    let mut pair = Pair::new();
    let film = pair.film(0.0, 2);
    pair.check(&film, None);
    let packed = pack(&generate(&"cornell".parse().unwrap())).unwrap();
    pair.finisher.set_scene(&packed.bytes).unwrap();
    pair.denoiser.forget();
    let moved = pair.film(0.05, 2);
    pair.check(&moved, None);
}
