//! How much of the open work each worker should get: so much that all are expected to end together.

use std::time::Duration;

use crate::worker::{LONGEST_SECONDS, Planned, by_finish};
use crate::{LearnedConfig, Piece, WorkerSlot};

/// What a slot can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Seconds of tracing for a cost of 1, on one lane.
    pub(crate) per_cost: f64,
    /// Seconds that each task takes beside that.
    pub(crate) way: f64,
    /// Share of tasks that bring something.
    pub(crate) delivered: f64,
    pub(crate) is_proven: bool,
}

/// Pieces for all slots with room, those first that will be done first.
pub(crate) fn plan(
    config: &LearnedConfig,
    cost: f64,
    slots: &[WorkerSlot],
    rates: &[Rate],
) -> Vec<Piece> {
    let level = water_level(cost, slots, rates);
    let mut planned: Vec<Planned> = Vec::with_capacity(2 * slots.len());
    for (slot, rate) in slots.iter().zip(rates) {
        // It could not deliver before the others have done all of it.
        if slot.starts_in.as_secs_f64() + rate.way >= level {
            continue;
        }
        let cost = wish(config, slot, rate, level);
        let seconds = cost * rate.per_cost + rate.way;
        planned.extend(slot.plan(cost, Duration::from_secs_f64(seconds.min(LONGEST_SECONDS))));
    }
    by_finish(planned)
}

/// The cost of the next task of a slot that should end by `level` seconds from now.
fn wish(config: &LearnedConfig, slot: &WorkerSlot, rate: &Rate, level: f64) -> f64 {
    let shortest = config.shortest.as_secs_f64();
    let target = slot.target.as_secs_f64();
    let most = if rate.is_proven {
        target.max(rate.way.min(config.longest.as_secs_f64()))
    } else {
        target.min(config.first_target.as_secs_f64())
    };
    let share = (level - slot.starts_in.as_secs_f64() - rate.way).max(0.0);
    let seconds = (share / config.pieces_per_share).clamp(shortest.min(most), most);
    (seconds / rate.per_cost).max(1.0)
}

/// Seconds from now at which all open work is done if everybody works until then: water is filled
/// into the slots, each from the time at which it can deliver its first.
fn water_level(cost: f64, slots: &[WorkerSlot], rates: &[Rate]) -> f64 {
    let mut vessels: Vec<(f64, f64)> = slots
        .iter()
        .zip(rates)
        .map(|(slot, rate)| {
            let bottom = slot.starts_in.as_secs_f64() + rate.way;
            (bottom, f64::from(slot.lanes.max(1)) * rate.delivered / rate.per_cost)
        })
        .collect();
    vessels.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut power, mut filled) = (0.0, 0.0);
    let mut level = 0.0;
    for (index, (bottom, width)) in vessels.iter().enumerate() {
        power += width;
        filled += bottom * width;
        level = (cost + filled) / power;
        if vessels.get(index + 1).is_none_or(|(next, _)| level <= *next) {
            break;
        }
    }
    level
}
