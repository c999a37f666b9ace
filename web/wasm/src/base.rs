//! What both roles have: lanes, the network, and the list of things to do.

use std::collections::VecDeque;
use std::time::Duration;

use p2c2r_frame::{RadianceSums, TileTask, TraceCounters};
use p2c2r_transport::LinkEvent;

use crate::action::Action;
use crate::environment::Input;
use crate::lanes::Lanes;
use crate::messages::{ErrorCategory, FromSession};
use crate::network::{Network, News};
use crate::traced;

/// Something that happened around a session.
#[derive(Debug)]
pub(crate) enum Event {
    /// The worker around it speaks; with attachments.
    Input(Input, Vec<Vec<u8>>),
    /// A link opened, spoke or ended.
    Link(LinkEvent),
    /// A GPU is ready.
    GpuReady {
        /// What it calls itself.
        name: String,
    },
    /// There is no usable GPU, or it was lost.
    GpuFailed {
        /// Why, for people.
        message: String,
    },
    /// The GPU has done a task.
    GpuTraced {
        /// Of the task.
        ticket: u32,
        /// The result.
        sums: RadianceSums,
        /// What was counted.
        counters: TraceCounters,
        /// Time spent tracing.
        busy: Duration,
    },
    /// The GPU has denoised a picture, or could not.
    GpuDenoised {
        /// Of the request.
        ticket: u32,
        /// The radiance, or why there is none.
        outcome: Result<Vec<[f32; 3]>, String>,
    },
    /// The GPU gave a task up, perhaps because of a cancel.
    GpuTraceFailed {
        /// Of the task.
        ticket: u32,
    },
}

/// A finished task.
#[derive(Debug)]
pub(crate) struct Traced<K> {
    /// Names it.
    pub(crate) key: K,
    /// The result; none if it could not be traced.
    pub(crate) result: Option<(RadianceSums, TraceCounters)>,
    /// Time spent tracing.
    pub(crate) busy: Duration,
}

/// What both roles have; `K` names a task.
#[derive(Debug)]
pub(crate) struct Base<K> {
    pub(crate) lanes: Lanes<K>,
    pub(crate) network: Option<Network>,
    pub(crate) actions: VecDeque<Action>,
}

impl<K: Clone + PartialEq> Base<K> {
    /// Without a network.
    pub(crate) fn new(lanes: Lanes<K>) -> Self {
        Self { lanes, network: None, actions: VecDeque::new() }
    }

    /// Passes what concerns the network; gives what it has to say.
    pub(crate) fn network_event(&mut self, now: Duration, event: &Event) -> Vec<News> {
        let Some(network) = &mut self.network else { return Vec::new() };
        match event {
            Event::Input(input, _) => network.handle(now, input),
            Event::Link(event) => network.link(now, event),
            _ => {}
        }
        self.network_news()
    }

    /// Drains the network.
    pub(crate) fn network_news(&mut self) -> Vec<News> {
        self.network.as_mut().map_or(Vec::new(), |network| network.drain(&mut self.actions))
    }

    /// A task that a tracer is done with, unless it was cancelled meanwhile.
    pub(crate) fn traced(&mut self, event: &mut Event) -> Option<Traced<K>> {
        match event {
            Event::Input(Input::Traced { slot, ticket, busy_ms }, attachments) => {
                let (key, task) = self.lanes.release(*slot, *ticket, &mut self.actions)?;
                let result = attachments.pop().and_then(|bytes| read_result(&task, &bytes));
                let busy = Duration::try_from_secs_f64(*busy_ms / 1e3).unwrap_or_default();
                Some(Traced { key, result, busy })
            }
            Event::Input(
                Input::TraceFailed { slot, ticket, .. } | Input::TraceCancelled { slot, ticket },
                _,
            ) => self.failed(*slot, *ticket),
            Event::GpuTraced { ticket, sums, counters, busy } => {
                let (key, _) = self.lanes.release(GPU_SLOT, *ticket, &mut self.actions)?;
                let sums = std::mem::replace(sums, RadianceSums::zeroed(sums.rect, sums.samples));
                Some(Traced { key, result: Some((sums, *counters)), busy: *busy })
            }
            Event::GpuTraceFailed { ticket } => self.failed(GPU_SLOT, *ticket),
            _ => None,
        }
    }

    fn failed(&mut self, slot: u32, ticket: u32) -> Option<Traced<K>> {
        let (key, _) = self.lanes.release(slot, ticket, &mut self.actions)?;
        Some(Traced { key, result: None, busy: Duration::ZERO })
    }

    /// Tells the page.
    pub(crate) fn tell(&mut self, message: FromSession) {
        self.actions.push_back(message.into());
    }

    /// Reports an error to the page.
    pub(crate) fn report(
        &mut self,
        category: ErrorCategory,
        code: &str,
        message: impl ToString,
        is_fatal: bool,
    ) {
        let (code, message) = (code.to_owned(), message.to_string());
        self.tell(FromSession::Error { category, code, message, is_fatal });
    }
}

/// The GPU is one lane.
const GPU_SLOT: u32 = 0;

fn read_result(task: &TileTask, bytes: &[u8]) -> Option<(RadianceSums, TraceCounters)> {
    traced::decode(task, bytes).ok()
}
