//! Who gets which task: speed estimates, assignment, hedging.
//!
//! Pure arithmetic behind one trait: [`Scheduler`] is given outcomes and slots and answers with
//! predictions and pieces. [`LearnedScheduler`] is the product's; [`EwmaScheduler`] is a baseline that
//! it is raced against. Costs are in mean paths of the splitter's cost map.

mod archive;
mod base;
mod budget;
mod config;
mod conformal;
mod day;
mod drift;
mod estimate;
mod ewma;
mod failure;
mod hedge;
mod knowledge;
mod learned;
mod level;
mod likes;
mod noise;
mod normal;
mod plan;
mod record;
mod regression;
mod residual;
mod scores;
mod spell;
mod state;
mod worker;

use std::time::Duration;

pub use archive::{MAX_KEPT_PEERS, PeerKey};
pub use base::{
    BaseCurve, BaseEstimate, COST_BUCKETS, FEATURE_NAMES, FEATURES, Features, LinkTraits, Moment,
    OUTPUT_NAMES, OUTPUTS, SCHEMA_VERSION,
};
pub use budget::HedgeBudget;
pub use config::{LearnedConfig, LearnedParts};
pub use ewma::{EwmaConfig, EwmaScheduler};
pub use hedge::{Hedge, OpenLease, Outlook, expected_remaining};
pub use learned::LearnedScheduler;
pub use record::AttemptRecord;
pub use state::StateError;
pub use worker::{
    OpenWork, Outcome, Piece, Prediction, Stage, TaskEnd, TaskKind, TaskSketch, Worker, WorkerSlot,
    WorkerTraits,
};

/// Decides how much each worker gets next, and learns from what becomes of it.
pub trait Scheduler {
    /// A worker takes part from now on, or says something new of itself.
    fn meet(&mut self, worker: Worker, traits: WorkerTraits, now: Duration);

    /// A base model expects this of a worker; the last word on a kind of task replaces those before.
    /// Schedulers without use for it ignore it.
    fn expect(&mut self, _worker: Worker, _curve: BaseCurve) {}

    /// Tasks that a worker has delivered, and the share of its tasks that came to nothing.
    fn history(&self, _worker: Worker) -> (u64, f64) {
        (0, 0.0)
    }

    /// A worker turns out to be one that may have been here before: what was learned then holds again.
    fn recognise(&mut self, _worker: Worker, _key: PeerKey, _now: Duration) {}

    /// The way to a worker was measured.
    fn measure(&mut self, _worker: Worker, _link: LinkTraits) {}

    /// Whether what makes one fail is likely to make the other fail, too, so that it is no good backup.
    fn shares_fate(&self, _one: Worker, _other: Worker) -> bool {
        false
    }

    /// Tells the calendar's time of `now`. To be told again when that jumps.
    fn set_moment(&mut self, _moment: Moment, _now: Duration) {}

    /// Learns from a task that ended.
    fn observe(&mut self, outcome: &Outcome);

    /// Learns from a task of which a copy by somebody else came first: it had taken `elapsed` by then and was
    /// given up. Its `end` and `computed` say nothing.
    fn overtake(&mut self, _outcome: &Outcome) {}

    /// How long a task will take, from its start to its result being here.
    fn predict(&self, worker: Worker, task: &TaskSketch, now: Duration) -> Prediction;

    /// Pieces for workers with room, best first; the caller cuts them off the open work in this
    /// order until none is left. Nothing for a worker that would only delay the end.
    fn assign(&self, open: &OpenWork, slots: &[WorkerSlot], now: Duration) -> Vec<Piece>;

    /// Whether idle workers may copy what others have.
    fn copies(&self) -> bool {
        true
    }

    /// A worker is gone and will not come back under this name.
    fn forget(&mut self, worker: Worker, now: Duration);

    /// What was learned, for another session; empty if there is nothing to keep.
    fn save(&self, _now: Duration) -> Vec<u8> {
        Vec::new()
    }

    /// Goes on from what [`Self::save`] said in another session, told before workers are met. On an error
    /// nothing changes; that costs nothing but accuracy.
    fn restore(&mut self, _bytes: &[u8], _now: Duration) -> Result<(), StateError> {
        Ok(())
    }
}
