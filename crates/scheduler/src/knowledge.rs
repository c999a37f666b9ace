//! All that is known of one worker.

use std::time::Duration;

use crate::base::BaseEstimate;
use crate::day::{Curves, Days, Hour, Quantity};
use crate::failure::{Record, logistic, logit};
use crate::level::Level;
use crate::likes::{Kind, Said, Shown};
use crate::regression::Normal;
use crate::residual::{NOISE, Residual, inputs};
use crate::spell::Spell;
use crate::worker::LONGEST_SECONDS;
use crate::{
    BaseCurve, LearnedParts, LinkTraits, Outcome, PeerKey, Stage, TaskEnd, TaskKind, TaskSketch,
    WorkerTraits,
};

/// Shortest time that counts, so that a burst of results cannot promise infinite speed.
const SHORTEST_SECONDS: f64 = 0.0002;
/// Without a measurement of the way, this part of a task at least was tracing.
const LEAST_COMPUTED: f64 = 0.125;
/// A round trip that was measured may be this much longer the next time.
const WAY_SLACK: (f64, f64) = (1.25, 0.005);
/// What is expected of the way there and back, in seconds, and the variance of its logarithm.
const WAY: (f64, f64) = (0.030, 1.0);
/// What the way takes beside a round trip that was measured, and the variance of what is known so, or
/// from a base model.
const BESIDE_ROUND_TRIP: f64 = 0.010;
const KNOWN_WAY: f64 = 0.25;
/// What a task that never came is taken to have needed, over the time it was waited for.
const EXPIRED_FACTOR: f64 = 1.5;
/// Weight of a task in what tasks usually cost.
const USUAL: f64 = 0.2;
/// Least variance between workers of which a base model says the same.
const LEAST_BASE: f64 = 0.02;
/// Standard deviations between the quantiles of 5 and 95 %.
const NINETY_PERCENT: f64 = 2.0 * 1.645;
/// Probabilities of failure that a base model is believed.
const FAILURE: (f64, f64) = (0.001, 0.5);

/// What does not depend on a worker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Common<'a> {
    /// Mean paths per second of a worker without slowness.
    pub(crate) prior_speed: f64,
    /// Mean paths of a first task.
    pub(crate) typical_cost: f64,
    pub(crate) parts: LearnedParts,
    /// Now.
    pub(crate) hour: Option<Hour>,
    /// What hours change for everybody.
    pub(crate) curves: &'a Curves,
}

/// Speed, way, reliability, and how much of that is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Knowledge {
    pub(crate) kind: Kind,
    /// By which it is known in other sessions.
    pub(crate) key: Option<PeerKey>,
    pub(crate) met_at: Duration,
    /// Delivered tasks.
    pub(crate) tasks: u64,
    pub(crate) record: Record,
    pub(crate) compute: Residual,
    pub(crate) way: Level,
    pub(crate) days: Days,
    spell: Spell,
    pub(crate) traits: WorkerTraits,
    pub(crate) link: LinkTraits,
    /// One for each kind of task at most.
    curves: Vec<BaseCurve>,
    /// It says something new of its speed, or of how it is now, which the next curve will know.
    has_new_word: bool,
    has_new_condition: bool,
    /// What was expected of its slowness, and of the logarithm of its way.
    prior: Normal,
    prior_way: Normal,
    /// Mean of the logarithm of its tasks' costs.
    pub(crate) usual_cost: f64,
}

/// What a task is expected to take: tracing and the way, as normal distributions of their logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parts {
    pub(crate) compute: Normal,
    pub(crate) way: Normal,
}

impl Parts {
    /// Median seconds of the whole, and the standard deviation of its logarithm to first order.
    pub(crate) fn whole(&self) -> (f64, f64) {
        let (compute, way) = (self.compute.mean.exp(), self.way.mean.exp());
        let whole = (compute + way).clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        let of_compute = (compute / (compute + way)).powi(2) * self.compute.variance;
        let of_way = (way / (compute + way)).powi(2) * self.way.variance;
        (whole, (of_compute + of_way).sqrt())
    }
}

impl Knowledge {
    /// A worker that has shown nothing.
    pub(crate) fn new(kind: Kind, failure: f64, met_at: Duration, typical_cost: f64) -> Self {
        let (nothing, way) =
            (Normal { mean: 0.0, variance: 1.0 }, Normal { mean: WAY.0.ln(), variance: WAY.1 });
        Self {
            kind,
            key: None,
            met_at,
            tasks: 0,
            record: Record::new(failure),
            compute: Residual::new(nothing),
            way: Level::new(way),
            days: Days::default(),
            spell: Spell::default(),
            traits: WorkerTraits::default(),
            link: LinkTraits::default(),
            curves: Vec::new(),
            has_new_word: false,
            has_new_condition: false,
            prior: nothing,
            prior_way: way,
            usual_cost: typical_cost.ln(),
        }
    }

    pub(crate) const fn stage(&self) -> Stage {
        Stage::after(self.tasks)
    }

    /// What is said of it, as logarithms of slowness at its usual cost.
    pub(crate) fn said(&self, common: &Common<'_>) -> Said {
        if !common.parts.base {
            return Said::default();
        }
        let benchmark = self.traits.benchmark.filter(|speed| *speed > 0);
        let base = self.curves.first().map(|curve| {
            let BaseEstimate { gap_below, gap_above, .. } = curve.at(self.usual_cost.exp());
            let variance = ((gap_below + gap_above) / NINETY_PERCENT).powi(2) - NOISE.0;
            Normal { mean: self.base_slowness(common), variance: variance.max(LEAST_BASE) }
        });
        Said {
            benchmark: benchmark.map(|speed| (common.prior_speed / f64::from(speed)).ln()),
            base,
        }
    }

    /// What it has shown of its slowness.
    pub(crate) fn shown(&self, common: &Common<'_>) -> Shown {
        let Normal { mean, variance } = self.compute.own();
        let own = Normal { mean: mean + self.base_slowness(common), variance };
        Shown { kind: self.kind, own, said: self.said(common), count: 1.0 }
    }

    /// Logarithm of the base model's seconds over those at the prior speed, at its usual cost.
    pub(crate) fn base_slowness(&self, common: &Common<'_>) -> f64 {
        self.curves.first().map_or(0.0, |curve| {
            let cost = self.usual_cost.exp();
            curve.at(cost).log_compute - (cost / common.prior_speed).ln()
        })
    }

    /// Logarithm of the seconds that tracing a task would take at no residual.
    fn expected(&self, task: &TaskSketch, common: &Common<'_>) -> f64 {
        let cost = task.sound_cost();
        match self.curve(task.kind) {
            Some(curve) => curve.at(cost).log_compute,
            None => (cost / common.prior_speed).ln(),
        }
    }

    /// What the base model says of such tasks, or of others if it says nothing of them.
    fn curve(&self, kind: TaskKind) -> Option<&BaseCurve> {
        let own = self.curves.iter().find(|curve| curve.kind() == kind);
        own.or_else(|| self.curves.first())
    }

    /// It says this of itself.
    pub(crate) fn hear(&mut self, traits: WorkerTraits) {
        let is_new = (traits.benchmark, traits.lanes) != (self.traits.benchmark, self.traits.lanes);
        self.has_new_word |= is_new;
        let condition = |traits: &WorkerTraits| (traits.is_hidden, traits.is_on_battery);
        self.has_new_condition |= condition(&traits) != condition(&self.traits);
        self.traits = traits;
    }

    /// The base model says this of it. What was learned over the word before holds over the new one, too, if the
    /// worker is in another condition; else its times do, which say more than what changed the word.
    pub(crate) fn expect(&mut self, curve: BaseCurve, common: &Common<'_>) {
        let before = self.base_slowness(common);
        let follows = std::mem::take(&mut self.has_new_condition) && !self.curves.is_empty();
        let keeps_times = std::mem::take(&mut self.has_new_word) || !follows;
        self.curves.retain(|known| known.kind() != curve.kind());
        self.curves.insert(0, curve);
        if keeps_times {
            let by = before - self.base_slowness(common);
            self.compute.shift(by);
            self.spell.shift(by);
        }
        let BaseEstimate { log_way, failure_logit, .. } = curve.at(self.usual_cost.exp());
        // A way that was measured says more than one like it.
        if self.link.round_trip.is_none() {
            self.expect_way(Normal { mean: log_way, variance: KNOWN_WAY });
        }
        self.record.set_prior(logistic(failure_logit).clamp(FAILURE.0, FAILURE.1));
    }

    /// The way to it was measured.
    pub(crate) fn measure(&mut self, link: LinkTraits) {
        self.link = link;
        if let Some(round_trip) = link.round_trip {
            let seconds = (round_trip.as_secs_f64() + BESIDE_ROUND_TRIP).min(LONGEST_SECONDS);
            self.expect_way(Normal { mean: seconds.ln(), variance: KNOWN_WAY });
        }
    }

    /// Begins from this slowness, as far as nothing better is known.
    pub(crate) fn begin_from(&mut self, prior: Normal, common: &Common<'_>) {
        if self.compute.is_untouched() {
            let mean = prior.mean - self.base_slowness(common);
            self.compute = Residual::new(Normal { mean, ..prior });
        } else {
            self.compute.move_prior(prior.mean - self.prior.mean);
        }
        self.prior = prior;
    }

    fn expect_way(&mut self, prior: Normal) {
        if self.way.is_untouched() {
            self.way = Level::new(prior);
        } else {
            self.way.move_prior(prior.mean - self.prior_way.mean);
        }
        self.prior_way = prior;
    }

    /// What a task will take that begins now.
    pub(crate) fn parts(&self, task: &TaskSketch, common: &Common<'_>, now: Duration) -> Parts {
        let residual = self.compute.next(&inputs(task, self.stage(), common.typical_cost));
        let residual = self.faded(now).map_or(residual, |faded| residual.and(faded));
        let mean = residual.mean + self.expected(task, common);
        let mut parts = Parts { compute: Normal { mean, ..residual }, way: self.way.next() };
        if let Some(offset) = self.days.offset(common.hour.as_ref()) {
            let curves = self.days.curves(common.curves);
            parts.way = parts.way.and(curves.change(Quantity::Way, &offset));
            parts.compute = parts.compute.and(curves.change(Quantity::Slowness, &offset));
        }
        parts
    }

    /// What has changed of its slowness since it was seen last.
    fn faded(&self, now: Duration) -> Option<Normal> {
        self.spell.fade(self.compute.own().mean, now)
    }

    /// Probability that a task of this worker comes to nothing, as long as it is there.
    pub(crate) fn failure(&self, common: &Common<'_>) -> f64 {
        let own = self.record.probability();
        let offset = self.days.offset(common.hour.as_ref());
        offset.map_or(own, |offset| {
            let curves = self.days.curves(common.curves);
            logistic(logit(own) + curves.change(Quantity::Failure, &offset).mean)
        })
    }

    /// Learns from a task that ended.
    pub(crate) fn observe(&mut self, outcome: &Outcome, common: &Common<'_>) {
        let parts = common.parts;
        let seconds = outcome.elapsed.as_secs_f64().clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        let seen = inputs(&outcome.task, self.stage(), common.typical_cost);
        let expected = self.expected(&outcome.task, common);
        let offset = self.days.offset(common.hour.as_ref());
        let by_hour = |quantity| {
            offset.map_or(0.0, |offset| {
                self.days.curves(common.curves).change(quantity, &offset).mean
            })
        };
        let (slower, longer) = (by_hour(Quantity::Slowness), by_hour(Quantity::Way));
        match outcome.end {
            TaskEnd::Delivered => {
                let computed = credible(outcome, seconds);
                if parts.residual {
                    let residual = computed.ln() - expected - slower;
                    if let Some(faded) = self.faded(outcome.at) {
                        self.compute.change(faded);
                    }
                    self.compute.observe(seen, residual, parts.drift);
                    self.spell.observe(self.compute.own().mean, outcome.at);
                }
                let way = (seconds - computed).max(SHORTEST_SECONDS);
                let part = self.way.observe(way.ln() - longer);
                if let Some(hour) = &common.hour {
                    self.days.pass(hour, part);
                }
                self.tasks = self.tasks.saturating_add(1);
                let cost = outcome.task.sound_cost().ln();
                self.usual_cost += USUAL * (cost - self.usual_cost);
            }
            TaskEnd::Expired if parts.residual => {
                let least = (EXPIRED_FACTOR * seconds).ln() - expected - slower;
                self.compute.observe_at_least(seen, least, parts.drift);
            }
            TaskEnd::Expired | TaskEnd::Lost => {}
        }
        self.record.observe(outcome.end == TaskEnd::Delivered);
    }

    /// Learns that a task had not come after a time; `failed` is the probability that it never would have.
    pub(crate) fn outlast(&mut self, outcome: &Outcome, failed: f64, common: &Common<'_>) {
        let seconds = outcome.elapsed.as_secs_f64().clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        let seen = inputs(&outcome.task, self.stage(), common.typical_cost);
        let traced = (seconds - self.way.own().mean.exp()).max(SHORTEST_SECONDS);
        let least = traced.ln() - self.expected(&outcome.task, common);
        if common.parts.residual {
            self.compute.observe_at_least(seen, least, common.parts.drift);
        }
        self.record.observe_part(failed);
    }

    /// What hours may change, as it is now: by [`Quantity`].
    pub(crate) fn state(&self) -> [f64; 3] {
        let failure = logit(self.record.probability());
        [self.way.own().mean, self.compute.own().mean, failure]
    }
}

/// Seconds of tracing: the worker's word, as far as what was measured here lets it be true.
fn credible(outcome: &Outcome, seconds: f64) -> f64 {
    let longest_way =
        outcome.way.map_or(seconds, |way| WAY_SLACK.0 * way.as_secs_f64() + WAY_SLACK.1);
    let least = (seconds - longest_way).max(seconds * LEAST_COMPUTED);
    outcome.computed.as_secs_f64().clamp(least.min(seconds), seconds)
}
