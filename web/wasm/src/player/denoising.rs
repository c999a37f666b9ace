//! The denoised picture of a view: when it is asked for, when it takes the film's place on the screen.
//!
//! The film grows on beside it and is never changed. A picture is denoised again when the film has
//! twice the samples of the last time, and once more when it is complete; the film is shown in its place
//! while it is the better one.

use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange, TileTask};
use p2c2r_swarm::JobSpec;

use super::PlayerRole;
use crate::action::Action;
use crate::environment::Output;
use crate::finish::{DenoiseRequest, MAX_DENOISED_PIXELS, looks, radiance_bytes};
use crate::messages::{Denoising, DeviceChoice, ErrorCategory, ExportFormat, FromSession};
use crate::traced::task_bytes;

/// A film with so many samples in every pixel is shown as it is where nobody has asked for more: its noise
/// is below what the filter would smear.
const CONVERGED_SAMPLES: u32 = 256;

/// A denoised picture is worth about so many times its samples: of a film with more, the samples as they are
/// look better (`denoise-equivalent-spp` in `docs/benchmarks.md`).
const WORTH: u32 = 16;

/// Exports that wait for the last denoised picture; more are answered with what there is.
const MAX_WAITING_EXPORTS: usize = 16;

/// What is known of a view's denoised picture.
#[derive(Debug, Default)]
pub(super) struct Denoised {
    last_ticket: u32,
    /// What the film will hold, as one task.
    task: Option<TileTask>,
    running: Option<Running>,
    /// Samples of a pixel when it was last asked for.
    asked_samples: u32,
    /// What is shown in place of the film.
    picture: Option<Shown>,
    /// Shown as soon as it is painted.
    news: Option<FromSession>,
    /// Of the page, for when the running request is answered.
    waiting_exports: Vec<u32>,
    /// The GPU cannot: the CPU is asked from now on.
    is_gpu_out: bool,
    /// Nor can the CPU, with this view.
    is_given_up: bool,
}

/// A picture, and the samples of a pixel that it was made from.
#[derive(Debug)]
struct Shown {
    radiance: Vec<[f32; 3]>,
    samples: u32,
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
struct Running {
    ticket: u32,
    samples: u32,
    began: Duration,
    is_on_gpu: bool,
}

impl Denoised {
    /// The radiance that takes the film's place.
    pub(super) fn radiance(&self) -> Option<&[[f32; 3]]> {
        self.picture.as_ref().map(|shown| &*shown.radiance)
    }

    /// What the page should hear when the picture has been painted.
    pub(super) fn take_news(&mut self) -> Option<FromSession> {
        self.news.take()
    }
}

impl PlayerRole {
    /// Another film: nothing of the one before is of use.
    pub(super) fn begin_denoised(&mut self, spec: &JobSpec) {
        self.cancel_denoising();
        self.answer_waiting_exports();
        let Denoised { last_ticket, is_gpu_out, .. } = self.denoised;
        let news = self.denoised.picture.is_some().then(|| film_shown(0));
        let task = Some(task_of(spec));
        self.denoised = Denoised { last_ticket, is_gpu_out, task, news, ..Denoised::default() };
    }

    /// Asks for a denoised picture if a better one can be had; shows the film again where it is better, or
    /// where nothing else is wanted.
    pub(super) fn denoise_if_due(&mut self, now: Duration) {
        let Some(requester) = &self.requester else { return };
        let film = requester.film();
        let (is_complete, is_small) =
            (film.is_complete(), film.rect().area() <= MAX_DENOISED_PIXELS);
        let samples = mean_samples(film.sample_counts());
        if samples == 0 || self.settle_at.is_some() {
            return;
        }
        if !self.is_denoising_wanted(samples) {
            self.cancel_denoising();
            self.denoised.asked_samples = 0;
            self.denoised.is_given_up = false;
            self.show_film(now, samples);
            return self.answer_waiting_exports();
        }
        if self.denoised.picture.as_ref().is_some_and(|shown| is_stale(shown.samples, samples)) {
            self.show_film(now, samples);
        }
        let asked = self.denoised.asked_samples;
        let is_better = samples >= 2 * asked || (is_complete && samples > asked);
        let is_free = self.denoised.running.is_none() && !self.is_paused;
        if is_better && is_free && is_small && !self.denoised.is_given_up {
            self.denoise(now, samples);
        }
    }

    fn is_denoising_wanted(&self, samples: u32) -> bool {
        match self.settings.denoise {
            Denoising::On => true,
            Denoising::Off => false,
            // Without a tracer here, a page has asked that nothing be traced here.
            Denoising::Auto => samples < CONVERGED_SAMPLES && self.choice != DeviceChoice::None,
        }
    }

    /// Shows the film as it is.
    fn show_film(&mut self, now: Duration, samples: u32) {
        if self.denoised.picture.take().is_some() {
            self.denoised.news = Some(film_shown(samples));
            self.repaint(now);
        }
    }

    /// The whole picture is another one.
    pub(super) fn repaint(&mut self, now: Duration) {
        if let Some(requester) = &self.requester {
            self.picture.touch(requester.film().rect());
            self.reports.touch(now);
        }
    }

    fn denoise(&mut self, now: Duration, samples: u32) {
        let (Some(requester), Some(mut task)) = (&self.requester, self.denoised.task) else {
            return;
        };
        let radiance = requester.film().radiances();
        task.samples.count = samples;
        let ticket = self.denoised.last_ticket.wrapping_add(1);
        let is_on_gpu = self.base.lanes.is_gpu() && !self.denoised.is_gpu_out;
        self.denoised.last_ticket = ticket;
        self.denoised.asked_samples = samples;
        self.denoised.running = Some(Running { ticket, samples, began: now, is_on_gpu });
        self.base.actions.push_back(if is_on_gpu {
            Action::DenoiseGpu(DenoiseRequest { ticket, task, radiance })
        } else {
            let bytes = task_bytes(&task);
            let (scene, looks) = (task.scene, looks(samples));
            let output = Output::Denoise { ticket, scene, looks };
            Action::Output(output, vec![bytes, radiance_bytes(&radiance)])
        });
    }

    /// A request is answered; what belongs to another one is dropped.
    pub(super) fn on_denoised(
        &mut self,
        now: Duration,
        ticket: u32,
        outcome: Result<Vec<[f32; 3]>, String>,
    ) {
        let Some(running) = self.denoised.running.take_if(|running| running.ticket == ticket)
        else {
            return;
        };
        let Running { samples, began, is_on_gpu, .. } = running;
        let counts = self.requester.as_ref().map_or(&[][..], |it| it.film().sample_counts());
        match outcome {
            Ok(radiance) if radiance.len() == counts.len() => {
                let took_ms = now.saturating_sub(began).as_secs_f64() * 1e3;
                self.denoised.picture = Some(Shown { radiance, samples });
                let is_denoised = true;
                self.denoised.news =
                    Some(FromSession::Shown { is_denoised, samples, took_ms, is_on_gpu });
                self.repaint(now);
            }
            outcome => {
                let message = outcome.err().unwrap_or_else(|| "the picture is cut".to_owned());
                self.on_denoise_failed(&message, is_on_gpu);
            }
        }
        self.denoise_if_due(now);
        self.answer_waiting_exports();
    }

    /// What the GPU cannot do, the CPU may; what the CPU cannot do with a view, it is not asked again.
    fn on_denoise_failed(&mut self, message: &str, was_on_gpu: bool) {
        self.denoised.asked_samples = 0;
        if was_on_gpu {
            self.denoised.is_gpu_out = true;
            return;
        }
        self.denoised.is_given_up = true;
        let message = format!("the picture is not denoised: {message}");
        self.base.report(ErrorCategory::Config, "DENOISE_FAILED", message, false);
    }

    fn cancel_denoising(&mut self) {
        if let Some(Running { ticket, is_on_gpu, .. }) = self.denoised.running.take() {
            self.base.actions.push_back(match is_on_gpu {
                true => Action::CancelGpuDenoise { ticket },
                false => Output::CancelDenoise { ticket }.into(),
            });
        }
    }

    /// Whether an export of the shown picture waits: the film is whole, and its picture is on the way.
    pub(super) fn keep_export_waiting(&mut self, request: u32, format: ExportFormat) -> bool {
        let is_whole =
            self.requester.as_ref().is_some_and(|requester| requester.film().is_complete());
        let is_coming = is_whole && self.denoised.running.is_some();
        let has_room = self.denoised.waiting_exports.len() < MAX_WAITING_EXPORTS;
        let waits = format == ExportFormat::Shown && is_coming && has_room;
        if waits {
            self.denoised.waiting_exports.push(request);
        }
        waits
    }

    /// Answers the exports that need not wait any longer.
    fn answer_waiting_exports(&mut self) {
        if self.denoised.running.is_none() {
            for request in std::mem::take(&mut self.denoised.waiting_exports) {
                self.export(request, ExportFormat::Shown);
            }
        }
    }
}

/// A whole job as one task.
fn task_of(spec: &JobSpec) -> TileTask {
    TileTask {
        scene: spec.scene,
        view: spec.view,
        rect: PixelRect::of_size(spec.view.width_px, spec.view.height_px),
        samples: SampleRange::new(0, spec.samples_per_pixel),
        seed: spec.seed,
        effects: spec.effects,
        max_bounces: spec.max_bounces,
    }
}

/// Samples of a pixel on average; 0 while a pixel has none.
fn mean_samples(counts: &[u32]) -> u32 {
    if counts.contains(&0) {
        return 0;
    }
    let sum: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    sum.checked_div(counts.len() as u64).unwrap_or(0) as u32
}

/// Whether a film with so many samples is better than what was denoised from `denoised` of them.
const fn is_stale(denoised: u32, film: u32) -> bool {
    film > denoised.saturating_mul(WORTH)
}

/// The film is shown as it is.
const fn film_shown(samples: u32) -> FromSession {
    FromSession::Shown { is_denoised: false, samples, took_ms: 0.0, is_on_gpu: false }
}
