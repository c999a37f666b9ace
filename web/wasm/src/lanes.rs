//! What traces in a session: trace workers on the CPU, or one GPU. Keeps who traces what.

use std::collections::{BTreeMap, VecDeque};

use p2c2r_frame::TileTask;

use crate::action::Action;
use crate::environment::Output;
use crate::messages::{DeviceChoice, DeviceInfo};
use crate::traced;

/// Trace workers that one session may start.
const MAX_WORKERS: u32 = 64;

/// Where a tracer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    /// Nothing traces, and nothing will.
    None,
    /// A GPU was asked for.
    WaitsForGpu,
    /// Trace workers were asked for.
    WaitsForPool,
    /// One task at a time on the GPU.
    Gpu,
    /// One task at a time on each worker.
    Cpu,
}

/// A task on a lane.
#[derive(Debug, Clone)]
struct Running<K> {
    key: K,
    task: TileTask,
    ticket: u32,
    /// The result is no longer wanted; the lane is busy until the tracer has noticed.
    is_cancelled: bool,
}

/// The lanes of a session; `K` names a task.
#[derive(Debug)]
pub(crate) struct Lanes<K> {
    device: Device,
    choice: DeviceChoice,
    workers: u32,
    name: String,
    running: BTreeMap<u32, Running<K>>,
    waiting: VecDeque<(K, TileTask)>,
    next_ticket: u32,
    /// Tasks wait until the page wants to go on.
    is_held: bool,
}

impl<K: Clone + PartialEq> Lanes<K> {
    /// `threads` of 0 leaves one of `cores` to the page and whatever else the visitor does.
    pub(crate) fn new(choice: DeviceChoice, threads: u32, cores: u32) -> Self {
        let wanted = if threads == 0 { cores.saturating_sub(1) } else { threads };
        Self {
            device: Device::None,
            choice,
            workers: wanted.clamp(1, MAX_WORKERS),
            name: String::new(),
            running: BTreeMap::new(),
            waiting: VecDeque::new(),
            next_ticket: 1,
            is_held: false,
        }
    }

    /// Asks for the tracer.
    pub(crate) fn start(&mut self, actions: &mut VecDeque<Action>) {
        match self.choice {
            DeviceChoice::None => self.device = Device::None,
            DeviceChoice::Cpu => self.start_pool(actions),
            DeviceChoice::Auto | DeviceChoice::Gpu => {
                self.device = Device::WaitsForGpu;
                let allow_software = self.choice == DeviceChoice::Gpu;
                actions.push_back(Action::StartGpu { allow_software });
            }
        }
    }

    fn start_pool(&mut self, actions: &mut VecDeque<Action>) {
        self.device = Device::WaitsForPool;
        actions.push_back(Output::StartPool { workers: self.workers }.into());
    }

    /// The GPU answers.
    pub(crate) fn gpu_ready(&mut self, name: String) {
        self.device = Device::Gpu;
        self.name = name;
    }

    /// There is no usable GPU, or it was lost: what ran there is given back, workers take over.
    pub(crate) fn gpu_failed(&mut self, actions: &mut VecDeque<Action>) -> Vec<K> {
        if !matches!(self.device, Device::Gpu | Device::WaitsForGpu) {
            return Vec::new();
        }
        self.start_pool(actions);
        self.give_back()
    }

    /// The trace workers answer.
    pub(crate) fn pool_ready(&mut self, workers: u32) {
        self.device = Device::Cpu;
        self.workers = workers;
        self.name =
            if workers == 1 { "1 CPU thread".to_owned() } else { format!("{workers} CPU threads") };
    }

    /// Nothing can trace here any more.
    pub(crate) fn lose(&mut self) -> Vec<K> {
        self.device = Device::None;
        self.give_back()
    }

    fn give_back(&mut self) -> Vec<K> {
        let running = std::mem::take(&mut self.running).into_values();
        let keys = running.filter(|task| !task.is_cancelled).map(|task| task.key);
        keys.chain(self.waiting.drain(..).map(|(key, _)| key)).collect()
    }

    /// Whether tasks can be traced now.
    pub(crate) const fn is_ready(&self) -> bool {
        matches!(self.device, Device::Gpu | Device::Cpu)
    }

    /// Whether the tracer is the GPU.
    pub(crate) const fn is_gpu(&self) -> bool {
        matches!(self.device, Device::Gpu)
    }

    /// Tasks that can run at the same time.
    pub(crate) const fn count(&self) -> u32 {
        match self.device {
            Device::Gpu => 1,
            Device::Cpu => self.workers,
            _ => 0,
        }
    }

    /// Whether any task runs or waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty()
    }

    /// For people.
    pub(crate) fn device_info(&self) -> DeviceInfo {
        let kind = if self.is_gpu() { "browser-gpu" } else { "browser-cpu" };
        DeviceInfo { kind: kind.to_owned(), name: self.name.clone() }
    }

    /// Takes a task.
    pub(crate) fn submit(&mut self, key: K, task: TileTask, actions: &mut VecDeque<Action>) {
        self.waiting.push_back((key, task));
        self.fill(actions);
    }

    /// Stops a task, if it is here.
    pub(crate) fn cancel(&mut self, key: &K, actions: &mut VecDeque<Action>) {
        self.waiting.retain(|(waiting, _)| waiting != key);
        let is_gpu = self.is_gpu();
        for (&slot, running) in &mut self.running {
            if running.key == *key && !running.is_cancelled {
                running.is_cancelled = true;
                let ticket = running.ticket;
                actions.push_back(match is_gpu {
                    true => Action::CancelGpu { ticket },
                    false => Output::CancelTrace { slot, ticket }.into(),
                });
            }
        }
    }

    /// Stops every task.
    pub(crate) fn cancel_all(&mut self, actions: &mut VecDeque<Action>) {
        let keys: Vec<K> = self.running.values().map(|running| running.key.clone()).collect();
        self.waiting.clear();
        for key in keys {
            self.cancel(&key, actions);
        }
    }

    /// A lane is free again. Gives the task, unless it was cancelled meanwhile.
    pub(crate) fn release(
        &mut self,
        slot: u32,
        ticket: u32,
        actions: &mut VecDeque<Action>,
    ) -> Option<(K, TileTask)> {
        if self.running.get(&slot)?.ticket != ticket {
            return None;
        }
        let running = self.running.remove(&slot)?;
        self.fill(actions);
        (!running.is_cancelled).then_some((running.key, running.task))
    }

    /// Starts no further task, or goes on.
    pub(crate) fn set_held(&mut self, is_held: bool, actions: &mut VecDeque<Action>) {
        self.is_held = is_held;
        self.fill(actions);
    }

    /// Puts waiting tasks on free lanes.
    pub(crate) fn fill(&mut self, actions: &mut VecDeque<Action>) {
        let lanes = if self.is_held { 0 } else { self.count() };
        for slot in 0..lanes {
            if self.running.contains_key(&slot) {
                continue;
            }
            let Some((key, task)) = self.waiting.pop_front() else { return };
            let ticket = self.next_ticket;
            self.next_ticket = self.next_ticket.wrapping_add(1);
            self.running.insert(slot, Running { key, task, ticket, is_cancelled: false });
            actions.push_back(if self.is_gpu() {
                Action::TraceGpu { ticket, task }
            } else {
                let bytes = traced::task_bytes(&task);
                Action::Output(Output::Trace { slot, ticket, scene: task.scene }, vec![bytes])
            });
        }
    }
}
