//! Rules from practice and from the literature, which predict nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use p2c2r_scheduler::{
    EwmaScheduler, OpenWork, Outcome, Piece, Prediction, Scheduler, TaskEnd, TaskSketch, Worker,
    WorkerSlot, WorkerTraits,
};

use super::{Advertised, Rule};
use crate::draw::Draw;

/// What one more task leaves of the weight of those before it.
const MEMORY: f64 = 0.9;
/// Quantile of tasks in flight from which a worker is hot (the default of Prequal).
const HOT: f64 = 0.84;
/// Seconds that are assumed of a worker that has done nothing.
const UNKNOWN_SECONDS: f64 = 0.1;

/// Smoothed times of one worker, in seconds.
#[derive(Debug, Clone, Copy)]
struct Times {
    response: f64,
    service: f64,
}

/// A rule, and what it has seen. It answers for leases by the first scheduler's estimates.
pub(super) struct Baseline {
    rule: Rule,
    draw: RefCell<Draw>,
    turn: RefCell<usize>,
    advertised: Advertised,
    local_speed: f64,
    tile_cost: f64,
    times: BTreeMap<Worker, Times>,
    leases: EwmaScheduler,
}

impl Baseline {
    pub(super) fn new(
        rule: Rule,
        seed: u64,
        advertised: Advertised,
        local_speed: f64,
        tile_cost: f64,
    ) -> Self {
        Self {
            rule,
            draw: RefCell::new(Draw::new(seed, 0xba5e)),
            turn: RefCell::new(0),
            advertised,
            local_speed,
            tile_cost,
            times: BTreeMap::new(),
            leases: EwmaScheduler::default(),
        }
    }

    fn advertised(&self, worker: Worker) -> f64 {
        match worker {
            Worker::Local => self.local_speed,
            Worker::Peer(peer) => self.advertised.of(peer),
        }
    }

    fn times(&self, worker: Worker) -> Times {
        let unknown = Times { response: UNKNOWN_SECONDS, service: UNKNOWN_SECONDS };
        self.times.get(&worker).copied().unwrap_or(unknown)
    }

    /// The index of the next worker; `free` are those with room and is not empty.
    fn choose(&self, slots: &[WorkerSlot], held: &[usize], free: &[usize]) -> usize {
        let any = || {
            free[((self.draw.borrow_mut().unit() * free.len() as f64) as usize).min(free.len() - 1)]
        };
        let least = |score: &dyn Fn(usize) -> f64| {
            free.iter().copied().min_by(|a, b| score(*a).total_cmp(&score(*b))).unwrap_or(free[0])
        };
        match self.rule {
            Rule::Random => any(),
            Rule::RoundRobin => {
                let turn = *self.turn.borrow() % slots.len();
                let next = free.iter().copied().find(|index| *index >= turn).unwrap_or(free[0]);
                *self.turn.borrow_mut() = next + 1;
                next
            }
            Rule::FastestFirst => least(&|index| -self.advertised(slots[index].worker)),
            Rule::PowerOfTwo => {
                let (a, b) = (any(), any());
                if held[a] <= held[b] { a } else { b }
            }
            Rule::ShortestQueue => least(&|index| held[index] as f64),
            Rule::C3 => least(&|index| {
                let Times { response, service } = self.times(slots[index].worker);
                let queue = 1.0 + held[index] as f64;
                response - service + queue.powi(3) * service
            }),
            Rule::Prequal => {
                let mut flights: Vec<usize> = free.iter().map(|index| held[*index]).collect();
                flights.sort_unstable();
                let hot = flights[((flights.len() - 1) as f64 * HOT) as usize];
                least(&|index| {
                    let response = self.times(slots[index].worker).response;
                    // Cold ones by latency; if all are hot, by tasks in flight.
                    if held[index] <= hot { response } else { 1e3 + held[index] as f64 }
                })
            }
        }
    }
}

impl Scheduler for Baseline {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        self.leases.meet(worker, traits, now);
    }

    fn observe(&mut self, outcome: &Outcome) {
        self.leases.observe(outcome);
        let (response, service) = match outcome.end {
            TaskEnd::Delivered => (outcome.elapsed.as_secs_f64(), outcome.computed.as_secs_f64()),
            TaskEnd::Expired | TaskEnd::Lost => {
                let waited = outcome.elapsed.as_secs_f64().max(UNKNOWN_SECONDS);
                (2.0 * waited, 2.0 * waited)
            }
        };
        let first = Times { response, service };
        let known = self.times.entry(outcome.worker).or_insert(first);
        known.response += (1.0 - MEMORY) * (response - known.response);
        known.service += (1.0 - MEMORY) * (service - known.service);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction {
        self.leases.predict(worker, task, now)
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], _now: Duration) -> Vec<Piece> {
        let mut held: Vec<usize> = slots.iter().map(|slot| slot.held).collect();
        let mut room: Vec<usize> = slots.iter().map(|slot| slot.room).collect();
        let tasks = (open.cost / self.tile_cost).round().max(1.0) as usize;
        let mut pieces = Vec::new();
        for _ in 0..tasks {
            let free: Vec<usize> = (0..slots.len()).filter(|index| room[*index] > 0).collect();
            if free.is_empty() {
                break;
            }
            let chosen = self.choose(slots, &held, &free);
            held[chosen] += 1;
            room[chosen] -= 1;
            pieces.push(Piece { worker: slots[chosen].worker, cost: self.tile_cost });
        }
        pieces
    }

    fn copies(&self) -> bool {
        false
    }

    fn forget(&mut self, worker: Worker, now: Duration) {
        self.times.remove(&worker);
        self.leases.forget(worker, now);
    }
}
