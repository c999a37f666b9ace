//! Ways to share a job among takers of known speeds, behind one interface.

use p2c2r_frame::SampleRange;

use crate::partition::{Partition, sound};
use crate::slice::{cut, split_samples};
use crate::{CostMap, Slice, SliceLimits};

/// How a job is cut for takers of known speeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cutting {
    /// One tile with all samples for each: fewest bytes, coherent rays, as even as the map is right.
    Tiles,
    /// All pixels for each, by region, and other samples: even whatever the map says, but everybody sends
    /// a result for every pixel.
    Samples,
    /// Tiles, but for this share of the samples, which is shared as [`Self::Samples`] and evens out the
    /// end when it is handed out last.
    Hybrid {
        /// From 0 to 1.
        tail: f64,
    },
}

/// A piece and who takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Index of the taker's speed.
    pub taker: usize,
    /// The work.
    pub slice: Slice,
}

impl Cutting {
    /// Pieces that partition the job, each within the limits, in the order in which they are handed out.
    pub fn cut(self, job: Slice, speeds: &[f64], limits: SliceLimits, map: &CostMap) -> Vec<Cut> {
        match self {
            Self::Tiles => tiles(job, speeds, limits, map),
            Self::Samples => samples(job, speeds, limits, map),
            Self::Hybrid { tail } => {
                let count = f64::from(job.samples.count);
                // The cast takes NaN and what is below 0 to 0.
                let last = ((count * tail).round() as u32).min(job.samples.count);
                let (first, last) = split_samples(job.samples, job.samples.count - last);
                let part =
                    |samples: SampleRange| (samples.count > 0).then_some(Slice { samples, ..job });
                let first = part(first).map(|job| tiles(job, speeds, limits, map));
                let last = part(last).map(|job| samples(job, speeds, limits, map));
                first.into_iter().chain(last).flatten().collect()
            }
        }
    }
}

fn tiles(job: Slice, speeds: &[f64], limits: SliceLimits, map: &CostMap) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for (taker, rect) in Partition::new(job.rect, speeds, map).tiles() {
        within(Slice { rect, ..job }, limits, map, &mut |slice| cuts.push(Cut { taker, slice }));
    }
    cuts
}

/// Shares the samples of one region after the other. What whole samples cannot share out evenly in one
/// region is made good in the next ones, by what it costs.
fn samples(job: Slice, speeds: &[f64], limits: SliceLimits, map: &CostMap) -> Vec<Cut> {
    let speeds = sound(speeds);
    let total: f64 = speeds.iter().sum();
    let mut owed = vec![0.0; speeds.len()];
    let mut cuts = Vec::new();
    let regions = SliceLimits { max_paths: u64::MAX, ..limits };
    within(job, regions, map, &mut |region| {
        let cost = map.cost(region.rect);
        let count = region.samples.count;
        for (owed, speed) in owed.iter_mut().zip(&speeds) {
            *owed += speed / total * f64::from(count) * cost;
        }
        let mut rest = region.samples;
        for (taker, count) in whole_counts(&owed, cost, count).into_iter().enumerate() {
            owed[taker] -= f64::from(count) * cost;
            let (samples, after) = split_samples(rest, count);
            rest = after;
            if count > 0 {
                let slice = Slice { rect: region.rect, samples };
                within(slice, limits, map, &mut |slice| cuts.push(Cut { taker, slice }));
            }
        }
    });
    cuts
}

/// As many samples for each as it is owed, in whole ones that add up to `count`: rounded down, then one
/// more for those who lack most (the largest remainder).
fn whole_counts(owed: &[f64], cost: f64, count: u32) -> Vec<u32> {
    let mut left = count;
    let mut counts: Vec<u32> = owed
        .iter()
        .map(|owed| {
            // The cast takes what is below 0 to 0.
            let whole = ((owed / cost) as u32).min(left);
            left -= whole;
            whole
        })
        .collect();
    let mut order: Vec<usize> = (0..owed.len()).collect();
    let lack = |taker: usize| owed[taker] / cost - f64::from(counts[taker]);
    order.sort_by(|&a, &b| lack(b).total_cmp(&lack(a)));
    for taker in order.into_iter().cycle().take(left as usize) {
        counts[taker] += 1;
    }
    counts
}

/// Cuts a slice until its pieces are within the limits.
fn within(slice: Slice, limits: SliceLimits, map: &CostMap, take: &mut impl FnMut(Slice)) {
    let mut open = vec![slice];
    while let Some(slice) = open.pop() {
        match if slice.fits(limits) { None } else { cut(slice, 0.5, map) } {
            Some((first, second)) => open.extend([second, first]),
            // One sample of one pixel is the least that there is.
            None => take(slice),
        }
    }
}

#[cfg(test)]
#[path = "cutting_tests.rs"]
mod tests;
