//! How far predictions were off, by groups of workers: each has intervals of its own once it has shown enough.

use crate::conformal::{Calibration, Ends};
use crate::knowledge::Knowledge;
use crate::{LinkTraits, Stage};

/// Scores that a group needs before its own intervals are used.
const OWN_FROM: usize = 30;
/// A round trip from which a way is long, in seconds.
const LONG_WAY: f64 = 0.05;
/// A spread of the way's logarithm from which it is unsteady.
const UNSTEADY: f64 = 0.25;

/// Ways that err in different manners.
const WAYS: usize = 5;
/// Calibrations that are kept for other sessions: everybody's and those by way.
pub(crate) const SAVED_SCORES: usize = 1 + WAYS;
/// Groups: by way and stage.
const GROUPS: usize = WAYS * Stage::COUNT;

/// Recent scores of everybody, of everybody with such a way, and of those who are known as well.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scores {
    all: Calibration,
    ways: [Calibration; WAYS],
    groups: Vec<Calibration>,
}

/// The group that a worker belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    way: usize,
    stage: Stage,
}

impl Group {
    pub(crate) fn of(known: &Knowledge, is_local: bool) -> Self {
        let LinkTraits { is_relayed, .. } = known.link;
        let way = known.way.next();
        let is_long = way.mean > LONG_WAY.ln();
        let is_unsteady = known.way.spread() > UNSTEADY;
        let way = match (is_local, is_relayed) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) if is_long => 2,
            (false, false) if is_unsteady => 3,
            (false, false) => 4,
        };
        Self { way, stage: known.stage() }
    }

    const fn index(self) -> usize {
        self.way * Stage::COUNT + self.stage as usize
    }
}

impl Scores {
    pub(crate) fn new() -> Self {
        let groups = (0..GROUPS).map(|_| Calibration::new()).collect();
        let ways = std::array::from_fn(|_| Calibration::new());
        Self { all: Calibration::new(), ways, groups }
    }

    /// The interval of a group's predictions.
    pub(crate) fn ends(&self, group: Group) -> Ends {
        let own = [&self.groups[group.index()], &self.ways[group.way]];
        let enough = own.into_iter().find(|scores| scores.observed() >= OWN_FROM);
        enough.unwrap_or(&self.all).ends()
    }

    /// Learns the score of a prediction.
    pub(crate) fn observe(&mut self, group: Group, score: f64) {
        self.all.observe(score);
        self.ways[group.way].observe(score);
        self.groups[group.index()].observe(score);
    }

    /// What is kept for other sessions, in a fixed order.
    pub(crate) fn saved(&self) -> impl Iterator<Item = &Calibration> {
        std::iter::once(&self.all).chain(&self.ways)
    }

    /// The same, to be put back.
    pub(crate) fn saved_mut(&mut self) -> impl Iterator<Item = &mut Calibration> {
        std::iter::once(&mut self.all).chain(&mut self.ways)
    }
}
