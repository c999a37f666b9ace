//! The GPU lane of a session: a device, the scenes on it, one task at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use p2c2r_frame::{SceneId, TileTask};
use p2c2r_scene::Scene;
use p2c2r_tracer_gpu::{
    Clock, GpuContext, GpuError, GpuOptions, GpuTracer, TuneChoice, TuneMemory,
};

use crate::base::Event;
use crate::finish::DenoiseRequest;
use crate::gpu_denoise::GpuFinisher;

thread_local! {
    /// Which kernels are fastest on which adapter, as long as this worker lives.
    static KERNELS: RefCell<BTreeMap<String, TuneChoice>> = const { RefCell::new(BTreeMap::new()) };
}

const MEMORY: TuneMemory = TuneMemory {
    recall: |key| KERNELS.with_borrow(|kernels| kernels.get(key).copied()),
    keep: |key, choice| {
        KERNELS.with_borrow_mut(|kernels| kernels.insert(key.to_owned(), choice));
    },
};

/// A device and what lies on it.
pub(crate) struct Gpu {
    clock: Clock,
    context: Option<GpuContext>,
    scenes: BTreeMap<SceneId, Arc<Scene>>,
    /// Taken out while it works.
    held: Held,
    running: Option<(WorkId, Arc<AtomicBool>)>,
    /// In order; the session gives one of each kind at a time.
    waiting: VecDeque<(Work, Arc<AtomicBool>)>,
}

/// What stays on the device between two pieces of work.
#[derive(Default)]
pub(crate) struct Held {
    /// With the scene that it holds.
    tracer: Option<(SceneId, GpuTracer)>,
    finisher: GpuFinisher,
}

/// One piece of work on the device.
pub(crate) enum Work {
    /// A task by its ticket.
    Trace(u32, TileTask),
    /// A picture.
    Denoise(DenoiseRequest),
}

/// Tickets of both kinds are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkId {
    /// Of a task.
    Trace(u32),
    /// Of a picture.
    Denoise(u32),
}

/// What a piece of work needs while it runs without the lane.
pub(crate) struct Run {
    context: Option<GpuContext>,
    scene: Option<Arc<Scene>>,
    held: Held,
    cancel: Arc<AtomicBool>,
    work: Work,
    clock: Clock,
}

impl Work {
    const fn id(&self) -> WorkId {
        match self {
            Self::Trace(ticket, _) => WorkId::Trace(*ticket),
            Self::Denoise(request) => WorkId::Denoise(request.ticket),
        }
    }

    const fn task(&self) -> &TileTask {
        match self {
            Self::Trace(_, task) => task,
            Self::Denoise(request) => &request.task,
        }
    }

    /// What the session hears when it comes to nothing.
    fn failed(&self, message: &str) -> Event {
        match self {
            Self::Trace(ticket, _) => Event::GpuTraceFailed { ticket: *ticket },
            Self::Denoise(request) => {
                Event::GpuDenoised { ticket: request.ticket, outcome: Err(message.to_owned()) }
            }
        }
    }
}

impl Gpu {
    /// Nothing touches the GPU before [`Self::request`].
    pub(crate) fn new(clock: Clock) -> Self {
        let (context, scenes, held) = (None, BTreeMap::new(), Held::default());
        Self { clock, context, scenes, held, running: None, waiting: VecDeque::new() }
    }

    /// Looks for a device.
    pub(crate) async fn request(
        clock: Clock,
        allow_software: bool,
    ) -> Result<GpuContext, GpuError> {
        GpuContext::request(GpuOptions { allow_software, clock, memory: Some(MEMORY) }).await
    }

    /// Keeps the device.
    pub(crate) fn begin(&mut self, context: GpuContext) {
        self.context = Some(context);
    }

    /// Keeps a scene for the tasks to come.
    pub(crate) fn add_scene(&mut self, scene: Arc<Scene>) {
        self.scenes.insert(scene.id, scene);
    }

    /// Drops a scene; a task on it goes on.
    pub(crate) fn forget_scene(&mut self, scene: SceneId) {
        self.scenes.remove(&scene);
        if self.held.tracer.take_if(|(held, _)| *held == scene).is_some() {
            self.held.finisher.forget();
        }
    }

    /// Takes work; [`Self::next`] gives it out when the device is free.
    pub(crate) fn push(&mut self, work: Work) {
        self.waiting.push_back((work, Arc::new(AtomicBool::new(false))));
    }

    /// Asks a piece of work to end early.
    pub(crate) fn cancel(&self, id: WorkId) {
        let running = self.running.iter().map(|(running, cancel)| (*running, cancel));
        let waiting = self.waiting.iter().map(|(work, cancel)| (work.id(), cancel));
        for (_, cancel) in running.chain(waiting).filter(|(other, _)| *other == id) {
            cancel.store(true, Ordering::Relaxed);
        }
    }

    /// The next piece of work with all that it needs, unless one is running.
    pub(crate) fn next(&mut self) -> Option<Run> {
        if self.running.is_some() {
            return None;
        }
        let (work, cancel) = self.waiting.pop_front()?;
        self.running = Some((work.id(), Arc::clone(&cancel)));
        let wanted = work.task().scene;
        let scene = self.scenes.get(&wanted).cloned();
        let mut held = std::mem::take(&mut self.held);
        held.tracer.take_if(|(held, _)| *held != wanted);
        let (context, clock) = (self.context.clone(), self.clock);
        Some(Run { context, scene, held, cancel, work, clock })
    }

    /// Takes back what stays on the device; `events` is what the session should hear.
    pub(crate) fn end(&mut self, held: Held, events: &[Event]) {
        self.running = None;
        if events.iter().any(|event| matches!(event, Event::GpuFailed { .. })) {
            self.context = None;
            return;
        }
        self.held = held;
        if let Some((scene, tracer)) = &self.held.tracer {
            // A rebuilt tracer stands on another device.
            self.context = Some(tracer.context().clone());
            // A scene that was dropped meanwhile takes its tracer with it.
            if !self.scenes.contains_key(scene) {
                self.held.tracer = None;
            }
        }
    }
}

impl Run {
    /// Does the work; gives back what stays on the device, with what happened.
    pub(crate) async fn run(mut self) -> (Held, Vec<Event>) {
        if self.cancel.load(Ordering::Relaxed) {
            return (self.held, vec![self.work.failed("cancelled")]);
        }
        let (tracer, context, scene) = (self.held.tracer.take(), &self.context, self.scene);
        let tracer = match (tracer, context, scene) {
            (Some((_, tracer)), ..) => Ok(tracer),
            (None, Some(context), Some(scene)) => GpuTracer::new(context, scene).await,
            _ => return (self.held, vec![self.work.failed("the scene is not on the GPU")]),
        };
        let mut tracer = match tracer {
            Ok(tracer) => tracer,
            Err(error) => return (Held::default(), vec![lost(&error), self.work.failed("lost")]),
        };
        let scene = self.work.task().scene;
        let events = match &self.work {
            Work::Trace(ticket, task) => {
                traced(&mut tracer, *ticket, task, &self.cancel, self.clock).await
            }
            Work::Denoise(request) => {
                let finisher = &mut self.held.finisher;
                let outcome = finisher.denoised(&mut tracer, request, &self.cancel).await;
                let outcome = outcome.map_err(|error| error.to_string());
                vec![Event::GpuDenoised { ticket: request.ticket, outcome }]
            }
        };
        self.held.tracer = Some((scene, tracer));
        (self.held, events)
    }
}

/// Traces a task.
async fn traced(
    tracer: &mut GpuTracer,
    ticket: u32,
    task: &TileTask,
    cancel: &AtomicBool,
    clock: Clock,
) -> Vec<Event> {
    let failed = Event::GpuTraceFailed { ticket };
    let began = clock();
    match tracer.trace(task, cancel, &mut |_| ()).await {
        Ok((sums, counters)) => {
            let busy: Duration = clock().saturating_sub(began);
            vec![Event::GpuTraced { ticket, sums, counters, busy }]
        }
        Err(GpuError::Cancelled) => vec![failed],
        Err(error) => vec![lost(&error), failed],
    }
}

/// Whatever goes wrong on a GPU would go wrong again: the CPU takes over.
fn lost(error: &GpuError) -> Event {
    Event::GpuFailed { message: error.to_string() }
}
