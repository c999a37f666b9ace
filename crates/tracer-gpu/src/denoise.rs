//! The denoiser of `p2c2r-image` on the GPU: the same passes over the same arrays, in WGSL.
//!
//! The whole picture is filtered at once. A picture that a binding cannot hold is refused, and the caller
//! takes the denoiser of the CPU.

mod buffers;
mod kernels;
mod passes;

use p2c2r_frame::Aovs;

use crate::{GpuContext, GpuError};
use buffers::{Arrays, Inputs, Memory, PIXEL_BYTES};
use kernels::DenoiseKernels;

/// Most pixels of a picture: 4096 × 2160. Their arrays take 2.7 GB of the device's memory.
pub const MAX_DENOISE_PIXELS: u64 = 4096 * 2160;

/// Denoises the pictures of a view, or of one that moves, on a device.
#[derive(Debug)]
pub struct GpuDenoiser {
    context: GpuContext,
    kernels: DenoiseKernels,
    arrays: Option<Arrays>,
    memory: Option<Memory>,
}

impl GpuDenoiser {
    /// A denoiser that knows no picture yet.
    pub async fn new(context: &GpuContext) -> Result<Self, GpuError> {
        context.reports.check()?;
        let kernels = DenoiseKernels::new(context).await?;
        Ok(Self { context: context.clone(), kernels, arrays: None, memory: None })
    }

    /// Forgets earlier pictures: before another scene.
    pub fn forget(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.forget();
        }
    }

    /// The next picture is the last one with more samples: those before it count, it does not itself.
    pub fn again(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.again();
        }
    }

    /// Gives most of the device's memory back: 96 bytes a pixel are left, of the last two pictures.
    pub fn rest(&mut self) {
        self.arrays = None;
        if let Some(memory) = &mut self.memory {
            memory.rest();
        }
    }

    /// Gives the device's memory back, and with it what is known of earlier pictures.
    pub fn release(&mut self) {
        (self.arrays, self.memory) = (None, None);
    }

    /// The picture without noise, as `p2c2r_image::Denoiser` gives it within rounding. `radiance` holds the
    /// means of the film, row by row, of so many samples a pixel, `aovs` the whole of the same view.
    ///
    /// After an error the denoiser knows no picture.
    pub async fn denoise(
        &mut self,
        radiance: &[[f32; 3]],
        samples: u32,
        aovs: &Aovs,
    ) -> Result<Vec<[f32; 3]>, GpuError> {
        self.check(radiance, aovs)?;
        self.context.reports.check()?;
        let inputs = Inputs { radiance, aovs };
        let scope = self.context.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let arrays = Arrays::with(self.arrays.take(), &self.context, &inputs);
        let memory = Memory::after(self.memory.take(), &self.context, inputs.size_px());
        if let Some(error) = scope.pop().await {
            return Err(GpuError::OutOfMemory(format!("{error:?}")));
        }
        passes::run(&self.context, &self.kernels, (&arrays, &memory), samples).await?;
        let denoised = arrays.read(&self.context).await?;
        (self.arrays, self.memory) = (Some(arrays), Some(memory));
        Ok(denoised)
    }

    fn check(&self, radiance: &[[f32; 3]], aovs: &Aovs) -> Result<(), GpuError> {
        let pixels = aovs.rect.area();
        if radiance.len() as u64 != pixels || aovs.pixels.len() as u64 != pixels || pixels == 0 {
            return Err(GpuError::OtherPicture { pixels: radiance.len(), surfaces: pixels });
        }
        let limits = self.context.device.limits();
        let largest = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let limit = MAX_DENOISE_PIXELS.min(largest / PIXEL_BYTES);
        if pixels > limit {
            return Err(GpuError::PictureTooLarge { pixels, limit });
        }
        Ok(())
    }
}
