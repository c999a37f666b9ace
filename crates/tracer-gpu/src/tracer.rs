//! Traces tasks: a scene on a device, slices in flight, sums read back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use p2c2r_frame::{AovTask, Aovs, PixelRect, RadianceSums, TileTask, TraceCounters};
use p2c2r_scene::Scene;

use crate::aovs::AovKernel;
use crate::film;
use crate::resources::Resources;
use crate::slices::{SliceCursor, regions};
use crate::steps::{Pacer, Step, StepCursor};
use crate::submit::Submitted;
use crate::tune::{is_worth_racing, race};
use crate::{GpuContext, GpuError, TuneChoice};

/// Submits on their way at once: one runs while the next waits, so that the device never idles.
const MAX_IN_FLIGHT: usize = 2;

/// Most pixels of one task, as on the CPU: 400 MB of sums. Larger films are split.
pub const MAX_TASK_PIXELS: u64 = 1 << 24;

/// A scene on a device.
#[derive(Debug)]
pub struct GpuTracer {
    context: GpuContext,
    /// As it was unpacked.
    scene: Arc<Scene>,
    /// What lies on the device, and its time.
    posed: (u64, Arc<Scene>),
    resources: Resources,
    pacer: Pacer,
    /// Compiled when first surfaces are first asked for.
    aovs: Option<AovKernel>,
    was_rebuilt: bool,
}

/// A submit, what it does and when it was handed over.
struct InFlight {
    submitted: Submitted,
    step: Step,
    since: Duration,
}

/// What the caller wants to know and to stop.
struct Watch<'a> {
    cancel: &'a AtomicBool,
    on_slice: &'a mut dyn FnMut(f32),
    /// Vertices of paths, done and in all.
    work_done: u64,
    work_total: u64,
}

impl GpuTracer {
    /// Uploads a scene; fails if an array is larger than the device binds or holds.
    ///
    /// The first scene on an adapter that the options' memory does not know also tunes it, which takes
    /// some hundred milliseconds; [`Self::context`] then has the kernels that were fastest.
    pub async fn new(context: &GpuContext, scene: Arc<Scene>) -> Result<Self, GpuError> {
        let mut tracer = Self::untuned(context, scene).await?;
        if let Some(memory) = context.options.memory
            && !context.is_tuned
            && let Some(choice) = tracer.tune().await?
        {
            (memory.keep)(context.tune_key(), choice);
        }
        Ok(tracer)
    }

    /// Races the kernels, where that is worth its time. A device that a candidate brings down is made anew
    /// with those that run anywhere, and that is kept, or the next run would lose it again.
    async fn tune(&mut self) -> Result<Option<TuneChoice>, GpuError> {
        if !is_worth_racing(&self.context) {
            self.context.is_tuned = true;
            return Ok(Some(self.context.choice()));
        }
        self.race().await
    }

    async fn race(&mut self) -> Result<Option<TuneChoice>, GpuError> {
        match race(self).await {
            Err(error @ (GpuError::DeviceLost(_) | GpuError::Refused(_))) => {
                self.context.reports.report(error);
                self.rebuild(TuneChoice::DEFAULT).await?;
                self.forget_pace();
                Ok(Some(TuneChoice::DEFAULT))
            }
            outcome => outcome,
        }
    }

    /// Uploads a scene and takes the kernels that the context has.
    pub(crate) async fn untuned(context: &GpuContext, scene: Arc<Scene>) -> Result<Self, GpuError> {
        let resources = Resources::new(context, &scene).await?;
        let pacer = Pacer::new(context.choice().form());
        let context = context.clone();
        let posed = (0, Arc::clone(&scene));
        Ok(Self { context, scene, posed, resources, pacer, aovs: None, was_rebuilt: false })
    }

    /// The scene as it was unpacked.
    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Goes on with other kernels, of the same device; the pace is the one that they had there.
    pub(crate) fn replace_kernels(&mut self, context: GpuContext, pacer: Pacer) {
        self.context = context;
        self.pacer = pacer;
    }

    /// Starts small again.
    pub(crate) fn forget_pace(&mut self) {
        self.pacer = Pacer::new(self.context.choice().form());
    }

    /// The pace of the kernels in use.
    pub(crate) fn pacer(&self) -> &Pacer {
        &self.pacer
    }

    /// The device in use; another one after a rebuild.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// Traces a task. `on_slice` hears the finished fraction after every submit.
    ///
    /// A lost device is rebuilt once in a tracer's life, at half the slice; the task then starts over.
    /// Setting `cancel` ends it within the two submits on their way.
    pub async fn trace(
        &mut self,
        task: &TileTask,
        cancel: &AtomicBool,
        on_slice: &mut dyn FnMut(f32),
    ) -> Result<(RadianceSums, TraceCounters), GpuError> {
        task.check()?;
        if task.scene != self.scene.id {
            return Err(GpuError::OtherScene { wanted: task.scene, held: self.scene.id });
        }
        if task.rect.area() > MAX_TASK_PIXELS {
            return Err(GpuError::TooManyPixels(task.rect.area()));
        }
        match self.pose_and_trace(task, cancel, on_slice).await {
            // A device that is gone refuses commands before it tells that it is gone.
            Err(error @ (GpuError::DeviceLost(_) | GpuError::Refused(_))) if !self.was_rebuilt => {
                self.context.reports.report(error);
                self.was_rebuilt = true;
                self.pacer.halve();
                self.rebuild(self.context.choice()).await?;
                self.pose_and_trace(task, cancel, on_slice).await
            }
            outcome => outcome,
        }
    }

    /// What the camera sees first, as the CPU's tracer sees it. Setting `cancel` ends it soon.
    ///
    /// A lost device is an error: a later task of radiance rebuilds it. So are things that move between
    /// the task's views.
    pub async fn aovs(&mut self, task: &AovTask, cancel: &AtomicBool) -> Result<Aovs, GpuError> {
        task.check()?;
        if task.scene != self.scene.id {
            return Err(GpuError::OtherScene { wanted: task.scene, held: self.scene.id });
        }
        if task.rect.area() > MAX_TASK_PIXELS {
            return Err(GpuError::TooManyPixels(task.rect.area()));
        }
        let previous_time_us = task.previous_view.map_or(task.view.time_us, |view| view.time_us);
        if self.scene.motion.is_some() && previous_time_us != task.view.time_us {
            return Err(GpuError::MovingSurfaces);
        }
        self.context.reports.check()?;
        self.pose(task.view.time_us).await?;
        let kernel = match self.aovs.take() {
            Some(kernel) => kernel,
            None => AovKernel::new(&self.context).await?,
        };
        let kernel = self.aovs.insert(kernel);
        kernel.trace(&self.context, self.resources.whole_scene(), task, cancel).await
    }

    /// A new device with the same scene.
    async fn rebuild(&mut self, choice: TuneChoice) -> Result<(), GpuError> {
        self.context = GpuContext::request_with(self.context.options, choice).await?;
        self.aovs = None;
        self.posed = (0, Arc::clone(&self.scene));
        self.resources = Resources::new(&self.context, &self.scene).await?;
        Ok(())
    }

    /// Traces a checked task on the device there is.
    async fn pose_and_trace(
        &mut self,
        task: &TileTask,
        cancel: &AtomicBool,
        on_slice: &mut dyn FnMut(f32),
    ) -> Result<(RadianceSums, TraceCounters), GpuError> {
        self.pose(task.view.time_us).await?;
        self.trace_once(task, cancel, on_slice).await
    }

    /// Poses the scene on the device, unless it is there already.
    async fn pose(&mut self, time_us: u64) -> Result<(), GpuError> {
        if self.scene.motion.is_none() || self.posed.0 == time_us {
            return Ok(());
        }
        let scene = match time_us {
            0 => Arc::clone(&self.scene),
            _ => Arc::new(self.scene.posed(time_us)),
        };
        self.resources.pose(&self.context, &scene).await?;
        self.posed = (time_us, scene);
        Ok(())
    }

    /// Traces a checked task at the pose that lies on the device.
    pub(crate) async fn trace_once(
        &mut self,
        task: &TileTask,
        cancel: &AtomicBool,
        on_slice: &mut dyn FnMut(f32),
    ) -> Result<(RadianceSums, TraceCounters), GpuError> {
        self.context.reports.check()?;
        let paths = task.rect.area() * u64::from(task.samples.count);
        let work_total = paths * (u64::from(task.max_bounces) + 1);
        let mut watch = Watch { cancel, on_slice, work_done: 0, work_total };
        let mut sums = RadianceSums::zeroed(task.rect, task.samples);
        let mut counters = TraceCounters::default();
        let mut first_pixel = 0;
        for region in regions(task.rect) {
            let pixels = region.area() as usize;
            let words = self.trace_region(task, region, &mut watch).await?;
            let target = &mut sums.sums[first_pixel..first_pixel + pixels];
            counters.add(film::unpack(&words, target));
            first_pixel += pixels;
        }
        Ok((sums, counters))
    }

    /// Traces all samples of a region and reads its film.
    async fn trace_region(
        &mut self,
        task: &TileTask,
        region: PixelRect,
        watch: &mut Watch<'_>,
    ) -> Result<Vec<u32>, GpuError> {
        self.resources.prepare_film(&self.context, region);
        let slices = SliceCursor::new(region, task.samples);
        let mut cursor = StepCursor::new(slices, u32::from(task.max_bounces) + 1);
        let mut in_flight = VecDeque::new();
        let mut last_end = (self.context.options.clock)();
        loop {
            while in_flight.len() < MAX_IN_FLIGHT && !watch.cancel.load(Ordering::Relaxed) {
                let Some(step) = cursor.next(&self.pacer) else { break };
                in_flight.push_back(self.submit(task, region, step)?);
            }
            let Some(InFlight { submitted, step, since }) = in_flight.pop_front() else {
                break;
            };
            submitted.finished(&self.context.device).await?;
            self.context.reports.check()?;
            let now = (self.context.options.clock)();
            self.pacer.observe(&step, now.saturating_sub(since.max(last_end)));
            last_end = now;
            watch.finished(&step);
        }
        if watch.cancel.load(Ordering::Relaxed) {
            return Err(GpuError::Cancelled);
        }
        self.resources.film()?.read(&self.context).await
    }

    /// Sends one step to the device.
    fn submit(
        &mut self,
        task: &TileTask,
        region: PixelRect,
        step: Step,
    ) -> Result<InFlight, GpuError> {
        let encoder = self.resources.encode(&self.context, task, region, &step)?;
        let since = (self.context.options.clock)();
        let submitted = Submitted::new(&self.context.queue, encoder);
        Ok(InFlight { submitted, step, since })
    }
}

impl Watch<'_> {
    fn finished(&mut self, step: &Step) {
        self.work_done += u64::from(step.slice.path_count) * step.vertices.len() as u64;
        (self.on_slice)((self.work_done as f64 / self.work_total as f64) as f32);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Instant;

    use futures::executor::block_on;

    use super::*;
    use crate::GpuOptions;

    fn clock() -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    fn context(test: &str) -> Option<GpuContext> {
        let options = GpuOptions { allow_software: true, clock, memory: None };
        match block_on(GpuContext::request(options)) {
            Ok(context) => Some(context),
            Err(GpuError::NoAdapter(reason)) => {
                println!("{test}: NOT RUN, there is no Vulkan adapter ({reason})");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Software adapters race only here.
    #[test]
    fn race_leaves_the_tracer_with_its_choice() {
        let Some(context) = context("race") else { return };
        let scene = Arc::new(Scene::default());
        let task = crate::probe::task(&scene);
        let mut tracer = block_on(GpuTracer::untuned(&context, scene)).unwrap();
        let choice = block_on(tracer.race()).unwrap().unwrap();
        assert_eq!(tracer.context().choice(), choice);
        assert!(tracer.context().is_tuned && !context.is_tuned);
        assert!(block_on(tracer.trace(&task, &AtomicBool::new(false), &mut |_| {})).is_ok());
    }

    /// Only a test inside the crate can take the device away from under a tracer.
    #[test]
    fn a_lost_device_is_rebuilt_once() {
        let Some(context) = context("device loss") else { return };
        let scene = Arc::new(Scene::default());
        let task = crate::probe::task(&scene);
        let mut tracer = block_on(GpuTracer::new(&context, scene)).unwrap();
        let never = AtomicBool::new(false);
        let expected = block_on(tracer.trace(&task, &never, &mut |_| {})).unwrap();

        tracer.context.device.destroy();
        let again = block_on(tracer.trace(&task, &never, &mut |_| {}));
        let expected_sums = expected.0.clone();
        assert_eq!(again, Ok(expected));
        assert!(tracer.was_rebuilt);
        assert!(context.check().is_err(), "the old device is not used again");

        tracer.context.device.destroy();
        let lost = block_on(tracer.trace(&task, &never, &mut |_| {}));
        assert!(matches!(lost, Err(GpuError::DeviceLost(_) | GpuError::Refused(_))), "{lost:?}");

        // A race that brings the device down ends on a new one, with what runs anywhere.
        assert_eq!(block_on(tracer.race()), Ok(Some(TuneChoice::DEFAULT)));
        let after_race = block_on(tracer.trace(&task, &never, &mut |_| {}));
        assert_eq!(after_race.map(|(sums, _)| sums), Ok(expected_sums));
    }
}
