//! What every way to cut promises, and what each is for.

use p2c2r_frame::PixelRect;
use proptest::prelude::*;

use super::*;
use crate::Measurement;

const LIMITS: SliceLimits = SliceLimits { max_pixels: 4096, max_paths: 1 << 16 };

fn job(width: u32, height: u32, samples: u32) -> Slice {
    Slice { rect: PixelRect::of_size(width, height), samples: SampleRange::new(3, samples) }
}

/// Costs that grow from left to right.
fn slope(width: u32, height: u32) -> CostMap {
    let mut map = CostMap::uniform(width, height);
    let columns = (0..width).step_by(8).map(|x| Measurement {
        rect: PixelRect { x, y: 0, width: 8, height },
        cost_per_path: 1.0 + f64::from(x) / 16.0,
        paths: 1 << 20,
    });
    map.observe_all(&columns.collect::<Vec<_>>());
    map
}

/// The longest time over the mean one.
fn imbalance(cuts: &[Cut], speeds: &[f64], map: &CostMap) -> f64 {
    let mut costs = vec![0.0; speeds.len()];
    cuts.iter().for_each(|cut| costs[cut.taker] += cut.slice.cost(map));
    let level = costs.iter().sum::<f64>() / speeds.iter().sum::<f64>();
    let times = costs.iter().zip(speeds).map(|(cost, speed)| cost / speed);
    times.fold(0.0, f64::max) / level
}

#[test]
fn everybody_gets_what_suits_its_speed() {
    let (map, job) = (slope(320, 180), job(320, 180, 64));
    let speeds: Vec<f64> = (0..16).map(|taker| 1.0 + f64::from(taker % 4)).collect();
    for cutting in [Cutting::Tiles, Cutting::Samples, Cutting::Hybrid { tail: 0.25 }] {
        let cuts = cutting.cut(job, &speeds, LIMITS, &map);
        let found = imbalance(&cuts, &speeds, &map);
        assert!(found < 1.06, "{cutting:?}: {found}");
    }
}

#[test]
fn fewer_samples_than_takers_are_shared_over_regions() {
    let (map, job) = (slope(320, 180), job(320, 180, 3));
    let speeds = [1.0; 7];
    let cuts = Cutting::Samples.cut(job, &speeds, LIMITS, &map);
    let found = imbalance(&cuts, &speeds, &map);
    assert!(found < 1.3, "{found}");
}

proptest! {
    #[test]
    fn pieces_partition_the_job_within_the_limits(
        width in 1u32..200, height in 1u32..200, samples in 1u32..40,
        speeds in prop::collection::vec(prop_oneof![0.1f64..10.0, any::<f64>()], 0..20),
        tail in any::<f64>(),
    ) {
        let (map, job) = (slope(width, height), job(width, height, samples));
        for cutting in [Cutting::Tiles, Cutting::Samples, Cutting::Hybrid { tail }] {
            let cuts = cutting.cut(job, &speeds, LIMITS, &map);
            let paths: u64 = cuts.iter().map(|cut| cut.slice.paths()).sum();
            prop_assert_eq!(paths, job.paths());
            for (index, Cut { taker, slice }) in cuts.iter().enumerate() {
                prop_assert!(slice.fits(LIMITS));
                prop_assert!(*taker < speeds.len().max(1));
                prop_assert!(slice.rect.intersection(job.rect) == Some(slice.rect));
                prop_assert!(slice.samples.first >= 3 && slice.samples.end() <= job.samples.end());
                for other in &cuts[index + 1..] {
                    let overlaps = slice.samples.overlaps(other.slice.samples);
                    prop_assert!(!overlaps || slice.rect.intersection(other.slice.rect).is_none());
                }
            }
        }
    }
}
