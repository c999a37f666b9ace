//! Denoising on the GPU lane: first surfaces by the lane's tracer, then the filter beside it.

use std::sync::atomic::AtomicBool;

use p2c2r_tracer_gpu::{GpuDenoiser, GpuError, GpuTracer};

use crate::finish::{DenoiseRequest, looks, surfaces_of};

/// The radiance of a picture without noise. The denoiser is compiled when it is first needed, and gives its
/// arrays back afterwards: scenes need the memory more.
pub(crate) async fn denoised(
    tracer: &mut GpuTracer,
    denoiser: &mut Option<GpuDenoiser>,
    request: &DenoiseRequest,
    cancel: &AtomicBool,
) -> Result<Vec<[f32; 3]>, GpuError> {
    let task = surfaces_of(&request.task, looks(request.task.samples.count));
    let aovs = tracer.aovs(&task, cancel).await?;
    let kept = match denoiser.take() {
        Some(kept) => kept,
        None => GpuDenoiser::new(tracer.context()).await?,
    };
    let kept = denoiser.insert(kept);
    let outcome = kept.denoise(&request.radiance, &aovs).await;
    kept.release();
    outcome
}
