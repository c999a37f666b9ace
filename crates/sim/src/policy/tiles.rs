//! Expected finish over tasks of equal cost, by whatever model predicts them.

use std::time::Duration;

use p2c2r_scheduler::{
    BaseCurve, LinkTraits, Moment, OpenWork, Outcome, PeerKey, Piece, Prediction, Scheduler,
    StateError, TaskSketch, Worker, WorkerSlot, WorkerTraits,
};

/// What a task costs that comes to nothing, before somebody else has it.
const FAILURE_SECONDS: f64 = 0.4;

/// Gives each task to whoever is expected to finish it first, also if that means to wait for a worker.
pub(super) struct EqualTiles {
    pub(super) model: Box<dyn Scheduler + Send>,
    pub(super) copies: bool,
    pub(super) tile_cost: f64,
}

/// A worker while tasks are planned for it.
struct Planned {
    worker: Worker,
    room: usize,
    /// Seconds until it could begin the next one.
    free: f64,
    /// Seconds that each takes it, failures included.
    takes: f64,
}

impl Scheduler for EqualTiles {
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration) {
        self.model.meet(worker, traits, now);
    }

    fn expect(&mut self, worker: Worker, curve: BaseCurve) {
        self.model.expect(worker, curve);
    }

    fn history(&self, worker: Worker) -> (u64, f64) {
        self.model.history(worker)
    }

    fn recognise(&mut self, worker: Worker, key: PeerKey, now: Duration) {
        self.model.recognise(worker, key, now);
    }

    fn measure(&mut self, worker: Worker, link: LinkTraits) {
        self.model.measure(worker, link);
    }

    fn shares_fate(&self, one: Worker, other: Worker) -> bool {
        self.model.shares_fate(one, other)
    }

    fn set_moment(&mut self, moment: Moment, now: Duration) {
        self.model.set_moment(moment, now);
    }

    fn overtake(&mut self, outcome: &Outcome) {
        self.model.overtake(outcome);
    }

    fn save(&self, now: Duration) -> Vec<u8> {
        self.model.save(now)
    }

    fn restore(&mut self, bytes: &[u8], now: Duration) -> Result<(), StateError> {
        self.model.restore(bytes, now)
    }

    fn observe(&mut self, outcome: &Outcome) {
        self.model.observe(outcome);
    }

    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction {
        self.model.predict(worker, task, now)
    }

    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece> {
        let task = TaskSketch { cost: self.tile_cost, kind: open.kind };
        let mut planned: Vec<Planned> = slots
            .iter()
            .map(|slot| {
                let expected = self.model.predict(slot.worker, &task, now);
                let waiting = slot.held.saturating_sub(usize::from(slot.lanes)) as f64;
                let takes = expected.median.as_secs_f64() + expected.failure * FAILURE_SECONDS;
                let free = slot.starts_in.as_secs_f64() + waiting * takes;
                Planned { worker: slot.worker, room: slot.room, free, takes }
            })
            .collect();
        let tasks = (open.cost / self.tile_cost).round().max(1.0) as usize;
        let mut pieces = Vec::new();
        for _ in 0..tasks {
            if planned.iter().all(|slot| slot.room == 0) {
                break;
            }
            let finish = |slot: &Planned| slot.free + slot.takes;
            let first = planned.iter_mut().min_by(|a, b| finish(a).total_cmp(&finish(b)));
            let Some(first) = first else { break };
            first.free += first.takes;
            if let Some(room) = first.room.checked_sub(1) {
                first.room = room;
                pieces.push(Piece { worker: first.worker, cost: self.tile_cost });
            }
        }
        pieces
    }

    fn copies(&self) -> bool {
        self.copies
    }

    fn forget(&mut self, worker: Worker, now: Duration) {
        self.model.forget(worker, now);
    }
}
