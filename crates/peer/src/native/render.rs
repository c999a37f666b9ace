//! A picture rendered together: what goes in, what comes out.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use p2c2r_frame::{Effects, Packing, TraceCounters, View};
use p2c2r_image::Film;
use p2c2r_protocol::RoomId;
use p2c2r_protocol::peer::{PeerName, Pseudonym};
use p2c2r_scene::Scene;
use p2c2r_swarm::{AttemptRecord, Prediction, Worker};

use super::requester::Driver;
use super::{PeerError, ServerAddress, TracingDevice};

/// What to render.
#[derive(Debug, Clone)]
pub struct RenderJob {
    /// The scene, unpacked from `package`.
    pub scene: Arc<Scene>,
    /// What contributors fetch.
    pub package: Arc<[u8]>,
    /// The camera.
    pub view: View,
    /// Samples of every pixel.
    pub samples_per_pixel: u32,
    /// Keys the random numbers.
    pub seed: u32,
    /// Path vertices after the camera.
    pub max_bounces: u8,
    /// What light to trace.
    pub effects: Effects,
    /// How contributors' results travel.
    pub packing: Packing,
}

/// With whom.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// Who introduces contributors.
    pub server: ServerAddress,
    /// Where to meet them; none is the public pool.
    pub room: Option<RoomId>,
    /// Shown to contributors.
    pub name: PeerName,
    /// Most contributors.
    pub max_peers: u16,
    /// What renders here; none leaves everything to contributors.
    pub device: Option<TracingDevice>,
    /// Contributors that must be ready before the clock starts.
    pub wait_for_peers: usize,
    /// What is known beforehand, and what is kept.
    pub foresight: Foresight,
    /// Spreads reconnects; draw it at random.
    pub seed: u64,
}

/// What a requester knows of contributors beforehand, and what becomes of what it learns; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct Foresight {
    /// The file of a base model; one that is refused leaves a heuristic.
    pub model: Option<Cow<'static, [u8]>>,
    /// The file of a cost model; one that is refused leaves what is measured.
    pub cost_model: Option<Cow<'static, [u8]>>,
    /// Where what was learned is kept between runs.
    pub state: Option<PathBuf>,
    /// By what contributors know this requester, unless `state` says it; draw it at random.
    pub fresh_tag: Pseudonym,
    /// Whether [`RenderEvent::Attempt`] is told.
    pub tells_attempts: bool,
}

/// What the caller may show.
#[derive(Debug, Clone, PartialEq)]
pub enum RenderEvent {
    /// Share of the samples merged, 0 to 1.
    Progress(f64),
    /// A contributor is ready.
    PeerReady {
        /// Its name, or its id.
        name: String,
        /// Its kind.
        kind: &'static str,
    },
    /// A contributor is known from an earlier render.
    PeerRecognised {
        /// Its name, or its id.
        name: String,
        /// Tasks that it has delivered before.
        tasks: u64,
    },
    /// A contributor is gone.
    PeerLost {
        /// Its name, or its id.
        name: String,
        /// Why.
        reason: String,
    },
    /// Something that does not end the render.
    Warning(String),
    /// An attempt at a task has ended; names nobody.
    Attempt(Box<AttemptRecord>),
}

/// The picture and how it came about.
#[derive(Debug)]
pub struct Rendered {
    /// Every sample, once.
    pub film: Film,
    /// From the first task to the last sample.
    pub elapsed: Duration,
    /// Who did how much, this process first.
    pub workers: Vec<WorkerReport>,
    /// What the network did.
    pub network: NetworkStats,
}

/// The part of one worker.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerReport {
    /// `local` or the peer's id.
    pub id: String,
    /// `local`, `native-cpu` and so on.
    pub kind: &'static str,
    /// As the peer calls itself.
    pub name: String,
    /// Pixels × samples merged.
    pub samples: u64,
    /// Tiles merged.
    pub tiles: u64,
    /// What it says that it counted.
    pub counters: TraceCounters,
    /// Bytes of messages from it.
    pub received_bytes: u64,
    /// Bytes of messages to it.
    pub sent_bytes: u64,
    /// Tasks that came to nothing.
    pub failures: u64,
    /// Its results that came before another worker's with the same task.
    pub hedges_won: u64,
    /// Its tasks that another worker's result made superfluous.
    pub hedges_lost: u64,
    /// Tasks that it is known to have delivered, in earlier runs too.
    pub tasks: u64,
    /// What is expected of it by now, for a task as they usually are.
    pub prediction: Prediction,
    /// Time that it had tasks, summed over its lanes.
    pub busy: Duration,
}

/// Figures of the network side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkStats {
    /// From the first socket to the first linked contributor.
    pub connect: Option<Duration>,
    /// Longest task message.
    pub task_bytes_max: usize,
    /// What went wrong without ending the render.
    pub warnings: Vec<String>,
}

/// Renders with whoever comes, and alone where nobody does; dropping the future ends it.
pub async fn render(
    job: RenderJob,
    options: RenderOptions,
    show: impl FnMut(RenderEvent),
) -> Result<Rendered, PeerError> {
    // Large: it holds the whole session.
    Box::pin(Driver::new(job, options, show)?.run()).await
}

impl WorkerReport {
    pub(super) fn of(stats: &p2c2r_swarm::WorkerStats) -> Self {
        let capabilities = stats.capabilities.as_ref();
        let (id, kind) = match stats.worker {
            Worker::Local => ("local".to_owned(), "local"),
            Worker::Peer(peer) => {
                let kind = capabilities.map_or("unknown", |known| known.device.as_str());
                (peer.to_string(), kind)
            }
        };
        Self {
            id,
            kind,
            name: capabilities.map_or(String::new(), |known| known.name.as_str().to_owned()),
            samples: stats.job_samples,
            tiles: stats.tiles,
            counters: stats.counters,
            received_bytes: stats.received_bytes,
            sent_bytes: stats.sent_bytes,
            failures: stats.failures,
            hedges_won: stats.hedges_won,
            hedges_lost: stats.hedges_lost,
            tasks: stats.tasks,
            prediction: stats.prediction,
            busy: stats.busy,
        }
    }
}
