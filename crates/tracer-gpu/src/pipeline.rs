//! The bind group layouts, and the compute pipelines of a choice of kernels.

use p2c2r_shaders::{
    AOV_TILE, Kernel, TRACE_TILE, WAVE_ARRANGE, WAVE_FINISH, WAVE_GENERATE, WAVE_SHADE,
    WAVE_SHADOW, WAVE_TRACE, WORKGROUP_SIZE_ID,
};

use crate::choice::{KernelForm, StackPlacement, TuneChoice};
use crate::layouts::Layouts;
use crate::{GpuContext, GpuError};

/// The pipelines of one choice.
#[derive(Debug, Clone)]
pub(crate) struct Kernels {
    /// What was chosen.
    pub(crate) choice: TuneChoice,
    /// How paths are followed.
    pub(crate) form: FormPipelines,
}

/// The pipelines of a form.
#[derive(Debug, Clone)]
pub(crate) enum FormPipelines {
    /// All in one.
    Megakernel(wgpu::ComputePipeline),
    /// One per stage.
    Wavefront(Box<WavePipelines>),
}

/// One pipeline per stage of the wavefront.
#[derive(Debug, Clone)]
pub(crate) struct WavePipelines {
    /// Begins paths.
    pub(crate) generate: wgpu::ComputePipeline,
    /// Nearest hits.
    pub(crate) trace: wgpu::ComputePipeline,
    /// Shading.
    pub(crate) shade: wgpu::ComputePipeline,
    /// Any hit on the way to a light.
    pub(crate) shadow: wgpu::ComputePipeline,
    /// Queues from one vertex to the next.
    pub(crate) arrange: wgpu::ComputePipeline,
    /// Paths into the film.
    pub(crate) finish: wgpu::ComputePipeline,
}

impl Kernels {
    /// Compiles what a choice needs and nothing else.
    ///
    /// wgpu 30 has no asynchronous creation of pipelines. Browsers compile elsewhere anyhow, and waiting
    /// for the error scope yields until they have; natively the caller's thread compiles.
    pub(crate) async fn new(context: &GpuContext, choice: TuneChoice) -> Result<Self, GpuError> {
        let validation = context.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let compiler = Compiler { device: &context.device, layouts: &context.layouts, choice };
        let form = match choice.form {
            KernelForm::Megakernel => FormPipelines::Megakernel(compiler.megakernel()),
            KernelForm::Wavefront => FormPipelines::Wavefront(Box::new(compiler.wavefront())),
        };
        match validation.pop().await {
            Some(error) => Err(GpuError::Refused(error.to_string())),
            None => Ok(Self { choice, form }),
        }
    }
}

/// Compiles the kernel that looks at first surfaces, with the stack of the kernels in use.
pub(crate) async fn aov_pipeline(context: &GpuContext) -> Result<wgpu::ComputePipeline, GpuError> {
    let validation = context.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let choice = context.choice();
    let compiler = Compiler { device: &context.device, layouts: &context.layouts, choice };
    let Layouts { scene, looks, .. } = &context.layouts;
    let is_variant = compiler.has_workgroup_stack();
    let pipeline = compiler.pipeline(AOV_TILE, is_variant, &[&scene.whole, looks]);
    match validation.pop().await {
        Some(error) => Err(GpuError::Refused(error.to_string())),
        None => Ok(pipeline),
    }
}

/// Makes pipelines of a choice.
struct Compiler<'a> {
    device: &'a wgpu::Device,
    layouts: &'a Layouts,
    choice: TuneChoice,
}

impl Compiler<'_> {
    fn megakernel(&self) -> wgpu::ComputePipeline {
        let Layouts { scene, slice, .. } = self.layouts;
        self.pipeline(TRACE_TILE, self.has_workgroup_stack(), &[&scene.whole, slice])
    }

    fn wavefront(&self) -> WavePipelines {
        let Layouts { scene, waves, waves_and_film, dispatch, .. } = self.layouts;
        let (geometry, shading) = (&scene.geometry, &scene.shading);
        let uses_subgroups = self.choice.uses_subgroups;
        let in_workgroup = self.has_workgroup_stack();
        WavePipelines {
            generate: self.pipeline(WAVE_GENERATE, uses_subgroups, &[geometry, waves]),
            trace: self.pipeline(WAVE_TRACE, in_workgroup, &[geometry, waves]),
            shade: self.pipeline(WAVE_SHADE, uses_subgroups, &[shading, waves]),
            shadow: self.pipeline(WAVE_SHADOW, in_workgroup, &[geometry, waves]),
            arrange: self.pipeline(WAVE_ARRANGE, false, &[geometry, waves, dispatch]),
            finish: self.pipeline(WAVE_FINISH, false, &[geometry, waves_and_film]),
        }
    }

    fn has_workgroup_stack(&self) -> bool {
        self.choice.stack == StackPlacement::Workgroup
    }

    /// A kernel, or its variant, at the chosen workgroup size.
    fn pipeline(
        &self,
        kernel: Kernel,
        is_variant: bool,
        groups: &[&wgpu::BindGroupLayout],
    ) -> wgpu::ComputePipeline {
        let name = kernel.entry_point;
        let variant = kernel.variant_text.filter(|_| is_variant);
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: wgpu::ShaderSource::Wgsl(variant.unwrap_or(kernel.text).into()),
        });
        let groups: Vec<_> = groups.iter().copied().map(Some).collect();
        let layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &groups,
            immediate_size: 0,
        });
        let constants = [(WORKGROUP_SIZE_ID, f64::from(self.choice.workgroup_size))];
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: Some(&layout),
            module: &module,
            entry_point: Some(name),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                ..Default::default()
            },
            cache: None,
        })
    }
}
