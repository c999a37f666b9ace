//! Denoising on the GPU lane: first surfaces by the lane's tracer, then the filter beside it.

use std::sync::atomic::AtomicBool;

use p2c2r_tracer_gpu::{GpuDenoiser, GpuError, GpuTracer};

use crate::finish::{DenoiseRequest, looks, surfaces_of};
use crate::followed::{Followed, Relation};

/// The lane's denoiser and the pictures that it remembers. It is compiled when it is first needed.
#[derive(Default)]
pub(crate) struct GpuFinisher {
    denoiser: Option<GpuDenoiser>,
    followed: Followed,
}

impl GpuFinisher {
    /// Gives back what is kept of pictures, whose scene has gone.
    pub(crate) fn forget(&mut self) {
        self.followed = Followed::default();
        if let Some(denoiser) = &mut self.denoiser {
            denoiser.release();
        }
    }

    /// The radiance of a picture without noise. Gives most arrays back afterwards: scenes need the memory more.
    /// After an error it begins anew, unless the picture was not wanted any more.
    pub(crate) async fn denoised(
        &mut self,
        tracer: &mut GpuTracer,
        request: &DenoiseRequest,
        cancel: &AtomicBool,
    ) -> Result<Vec<[f32; 3]>, GpuError> {
        let outcome = self.denoise(tracer, request, cancel).await;
        if matches!(&outcome, Err(error) if *error != GpuError::Cancelled) {
            *self = Self::default();
        }
        outcome
    }

    async fn denoise(
        &mut self,
        tracer: &mut GpuTracer,
        request: &DenoiseRequest,
        cancel: &AtomicBool,
    ) -> Result<Vec<[f32; 3]>, GpuError> {
        let film = &request.task;
        let relation = self.relation(request);
        let samples = film.samples.count;
        let surfaces = surfaces_of(film, looks(samples), relation.previous_view());
        let aovs = tracer.aovs(&surfaces, cancel).await?;
        let denoiser = match self.denoiser.take() {
            Some(denoiser) => denoiser,
            None => GpuDenoiser::new(tracer.context()).await?,
        };
        let denoiser = self.denoiser.insert(denoiser);
        match relation {
            Relation::Follows(_) => {}
            Relation::Again(_) => denoiser.again(),
            Relation::Unknown => denoiser.forget(),
        }
        let picture = denoiser.denoise(&request.radiance, samples, &aovs).await?;
        match self.followed.note(film, relation) {
            true => denoiser.rest(),
            false => denoiser.release(),
        }
        Ok(picture)
    }

    /// Surfaces that move by themselves are not followed here: their motion is seen on the CPU alone.
    fn relation(&self, request: &DenoiseRequest) -> Relation {
        let relation = self.followed.relation(&request.task);
        let time_us = request.task.view.time_us;
        match relation.previous_view() {
            Some(previous) if previous.time_us != time_us => Relation::Unknown,
            _ => relation,
        }
    }
}
