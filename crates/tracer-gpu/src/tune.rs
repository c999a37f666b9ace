//! Finds the fastest kernels for an adapter: a short race on the scene at hand.
//!
//! One thing after the other is varied: the form, the workgroup size, the stack, subgroups. That visits
//! a handful of the combinations, which is what a visitor's first seconds allow. A candidate that
//! draws the probe wrongly, or cannot be compiled, does not race.
//!
//! Software adapters race nothing: they compile a candidate for longer than it could save in a visit.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use p2c2r_frame::{Effects, PixelRect, SampleRange, TileTask};

use crate::choice::{KernelForm, StackPlacement, TuneChoice, WORKGROUP_SIZES};
use crate::steps::Pacer;
use crate::{GpuContext, GpuError, GpuTracer};

/// After this long no new candidate starts, but for the other form: that choice matters most.
const TUNE_TIME: Duration = Duration::from_millis(1500);
/// Rounds of a candidate.
const ROUNDS: u32 = 3;
/// A round takes at least this long, unless the candidate has had so many submits.
const ROUND_TIME: Duration = Duration::from_millis(30);
const MOST_SUBMITS: u32 = 400;
/// Samples per pixel of the longest round.
const MOST_SAMPLES: u32 = 1 << 10;
/// A round has at most this many times the samples of the last one.
const MOST_GROWTH: u32 = 8;
/// Side of the film that is raced on, in pixels: the default view of the scene.
const SIDE_PX: u32 = 64;
/// A candidate must be this much faster: a race so short cannot tell less.
const MARGIN: f64 = 1.05;

/// A candidate that has raced.
struct Measured {
    context: GpuContext,
    pacer: Pacer,
    paths_per_s: f64,
}

/// Whether an adapter compiles candidates soon enough for a race.
pub(crate) fn is_worth_racing(context: &GpuContext) -> bool {
    !context.is_software()
}

/// Races candidates and leaves the tracer with the fastest; gives the choice, or `None` where this scene
/// cannot tell.
pub(crate) async fn race(tracer: &mut GpuTracer) -> Result<Option<TuneChoice>, GpuError> {
    let clock = tracer.context().options.clock;
    let began = clock();
    let start = tracer.context().clone();
    // A scene may be so broken that its default view is none.
    if task(tracer, 1).check().is_err() {
        return Ok(None);
    }
    let Some(mut best) = measured(tracer, &start, start.choice()).await? else {
        return Err(GpuError::Refused("the kernels in use cannot be measured".to_owned()));
    };
    for (index, axis) in AXES.iter().enumerate() {
        for candidate in axis(best.context.choice(), best.context.has_subgroups()) {
            let is_late = clock().saturating_sub(began) > TUNE_TIME;
            if is_late && index > 0 {
                break;
            }
            if let Some(other) = measured(tracer, &best.context, candidate).await?
                && other.paths_per_s > best.paths_per_s * MARGIN
            {
                best = other;
            }
        }
    }
    best.context.is_tuned = true;
    let choice = best.context.choice();
    tracer.replace_kernels(best.context, best.pacer);
    Ok(Some(choice))
}

/// What else could be chosen along one axis.
type Axis = fn(best: TuneChoice, has_subgroups: bool) -> Vec<TuneChoice>;

/// In the order in which they matter.
const AXES: [Axis; 4] = [other_form, other_sizes, other_stack, with_subgroups];

fn other_form(best: TuneChoice, has_subgroups: bool) -> Vec<TuneChoice> {
    vec![match best.form {
        KernelForm::Megakernel => {
            TuneChoice { form: KernelForm::Wavefront, uses_subgroups: has_subgroups, ..best }
        }
        KernelForm::Wavefront => {
            TuneChoice { form: KernelForm::Megakernel, uses_subgroups: false, ..best }
        }
    }]
}

fn other_sizes(best: TuneChoice, _: bool) -> Vec<TuneChoice> {
    let others = WORKGROUP_SIZES.into_iter().filter(|&size| size != best.workgroup_size);
    others.map(|workgroup_size| TuneChoice { workgroup_size, ..best }).collect()
}

fn other_stack(best: TuneChoice, _: bool) -> Vec<TuneChoice> {
    let stack = match best.stack {
        StackPlacement::Private => StackPlacement::Workgroup,
        StackPlacement::Workgroup => StackPlacement::Private,
    };
    vec![TuneChoice { stack, ..best }]
}

fn with_subgroups(best: TuneChoice, has_subgroups: bool) -> Vec<TuneChoice> {
    if best.form == KernelForm::Megakernel || !has_subgroups {
        return Vec::new();
    }
    vec![TuneChoice { uses_subgroups: !best.uses_subgroups, ..best }]
}

/// Races one candidate, which takes over what it has in common with the context's kernels; `None` if the
/// device cannot run it rightly.
async fn measured(
    tracer: &mut GpuTracer,
    from: &GpuContext,
    choice: TuneChoice,
) -> Result<Option<Measured>, GpuError> {
    let mut context = from.clone();
    if context.choice() != choice {
        match context.adopt(choice).await {
            Ok(()) => {}
            Err(GpuError::WrongPicture { .. } | GpuError::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    tracer.replace_kernels(context.clone(), Pacer::new(choice.form));
    let paths_per_s = paths_per_s(tracer).await?;
    Ok(Some(Measured { context, pacer: tracer.pacer().clone(), paths_per_s }))
}

/// Traces longer and longer rounds, until they are long enough to be believed; the fastest counts,
/// since whatever else the machine does only slows a round down. The first two do not count: drivers
/// compile for the scene when they meet it, and then the pace has to be found.
async fn paths_per_s(tracer: &mut GpuTracer) -> Result<f64, GpuError> {
    let (mut samples, mut submits) = (1, 0);
    round(tracer, samples, &mut submits).await?;
    // A driver's compiling is no pace.
    tracer.forget_pace();
    round(tracer, samples, &mut submits).await?;
    let mut fastest = 0.0_f64;
    for _ in 0..ROUNDS {
        let mut elapsed = round(tracer, samples, &mut submits).await?;
        while elapsed < ROUND_TIME && submits < MOST_SUBMITS && samples < MOST_SAMPLES {
            let wanted = ROUND_TIME.as_secs_f64() / elapsed.as_secs_f64() * 1.5;
            samples = (samples * (wanted as u32).clamp(2, MOST_GROWTH)).min(MOST_SAMPLES);
            elapsed = round(tracer, samples, &mut submits).await?;
        }
        let paths = u64::from(SIDE_PX * SIDE_PX) * u64::from(samples);
        fastest = fastest.max(paths as f64 / elapsed.as_secs_f64());
    }
    Ok(fastest)
}

/// Traces so many samples of each pixel; gives how long it took, never 0.
async fn round(
    tracer: &mut GpuTracer,
    samples: u32,
    submits: &mut u32,
) -> Result<Duration, GpuError> {
    let clock = tracer.context().options.clock;
    let task = task(tracer, samples);
    let began = clock();
    tracer.trace_once(&task, &AtomicBool::new(false), &mut |_| *submits += 1).await?;
    Ok(clock().saturating_sub(began).max(Duration::from_micros(1)))
}

/// The scene from its default view.
fn task(tracer: &GpuTracer, samples: u32) -> TileTask {
    let scene = tracer.scene();
    TileTask {
        scene: scene.id,
        view: scene.default_view(SIDE_PX, SIDE_PX),
        rect: PixelRect::of_size(SIDE_PX, SIDE_PX),
        samples: SampleRange::new(0, samples),
        seed: 1,
        effects: Effects::PATH_TRACED,
        max_bounces: 8,
    }
}
