//! What is expected of a worker that has shown nothing: what others have shown.
//!
//! A hierarchy of three levels, all normal in the logarithm of slowness: everybody, workers with the same
//! kind of device, the worker. Each worker counts once, however many tasks it has done, with the weight
//! of what is known of it (Gelman et al., "Bayesian Data Analysis", 3rd edition, section 5.4). How far workers
//! lie apart is learned, too. There is one hierarchy for each thing that a worker is compared with: nothing,
//! its own benchmark, and what a base model says of it.

use std::collections::BTreeMap;

use crate::Worker;
use crate::regression::Normal;

/// Kinds of device, as numbers; the local tracer is one of its own.
pub(crate) type Kind = u8;
/// Number of kinds.
pub(crate) const KINDS: usize = 5;

/// Workers whose distance from each other the expected variance counts for.
const EXPECTED_WORKERS: f64 = 8.0;
/// Squared standard deviations between what is said of a worker and what its like have shown, up to which
/// the word counts fully.
const BELIEVED: f64 = 4.0;

/// Variances that a hierarchy begins with.
#[derive(Debug, Clone, Copy)]
struct Spread {
    workers: f64,
    kinds: f64,
    everybody: f64,
}

/// Compared with nothing, with their own benchmark, with a base model. What a scene's paths cost is in
/// the last number: a model knows no scene.
const SPREADS: [Spread; BASES] = [
    Spread { workers: 0.5, kinds: 0.6, everybody: 2.0 },
    Spread { workers: 0.2, kinds: 0.05, everybody: 1.0 },
    Spread { workers: 0.12, kinds: 0.05, everybody: 0.5 },
];
const BASES: usize = 3;

/// What a worker has shown, as logarithms of slowness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shown {
    pub(crate) kind: Kind,
    /// Its slowness.
    pub(crate) own: Normal,
    /// What was said of it beforehand.
    pub(crate) said: Said,
    /// Workers that this stands for.
    pub(crate) count: f64,
}

/// What is said of a worker, as logarithms of slowness.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Said {
    /// By its own benchmark.
    pub(crate) benchmark: Option<f64>,
    /// By the base model, with the variance that this admits.
    pub(crate) base: Option<Normal>,
}

/// What all have shown over one thing that they are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pool {
    kinds: [Normal; KINDS],
    /// Squared distances of workers from their like, and how many.
    scatter: (f64, f64),
}

/// What each worker has shown of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Likes {
    shown: BTreeMap<Worker, Shown>,
    /// From earlier sessions, one for each kind.
    remembered: Vec<Shown>,
    pools: [Pool; BASES],
}

impl Likes {
    pub(crate) fn new() -> Self {
        let none = [const { Vec::new() }; BASES];
        let pools = std::array::from_fn(|base| Pool::of(SPREADS[base], &none[base]));
        Self { shown: BTreeMap::new(), remembered: Vec::new(), pools }
    }

    /// Takes what is known of a worker by now.
    pub(crate) fn show(&mut self, worker: Worker, shown: Shown) {
        self.shown.insert(worker, shown);
    }

    /// Takes what was known at the end of earlier sessions.
    pub(crate) fn remember(&mut self, remembered: Vec<Shown>) {
        self.remembered = remembered;
        self.pool();
    }

    /// Forgets a worker.
    pub(crate) fn forget(&mut self, worker: Worker) {
        self.shown.remove(&worker);
    }

    /// Draws together what was shown.
    pub(crate) fn pool(&mut self) {
        for (base, pool) in self.pools.iter_mut().enumerate() {
            let all = self.shown.values().chain(&self.remembered);
            let over = all.filter_map(|shown| {
                let said = match base {
                    0 => 0.0,
                    1 => shown.said.benchmark?,
                    _ => shown.said.base?.mean,
                };
                Some(Member {
                    kind: usize::from(shown.kind).min(KINDS - 1),
                    own: Normal { mean: shown.own.mean - said, ..shown.own },
                    count: shown.count,
                })
            });
            *pool = Pool::of(SPREADS[base], &over.collect::<Vec<_>>());
        }
    }

    /// What to expect of a new worker with such a device, of which this is said.
    pub(crate) fn expect(&self, kind: Kind, said: &Said) -> Normal {
        let kind = usize::from(kind).min(KINDS - 1);
        let by = |base: usize, said: Normal| {
            let pool = &self.pools[base];
            let Normal { mean, variance } = pool.kinds[kind];
            Normal { mean: said.mean + mean, variance: variance + pool.between(said.variance) }
        };
        let of_like = by(0, Normal { mean: 0.0, variance: SPREADS[0].workers });
        let benchmark = said.benchmark.map(|mean| Normal { mean, variance: SPREADS[1].workers });
        match (said.base, benchmark) {
            (Some(base), _) => both(by(2, base), of_like),
            (None, Some(benchmark)) => both(by(1, benchmark), of_like),
            (None, None) => of_like,
        }
    }
}

/// One worker's slowness over something.
#[derive(Debug, Clone, Copy)]
struct Member {
    kind: usize,
    own: Normal,
    count: f64,
}

impl Pool {
    fn of(spread: Spread, members: &[Member]) -> Self {
        let everybody = Normal { mean: 0.0, variance: spread.everybody };
        let apart = spread.workers + spread.kinds;
        let everybody = pooled(everybody, members.iter(), apart);
        let of_kind = Normal { variance: everybody.variance + spread.kinds, ..everybody };
        let kinds: [Normal; KINDS] = std::array::from_fn(|kind| {
            let same = members.iter().filter(|member| member.kind == kind);
            pooled(of_kind, same, spread.workers)
        });
        let scatter = members.iter().fold((0.0, 0.0), |(sum, weight), member| {
            let own = member.own;
            // Those of whom little is known say little of how far they are from others.
            let counts = member.count * spread.workers / (spread.workers + own.variance);
            let from_like = (own.mean - kinds[member.kind].mean).powi(2) - own.variance;
            (sum + counts * from_like.max(0.0), weight + counts)
        });
        Self { kinds, scatter }
    }

    /// Variance between workers with the same kind of device, of which `expected` was expected.
    fn between(&self, expected: f64) -> f64 {
        let (sum, weight) = self.scatter;
        (EXPECTED_WORKERS * expected + sum) / (EXPECTED_WORKERS + weight)
    }
}

/// A mean after seeing members that scatter around it by `spread`.
fn pooled<'a>(prior: Normal, members: impl Iterator<Item = &'a Member>, spread: f64) -> Normal {
    let mut precision = 1.0 / prior.variance;
    let mut sum = prior.mean * precision;
    for Member { own, count, .. } in members {
        let weight = count / (own.variance + spread);
        precision += weight;
        sum += weight * own.mean;
    }
    Normal { mean: sum / precision, variance: 1.0 / precision }
}

/// What is said of a worker together with what its like have shown; the further they lie apart, the
/// less the word counts, since whoever lies gains by it.
fn both(said: Normal, of_like: Normal) -> Normal {
    let apart = (said.mean - of_like.mean).powi(2) / (said.variance + of_like.variance);
    let [of_said, of_like_] =
        [1.0 / (said.variance * (apart / BELIEVED).max(1.0)), 1.0 / of_like.variance];
    let variance = 1.0 / (of_said + of_like_);
    Normal { mean: variance * (of_said * said.mean + of_like_ * of_like.mean), variance }
}

#[cfg(test)]
mod tests {
    use p2c2r_protocol::PeerId;

    use super::*;

    const fn peer(number: u64) -> Worker {
        Worker::Peer(PeerId(number))
    }

    fn shown(kind: Kind, mean: f64, said: Said) -> Shown {
        Shown { kind, own: Normal { mean, variance: 0.01 }, said, count: 1.0 }
    }

    fn nothing() -> Said {
        Said::default()
    }

    fn benchmark(slowness: f64) -> Said {
        Said { benchmark: Some(slowness), ..Said::default() }
    }

    #[test]
    fn new_worker_is_expected_to_be_like_its_like() {
        let mut likes = Likes::new();
        let unknown = likes.expect(1, &nothing());
        for number in 0..6 {
            likes.show(peer(number), shown(1, -2.0, nothing()));
            likes.show(peer(100 + number), shown(2, 1.0, nothing()));
        }
        likes.pool();
        let [fast, slow, other] = [1, 2, 3].map(|kind| likes.expect(kind, &nothing()));
        assert!(fast.mean < -1.6 && slow.mean > 0.7, "{fast:?} {slow:?}");
        assert!((-1.2..0.2).contains(&other.mean), "{other:?}");
        assert!(fast.variance < other.variance && other.variance < unknown.variance);
        likes.forget(peer(0));
        likes.pool();
        assert!(likes.expect(1, &nothing()).variance > fast.variance);
    }

    #[test]
    fn one_worker_alone_does_not_speak_for_all() {
        let mut likes = Likes::new();
        likes.show(Worker::Local, shown(0, 2.0, nothing()));
        likes.pool();
        let other = likes.expect(1, &nothing());
        assert!((0.5..1.8).contains(&other.mean), "{other:?}");
    }

    #[test]
    fn benchmarks_count_as_far_as_they_held_for_others() {
        let mut likes = Likes::new();
        let slowness = |number: u64| 0.4 * (number % 5) as f64 - 0.8;
        for number in 0..20 {
            // Benchmarks that are right but for what the scene costs.
            let (own, said) = (slowness(number) + 1.0, benchmark(slowness(number)));
            likes.show(peer(number), shown(1, own, said));
        }
        likes.pool();
        let new = likes.expect(1, &benchmark(-0.6));
        assert!((new.mean - 0.4).abs() < 0.15 && new.variance < 0.15, "{new:?}");
        for number in 0..20 {
            let said = benchmark(slowness(7 * number + 3) + 3.0 * (number % 2) as f64);
            likes.show(peer(number), shown(1, slowness(number), said));
        }
        likes.pool();
        assert!(likes.expect(1, &benchmark(-0.6)).variance > 2.0 * new.variance);
    }

    #[test]
    fn boast_counts_less_the_bigger_it_is() {
        let mut likes = Likes::new();
        for number in 0..20 {
            let own = 0.3 * (number % 3) as f64;
            likes.show(peer(number), shown(1, own, benchmark(own)));
        }
        likes.pool();
        let fast = likes.expect(1, &benchmark(-1.0)).mean;
        assert!(fast < -0.4, "{fast}");
        let boast = likes.expect(1, &benchmark(-8.0)).mean;
        assert!(boast > -2.0, "{boast}");
    }

    #[test]
    fn base_model_is_corrected_by_what_everybody_is_slower() {
        let mut likes = Likes::new();
        let base = |mean| Said { base: Some(Normal { mean, variance: 0.1 }), ..Said::default() };
        for number in 0..12 {
            let said = 0.5 * (number % 4) as f64;
            likes.show(peer(number), shown(1, said + 0.7, base(said)));
        }
        likes.pool();
        let new = likes.expect(1, &base(0.2));
        assert!((new.mean - 0.9).abs() < 0.15, "{new:?}");
    }
}
