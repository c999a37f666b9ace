//! What the scheduler has to do for one frame: say who gets how much, and what each task will take.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::DeviceKind;
use p2c2r_scheduler::{
    BaseCurve, COST_BUCKETS, FEATURE_NAMES, Features, LearnedScheduler, Moment, OUTPUTS, OpenWork,
    Outcome, Scheduler, TaskEnd, TaskKind, TaskSketch, Worker, WorkerSlot, WorkerTraits,
};

/// Tasks that each peer has delivered before: every stage of learning occurs.
const TASKS_SEEN: [u32; 4] = [5, 20, 60, 120];
/// Mean paths of a typical task.
const COST: f64 = 20_000.0;
/// Natural logarithm of the 50,000 mean paths per second that the base model expects of everybody.
const LOG_BASE_SPEED: f32 = 10.82;
const KIND: TaskKind = TaskKind::Long;
/// A Monday noon, in seconds since 1970.
const LEARNED_AT: u64 = 1_796_040_000;

/// A scheduler that knows its peers.
#[derive(Debug)]
pub struct DecisionRace {
    scheduler: LearnedScheduler,
    peers: u32,
    now: Duration,
}

impl DecisionRace {
    /// One that has seen each of so many peers deliver some tasks.
    pub fn new(peers: u32) -> Self {
        let mut race =
            Self { scheduler: LearnedScheduler::default(), peers, now: Duration::from_secs(1) };
        // A requester knows the calendar's time.
        race.scheduler.set_moment(Moment { unix_seconds: Some(LEARNED_AT) }, race.now);
        for index in 0..peers {
            race.get_to_know(index);
        }
        // Decisions are made at another hour than that of the tasks.
        let decided_at = LEARNED_AT + 3600;
        race.scheduler.set_moment(Moment { unix_seconds: Some(decided_at) }, race.now);
        race
    }

    fn get_to_know(&mut self, index: u32) {
        let worker = worker(index);
        let device = [DeviceKind::BrowserGpu, DeviceKind::BrowserCpu][index as usize % 2];
        let traits = WorkerTraits { device: Some(device), lanes: 1, ..WorkerTraits::default() };
        self.scheduler.meet(worker, traits, self.now);
        if let Some(curve) = BaseCurve::new(KIND, base_answers()) {
            self.scheduler.expect(worker, curve);
        }
        for step in 0..TASKS_SEEN[index as usize % TASKS_SEEN.len()] {
            self.now += Duration::from_millis(1);
            let task = TaskSketch { cost: COST * f64::from(1 + step % 3), kind: KIND };
            let prediction = self.scheduler.predict(worker, &task, self.now);
            // Speeds differ by up to six, times by a tenth.
            let speed = 50_000.0 * (1.0 + f64::from(index * 7 % 11) / 2.0);
            let noise = 1.0 + f64::from(step % 5) / 20.0 - 0.1;
            let computed = Duration::from_secs_f64(task.cost / speed * noise);
            let way = Duration::from_millis(20 + u64::from(index) % 60);
            self.scheduler.observe(&Outcome {
                worker,
                task,
                prediction,
                at: self.now,
                elapsed: computed + way,
                computed,
                way: Some(way),
                end: TaskEnd::Delivered,
            });
        }
    }

    /// Plans a frame of this many tasks and predicts each, as dispatching does; how many were planned.
    pub fn decide(&self, tasks: u32) -> usize {
        let room = tasks.div_ceil(self.peers.max(1)) as usize;
        let slot = |index| WorkerSlot {
            worker: worker(index),
            lanes: 1,
            room,
            held: 0,
            starts_in: Duration::from_millis(u64::from(index) % 7),
            target: Duration::from_millis(400),
        };
        let slots: Vec<WorkerSlot> = (0..self.peers).map(slot).collect();
        let open = OpenWork { cost: COST * f64::from(tasks), kind: KIND };
        let pieces = self.scheduler.assign(&open, &slots, self.now);
        for piece in &pieces {
            let task = TaskSketch { cost: piece.cost, kind: KIND };
            std::hint::black_box(self.scheduler.predict(piece.worker, &task, self.now));
        }
        pieces.len()
    }
}

/// What a base model may say at each cost: proportional times.
fn base_answers() -> [[f32; OUTPUTS]; COST_BUCKETS] {
    let log_cost = FEATURE_NAMES.iter().position(|name| *name == "log_cost").unwrap_or_default();
    let rows = Features::default().rows(KIND);
    rows.map(|row| [row[log_cost] - LOG_BASE_SPEED, 0.3, 0.4, -3.0, -3.5])
}

fn worker(index: u32) -> Worker {
    Worker::Peer(PeerId(1 + u64::from(index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_of_a_frame_is_planned() {
        assert_eq!(DecisionRace::new(64).decide(256), 256);
    }
}
