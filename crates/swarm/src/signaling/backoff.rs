//! How long to wait before the next socket: exponential with full jitter.

use std::time::Duration;

/// Range of the first delay.
const BASE: Duration = Duration::from_millis(250);
/// Range of the longest delay.
const CAP: Duration = Duration::from_secs(30);
/// Shortest delay, so that a server that refuses at once is not hammered.
const FLOOR: Duration = Duration::from_millis(50);
/// Doublings that a refusal for load costs.
const SLOW_DOWN_STEPS: u32 = 4;
/// Doublings after which the cap is reached.
const MAX_STEPS: u32 = 7;

/// Delays that grow until a success.
#[derive(Debug)]
pub(super) struct Backoff {
    steps: u32,
    state: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { steps: 0, state: seed }
    }

    pub(super) fn reset(&mut self) {
        self.steps = 0;
    }

    pub(super) fn slow_down(&mut self) {
        self.steps = (self.steps + SLOW_DOWN_STEPS).min(MAX_STEPS);
    }

    pub(super) fn next_delay(&mut self) -> Duration {
        let range = (BASE * (1 << self.steps)).min(CAP);
        self.steps = (self.steps + 1).min(MAX_STEPS);
        let range_us = range.as_micros() as u64;
        FLOOR + Duration::from_micros(self.next_random() % range_us)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next_random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_cap_and_stay_there() {
        let mut backoff = Backoff::new(1);
        for _ in 0..50 {
            assert!(backoff.next_delay() <= FLOOR + CAP);
        }
        backoff.reset();
        assert!(backoff.next_delay() <= FLOOR + BASE);
    }

    #[test]
    fn peers_with_different_seeds_come_back_at_different_times() {
        assert_ne!(Backoff::new(1).next_delay(), Backoff::new(2).next_delay());
    }
}
