//! What a tracer has in the device's memory, and how a step of its work is encoded.

use p2c2r_frame::{Effects, PixelRect, TileTask};
use p2c2r_scene::Scene;
use p2c2r_shaders::SliceParams;

use crate::film::Film;
use crate::pipeline::{FormPipelines, WavePipelines};
use crate::slices::Slice;
use crate::steps::Step;
use crate::upload::{SceneArrays, SceneBindings};
use crate::wave_buffers::WaveBuffers;
use crate::wavefront::Wavefront;
use crate::{GpuContext, GpuError};

/// The scene, the film, and the paths in flight where the kernels keep them in memory.
#[derive(Debug)]
pub(crate) struct Resources {
    arrays: SceneArrays,
    scene: SceneBindings,
    slice_params: wgpu::Buffer,
    film: Option<Film>,
    waves: Option<WaveBuffers>,
}

impl Resources {
    /// Uploads the scene.
    pub(crate) async fn new(context: &GpuContext, scene: &Scene) -> Result<Self, GpuError> {
        context.reports.check()?;
        let device = &context.device;
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let arrays = SceneArrays::new(context, scene);
        let slice_params = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("slice"),
            size: size_of::<SliceParams>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        if let Some(error) = memory.pop().await {
            return Err(GpuError::OutOfMemory(format!("{error:?}")));
        }
        let arrays = arrays?;
        let scene = arrays.bindings(context);
        Ok(Self { arrays, scene, slice_params, film: None, waves: None })
    }

    /// Takes up another pose of the scene.
    pub(crate) async fn pose(
        &mut self,
        context: &GpuContext,
        scene: &Scene,
    ) -> Result<(), GpuError> {
        context.reports.check()?;
        let memory = context.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let outcome = self.arrays.pose(context, scene);
        if let Some(error) = memory.pop().await {
            return Err(GpuError::OutOfMemory(format!("{error:?}")));
        }
        if outcome? {
            self.scene = self.arrays.bindings(context);
        }
        Ok(())
    }

    /// All of the scene, for kernels beside the forms of the tracer.
    pub(crate) fn whole_scene(&self) -> &wgpu::BindGroup {
        &self.scene.whole
    }

    /// Makes room for a region, all zero; a film that is large enough is used again.
    pub(crate) fn prepare_film(&mut self, context: &GpuContext, region: PixelRect) {
        let bytes = Film::bytes_of(region);
        let film = match self.film.take() {
            Some(film) if film.can_hold(bytes) => film.cut_to(bytes),
            _ => Film::new(context, &self.slice_params, bytes),
        };
        film.clear(context);
        self.film = Some(film);
    }

    /// The film of the region of now.
    pub(crate) fn film(&self) -> Result<&Film, GpuError> {
        self.film.as_ref().ok_or_else(|| GpuError::Refused("there is no film".to_owned()))
    }

    /// The commands of one step.
    pub(crate) fn encode(
        &mut self,
        context: &GpuContext,
        task: &TileTask,
        region: PixelRect,
        step: &Step,
    ) -> Result<wgpu::CommandEncoder, GpuError> {
        let params = slice_params(task, region, step.slice);
        context.queue.write_buffer(&self.slice_params, 0, bytemuck::bytes_of(&params));
        let mut encoder = context.device.create_command_encoder(&Default::default());
        let kernels = context.kernels()?;
        let workgroup_size = kernels.choice.workgroup_size;
        match &kernels.form {
            FormPipelines::Megakernel(pipeline) => {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, &self.scene.whole, &[]);
                pass.set_bind_group(1, self.film()?.bind_group(), &[]);
                pass.dispatch_workgroups(step.slice.path_count.div_ceil(workgroup_size), 1, 1);
            }
            FormPipelines::Wavefront(pipelines) => {
                self.encode_waves(context, pipelines, workgroup_size, step, &mut encoder)?;
            }
        }
        Ok(encoder)
    }

    fn encode_waves(
        &mut self,
        context: &GpuContext,
        pipelines: &WavePipelines,
        workgroup_size: u32,
        step: &Step,
        encoder: &mut wgpu::CommandEncoder,
    ) -> Result<(), GpuError> {
        let paths = step.slice.path_count;
        let waves = self.waves.take().filter(|waves| waves.can_hold(paths));
        let waves = waves.unwrap_or_else(|| WaveBuffers::new(context, &self.slice_params, paths));
        let film = waves.group_with_film(context, &self.slice_params, self.film()?.sums());
        let buffers = self.waves.insert(waves);
        let wavefront = Wavefront { pipelines, scene: &self.scene, buffers, workgroup_size };
        wavefront.encode(encoder, step, &film);
        Ok(())
    }
}

/// The uniform of a slice.
pub(crate) fn slice_params(task: &TileTask, region: PixelRect, slice: Slice) -> SliceParams {
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
