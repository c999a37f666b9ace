//! What is expected of a worker that has shown nothing: what its like have shown.
//!
//! A hierarchy of three levels, all normal in the logarithm of slowness: everybody, workers with the same
//! kind of device, the worker. Each worker counts once, however many tasks it has done, with the weight
//! of what is known of it (Gelman et al., "Bayesian Data Analysis", 3rd edition, section 5.4).

use std::collections::BTreeMap;

use crate::Worker;
use crate::regression::Normal;

/// Variance between workers with the same kind of device.
const BETWEEN_WORKERS: f64 = 0.5;
/// Variance between kinds of devices.
const BETWEEN_KINDS: f64 = 0.6;
/// Variance of everybody around the configured speed.
const EVERYBODY: f64 = 2.0;

/// Kinds of device, as numbers; the local tracer is one of its own.
pub(crate) type Kind = u8;

/// What each worker has shown of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Likes {
    shown: BTreeMap<Worker, (Kind, Normal)>,
}

impl Likes {
    /// Takes what is known of a worker by now.
    pub(crate) fn show(&mut self, worker: Worker, kind: Kind, own: Normal) {
        self.shown.insert(worker, (kind, own));
    }

    /// Forgets a worker.
    pub(crate) fn forget(&mut self, worker: Worker) {
        self.shown.remove(&worker);
    }

    /// What to expect of a new worker with such a device.
    pub(crate) fn expect(&self, kind: Kind) -> Normal {
        let everybody = Normal { mean: 0.0, variance: EVERYBODY };
        let spread = BETWEEN_WORKERS + BETWEEN_KINDS;
        let everybody = pooled(everybody, self.shown.values().map(|(_, own)| own), spread);
        let of_kind = Normal { variance: everybody.variance + BETWEEN_KINDS, ..everybody };
        let same = self.shown.values().filter(|(other, _)| *other == kind).map(|(_, own)| own);
        let Normal { mean, variance } = pooled(of_kind, same, BETWEEN_WORKERS);
        Normal { mean, variance: variance + BETWEEN_WORKERS }
    }
}

/// A mean after seeing members that scatter around it by `spread`.
fn pooled<'a>(prior: Normal, members: impl Iterator<Item = &'a Normal>, spread: f64) -> Normal {
    let mut precision = 1.0 / prior.variance;
    let mut sum = prior.mean * precision;
    for member in members {
        let weight = 1.0 / (member.variance + spread);
        precision += weight;
        sum += weight * member.mean;
    }
    Normal { mean: sum / precision, variance: 1.0 / precision }
}

#[cfg(test)]
mod tests {
    use p2c2r_protocol::PeerId;

    use super::*;

    #[test]
    fn new_worker_is_expected_to_be_like_its_like() {
        let mut likes = Likes::default();
        let unknown = likes.expect(1);
        let known = |mean| Normal { mean, variance: 0.01 };
        for peer in 0..6 {
            likes.show(Worker::Peer(PeerId(peer)), 1, known(-2.0));
            likes.show(Worker::Peer(PeerId(100 + peer)), 2, known(1.0));
        }
        let (fast, slow, other) = (likes.expect(1), likes.expect(2), likes.expect(3));
        assert!(fast.mean < -1.6 && slow.mean > 0.7, "{fast:?} {slow:?}");
        assert!((-1.2..0.2).contains(&other.mean), "{other:?}");
        assert!(fast.variance < other.variance && other.variance < unknown.variance);
        likes.forget(Worker::Peer(PeerId(0)));
        assert!(likes.expect(1).variance > fast.variance);
    }

    #[test]
    fn one_worker_alone_does_not_speak_for_all() {
        let mut likes = Likes::default();
        likes.show(Worker::Local, 0, Normal { mean: 2.0, variance: 0.0 });
        assert!((0.5..1.8).contains(&likes.expect(1).mean), "{:?}", likes.expect(1));
    }
}
