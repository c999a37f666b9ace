//! The GPU lane of a session: a device, the scenes on it, one task at a time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use p2c2r_frame::{SceneId, TileTask};
use p2c2r_scene::Scene;
use p2c2r_tracer_gpu::{
    Clock, GpuContext, GpuError, GpuOptions, GpuTracer, TuneChoice, TuneMemory,
};

use crate::base::Event;

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
    /// Taken out while it traces.
    tracer: Option<Held>,
    running: Option<(u32, Arc<AtomicBool>)>,
}

/// A tracer and the scene that it holds.
pub(crate) type Held = (SceneId, GpuTracer);

/// What a task needs while it runs without the lane.
pub(crate) struct Run {
    context: GpuContext,
    scene: Option<Arc<Scene>>,
    tracer: Option<Held>,
    cancel: Arc<AtomicBool>,
    ticket: u32,
    task: TileTask,
    clock: Clock,
}

impl Gpu {
    /// Nothing touches the GPU before [`Self::request`].
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, context: None, scenes: BTreeMap::new(), tracer: None, running: None }
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
        if self.tracer.as_ref().is_some_and(|(held, _)| *held == scene) {
            self.tracer = None;
        }
    }

    /// Takes out what a task needs; none without a device.
    pub(crate) fn prepare(&mut self, ticket: u32, task: TileTask) -> Option<Run> {
        let context = self.context.clone()?;
        let cancel = Arc::new(AtomicBool::new(false));
        self.running = Some((ticket, Arc::clone(&cancel)));
        let scene = self.scenes.get(&task.scene).cloned();
        let tracer = self.tracer.take().filter(|(held, _)| *held == task.scene);
        Some(Run { context, scene, tracer, cancel, ticket, task, clock: self.clock })
    }

    /// Asks the task to end early.
    pub(crate) fn cancel(&self, ticket: u32) {
        if let Some((running, cancel)) = &self.running
            && *running == ticket
        {
            cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the tracer back; gives what the session should hear.
    pub(crate) fn end(&mut self, tracer: Option<Held>, events: &[Event]) {
        self.running = None;
        if events.iter().any(|event| matches!(event, Event::GpuFailed { .. })) {
            self.context = None;
            return;
        }
        if let Some((scene, tracer)) = tracer {
            // A rebuilt tracer stands on another device.
            self.context = Some(tracer.context().clone());
            // A scene that was dropped meanwhile takes its tracer with it.
            self.tracer = self.scenes.contains_key(&scene).then_some((scene, tracer));
        }
    }
}

impl Run {
    /// Traces; gives the tracer back with what happened.
    pub(crate) async fn run(self) -> (Option<Held>, Vec<Event>) {
        let Self { context, scene, tracer, cancel, ticket, task, clock } = self;
        let failed = Event::GpuTraceFailed { ticket };
        let tracer = match (tracer, scene) {
            (Some((_, tracer)), _) => Ok(tracer),
            (None, Some(scene)) => GpuTracer::new(&context, scene).await,
            (None, None) => return (None, vec![failed]),
        };
        let mut tracer = match tracer {
            Ok(tracer) => tracer,
            Err(error) => return (None, vec![lost(&error), failed]),
        };
        let began = clock();
        match tracer.trace(&task, &cancel, &mut |_| ()).await {
            Ok((sums, counters)) => {
                let busy: Duration = clock().saturating_sub(began);
                (
                    Some((task.scene, tracer)),
                    vec![Event::GpuTraced { ticket, sums, counters, busy }],
                )
            }
            Err(GpuError::Cancelled) => (Some((task.scene, tracer)), vec![failed]),
            Err(error) => (None, vec![lost(&error), failed]),
        }
    }
}

/// Whatever goes wrong on a GPU would go wrong again: the CPU takes over.
fn lost(error: &GpuError) -> Event {
    Event::GpuFailed { message: error.to_string() }
}
