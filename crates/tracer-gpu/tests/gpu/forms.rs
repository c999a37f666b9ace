//! Every form of the kernels draws the same film, and the tuner chooses between them.
//!
//! All forms run the same WGSL functions on the same random numbers, and the film is a sum of integers,
//! so a device that compiles those functions alike gives equal bits. A driver may fuse products in one
//! kernel and not in the other; then a few paths differ, as they do from the CPU's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::executor::block_on;
use p2c2r_frame::{RadianceSums, SampleRange, TileTask, TraceCounters};
use p2c2r_scene::Scene;
use p2c2r_tracer_gpu::{GpuError, GpuTracer, KernelForm, TuneChoice};

use crate::common::{
    KEPT, TIMES_KEPT, context, context_of, generated, radiance, remembering_context, rmse, task,
    traced,
};
use crate::fixture::every_feature;

/// Every value of every axis; other combinations bring no other text to the compiler.
const FORMS: [&str; 3] =
    ["megakernel-128-workgroup", "wavefront-64-private", "wavefront-32-workgroup-subgroups"];

fn chosen(text: &str) -> TuneChoice {
    text.parse().unwrap()
}

fn film(choice: TuneChoice, scene: &Arc<Scene>, task: &TileTask) -> (RadianceSums, TraceCounters) {
    let mut tracer = block_on(GpuTracer::new(&context_of(choice), Arc::clone(scene))).unwrap();
    traced(&mut tracer, task).unwrap()
}

#[test]
fn every_form_draws_the_same_film() {
    let Some(context) = context("forms") else { return };
    let scene = every_feature();
    let task = task(&scene, scene.default_view(48, 36), SampleRange::new(3, 4));
    let (expected, expected_counters) = film(TuneChoice::DEFAULT, &scene, &task);
    let is_possible =
        |choice: &TuneChoice| TuneChoice::all(context.has_subgroups()).contains(choice);
    for choice in FORMS.map(chosen).into_iter().filter(is_possible) {
        let (sums, counters) = film(choice, &scene, &task);
        let error = rmse(&radiance(&sums), &radiance(&expected));
        println!("{choice}: rmse {error:.2e} against {}", TuneChoice::DEFAULT);
        if context.is_software() {
            assert_eq!(sums, expected, "{choice}");
            assert_eq!(counters, expected_counters, "{choice}");
        } else {
            assert!(error < 0.01, "{choice}: rmse {error}");
            let rays = expected_counters.rays as f64;
            assert!((counters.rays as f64 - rays).abs() <= 0.002 * rays, "{choice}: {counters:?}");
        }
    }
}

/// More paths than the first batches hold, of up to 65 vertices: queues turn often, and are full.
#[test]
fn long_paths_in_many_batches_are_the_same_in_both_forms() {
    let Some(context) = context("long paths") else { return };
    let scene = generated("furnace:albedo=1,metallic=1,roughness=0.5");
    let view = scene.default_view(40, 30);
    let task = TileTask { max_bounces: 64, ..task(&scene, view, SampleRange::new(0, 8)) };
    let wavefront = film(chosen("wavefront-64-private"), &scene, &task);
    let megakernel = film(TuneChoice::DEFAULT, &scene, &task);
    assert!(wavefront.1.rays > 9_600, "no path was long");
    if context.is_software() {
        assert_eq!(wavefront, megakernel);
    }
}

/// Paths through bodies carry absorption, a channel and the sides of their light: all of a path's state.
#[test]
fn paths_through_bodies_are_the_same_in_both_forms() {
    let Some(context) = context("bodies") else { return };
    let scene = generated("gallery");
    let task = task(&scene, scene.default_view(60, 40), SampleRange::new(0, 4));
    let wavefront = film(chosen("wavefront-64-private"), &scene, &task);
    let megakernel = film(TuneChoice::DEFAULT, &scene, &task);
    if context.is_software() {
        assert_eq!(wavefront, megakernel);
    } else {
        let error = rmse(&radiance(&wavefront.0), &radiance(&megakernel.0));
        assert!(error < 0.01, "rmse {error}");
    }
}

#[test]
fn parts_of_a_task_add_up_exactly_in_the_wavefront() {
    if context("partition of the wavefront").is_none() {
        return;
    }
    let scene = generated("cornell");
    let context = context_of(chosen("wavefront-64-private"));
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let whole = task(&scene, scene.default_view(40, 30), SampleRange::new(0, 3));
    let (expected, _) = traced(&mut tracer, &whole).unwrap();
    let mut sums = vec![[0; 3]; expected.sums.len()];
    for samples in [SampleRange::new(0, 1), SampleRange::new(1, 2)] {
        let part = traced(&mut tracer, &TileTask { samples, ..whole }).unwrap().0;
        for (total, pixel) in sums.iter_mut().flatten().zip(part.sums.iter().flatten()) {
            *total += pixel;
        }
    }
    assert_eq!(sums, expected.sums);
}

#[test]
fn cancel_ends_the_wavefront_in_the_middle_of_a_batch() {
    if context("cancel of the wavefront").is_none() {
        return;
    }
    let scene = generated("cornell");
    let context = context_of(chosen("wavefront-64-private"));
    let mut tracer = block_on(GpuTracer::new(&context, Arc::clone(&scene))).unwrap();
    let long = task(&scene, scene.default_view(64, 64), SampleRange::new(0, 1 << 16));
    let short = task(&scene, scene.default_view(64, 64), SampleRange::new(0, 1));
    let expected = traced(&mut tracer, &short).unwrap();
    let cancel = AtomicBool::new(false);
    let mut steps = 0;
    let outcome = block_on(tracer.trace(&long, &cancel, &mut |_| {
        steps += 1;
        cancel.fetch_or(steps == 4, Ordering::Relaxed);
    }));
    assert_eq!(outcome.err(), Some(GpuError::Cancelled));
    assert!(steps <= 6, "{steps} submits ended after the cancel");
    assert_eq!(traced(&mut tracer, &short).unwrap(), expected, "nothing is left of the cancelled");
}

#[test]
fn an_unknown_adapter_is_tuned_once() {
    if context("tuning").is_none() {
        return;
    }
    KEPT.set(None);
    let scene = generated("cornell");
    let untuned = remembering_context();
    let first = TuneChoice::first(untuned.is_software());
    assert_eq!(untuned.choice(), first);
    let tracer = block_on(GpuTracer::new(&untuned, Arc::clone(&scene))).unwrap();
    let choice = tracer.context().choice();
    println!("tuned to {choice} under {}", untuned.tune_key());
    // A software adapter compiles too slowly to race anything.
    assert!(!untuned.is_software() || choice == first);
    assert_eq!((KEPT.get(), TIMES_KEPT.get()), (Some(choice), 1));
    // The same context, and a new one, know it already.
    block_on(GpuTracer::new(tracer.context(), Arc::clone(&scene))).unwrap();
    let again = remembering_context();
    assert_eq!(again.choice(), choice);
    block_on(GpuTracer::new(&again, scene)).unwrap();
    assert_eq!(TIMES_KEPT.get(), 1, "it was tuned again");
}

#[test]
fn without_a_memory_nothing_is_tuned() {
    let Some(context) = context("no memory") else { return };
    let tracer = block_on(GpuTracer::new(&context, Arc::new(Scene::default()))).unwrap();
    let is_software = context.is_software();
    assert_eq!(tracer.context().choice(), TuneChoice::first(is_software));
    assert_eq!(tracer.context().choice().form() == KernelForm::Wavefront, is_software);
}
