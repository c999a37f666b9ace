//! When a job begins, and what it renders: the film, or a small preview while the camera or the scene
//! moves.

use std::time::Duration;

use p2c2r_frame::{Effects, Lens, Packing, View};
use p2c2r_protocol::peer::{Capabilities, Condition, DeviceKind, PeerLimits, PeerName};
use p2c2r_swarm::{
    CostSource, JobSpec, LocalWork, RefineOrder, Requester, RequesterConfig, RequesterInput,
};

use super::PlayerRole;
use crate::messages::{CameraChoice, DeviceChoice, ErrorCategory, RenderSettings};
use crate::scene_load::view;

/// A camera that has not moved for so long is rendered in full.
const SETTLE: Duration = Duration::from_millis(250);
/// While the camera moves, the film is small enough for its first sample to come this soon.
const PREVIEW_S: f64 = 0.12;
/// Speed before any is known, in samples a second.
const ASSUMED_SPEED: f64 = 100_000.0;
/// A preview's sides are divided by one of these.
const PREVIEW_DIVISORS: [u32; 4] = [1, 2, 4, 8];
/// Samples of a preview's pixels.
const PREVIEW_SAMPLES: u32 = 2;
/// A preview may grow for so long before the next camera replaces it.
const PREVIEW_HOLD: Duration = Duration::from_millis(150);

impl PlayerRole {
    /// Looks from somewhere else; a camera that a person moves is shown small first.
    pub(super) fn look(&mut self, now: Duration, camera: CameraChoice) {
        let is_free = matches!(camera, CameraChoice::LookAt { .. });
        let needs_preview = is_free && self.preview_divisor() > 1;
        self.settle_at = needs_preview.then_some(now + SETTLE);
        self.camera = camera;
        self.want_job(now);
    }

    /// Shows another time; an animation that plays is shown small, each time for as long as a preview
    /// takes, and in full when it stands still.
    pub(super) fn show_time(&mut self, now: Duration, time_us: u64) {
        if time_us == self.time_us {
            return;
        }
        self.time_us = time_us;
        if self.scene.as_ref().is_some_and(|loaded| loaded.scene.motion.is_some()) {
            self.settle_at = Some(now + SETTLE);
            self.want_job(now);
        }
    }

    /// A new film is wanted, as soon as there is a scene.
    pub(super) fn want_job(&mut self, now: Duration) {
        self.wants_job = self.scene.is_some();
        self.begin_job(now);
    }

    /// Begins the wanted job as soon as everything that it needs is there.
    pub(super) fn begin_job(&mut self, now: Duration) {
        let can_trace = self.base.lanes.is_ready() || self.choice == DeviceChoice::None;
        let peers_may_ask = self.base.network.is_some() && self.is_storing;
        let is_held = self.hold_until.is_some() && self.settle_at.is_some();
        if !self.wants_job || !can_trace || peers_may_ask || is_held {
            return;
        }
        let Some(spec) = self.job_spec() else { return };
        self.wants_job = false;
        self.probed = Some(spec.scene);
        let (width, height) = (spec.view.width_px, spec.view.height_px);
        self.paint();
        let is_first = self.requester.is_none();
        self.begin_denoised(&spec);
        let begun = match &mut self.requester {
            Some(requester) => requester.new_job(now, spec).map(|_| ()),
            None => Requester::new(self.requester_config(), spec)
                .map(|requester| self.requester = Some(requester)),
        };
        if let Err(error) = begun {
            return self.base.report(ErrorCategory::Config, "BAD_JOB", error, true);
        }
        if is_first {
            self.recall();
        }
        self.look_ahead();
        self.picture.resize(width, height);
        self.hold_until = self.settle_at.map(|_| now + PREVIEW_HOLD);
        self.reports.begin(now, self.settle_at.is_some());
        self.feed(now, RequesterInput::Timeout);
    }

    fn requester_config(&self) -> RequesterConfig {
        let is_gpu = self.base.lanes.is_gpu();
        let device = if is_gpu { DeviceKind::BrowserGpu } else { DeviceKind::BrowserCpu };
        let name = PeerName::lossy(&self.base.lanes.device_info().name);
        let is_tracing = self.choice != DeviceChoice::None;
        RequesterConfig {
            capabilities: Capabilities { device, lanes: 1, condition: Condition::default(), name },
            limits: PeerLimits::default(),
            local_work: if is_tracing { LocalWork::Always } else { LocalWork::Never },
            local_lanes: self.base.lanes.count() as u16,
            insight: self.foresight.insight(self.network_settings.is_some()),
        }
    }

    fn job_spec(&mut self) -> Option<JobSpec> {
        let loaded = self.scene.as_ref()?;
        let RenderSettings { mut width, mut height, mut samples, seed, bounces, .. } =
            self.settings;
        let lens = lens(&self.settings);
        if self.settle_at.is_some() {
            let divisor = self.preview_divisor();
            (width, height) = (width.div_ceil(divisor), height.div_ceil(divisor));
            samples = samples.min(PREVIEW_SAMPLES);
        }
        let is_probed = self.probed == Some(loaded.scene.id);
        let size = [width, height];
        let Some(view) = view(&loaded.scene, &self.camera, self.time_us, size) else {
            let message = "the scene has no camera of that name";
            self.base.report(ErrorCategory::Config, "CAMERA_UNKNOWN", message, false);
            self.camera = CameraChoice::Default;
            return self.job_spec();
        };
        Some(JobSpec {
            scene: loaded.scene.id,
            scene_bytes: loaded.package.len() as u64,
            view: View { lens, ..view },
            samples_per_pixel: samples,
            seed,
            effects: Effects::PATH_TRACED,
            max_bounces: bounces,
            packing: Packing::Exact,
            order: RefineOrder::Progressive,
            cost: if is_probed { CostSource::Learned } else { CostSource::Probe },
        })
    }

    /// How much smaller a preview is than the film.
    fn preview_divisor(&self) -> u32 {
        let pixels = f64::from(self.settings.width) * f64::from(self.settings.height);
        let speed = self.reports.speed().unwrap_or(ASSUMED_SPEED);
        let is_quick = |divisor: &&u32| pixels / f64::from(*divisor * *divisor) < speed * PREVIEW_S;
        PREVIEW_DIVISORS.iter().find(is_quick).copied().unwrap_or(8)
    }
}

/// The lens that the page asked for; with a radius of 0 the focus does not matter.
fn lens(settings: &RenderSettings) -> Lens {
    let RenderSettings { lens_radius, focus, .. } = *settings;
    if lens_radius == 0.0 {
        return Lens::PINHOLE;
    }
    Lens { radius_m: lens_radius, focus_m: focus }
}
