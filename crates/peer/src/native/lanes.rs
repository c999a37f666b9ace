//! Tracing off the event loop: one thread per lane, each with one task at a time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use p2c2r_frame::{RadianceSums, SceneId, TileTask, TraceCounters};
use p2c2r_protocol::peer::{DeviceKind, MAX_LANES};
use p2c2r_tracer_gpu::{GpuContext, GpuError, GpuOptions, GpuTracer};
use tokio::sync::mpsc;

use super::PeerError;
use super::scenes::LoadedScene;
use super::tuning::TUNE_FILE;

/// Finished tasks that may wait for the event loop.
const QUEUE_RESULTS: usize = 256;

/// What a user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A real GPU, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU, a software one too.
    Gpu,
}

/// What makes a contributor worse than its machine, for measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Handicap {
    /// Each task takes this many times as long: the tracer waits for the rest.
    pub slow_down: f64,
    /// Share of tasks that are never answered, from 0 to 1.
    pub fail_share: f64,
}

impl Handicap {
    /// As good as its machine.
    pub const NONE: Self = Self { slow_down: 1.0, fail_share: 0.0 };

    /// How much longer a task has to take that took so long.
    fn rest(self, took: Duration) -> Duration {
        took.mul_f64((self.slow_down - 1.0).clamp(0.0, 1e3))
    }

    /// Whether the n-th task is never answered; the tasks are spread evenly, by the golden ratio.
    fn fails(self, ticket: Ticket) -> bool {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        (ticket.wrapping_mul(GOLDEN) >> 11) as f64 / ((1u64 << 53) as f64) < self.fail_share
    }
}

/// A device that was found.
#[derive(Debug, Clone)]
pub enum TracingDevice {
    /// So many threads.
    Cpu {
        /// One lane each.
        threads: usize,
    },
    /// One lane.
    Gpu(Box<GpuContext>),
    /// Takes every task and finishes none: a peer that requesters have to survive, for measurements.
    Mute,
}

impl TracingDevice {
    /// Finds what was asked for; `threads` of 0 takes every core.
    pub fn find(choice: DeviceChoice, threads: usize) -> Result<Self, PeerError> {
        let gpu = |allow_software| block_on(GpuContext::request(gpu_options(allow_software)));
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu(threads)),
            DeviceChoice::Gpu => {
                gpu(true).map(|context| Self::Gpu(Box::new(context))).map_err(|error| {
                    PeerError::Device(format!("{error}; --device cpu works everywhere"))
                })
            }
            DeviceChoice::Auto => Ok(match gpu(false) {
                Ok(context) => Self::Gpu(Box::new(context)),
                Err(error) => {
                    tracing::debug!(%error, "no GPU, tracing on the CPU");
                    Self::cpu(threads)
                }
            }),
        }
    }

    fn cpu(threads: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let threads = if threads == 0 { cores } else { threads };
        Self::Cpu { threads: threads.min(usize::from(MAX_LANES)) }
    }

    /// For hellos and reports.
    pub const fn kind(&self) -> DeviceKind {
        match self {
            Self::Cpu { .. } | Self::Mute => DeviceKind::NativeCpu,
            Self::Gpu(_) => DeviceKind::NativeGpu,
        }
    }

    /// Tasks at the same time.
    pub const fn lanes(&self) -> u16 {
        match self {
            Self::Cpu { threads } => *threads as u16,
            Self::Gpu(_) | Self::Mute => 1,
        }
    }

    /// For people.
    pub fn describe(&self) -> String {
        match self {
            Self::Cpu { threads: 1 } => "CPU, 1 thread".to_owned(),
            Self::Cpu { threads } => format!("CPU, {threads} threads"),
            Self::Gpu(context) => format!("GPU, {}", context.adapter_name()),
            Self::Mute => "device that answers nothing".to_owned(),
        }
    }
}

fn gpu_options(allow_software: bool) -> GpuOptions {
    GpuOptions { allow_software, clock: monotonic, memory: Some(TUNE_FILE) }
}

fn monotonic() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A task's name within its session.
pub(super) type Ticket = u64;

/// What a lane gives back; none where the task was cancelled or failed.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) ticket: Ticket,
    pub(super) outcome: Option<(RadianceSums, TraceCounters)>,
}

struct Job {
    ticket: Ticket,
    scene: Arc<LoadedScene>,
    task: TileTask,
    cancel: Arc<AtomicBool>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    running: Vec<(Ticket, Arc<AtomicBool>)>,
    is_closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The threads of one device.
pub(super) struct Lanes {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Lanes {
    /// Starts the threads; results come out of the receiver.
    pub(super) fn start(
        device: &TracingDevice,
        handicap: Handicap,
    ) -> Result<(Self, mpsc::Receiver<Traced>), PeerError> {
        let shared = Arc::new(Shared::default());
        let (results, receiver) = mpsc::channel(QUEUE_RESULTS);
        let mut lanes = Self { shared: shared.clone(), threads: Vec::new() };
        let threads = if matches!(device, TracingDevice::Mute) { 0 } else { device.lanes() };
        for index in 0..threads {
            let (shared, results, device) = (shared.clone(), results.clone(), device.clone());
            let thread = std::thread::Builder::new().name(format!("trace-{index}"));
            let thread = thread.spawn(move || run_lane(&shared, &results, device, handicap));
            let failed = |error| PeerError::Internal(format!("cannot start a thread: {error}"));
            lanes.threads.push(thread.map_err(failed)?);
        }
        Ok((lanes, receiver))
    }

    /// Queues a task.
    pub(super) fn trace(&self, ticket: Ticket, scene: Arc<LoadedScene>, task: TileTask) {
        let job = Job { ticket, scene, task, cancel: Arc::default() };
        self.shared.lock().waiting.push_back(job);
        // A lane with a handicap waits for the same signal.
        self.shared.changed.notify_all();
    }

    /// Stops a task that waits or runs; its result, if any, still comes and is to be ignored.
    pub(super) fn cancel(&self, ticket: Ticket) {
        let mut queue = self.shared.lock();
        queue.waiting.retain(|job| job.ticket != ticket);
        for (running, cancel) in &queue.running {
            if *running == ticket {
                cancel.store(true, Ordering::Relaxed);
            }
        }
        // A lane with a handicap may be waiting.
        self.shared.changed.notify_all();
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        {
            let mut queue = self.shared.lock();
            queue.is_closed = true;
            queue.waiting.clear();
            for (_, cancel) in &queue.running {
                cancel.store(true, Ordering::Relaxed);
            }
        }
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A lane that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a task; none when the lanes close.
    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.is_closed {
                return None;
            }
            if let Some(job) = queue.waiting.pop_front() {
                queue.running.push((job.ticket, job.cancel.clone()));
                return Some(job);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for so long, or until the task is cancelled or the lanes close.
    fn idle(&self, job: &Job, rest: Duration) {
        let until = Instant::now() + rest;
        let mut queue = self.lock();
        while !queue.is_closed && !job.cancel.load(Ordering::Relaxed) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn done(&self, ticket: Ticket) {
        self.lock().running.retain(|(running, _)| *running != ticket);
    }
}

fn run_lane(
    shared: &Shared,
    results: &mpsc::Sender<Traced>,
    device: TracingDevice,
    handicap: Handicap,
) {
    let mut gpu = match device {
        TracingDevice::Cpu { .. } | TracingDevice::Mute => None,
        TracingDevice::Gpu(context) => Some(GpuLane { context: *context, tracer: None }),
    };
    while let Some(job) = shared.next() {
        let started = Instant::now();
        let outcome = match &mut gpu {
            Some(lane) => lane.trace(&job),
            None => trace_on_cpu(&job),
        };
        shared.idle(&job, handicap.rest(started.elapsed()));
        shared.done(job.ticket);
        if handicap.fails(job.ticket) {
            continue;
        }
        let traced = Traced { ticket: job.ticket, outcome };
        // The event loop is gone: nobody wants more.
        if results.blocking_send(traced).is_err() {
            return;
        }
    }
}

fn trace_on_cpu(job: &Job) -> Option<(RadianceSums, TraceCounters)> {
    match job.scene.cpu_tracer().trace(&job.task, &job.cancel) {
        Ok(tile) => Some((tile.sums, tile.counters)),
        Err(error) => {
            tracing::debug!(%error, "task not traced");
            None
        }
    }
}

/// A GPU with the scene that it traced last.
struct GpuLane {
    context: GpuContext,
    tracer: Option<(SceneId, GpuTracer)>,
}

impl GpuLane {
    fn trace(&mut self, job: &Job) -> Option<(RadianceSums, TraceCounters)> {
        match block_on(self.try_trace(job)) {
            Ok(traced) => Some(traced),
            Err(GpuError::Cancelled) => None,
            Err(error) => {
                tracing::warn!(%error, "task not traced on the GPU");
                // The next task gets a fresh device if this one is gone.
                self.tracer = None;
                None
            }
        }
    }

    async fn try_trace(&mut self, job: &Job) -> Result<(RadianceSums, TraceCounters), GpuError> {
        let id = job.scene.scene.id;
        let mut tracer = match self.tracer.take() {
            Some((loaded, tracer)) if loaded == id => tracer,
            _ => GpuTracer::new(&self.context, job.scene.scene.clone()).await?,
        };
        let traced = tracer.trace(&job.task, &job.cancel, &mut |_| {}).await;
        self.context = tracer.context().clone();
        self.tracer = Some((id, tracer));
        traced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handicap_fails_its_share_of_tasks_and_lengthens_the_others() {
        let handicap = Handicap { slow_down: 4.0, fail_share: 0.15 };
        let failed = (1..=2000).filter(|ticket| handicap.fails(*ticket)).count();
        assert!((298..=302).contains(&failed), "{failed}");
        assert_eq!(handicap.rest(Duration::from_millis(10)), Duration::from_millis(30));
        assert!((1..=2000).all(|ticket| !Handicap::NONE.fails(ticket)));
        assert_eq!(Handicap::NONE.rest(Duration::from_secs(1)), Duration::ZERO);
    }
}
