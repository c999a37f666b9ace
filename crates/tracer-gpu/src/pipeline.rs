//! The bind group layouts, and the compute pipelines of a choice of kernels.

use p2c2r_shaders::{
    AOV_TILE, Kernel, TRACE_TILE, WAVE_ARRANGE, WAVE_FINISH, WAVE_GENERATE, WAVE_SHADE, WAVE_TRACE,
    WORKGROUP_SIZE_ID,
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
    /// Nearest hits, and any hit on the way to a light.
    pub(crate) trace: wgpu::ComputePipeline,
    /// Shading.
    pub(crate) shade: wgpu::ComputePipeline,
    /// Queues from one vertex to the next.
    pub(crate) arrange: wgpu::ComputePipeline,
    /// Paths into the film.
    pub(crate) finish: wgpu::ComputePipeline,
}

impl Kernels {
    /// Compiles what a choice needs and the kernels that the context has do not already hold.
    ///
    /// wgpu 30 has no asynchronous creation of pipelines. Browsers compile elsewhere anyhow, and waiting
    /// for the error scope yields until they have; natively the caller's thread compiles.
    pub(crate) async fn new(context: &GpuContext, choice: TuneChoice) -> Result<Self, GpuError> {
        let compiler = Compiler { context, choice };
        let form = accepted(context, || match choice.form {
            KernelForm::Megakernel => FormPipelines::Megakernel(compiler.megakernel()),
            KernelForm::Wavefront => FormPipelines::Wavefront(Box::new(compiler.wavefront())),
        });
        Ok(Self { choice, form: form.await? })
    }
}

/// Compiles the kernel that looks at first surfaces, with the stack of the kernels in use.
pub(crate) async fn aov_pipeline(context: &GpuContext) -> Result<wgpu::ComputePipeline, GpuError> {
    let compiler = Compiler { context, choice: context.choice() };
    let Layouts { scene, looks, .. } = &context.layouts;
    let is_variant = compiler.has_workgroup_stack();
    accepted(context, || compiler.pipeline(AOV_TILE, is_variant, &[&scene.whole, looks])).await
}

/// What `make` gives, if the device refuses nothing of it.
pub(crate) async fn accepted<T>(
    context: &GpuContext,
    make: impl FnOnce() -> T,
) -> Result<T, GpuError> {
    let validation = context.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let made = make();
    match validation.pop().await {
        Some(error) => Err(GpuError::Refused(error.to_string())),
        None => Ok(made),
    }
}

/// A kernel, or its variant, that binds these groups, in workgroups of this size.
pub(crate) fn compute_pipeline(
    device: &wgpu::Device,
    kernel: Kernel,
    is_variant: bool,
    groups: &[&wgpu::BindGroupLayout],
    workgroup_size: u32,
) -> wgpu::ComputePipeline {
    let name = kernel.entry_point;
    let variant = kernel.variant_text.filter(|_| is_variant);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(variant.unwrap_or(kernel.text).into()),
    });
    let groups: Vec<_> = groups.iter().copied().map(Some).collect();
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(name),
        bind_group_layouts: &groups,
        immediate_size: 0,
    });
    let constants = [(WORKGROUP_SIZE_ID, f64::from(workgroup_size))];
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
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

/// Makes pipelines of a choice.
struct Compiler<'a> {
    context: &'a GpuContext,
    choice: TuneChoice,
}

impl Compiler<'_> {
    fn megakernel(&self) -> wgpu::ComputePipeline {
        let Layouts { scene, slice, .. } = &self.context.layouts;
        self.pipeline(TRACE_TILE, self.has_workgroup_stack(), &[&scene.whole, slice])
    }

    /// Takes over what the context's own waves have and this choice does not change.
    fn wavefront(&self) -> WavePipelines {
        let Layouts { scene, waves, waves_and_film, dispatch, .. } = &self.context.layouts;
        let (geometry, shading) = (&scene.geometry, &scene.shading);
        let uses_subgroups = self.choice.uses_subgroups;
        let in_workgroup = self.has_workgroup_stack();
        let old = self.context.kernels.as_ref().and_then(|kernels| self.same_size_waves(kernels));
        let queueing = old.filter(|(choice, _)| choice.uses_subgroups == uses_subgroups);
        let walking = old.filter(|(choice, _)| choice.stack == self.choice.stack);
        let taken = |old: Option<(_, &WavePipelines)>, field: Field, kernel, is_variant, groups| {
            old.map_or_else(
                || self.pipeline(kernel, is_variant, groups),
                |(_, pipelines)| field(pipelines).clone(),
            )
        };
        WavePipelines {
            generate: taken(
                queueing,
                |old| &old.generate,
                WAVE_GENERATE,
                uses_subgroups,
                &[geometry, waves],
            ),
            trace: taken(walking, |old| &old.trace, WAVE_TRACE, in_workgroup, &[geometry, waves]),
            shade: taken(queueing, |old| &old.shade, WAVE_SHADE, uses_subgroups, &[shading, waves]),
            arrange: taken(
                old,
                |old| &old.arrange,
                WAVE_ARRANGE,
                false,
                &[geometry, waves, dispatch],
            ),
            finish: taken(old, |old| &old.finish, WAVE_FINISH, false, &[geometry, waves_and_film]),
        }
    }

    /// The waves among these kernels, if their workgroups are as large.
    fn same_size_waves<'k>(&self, kernels: &'k Kernels) -> Option<(TuneChoice, &'k WavePipelines)> {
        let is_same_size = kernels.choice.workgroup_size == self.choice.workgroup_size;
        match &kernels.form {
            FormPipelines::Wavefront(pipelines) if is_same_size => {
                Some((kernels.choice, pipelines))
            }
            _ => None,
        }
    }

    fn has_workgroup_stack(&self) -> bool {
        self.choice.stack == StackPlacement::Workgroup
    }

    fn pipeline(
        &self,
        kernel: Kernel,
        is_variant: bool,
        groups: &[&wgpu::BindGroupLayout],
    ) -> wgpu::ComputePipeline {
        let size = self.choice.workgroup_size;
        compute_pipeline(&self.context.device, kernel, is_variant, groups, size)
    }
}

/// One of the pipelines.
type Field = fn(&WavePipelines) -> &wgpu::ComputePipeline;
