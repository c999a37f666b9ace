//! The bind group layouts: what each kernel sees, each within eight storage buffers.

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

/// What rays need: nodes, triangles, vertices, instances, and materials for their alpha.
const GEOMETRY_BUFFERS: [u32; 5] = [0, 1, 2, 3, 4];
/// What shading needs: everything but the nodes.
const SHADING_BUFFERS: [u32; 6] = [1, 2, 3, 4, 5, 6];

/// Binding of the slice's uniform, in group 1.
pub(crate) const SLICE: u32 = 0;
/// Binding of the film.
pub(crate) const FILM: u32 = 1;
/// Binding of the paths in flight.
pub(crate) const PATHS: u32 = 2;
/// Binding of the queues.
pub(crate) const QUEUES: u32 = 3;
/// Binding of what first surfaces need beside the slice.
pub(crate) const AOV: u32 = 4;
/// Binding of the first surfaces.
pub(crate) const LOOKS: u32 = 5;

/// All layouts of a device.
#[derive(Debug, Clone)]
pub(crate) struct Layouts {
    /// Group 0.
    pub(crate) scene: SceneLayouts,
    /// Group 1 of the megakernel: slice and film.
    pub(crate) slice: wgpu::BindGroupLayout,
    /// Group 1 of the kernel that looks at first surfaces.
    pub(crate) looks: wgpu::BindGroupLayout,
    /// Group 1 of the wavefront's kernels: slice, paths and queues.
    pub(crate) waves: wgpu::BindGroupLayout,
    /// Group 1 of the kernel that ends a batch.
    pub(crate) waves_and_film: wgpu::BindGroupLayout,
    /// Group 2 of the kernel that writes dispatch sizes, which no dispatch of that size may bind.
    pub(crate) dispatch: wgpu::BindGroupLayout,
}

/// Views of the scene. No stage may bind more than eight storage buffers, used or not.
#[derive(Debug, Clone)]
pub(crate) struct SceneLayouts {
    /// All of it.
    pub(crate) whole: wgpu::BindGroupLayout,
    /// For rays.
    pub(crate) geometry: wgpu::BindGroupLayout,
    /// For shading.
    pub(crate) shading: wgpu::BindGroupLayout,
}

impl Layouts {
    /// Makes them all; they cost next to nothing.
    pub(crate) fn new(device: &wgpu::Device) -> Self {
        let all: Vec<u32> = (0..SCENE_BUFFERS).collect();
        let uniform = entry(SLICE, buffer(wgpu::BufferBindingType::Uniform));
        let film = entry(FILM, buffer(WRITABLE));
        let paths = entry(PATHS, buffer(WRITABLE));
        let queues = entry(QUEUES, buffer(WRITABLE));
        let layout = |label, entries: &[wgpu::BindGroupLayoutEntry]| {
            let label = Some(label);
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries })
        };
        Self {
            scene: SceneLayouts {
                whole: layout("scene", &scene_entries(&all)),
                geometry: layout("geometry", &scene_entries(&GEOMETRY_BUFFERS)),
                shading: layout("shading", &scene_entries(&SHADING_BUFFERS)),
            },
            slice: layout("slice", &[uniform, film]),
            looks: layout(
                "looks",
                &[
                    uniform,
                    entry(AOV, buffer(wgpu::BufferBindingType::Uniform)),
                    entry(LOOKS, buffer(WRITABLE)),
                ],
            ),
            waves: layout("waves", &[uniform, paths, queues]),
            waves_and_film: layout("waves and film", &[uniform, film, paths, queues]),
            dispatch: layout("dispatch", &[entry(0, buffer(WRITABLE))]),
        }
    }
}

impl SceneLayouts {
    /// Each layout with the storage bindings that it has.
    pub(crate) fn views(&self) -> [(&wgpu::BindGroupLayout, &'static [u32]); 3] {
        const ALL: [u32; SCENE_BUFFERS as usize] = [0, 1, 2, 3, 4, 5, 6];
        [
            (&self.whole, &ALL),
            (&self.geometry, &GEOMETRY_BUFFERS),
            (&self.shading, &SHADING_BUFFERS),
        ]
    }
}

const WRITABLE: wgpu::BufferBindingType = wgpu::BufferBindingType::Storage { read_only: false };

/// A whole buffer at a binding.
pub(crate) fn bound(binding: u32, buffer: &wgpu::Buffer) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }
}

/// Some of the scene's buffers, and all that is no storage buffer.
fn scene_entries(buffers: &[u32]) -> Vec<wgpu::BindGroupLayoutEntry> {
    let storage = wgpu::BufferBindingType::Storage { read_only: true };
    let mut entries: Vec<_> =
        buffers.iter().map(|&binding| entry(binding, buffer(storage))).collect();
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
    entries
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
