//! The base model, as far as this crate knows it: what it is asked about a worker and a task, and what it
//! answers. Somebody else runs it; what it says is where learning begins.
//!
//! A worker's *curve* holds the answers at [`COST_BUCKETS`] costs, evenly spaced by their logarithm; between
//! two of them answers are interpolated. So a model is asked once for a worker, not for every task.

use std::time::Duration;

use p2c2r_protocol::peer::DeviceKind;

use crate::worker::LONGEST_SECONDS;
use crate::{TaskKind, WorkerTraits};

/// Version of the meaning of [`FEATURE_NAMES`] and [`OUTPUT_NAMES`]; a model says for which it was trained.
pub const SCHEMA_VERSION: u32 = 1;

/// What a model is told, in this order. Logarithms are natural ones; flags are 0 or 1; what is unknown is 0.
pub const FEATURE_NAMES: [&str; FEATURES] = [
    "is_browser_gpu",
    "is_browser_cpu",
    "is_native_gpu",
    "is_native_cpu",
    "has_benchmark",
    "log_benchmark",
    "log_lanes",
    "is_on_battery",
    "is_hidden",
    "log_cost",
    "is_direct",
    "is_short",
    "is_long",
    "has_round_trip",
    "log_round_trip",
    "log_jitter",
    "log_bandwidth",
    "loss",
    "is_relayed",
    "sin_day",
    "cos_day",
    "sin_half_day",
    "cos_half_day",
    "is_weekend",
    "log_tasks",
    "failed_share",
];
/// Number of features.
pub const FEATURES: usize = 26;

/// What a model answers, in this order: the natural logarithm of the median seconds of tracing; how far below
/// and above it the 5 % and 95 % quantiles lie (in the logarithm, never negative, so that they cannot
/// cross); the logarithm of the seconds of the way there and back; the logit of the probability that nothing comes.
pub const OUTPUT_NAMES: [&str; OUTPUTS] =
    ["log_compute", "gap_below", "gap_above", "log_way", "failure_logit"];
/// Number of answers.
pub const OUTPUTS: usize = 5;

/// Costs at which a model is asked.
pub const COST_BUCKETS: usize = 8;
/// The least of them in mean paths, and the factor from one to the next.
const FIRST_COST: f64 = 256.0;
const COST_FACTOR: f64 = 4.0;

/// Widest gap and most certain failure that are believed.
const WIDEST_GAP: f32 = 6.0;
const MOST_CERTAIN: f32 = 12.0;

/// What was measured of the way to a worker; all zero for the local tracer.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LinkTraits {
    /// Smoothed round trip.
    pub round_trip: Option<Duration>,
    /// Mean difference between round trips that follow each other.
    pub jitter: Duration,
    /// Bytes per second that results came in with.
    pub bytes_per_second: Option<f64>,
    /// Share of messages that were lost or late enough to be sent again.
    pub loss: f64,
    /// Whether a relay carries the link, where that is known.
    pub is_relayed: bool,
}

/// When something happens, by the calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01 UTC; `None` if nobody knows.
    pub unix_seconds: Option<u64>,
}

/// All that a model is told of a worker beside the task.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Features {
    /// What it says of itself.
    pub traits: WorkerTraits,
    /// The way to it.
    pub link: LinkTraits,
    /// Now.
    pub moment: Moment,
    /// Tasks that it has delivered here.
    pub tasks: u64,
    /// Share of its tasks that came to nothing.
    pub failed_share: f64,
}

impl Features {
    /// One row for each cost at which a model is asked.
    pub fn rows(&self, kind: TaskKind) -> [[f32; FEATURES]; COST_BUCKETS] {
        std::array::from_fn(|bucket| self.row(kind, FIRST_COST * COST_FACTOR.powi(bucket as i32)))
    }

    /// The row for a task of this cost; always finite.
    pub fn row(&self, kind: TaskKind, cost: f64) -> [f32; FEATURES] {
        let Self { traits, link, .. } = self;
        let flag = |holds: bool| f64::from(u8::from(holds));
        let device = |kind| flag(traits.device == Some(kind));
        let [sin_day, cos_day, sin_half_day, cos_half_day, weekend] = self.moment.harmonics();
        let round_trip = link.round_trip.map(|time| time.as_secs_f64());
        let row = [
            device(DeviceKind::BrowserGpu),
            device(DeviceKind::BrowserCpu),
            device(DeviceKind::NativeGpu),
            device(DeviceKind::NativeCpu),
            flag(traits.benchmark.is_some()),
            traits.benchmark.map_or(0.0, |speed| f64::from(speed.max(1)).ln()),
            f64::from(traits.lanes.max(1)).ln(),
            flag(traits.is_on_battery),
            flag(traits.is_hidden),
            cost.clamp(1.0, 1e18).ln(),
            flag(kind == TaskKind::Direct),
            flag(kind == TaskKind::Short),
            flag(kind == TaskKind::Long),
            flag(round_trip.is_some()),
            round_trip.map_or(0.0, |seconds| seconds.clamp(1e-5, LONGEST_SECONDS).ln()),
            (link.jitter.as_secs_f64() + 1e-3).min(LONGEST_SECONDS).ln(),
            link.bytes_per_second.map_or(0.0, |rate| rate.clamp(1.0, 1e12).ln()),
            link.loss.clamp(0.0, 1.0),
            flag(link.is_relayed),
            sin_day,
            cos_day,
            sin_half_day,
            cos_half_day,
            weekend,
            (1.0 + self.tasks as f64).ln(),
            self.failed_share.clamp(0.0, 1.0),
        ];
        // NaN passes through `clamp`; it says nothing, so it counts as unknown.
        row.map(|value| if value.is_nan() { 0.0 } else { value as f32 })
    }
}

impl Moment {
    /// Sine and cosine of the time of day over 24 and 12 hours (UTC), and 1 at weekends; zeros if unknown.
    pub(crate) fn harmonics(self) -> [f64; 5] {
        let Some(seconds) = self.unix_seconds else { return [0.0; 5] };
        let day = (seconds % 86_400) as f64 / 86_400.0 * std::f64::consts::TAU;
        // 1970-01-01 was a Thursday.
        let is_weekend = matches!((seconds / 86_400 + 3) % 7, 5 | 6);
        let weekend = f64::from(u8::from(is_weekend));
        [day.sin(), day.cos(), (2.0 * day).sin(), (2.0 * day).cos(), weekend]
    }
}

/// What a model says of one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BaseEstimate {
    /// Logarithm of the median seconds of tracing.
    pub log_compute: f64,
    /// Distance to the 5 % quantile of that, in the logarithm.
    pub gap_below: f64,
    /// Distance to the 95 % quantile.
    pub gap_above: f64,
    /// Logarithm of the seconds of the way.
    pub log_way: f64,
    /// Logit of the probability that nothing comes.
    pub failure_logit: f64,
}

/// What a model says of a worker's tasks of one kind, by cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BaseCurve {
    kind: TaskKind,
    answers: [[f32; OUTPUTS]; COST_BUCKETS],
}

impl BaseCurve {
    /// Takes a model's answers to [`Features::rows`]; `None` if one of them cannot be meant: not finite, a
    /// negative gap, or beyond any task.
    pub fn new(kind: TaskKind, answers: [[f32; OUTPUTS]; COST_BUCKETS]) -> Option<Self> {
        let longest = LONGEST_SECONDS.ln() as f32;
        let is_sound = |answer: &[f32; OUTPUTS]| {
            let [compute, below, above, way, failure] = *answer;
            let gap = 0.0..=WIDEST_GAP;
            compute.abs() <= 2.0 * longest
                && way.abs() <= 2.0 * longest
                && gap.contains(&below)
                && gap.contains(&above)
                && failure.abs() <= MOST_CERTAIN
        };
        answers.iter().all(is_sound).then_some(Self { kind, answers })
    }

    /// The kind of tasks that it is about.
    pub const fn kind(&self) -> TaskKind {
        self.kind
    }

    /// What the model says of a task of this cost. Beyond the first and the last bucket time grows with
    /// cost in proportion.
    pub fn at(&self, cost: f64) -> BaseEstimate {
        let place = (cost.clamp(1.0, 1e18) / FIRST_COST).ln() / COST_FACTOR.ln();
        let inside = place.clamp(0.0, (COST_BUCKETS - 1) as f64);
        let below = (inside as usize).min(COST_BUCKETS - 2);
        let along = inside - below as f64;
        let value = |output: usize| {
            let [from, to] = [below, below + 1].map(|row| f64::from(self.answers[row][output]));
            from + (to - from) * along
        };
        BaseEstimate {
            log_compute: value(0) + (place - inside) * COST_FACTOR.ln(),
            gap_below: value(1),
            gap_above: value(2),
            log_way: value(3),
            failure_logit: value(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve_of(compute: impl Fn(f64) -> f64) -> Option<BaseCurve> {
        let answer = |bucket| {
            let cost = FIRST_COST * COST_FACTOR.powi(bucket as i32);
            [compute(cost) as f32, 0.3, 0.5, -3.0, -3.0]
        };
        BaseCurve::new(TaskKind::Long, std::array::from_fn(answer))
    }

    #[test]
    fn between_and_beyond_its_costs_a_proportional_curve_stays_so() {
        let curve = curve_of(|cost| (cost / 1e5).ln()).expect("a sound curve");
        for cost in [1.0, 100.0, 256.0, 5000.0, 1e6, 1e9] {
            let found = curve.at(cost).log_compute;
            assert!((found - (cost / 1e5).ln()).abs() < 1e-4, "{cost}: {found}");
        }
    }

    #[test]
    fn answers_that_cannot_be_meant_are_refused() {
        assert_eq!(curve_of(|_| f64::NAN), None);
        assert_eq!(curve_of(|_| f64::INFINITY), None);
        assert_eq!(curve_of(|_| 1e5), None);
        let crossing = [[0.0, -0.1, 0.1, 0.0, 0.0]; COST_BUCKETS];
        assert_eq!(BaseCurve::new(TaskKind::Long, crossing), None);
    }

    #[test]
    fn rows_are_finite_whatever_is_known() {
        let odd = Features {
            link: LinkTraits {
                bytes_per_second: Some(f64::NAN),
                loss: f64::INFINITY,
                jitter: Duration::MAX,
                round_trip: Some(Duration::ZERO),
                is_relayed: true,
            },
            failed_share: f64::NAN,
            moment: Moment { unix_seconds: Some(u64::MAX) },
            tasks: u64::MAX,
            ..Features::default()
        };
        for features in [Features::default(), odd] {
            for row in features.rows(TaskKind::Long) {
                assert!(row.iter().all(|value| value.is_finite()), "{row:?}");
            }
        }
    }

    #[test]
    fn a_saturday_is_a_weekend_and_noon_the_bottom_of_the_day() {
        // 2026-11-28, 12:00 UTC.
        let [sin, cos, _, _, weekend] = Moment { unix_seconds: Some(1_795_867_200) }.harmonics();
        assert!(sin.abs() < 1e-9 && (cos + 1.0).abs() < 1e-9);
        assert!((weekend - 1.0).abs() < 1e-9);
    }
}
