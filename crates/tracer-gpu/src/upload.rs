//! The scene in the device's memory.

use std::sync::Arc;

use bytemuck::Pod;
use p2c2r_scene::{LightNode, LightTree, Scene};
use p2c2r_shaders::{LIGHT_NODE_TEXELS, LIGHT_NODES_PER_ROW, TEXEL_PAGE_HEIGHT, TEXEL_PAGE_WIDTH};

use crate::layouts::{
    ENVIRONMENT_ALIAS, ENVIRONMENT_RADIANCE, LIGHT_NODES, LOBE_ALBEDO, SCENE_PARAMS, TEXELS,
};
use crate::{GpuContext, GpuError, pack};

/// The scene as kernels bind it: bind groups over the same buffers.
#[derive(Debug)]
pub(crate) struct SceneBindings {
    /// All of it.
    pub(crate) whole: wgpu::BindGroup,
    /// For rays.
    pub(crate) geometry: wgpu::BindGroup,
    /// For shading.
    pub(crate) shading: wgpu::BindGroup,
}

/// The scene's arrays on the device. Of another pose, only what has moved is uploaded again.
#[derive(Debug)]
pub(crate) struct SceneArrays {
    /// In the order of their bindings: nodes, triangles, vertices, instances, materials, lights,
    /// emissive triangles.
    buffers: [wgpu::Buffer; 7],
    params: wgpu::Buffer,
    texels: wgpu::TextureView,
    radiance: wgpu::TextureView,
    alias: wgpu::TextureView,
    lobe_albedo: wgpu::TextureView,
    light_nodes: wgpu::TextureView,
    /// What the last two arrays that can grow were made from.
    light_tree: Arc<LightTree>,
}

const NODES: usize = 0;
const INSTANCES: usize = 3;
const LIGHTS: usize = 5;
const EMISSIVE: usize = 6;

impl SceneArrays {
    /// Uploads all.
    pub(crate) fn new(context: &GpuContext, scene: &Scene) -> Result<Self, GpuError> {
        let buffers = [
            storage(context, "bvh nodes", &pack::nodes(scene))?,
            storage(context, "triangles", &pack::triangles(scene))?,
            storage(context, "vertices", &pack::vertices(scene))?,
            storage(context, "instances", &pack::instances(scene))?,
            storage(context, "materials", &pack::materials(scene))?,
            storage(context, "lights", &pack::lights(scene))?,
            storage(context, "emissive triangles", &pack::emissive_triangles(scene))?,
        ];
        let params = filled_buffer(
            context,
            "scene",
            bytemuck::bytes_of(&pack::params(scene)),
            wgpu::BufferUsages::UNIFORM,
        );
        let texels = texel_page(context, &scene.texels)?;
        let (radiance, alias) = environment(context, scene)?;
        let lobe_albedo = lobe_albedo(context, scene);
        let light_nodes = light_nodes(context, scene)?;
        let light_tree = Arc::clone(&scene.light_tree);
        Ok(Self { buffers, params, texels, radiance, alias, lobe_albedo, light_nodes, light_tree })
    }

    /// Uploads what another pose of the scene places elsewhere; true if all must be bound again.
    pub(crate) fn pose(&mut self, context: &GpuContext, scene: &Scene) -> Result<bool, GpuError> {
        let top_level = pack::top_level(scene);
        rewrite(context, &self.buffers[NODES], &top_level);
        rewrite(context, &self.buffers[INSTANCES], &pack::instances(scene));
        rewrite(context, &self.buffers[LIGHTS], &pack::lights(scene));
        rewrite(context, &self.params, &[pack::params(scene)]);
        if Arc::ptr_eq(&self.light_tree, &scene.light_tree) {
            return Ok(false);
        }
        // Their numbers change when something that emits is flat for a while.
        let emissive = pack::emissive_triangles(scene);
        self.buffers[EMISSIVE] = storage(context, "emissive triangles", &emissive)?;
        self.light_nodes = light_nodes(context, scene)?;
        self.light_tree = Arc::clone(&scene.light_tree);
        Ok(true)
    }

    /// Binds all arrays.
    pub(crate) fn bindings(&self, context: &GpuContext) -> SceneBindings {
        let view = wgpu::BindingResource::TextureView;
        let others = [
            bound(SCENE_PARAMS, self.params.as_entire_binding()),
            bound(TEXELS, view(&self.texels)),
            bound(ENVIRONMENT_RADIANCE, view(&self.radiance)),
            bound(ENVIRONMENT_ALIAS, view(&self.alias)),
            bound(LOBE_ALBEDO, view(&self.lobe_albedo)),
            bound(LIGHT_NODES, view(&self.light_nodes)),
        ];
        let group = |(layout, bindings): (&wgpu::BindGroupLayout, &[u32])| {
            let storage = bindings
                .iter()
                .map(|&binding| bound(binding, self.buffers[binding as usize].as_entire_binding()));
            let entries: Vec<_> = storage.chain(others.iter().cloned()).collect();
            context.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("scene"),
                layout,
                entries: &entries,
            })
        };
        let [whole, geometry, shading] = context.layouts.scene.views().map(group);
        SceneBindings { whole, geometry, shading }
    }
}

/// Writes over the beginning of a buffer that is at least as large.
fn rewrite<T: Pod>(context: &GpuContext, buffer: &wgpu::Buffer, values: &[T]) {
    context.queue.write_buffer(buffer, 0, bytemuck::cast_slice(values));
}

fn bound(binding: u32, resource: wgpu::BindingResource<'_>) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry { binding, resource }
}

/// A storage buffer; an empty array becomes one zeroed element, since empty bindings are refused.
fn storage<T: Pod>(
    context: &GpuContext,
    array: &'static str,
    values: &[T],
) -> Result<wgpu::Buffer, GpuError> {
    check_binding(array, size_of_val(values) as u64, &context.device.limits())?;
    let usage = wgpu::BufferUsages::STORAGE;
    if values.is_empty() {
        return Ok(filled_buffer(context, array, bytemuck::bytes_of(&T::zeroed()), usage));
    }
    Ok(filled_buffer(context, array, bytemuck::cast_slice(values), usage))
}

/// Fails if an array does not fit a storage binding of the device.
fn check_binding(
    array: &'static str,
    needed_bytes: u64,
    limits: &wgpu::Limits,
) -> Result<(), GpuError> {
    let limit_bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    if needed_bytes > limit_bytes {
        return Err(GpuError::SceneTooLarge { array, needed_bytes, limit_bytes });
    }
    Ok(())
}

fn filled_buffer(
    context: &GpuContext,
    label: &'static str,
    bytes: &[u8],
    usage: wgpu::BufferUsages,
) -> wgpu::Buffer {
    let buffer = context.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes.len() as u64,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    context.queue.write_buffer(&buffer, 0, bytes);
    buffer
}

/// All texels in the layers of one texture, which no binding limit bounds.
fn texel_page(context: &GpuContext, texels: &[u32]) -> Result<wgpu::TextureView, GpuError> {
    let (width, page_rows) = (TEXEL_PAGE_WIDTH, u64::from(TEXEL_PAGE_HEIGHT));
    let rows = (texels.len() as u64).div_ceil(u64::from(width)).max(1);
    let layers = rows.div_ceil(page_rows);
    let limit = u64::from(context.device.limits().max_texture_array_layers);
    if layers > limit {
        let page_bytes = page_rows * u64::from(width) * 4;
        return Err(GpuError::SceneTooLarge {
            array: "texels",
            needed_bytes: layers * page_bytes,
            limit_bytes: limit * page_bytes,
        });
    }
    let size = wgpu::Extent3d {
        width,
        height: rows.min(page_rows) as u32,
        depth_or_array_layers: layers as u32,
    };
    let texture = texture(context, "texels", size, wgpu::TextureFormat::R32Uint);
    for (layer, page) in texels.chunks((TEXEL_PAGE_WIDTH * TEXEL_PAGE_HEIGHT) as usize).enumerate()
    {
        let full_rows = page.len() as u32 / width;
        let (whole, rest) = page.split_at((full_rows * width) as usize);
        for (texels, y, size) in
            [(whole, 0, [width, full_rows]), (rest, full_rows, [rest.len() as u32, 1])]
        {
            if !texels.is_empty() {
                let origin = wgpu::Origin3d { x: 0, y, z: layer as u32 };
                write(context, &texture, origin, size, bytemuck::cast_slice(texels));
            }
        }
    }
    Ok(texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    }))
}

/// Radiance with density, and the alias table; one zero texel each if there is no environment.
fn environment(
    context: &GpuContext,
    scene: &Scene,
) -> Result<(wgpu::TextureView, wgpu::TextureView), GpuError> {
    let (mut size, mut radiance, mut alias) = ([1, 1], vec![[0.0; 4]], vec![[0; 2]]);
    if let Some(environment) = &scene.environment {
        size = [environment.width, environment.height];
        // An even environment has no table; it is never picked then, and its density is 0.
        let pdf = environment.pdf.iter().copied().chain(std::iter::repeat(0.0));
        let texels = environment.radiance.iter().zip(pdf);
        radiance = texels.map(|(&[red, green, blue], pdf)| [red, green, blue, pdf]).collect();
        alias = environment.alias.iter().map(|entry| [entry.threshold, entry.alias]).collect();
        alias.resize(radiance.len(), [0; 2]);
    }
    let limit = context.device.limits().max_texture_dimension_2d;
    if size[0].max(size[1]) > limit {
        return Err(GpuError::SceneTooLarge {
            array: "environment texels",
            needed_bytes: u64::from(size[0]) * u64::from(size[1]) * 16,
            limit_bytes: u64::from(limit) * u64::from(limit) * 16,
        });
    }
    let radiance = bytemuck::cast_slice(&radiance);
    let alias = bytemuck::cast_slice(&alias);
    let rgba = wgpu::TextureFormat::Rgba32Float;
    Ok((
        flat_texture(context, "environment radiance", rgba, size, radiance),
        flat_texture(context, "environment alias", wgpu::TextureFormat::Rg32Uint, size, alias),
    ))
}

/// The tables that `lobe_albedo.wesl` reads.
fn lobe_albedo(context: &GpuContext, scene: &Scene) -> wgpu::TextureView {
    let (size, values) = pack::lobe_albedo(scene);
    let format = wgpu::TextureFormat::Rg32Float;
    flat_texture(context, "lobe albedo", format, size, bytemuck::cast_slice(&values))
}

/// The nodes of the light tree, row by row.
fn light_nodes(context: &GpuContext, scene: &Scene) -> Result<wgpu::TextureView, GpuError> {
    let (rows, nodes) = pack::light_nodes(scene);
    let row_bytes = u64::from(LIGHT_NODES_PER_ROW) * size_of::<LightNode>() as u64;
    let limit = context.device.limits().max_texture_dimension_2d;
    if rows > limit {
        return Err(GpuError::SceneTooLarge {
            array: "light nodes",
            needed_bytes: u64::from(rows) * row_bytes,
            limit_bytes: u64::from(limit) * row_bytes,
        });
    }
    let size = [LIGHT_NODES_PER_ROW * LIGHT_NODE_TEXELS, rows];
    let format = wgpu::TextureFormat::Rgba32Uint;
    Ok(flat_texture(context, "light nodes", format, size, bytemuck::cast_slice(&nodes)))
}

const _: () = assert!(size_of::<LightNode>() == 16 * LIGHT_NODE_TEXELS as usize);

/// A texture of one layer with its texels.
fn flat_texture(
    context: &GpuContext,
    label: &'static str,
    format: wgpu::TextureFormat,
    size: [u32; 2],
    bytes: &[u8],
) -> wgpu::TextureView {
    let extent = wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 };
    let texture = texture(context, label, extent, format);
    write(context, &texture, wgpu::Origin3d::ZERO, size, bytes);
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

fn texture(
    context: &GpuContext,
    label: &'static str,
    size: wgpu::Extent3d,
    format: wgpu::TextureFormat,
) -> wgpu::Texture {
    context.device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn write(
    context: &GpuContext,
    texture: &wgpu::Texture,
    origin: wgpu::Origin3d,
    [width, height]: [u32; 2],
    bytes: &[u8],
) {
    let target = wgpu::TexelCopyTextureInfo {
        texture,
        mip_level: 0,
        origin,
        aspect: wgpu::TextureAspect::All,
    };
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(bytes.len() as u32 / height),
        rows_per_image: Some(height),
    };
    let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
    context.queue.write_texture(target, bytes, layout, size);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_beyond_the_binding_are_refused_by_name() {
        let limits = wgpu::Limits::default();
        let largest = limits.max_storage_buffer_binding_size;
        assert_eq!(largest, 128 << 20, "what every WebGPU device has");
        assert_eq!(check_binding("triangles", largest, &limits), Ok(()));
        let error = check_binding("triangles", largest + 1, &limits).unwrap_err();
        assert!(error.to_string().contains("the scene's triangles need"), "{error}");
    }
}
