//! The report of a render.

use std::time::Duration;

use p2c2r_frame::TraceCounters;
use serde::Serialize;

/// Who rendered how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PeerShare {
    /// The peer, `local` for this process.
    pub(crate) id: String,
    /// browser-gpu, browser-cpu, native-gpu, native-cpu or local.
    pub(crate) kind: String,
    /// Merged samples: pixels × samples per pixel.
    pub(crate) samples: u64,
}

/// What `--stats` and `--json` write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RenderReport {
    /// The scene as the user named it.
    pub(crate) scene: String,
    /// Hash of its package.
    pub(crate) scene_id: String,
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Samples per pixel.
    pub(crate) spp: u32,
    /// Seed.
    pub(crate) seed: u32,
    /// What traced here.
    pub(crate) device: String,
    /// From the loaded scene to the merged film.
    pub(crate) seconds: f64,
    /// Closest-hit rays traced here.
    pub(crate) rays: u64,
    /// Shadow rays traced here.
    pub(crate) shadow_rays: u64,
    /// Both kinds together, per second.
    pub(crate) rays_per_second: f64,
    /// Whether the merged regions partition the job exactly; a picture is only written if they do.
    pub(crate) is_partitioned: bool,
    /// Shares of the samples.
    pub(crate) peers: Vec<PeerShare>,
}

impl RenderReport {
    /// Fills in what was traced here.
    pub(crate) fn set_local(&mut self, counters: TraceCounters, elapsed: Duration) {
        self.seconds = elapsed.as_secs_f64();
        self.rays = counters.rays;
        self.shadow_rays = counters.shadow_rays;
        let rays = counters.rays.saturating_add(counters.shadow_rays) as f64;
        self.rays_per_second = rays / self.seconds.max(f64::MIN_POSITIVE);
    }
}
