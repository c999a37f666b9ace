//! The wavefront's dispatches: begin a batch of paths, one round of kernels per vertex, end it.
//!
//! The host encodes the same rounds whatever happens on the device; how many paths are left, the
//! kernels' dispatch sizes say, which `wave_arrange` writes between two rounds.

use p2c2r_shaders::{DISPATCH_PATHS, DISPATCH_RAYS};

use crate::pipeline::WavePipelines;
use crate::steps::Step;
use crate::upload::SceneBindings;
use crate::wave_buffers::WaveBuffers;

/// What a round needs.
pub(crate) struct Wavefront<'a> {
    /// The kernels.
    pub(crate) pipelines: &'a WavePipelines,
    /// The scene.
    pub(crate) scene: &'a SceneBindings,
    /// Paths and queues.
    pub(crate) buffers: &'a WaveBuffers,
    /// Invocations of a workgroup.
    pub(crate) workgroup_size: u32,
}

impl Wavefront<'_> {
    /// Encodes a step; `film` is what a batch that ends is added to.
    pub(crate) fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        step: &Step,
        film: &wgpu::BindGroup,
    ) {
        if step.is_first() {
            self.buffers.clear(encoder);
        }
        let mut pass = encoder.begin_compute_pass(&Default::default());
        let pass = &mut pass;
        let workgroups = step.slice.path_count.div_ceil(self.workgroup_size);
        if step.is_first() {
            self.bind(pass, &self.pipelines.generate, &self.scene.geometry);
            pass.dispatch_workgroups(workgroups, 1, 1);
            self.arrange(pass);
        }
        for vertex in step.vertices.clone() {
            // Shadow rays that a vertex asks for are followed beside the paths' next rays.
            self.follow(pass, &self.pipelines.trace, &self.scene.geometry, DISPATCH_RAYS);
            self.follow(pass, &self.pipelines.shade, &self.scene.shading, DISPATCH_PATHS);
            // The last vertex asks for nothing more.
            if vertex + 1 < step.vertex_count {
                self.arrange(pass);
            }
        }
        if step.is_last() {
            pass.set_pipeline(&self.pipelines.finish);
            pass.set_bind_group(0, &self.scene.geometry, &[]);
            pass.set_bind_group(1, film, &[]);
            pass.dispatch_workgroups(workgroups, 1, 1);
        }
    }

    fn arrange(&self, pass: &mut wgpu::ComputePass<'_>) {
        self.bind(pass, &self.pipelines.arrange, &self.scene.geometry);
        pass.set_bind_group(2, self.buffers.dispatch_group(), &[]);
        pass.dispatch_workgroups(1, 1, 1);
    }

    /// One kernel over what is queued.
    fn follow(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        pipeline: &wgpu::ComputePipeline,
        scene: &wgpu::BindGroup,
        size_at: u64,
    ) {
        self.bind(pass, pipeline, scene);
        pass.dispatch_workgroups_indirect(self.buffers.dispatch(), size_at);
    }

    fn bind(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        pipeline: &wgpu::ComputePipeline,
        scene: &wgpu::BindGroup,
    ) {
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, scene, &[]);
        pass.set_bind_group(1, self.buffers.group(), &[]);
    }
}
