//! Traces tasks: a scene on a device, slices in flight, sums read back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use p2c2r_frame::{Effects, PixelRect, RadianceSums, TileTask, TraceCounters};
use p2c2r_scene::Scene;
use p2c2r_shaders::{SliceParams, TRACE_TILE_WORKGROUP};

use crate::film::{self, Film};
use crate::slices::{Slice, SliceCursor, SlicePacer, regions};
use crate::submit::Submitted;
use crate::upload::scene_bind_group;
use crate::{GpuContext, GpuError};

/// Submits on their way at once: one runs while the next waits, so that the device never idles.
const MAX_IN_FLIGHT: usize = 2;

/// Most pixels of one task, as on the CPU: 400 MB of sums. Larger films are split.
pub const MAX_TASK_PIXELS: u64 = 1 << 24;

/// A scene on a device.
#[derive(Debug)]
pub struct GpuTracer {
    context: GpuContext,
    scene: Arc<Scene>,
    resources: Resources,
    pacer: SlicePacer,
    was_rebuilt: bool,
}

/// What lives in the device's memory.
#[derive(Debug)]
struct Resources {
    scene: wgpu::BindGroup,
    slice_params: wgpu::Buffer,
    film: Option<Film>,
}

/// A submit, its size and when it was handed over.
struct InFlight {
    submitted: Submitted,
    path_count: u32,
    since: Duration,
}

/// What the caller wants to know and to stop.
struct Watch<'a> {
    cancel: &'a AtomicBool,
    on_slice: &'a mut dyn FnMut(f32),
    paths_done: u64,
    paths_total: u64,
}

impl GpuTracer {
    /// Uploads a scene; fails if an array is larger than the device binds or holds.
    pub async fn new(context: &GpuContext, scene: Arc<Scene>) -> Result<Self, GpuError> {
        let resources = Resources::new(context, &scene).await?;
        let context = context.clone();
        Ok(Self { context, scene, resources, pacer: SlicePacer::new(), was_rebuilt: false })
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
        match self.trace_once(task, cancel, on_slice).await {
            // A device that is gone refuses commands before it tells that it is gone.
            Err(error @ (GpuError::DeviceLost(_) | GpuError::Refused(_))) if !self.was_rebuilt => {
                self.context.reports.report(error);
                self.rebuild().await?;
                self.trace_once(task, cancel, on_slice).await
            }
            outcome => outcome,
        }
    }

    /// A new device with the same scene.
    async fn rebuild(&mut self) -> Result<(), GpuError> {
        self.was_rebuilt = true;
        self.pacer.halve();
        self.context = GpuContext::request(self.context.options).await?;
        self.resources = Resources::new(&self.context, &self.scene).await?;
        Ok(())
    }

    /// Traces a checked task on the device there is.
    pub(crate) async fn trace_once(
        &mut self,
        task: &TileTask,
        cancel: &AtomicBool,
        on_slice: &mut dyn FnMut(f32),
    ) -> Result<(RadianceSums, TraceCounters), GpuError> {
        self.context.reports.check()?;
        let paths_total = task.rect.area() * u64::from(task.samples.count);
        let mut watch = Watch { cancel, on_slice, paths_done: 0, paths_total };
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
        let mut cursor = SliceCursor::new(region, task.samples);
        let mut in_flight = VecDeque::new();
        let mut last_end = (self.context.options.clock)();
        loop {
            while in_flight.len() < MAX_IN_FLIGHT && !watch.cancel.load(Ordering::Relaxed) {
                let Some(slice) = cursor.next(self.pacer.paths()) else { break };
                in_flight.push_back(self.submit(task, region, slice)?);
            }
            let Some(InFlight { submitted, path_count, since }) = in_flight.pop_front() else {
                break;
            };
            submitted.finished(&self.context.device).await?;
            self.context.reports.check()?;
            let now = (self.context.options.clock)();
            self.pacer.observe(path_count, now.saturating_sub(since.max(last_end)));
            last_end = now;
            watch.finished(path_count);
        }
        if watch.cancel.load(Ordering::Relaxed) {
            return Err(GpuError::Cancelled);
        }
        self.resources.film()?.read(&self.context).await
    }

    /// Sends one slice to the device.
    fn submit(
        &self,
        task: &TileTask,
        region: PixelRect,
        slice: Slice,
    ) -> Result<InFlight, GpuError> {
        let GpuContext { device, queue, pipelines, options, .. } = &self.context;
        let film = self.resources.film()?;
        let params = slice_params(task, region, slice);
        queue.write_buffer(&self.resources.slice_params, 0, bytemuck::bytes_of(&params));
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipelines.trace_tile);
            pass.set_bind_group(0, &self.resources.scene, &[]);
            pass.set_bind_group(1, film.bind_group(), &[]);
            pass.dispatch_workgroups(slice.path_count.div_ceil(TRACE_TILE_WORKGROUP), 1, 1);
        }
        let since = (options.clock)();
        let submitted = Submitted::new(queue, encoder);
        Ok(InFlight { submitted, path_count: slice.path_count, since })
    }
}

impl Watch<'_> {
    fn finished(&mut self, path_count: u32) {
        self.paths_done += u64::from(path_count);
        (self.on_slice)((self.paths_done as f64 / self.paths_total as f64) as f32);
    }
}

impl Resources {
    async fn new(context: &GpuContext, scene: &Scene) -> Result<Self, GpuError> {
        context.reports.check()?;
        let device = &context.device;
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let scene = scene_bind_group(context, scene);
        let slice_params = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("slice"),
            size: size_of::<SliceParams>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        if let Some(error) = memory.pop().await {
            return Err(GpuError::OutOfMemory(format!("{error:?}")));
        }
        Ok(Self { scene: scene?, slice_params, film: None })
    }

    /// Makes room for a region, all zero; a film that is large enough is used again.
    fn prepare_film(&mut self, context: &GpuContext, region: PixelRect) {
        let bytes = Film::bytes_of(region);
        let film = match self.film.take() {
            Some(film) if film.can_hold(bytes) => film.cut_to(bytes),
            _ => Film::new(context, &self.slice_params, bytes),
        };
        film.clear(context);
        self.film = Some(film);
    }

    fn film(&self) -> Result<&Film, GpuError> {
        self.film.as_ref().ok_or_else(|| GpuError::Refused("there is no film".to_owned()))
    }
}

/// The uniform of a slice.
fn slice_params(task: &TileTask, region: PixelRect, slice: Slice) -> SliceParams {
    let [world_from_camera_x, world_from_camera_y, world_from_camera_z] =
        task.view.world_from_camera;
    SliceParams {
        world_from_camera_x,
        world_from_camera_y,
        world_from_camera_z,
        film_size_px: [task.view.width_px, task.view.height_px],
        region_first_px: [region.x, region.y],
        region_size_px: [region.width, region.height],
        tan_half_fov_y: task.view.tan_half_fov_y,
        seed: task.seed,
        first_sample: slice.first_sample,
        first_pixel: slice.first_pixel,
        path_count: slice.path_count,
        max_bounces: u32::from(task.max_bounces),
        lens_radius_m: task.view.lens.radius_m,
        lens_focus_m: task.view.lens.focus_m,
        is_regularized: u32::from(!task.effects.contains(Effects::UNREGULARIZED)),
        padding: 0,
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

    /// Only a test inside the crate can take the device away from under a tracer.
    #[test]
    fn a_lost_device_is_rebuilt_once() {
        let options = GpuOptions { allow_software: true, clock };
        let context = match block_on(GpuContext::request(options)) {
            Ok(context) => context,
            Err(GpuError::NoAdapter(reason)) => {
                println!("device loss: NOT RUN, there is no Vulkan adapter ({reason})");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let scene = Arc::new(Scene::default());
        let task = crate::probe::task(&scene);
        let mut tracer = block_on(GpuTracer::new(&context, scene)).unwrap();
        let never = AtomicBool::new(false);
        let expected = block_on(tracer.trace(&task, &never, &mut |_| {})).unwrap();

        tracer.context.device.destroy();
        let again = block_on(tracer.trace(&task, &never, &mut |_| {}));
        assert_eq!(again, Ok(expected));
        assert!(tracer.was_rebuilt);
        assert!(context.check().is_err(), "the old device is not used again");

        tracer.context.device.destroy();
        let lost = block_on(tracer.trace(&task, &never, &mut |_| {}));
        assert!(matches!(lost, Err(GpuError::DeviceLost(_) | GpuError::Refused(_))), "{lost:?}");
    }
}
