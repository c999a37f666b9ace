//! The report of a render.

use std::time::Duration;

use p2c2r_frame::TraceCounters;
use p2c2r_peer::native::{Rendered, WorkerReport};
use p2c2r_swarm::{Prediction, Stage};
use serde::Serialize;

/// Who rendered how much.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PeerShare {
    /// The peer, `local` for this process.
    pub(crate) id: String,
    /// browser-gpu, browser-cpu, native-gpu, native-cpu or local.
    pub(crate) kind: String,
    /// What the peer calls itself; unchecked.
    pub(crate) name: String,
    /// Merged samples: pixels × samples per pixel.
    pub(crate) samples: u64,
    /// Merged tiles.
    pub(crate) tiles: u64,
    /// Bytes of messages from the peer.
    pub(crate) received_bytes: u64,
    /// How it went with its tasks; only with peers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tasks: Option<TaskShare>,
}

/// How it went with a worker's tasks, and what is expected of it now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TaskShare {
    /// How much is known of it: heuristic, per_worker, per_kind and so on.
    pub(crate) stage: Stage,
    /// Tasks that it is known to have delivered, in earlier runs too.
    pub(crate) delivered: u64,
    /// Tasks that came to nothing.
    pub(crate) failed: u64,
    /// Results that came before another worker's with the same task.
    pub(crate) hedges_won: u64,
    /// Tasks that another worker's result made superfluous.
    pub(crate) hedges_lost: u64,
    /// Seconds of a usual task: one in twenty takes less, median, one in twenty takes more.
    pub(crate) expected_seconds: [f64; 3],
    /// Probability that a usual task comes to nothing.
    pub(crate) expected_failure: f64,
    /// Seconds that it had tasks, summed over its lanes.
    pub(crate) busy_seconds: f64,
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
    /// What traced here; `shared` where peers took part, `none` where only they did.
    pub(crate) device: String,
    /// From the loaded scene to the merged film.
    pub(crate) seconds: f64,
    /// Closest-hit rays, of peers as they report them.
    pub(crate) rays: u64,
    /// Shadow rays, of peers as they report them.
    pub(crate) shadow_rays: u64,
    /// Both kinds together, per second.
    pub(crate) rays_per_second: f64,
    /// Whether the merged regions partition the job exactly; a picture is only written if they do.
    pub(crate) is_partitioned: bool,
    /// Shares of the samples.
    pub(crate) peers: Vec<PeerShare>,
    /// What only a render with peers has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<NetworkReport>,
}

/// Figures of the network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct NetworkReport {
    /// From the start to the first linked contributor.
    pub(crate) connect_seconds: Option<f64>,
    /// Longest task message.
    pub(crate) task_bytes_max: usize,
    /// Bytes of results per merged sample of a contributor.
    pub(crate) result_bytes_per_sample: Option<f64>,
    /// What went wrong without ending the render.
    pub(crate) warnings: Vec<String>,
}

impl PeerShare {
    /// The share of this process where nobody else took part.
    pub(crate) fn local(samples: u64) -> Self {
        let (id, kind) = ("local".to_owned(), "local".to_owned());
        Self { id, kind, name: String::new(), samples, tiles: 1, received_bytes: 0, tasks: None }
    }

    fn of(worker: &WorkerReport) -> Self {
        Self {
            id: worker.id.clone(),
            kind: worker.kind.to_owned(),
            name: worker.name.clone(),
            samples: worker.samples,
            tiles: worker.tiles,
            received_bytes: worker.received_bytes,
            tasks: Some(TaskShare::of(worker)),
        }
    }
}

impl TaskShare {
    fn of(worker: &WorkerReport) -> Self {
        let Prediction { low, median, high, failure, stage, .. } = worker.prediction;
        Self {
            stage,
            delivered: worker.tasks,
            failed: worker.failures,
            hedges_won: worker.hedges_won,
            hedges_lost: worker.hedges_lost,
            expected_seconds: [low, median, high].map(|time| time.as_secs_f64()),
            expected_failure: failure,
            busy_seconds: worker.busy.as_secs_f64(),
        }
    }
}

impl RenderReport {
    /// Fills in what was traced, and in which time.
    pub(crate) fn set_counters(&mut self, counters: TraceCounters, elapsed: Duration) {
        self.seconds = elapsed.as_secs_f64();
        self.rays = counters.rays;
        self.shadow_rays = counters.shadow_rays;
        let rays = counters.rays.saturating_add(counters.shadow_rays) as f64;
        self.rays_per_second = rays / self.seconds.max(f64::MIN_POSITIVE);
    }

    /// Fills in what a render with peers came to.
    pub(crate) fn set_rendered(&mut self, rendered: &Rendered) {
        let mut counters = TraceCounters::default();
        rendered.workers.iter().for_each(|worker| counters.add(worker.counters));
        self.set_counters(counters, rendered.elapsed);
        self.peers = rendered.workers.iter().map(PeerShare::of).collect();
        let remote = || self.peers.iter().filter(|peer| peer.kind != "local");
        let samples: u64 = remote().map(|peer| peer.samples).sum();
        let bytes: u64 = remote().map(|peer| peer.received_bytes).sum();
        let per_sample = bytes as f64 / samples as f64;
        self.network = Some(NetworkReport {
            connect_seconds: rendered.network.connect.map(|time| time.as_secs_f64()),
            task_bytes_max: rendered.network.task_bytes_max,
            result_bytes_per_sample: (samples > 0).then_some(per_sample),
            warnings: rendered.network.warnings.clone(),
        });
    }
}
