//! The same job gives the same bits however it is cut, stepped or spread over threads.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use p2c2r_frame::{PixelRect, RadianceSums, SampleRange, TileTask, TraceCounters};
use p2c2r_testkit::{generated_scene, whole_task};
use p2c2r_tracer_cpu::{CpuTracer, TraceError};
use proptest::prelude::*;

const FILM_PX: [u32; 2] = [24, 16];
const SAMPLES: u32 = 6;

static TRACER: LazyLock<CpuTracer> = LazyLock::new(|| CpuTracer::new(generated_scene("cornell")));

fn whole() -> TileTask {
    whole_task(TRACER.scene(), FILM_PX, SAMPLES, 3)
}

fn trace(task: &TileTask) -> (RadianceSums, TraceCounters) {
    let tile = TRACER.trace(task, &AtomicBool::new(false)).expect("the task is valid");
    (tile.sums, tile.counters)
}

static PICTURE: LazyLock<(RadianceSums, TraceCounters)> = LazyLock::new(|| trace(&whole()));

/// Cuts a task in two, `cuts.len()` times, and traces the pieces.
fn trace_in_pieces(cuts: &[(usize, u8, u32)]) -> (RadianceSums, TraceCounters) {
    let mut pieces = vec![whole()];
    for &(which, axis, at) in cuts {
        let piece = pieces.swap_remove(which % pieces.len());
        pieces.extend(cut(piece, axis, at));
    }
    let mut sums = RadianceSums::zeroed(whole().rect, whole().samples);
    let mut counters = TraceCounters::default();
    for piece in pieces {
        let (part, cost) = trace(&piece);
        counters.add(cost);
        for (index, pixel) in part.sums.iter().enumerate() {
            let (x, y) = (index as u32 % piece.rect.width, index as u32 / piece.rect.width);
            let place = (piece.rect.y + y) * FILM_PX[0] + piece.rect.x + x;
            for (sum, &value) in sums.sums[place as usize].iter_mut().zip(pixel) {
                *sum += value;
            }
        }
    }
    (sums, counters)
}

fn cut(task: TileTask, axis: u8, at: u32) -> Vec<TileTask> {
    let PixelRect { x, y, width, height } = task.rect;
    let SampleRange { first, count } = task.samples;
    let with_rect =
        |x, y, width, height| TileTask { rect: PixelRect { x, y, width, height }, ..task };
    let with_samples = |first, count| TileTask { samples: SampleRange::new(first, count), ..task };
    match axis % 3 {
        0 if width > 1 => {
            let left = 1 + at % (width - 1);
            vec![with_rect(x, y, left, height), with_rect(x + left, y, width - left, height)]
        }
        1 if height > 1 => {
            let top = 1 + at % (height - 1);
            vec![with_rect(x, y, width, top), with_rect(x, y + top, width, height - top)]
        }
        2 if count > 1 => {
            let early = 1 + at % (count - 1);
            vec![with_samples(first, early), with_samples(first + early, count - early)]
        }
        _ => vec![task],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn pieces_add_up_to_the_whole(
        cuts in prop::collection::vec((0usize..8, 0u8..3, 0u32..1000), 0..12),
    ) {
        prop_assert_eq!(&trace_in_pieces(&cuts), &*PICTURE);
    }

    #[test]
    fn steps_of_any_size_give_the_same_tile(steps in prop::collection::vec(0u32..700, 1..8)) {
        let mut job = TRACER.begin(&whole()).unwrap();
        let mut progress = 0.0;
        for step in steps.iter().chain(std::iter::repeat(&97)) {
            let is_done = job.step(*step);
            prop_assert!(job.progress() >= progress);
            progress = job.progress();
            if is_done {
                break;
            }
        }
        let tile = job.finish();
        prop_assert_eq!((&tile.sums, tile.counters), (&PICTURE.0, PICTURE.1));
    }
}

#[test]
fn threads_do_not_change_the_picture() {
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let largest = std::sync::Mutex::new(0.0f32);
        let hear = |share: f32| {
            let mut largest = largest.lock().unwrap();
            *largest = largest.max(share);
        };
        let tile = TRACER.trace_parallel(&whole(), &pool, &AtomicBool::new(false), &hear).unwrap();
        assert_eq!((&tile.sums, tile.counters), (&PICTURE.0, PICTURE.1));
        assert_eq!(*largest.lock().unwrap(), 1.0);
    }
}

#[test]
fn cancelled_tasks_say_so() {
    let cancel = AtomicBool::new(true);
    assert_eq!(TRACER.trace(&whole(), &cancel), Err(TraceError::Cancelled));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    cancel.store(false, Ordering::Relaxed);
    let stop = |_: f32| cancel.store(true, Ordering::Relaxed);
    let task = TileTask { samples: SampleRange::new(0, 4096), ..whole() };
    assert_eq!(TRACER.trace_parallel(&task, &pool, &cancel, &stop), Err(TraceError::Cancelled));
}

#[test]
fn tasks_that_cannot_be_traced_are_refused() {
    let mut task = whole();
    task.scene.0[0] ^= 1;
    assert!(matches!(TRACER.begin(&task), Err(TraceError::OtherScene { .. })));
    let mut task = whole();
    task.rect.width += 1;
    assert!(matches!(TRACER.begin(&task), Err(TraceError::Task(_))));
    let mut task = whole();
    (task.view.width_px, task.view.height_px) = (16_384, 16_384);
    task.rect = PixelRect::of_size(16_384, 16_384);
    assert_eq!(TRACER.begin(&task).err(), Some(TraceError::TooManyPixels(1 << 28)));
}
