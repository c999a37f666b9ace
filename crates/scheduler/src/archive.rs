//! Peers of earlier sessions: what is kept of each, and how it counts when it comes back.

use std::collections::BTreeMap;

use crate::day::{Curves, Days, QUANTITIES};
use crate::failure::Record;
use crate::knowledge::{Common, Knowledge};
use crate::level::Level;
use crate::likes::{KINDS, Kind, Said, Shown};
use crate::regression::{Normal, Posterior, TRIANGLE, WEIGHTS};
use crate::residual::Residual;

/// Most peers that are kept; beyond it those go that were not seen for longest.
pub const MAX_KEPT_PEERS: usize = 2000;

/// By which a peer is known in other sessions: as much of its public identity as makes it unique.
pub type PeerKey = [u8; 16];

/// Numbers of a posterior.
pub(crate) const POSTERIOR: usize = WEIGHTS + TRIANGLE;
/// Numbers of a peer without and with daily curves of its own.
pub(crate) const NUMBERS: usize = POSTERIOR + 2 + 4 + 3 + 1 + WEIGHTS;
pub(crate) const NUMBERS_BY_HOUR: usize = NUMBERS + QUANTITIES * POSTERIOR;

/// Largest number that is kept: logarithms, their variances, and fading counts are smaller.
pub(crate) const LARGEST: f32 = 60.0;

/// An age in days that is assumed where nobody knows it.
const UNKNOWN_AGE: f64 = 30.0;
/// Variance that a new session and each day add to slowness and way, and the most.
const CHANGED: (f64, f64, f64) = (0.02, 0.03, 0.6);
/// Days after which half of a peer's record of failures is forgotten.
const RECORD_DAYS: f64 = 7.0;

/// What is kept of a peer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    pub(crate) key: PeerKey,
    /// Seconds since 1970; 0 if nobody knew.
    pub(crate) saved_at: u64,
    pub(crate) tasks: u32,
    pub(crate) kind: Kind,
    /// [`NUMBERS`] or [`NUMBERS_BY_HOUR`] of them, each sound by itself.
    pub(crate) numbers: Vec<f32>,
}

impl Saved {
    /// What is to be kept of a worker, if it has a name and has shown anything.
    pub(crate) fn of(
        known: &Knowledge,
        common: &Common<'_>,
        unix_seconds: Option<u64>,
    ) -> Option<Self> {
        let key = known.key.filter(|_| known.tasks > 0)?;
        let (posterior, noise) = known.compute.saved();
        let mut numbers: Vec<f64> = Vec::with_capacity(NUMBERS_BY_HOUR);
        numbers.extend(numbers_of(posterior));
        // Seconds of a mean path, whatever they were compared with.
        numbers[0] += known.base_slowness(common) - common.prior_speed.ln();
        numbers.extend(noise);
        numbers.extend(known.way.saved());
        numbers.extend(known.record.saved());
        numbers.push(known.usual_cost);
        // No hour has a sine of 2.
        numbers.extend(known.days.learned_at.unwrap_or([2.0; WEIGHTS]));
        if let Some(own) = &known.days.own {
            own.curves().iter().for_each(|curve| numbers.extend(numbers_of(curve)));
        }
        Some(Self {
            key,
            saved_at: unix_seconds.unwrap_or(0),
            tasks: u32::try_from(known.tasks).unwrap_or(u32::MAX),
            kind: known.kind,
            numbers: numbers
                .into_iter()
                .map(|number| (number as f32).clamp(-LARGEST, LARGEST))
                .collect(),
        })
    }

    /// Lets a peer that is back be known as it was, as far as that still holds.
    pub(crate) fn put_into(
        &self,
        known: &mut Knowledge,
        common: &Common<'_>,
        unix_seconds: Option<u64>,
    ) {
        let days = self.age_days(unix_seconds);
        let (restart, daily, most) = CHANGED;
        let changed = (restart + daily * days).min(most);
        let numbers: Vec<f64> = self.numbers.iter().map(|number| f64::from(*number)).collect();
        let Some((posterior, rest)) = numbers.split_at_checked(POSTERIOR) else { return };
        let &[n0, n1, w0, w1, w2, w3, prior, delivered, failed, usual_cost, ref rest @ ..] = rest
        else {
            return;
        };
        let Some((hour, curves)) = rest.split_first_chunk::<WEIGHTS>() else { return };
        let Some(mut compute) = posterior_of(posterior) else { return };
        compute.shift(common.prior_speed.ln() - known.base_slowness(common));
        known.compute = Residual::restore(compute, [n0, n1], changed);
        known.way = Level::restore([w0, w1, w2, w3]);
        known.way.loosen(changed);
        let kept = 1.0 / (1.0 + days / RECORD_DAYS);
        known.record = Record::restore([prior, kept * delivered, kept * failed]);
        known.usual_cost = usual_cost;
        known.days = Days::restore((hour[0] <= 1.0).then_some(*hour));
        known.days.own = curves_of(curves).map(Box::new);
        known.tasks = u64::from(self.tasks);
    }

    /// What it says of others with such a device.
    fn shown(&self, prior_speed: f64) -> Option<Shown> {
        let mean = f64::from(*self.numbers.first()?) + prior_speed.ln();
        let variance = f64::from(*self.numbers.get(WEIGHTS)?);
        let own = Normal { mean, variance };
        Some(Shown { kind: self.kind, own, said: Said::default(), count: 1.0 })
    }

    fn age_days(&self, unix_seconds: Option<u64>) -> f64 {
        let now = unix_seconds.filter(|_| self.saved_at > 0);
        now.map_or(UNKNOWN_AGE, |now| now.saturating_sub(self.saved_at) as f64 / 86_400.0)
    }
}

/// The numbers of a posterior: means, then covariances.
pub(crate) fn numbers_of(posterior: &Posterior) -> impl Iterator<Item = f64> {
    posterior.means().into_iter().chain(posterior.triangle())
}

/// The posterior of [`POSTERIOR`] numbers.
pub(crate) fn posterior_of(numbers: &[f64]) -> Option<Posterior> {
    let (mean, triangle) = numbers.split_first_chunk()?;
    Some(Posterior::restore(*mean, *triangle.first_chunk()?))
}

/// The curves of as many posteriors as there are quantities.
pub(crate) fn curves_of(numbers: &[f64]) -> Option<Curves> {
    let mut curves = numbers.chunks_exact(POSTERIOR).map_while(posterior_of);
    Some(Curves::restore([curves.next()?, curves.next()?, curves.next()?]))
}

/// Peers that are not here, by their keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Archive {
    /// Each with the number of the last time that it was kept.
    peers: BTreeMap<PeerKey, (u64, Saved)>,
    kept: u64,
}

impl Archive {
    /// Keeps a peer; if there are too many, the one goes that was kept for longest.
    pub(crate) fn keep(&mut self, saved: Saved) {
        self.kept += 1;
        self.peers.insert(saved.key, (self.kept, saved));
        if self.peers.len() > MAX_KEPT_PEERS {
            let oldest = self.peers.iter().min_by_key(|(_, (kept, _))| *kept);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.peers.remove(&oldest);
            }
        }
    }

    /// Takes a peer that is here now.
    pub(crate) fn take(&mut self, key: &PeerKey) -> Option<Saved> {
        self.peers.remove(key).map(|(_, saved)| saved)
    }

    /// All that are kept, those first that were for longest.
    pub(crate) fn peers(&self) -> Vec<&Saved> {
        let mut peers: Vec<&(u64, Saved)> = self.peers.values().collect();
        peers.sort_unstable_by_key(|(kept, _)| *kept);
        peers.into_iter().map(|(_, saved)| saved).collect()
    }

    /// What those who are kept say of others with their kind of device: one for each kind.
    pub(crate) fn likes(&self, prior_speed: f64) -> Vec<Shown> {
        let shown: Vec<Shown> =
            self.peers.values().filter_map(|(_, saved)| saved.shown(prior_speed)).collect();
        (0..KINDS as Kind)
            .filter_map(|kind| {
                let same = shown.iter().filter(|shown| shown.kind == kind);
                let (sum, count) = same
                    .clone()
                    .fold((0.0, 0.0), |(sum, count), shown| (sum + shown.own.mean, count + 1.0));
                let mean = sum / count;
                let square = |shown: &Shown| (shown.own.mean - mean).powi(2);
                let variance = same.map(square).sum::<f64>() / count;
                let own = Normal { mean, variance };
                (count > 0.0).then_some(Shown { kind, own, said: Said::default(), count })
            })
            .collect()
    }
}
