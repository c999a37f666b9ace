//! The bind group layouts and the compute pipeline.

use p2c2r_shaders::TRACE_TILE;

/// Everything that is made once for a device.
#[derive(Debug, Clone)]
pub(crate) struct Pipelines {
    /// Layout of the scene's bind group.
    pub(crate) scene_layout: wgpu::BindGroupLayout,
    /// Layout of the slice's bind group.
    pub(crate) slice_layout: wgpu::BindGroupLayout,
    /// The megakernel.
    pub(crate) trace_tile: wgpu::ComputePipeline,
}

/// Storage bindings of the scene, in the order of `bindings.wesl`.
pub(crate) const SCENE_BUFFERS: u32 = 7;
/// Binding of the scene's uniform.
pub(crate) const SCENE_PARAMS: u32 = 7;
/// Binding of the texel page.
pub(crate) const TEXELS: u32 = 8;
/// Binding of the environment's radiance.
pub(crate) const ENVIRONMENT_RADIANCE: u32 = 9;
/// Binding of the environment's alias table.
pub(crate) const ENVIRONMENT_ALIAS: u32 = 10;
/// Binding of the tables of the lobes' albedo.
pub(crate) const LOBE_ALBEDO: u32 = 11;
/// Binding of the light tree's nodes.
pub(crate) const LIGHT_NODES: u32 = 12;

impl Pipelines {
    /// Compiles the kernel. wgpu 30 offers no asynchronous creation; browsers compile in the
    /// background and the first submit waits.
    pub(crate) fn new(device: &wgpu::Device) -> Self {
        let scene_layout = scene_layout(device);
        let slice_layout = slice_layout(device);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("trace tile"),
            source: wgpu::ShaderSource::Wgsl(TRACE_TILE.into()),
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("trace tile"),
            bind_group_layouts: &[Some(&scene_layout), Some(&slice_layout)],
            immediate_size: 0,
        });
        let trace_tile = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("trace tile"),
            layout: Some(&layout),
            module: &module,
            entry_point: Some("trace_tile"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Self { scene_layout, slice_layout, trace_tile }
    }
}

fn scene_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let storage = wgpu::BufferBindingType::Storage { read_only: true };
    let mut entries: Vec<_> =
        (0..SCENE_BUFFERS).map(|binding| entry(binding, buffer(storage))).collect();
    let unfiltered = wgpu::TextureSampleType::Float { filterable: false };
    entries.extend([
        entry(SCENE_PARAMS, buffer(wgpu::BufferBindingType::Uniform)),
        entry(TEXELS, texture(wgpu::TextureSampleType::Uint, wgpu::TextureViewDimension::D2Array)),
        entry(ENVIRONMENT_RADIANCE, texture(unfiltered, wgpu::TextureViewDimension::D2)),
        entry(
            ENVIRONMENT_ALIAS,
            texture(wgpu::TextureSampleType::Uint, wgpu::TextureViewDimension::D2),
        ),
        entry(LOBE_ALBEDO, texture(unfiltered, wgpu::TextureViewDimension::D2)),
        entry(LIGHT_NODES, texture(wgpu::TextureSampleType::Uint, wgpu::TextureViewDimension::D2)),
    ]);
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("scene"),
        entries: &entries,
    })
}

fn slice_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let film = wgpu::BufferBindingType::Storage { read_only: false };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("slice"),
        entries: &[entry(0, buffer(wgpu::BufferBindingType::Uniform)), entry(1, buffer(film))],
    })
}

fn entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::COMPUTE, ty, count: None }
}

fn buffer(ty: wgpu::BufferBindingType) -> wgpu::BindingType {
    wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None }
}

fn texture(
    sample_type: wgpu::TextureSampleType,
    view_dimension: wgpu::TextureViewDimension,
) -> wgpu::BindingType {
    wgpu::BindingType::Texture { sample_type, view_dimension, multisampled: false }
}
