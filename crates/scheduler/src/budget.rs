//! How many copies of tasks may be made: a share of the work, and none while everything is late.

/// What each task that is given out adds.
const REFILL: f64 = 0.15;
/// Most that is saved up; also what there is at the start.
const MOST: f64 = 16.0;
/// Recent tasks that say whether everything is late.
const WINDOW: f64 = 24.0;
/// Share of late tasks from which copies would only add to the load.
const OUTAGE: f64 = 0.3;

/// A token bucket (Dean and Barroso, "The Tail at Scale", CACM 2013: hedged requests need a cap) with a
/// guard against outages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeBudget {
    tokens: f64,
    /// Share of recent tasks that were late or lost.
    late: f64,
}

impl HedgeBudget {
    /// A full bucket.
    pub const fn new() -> Self {
        Self { tokens: MOST, late: 0.0 }
    }

    /// A task was given out for the first time.
    pub fn refill(&mut self) {
        self.tokens = (self.tokens + REFILL).min(MOST);
    }

    /// A task ended.
    pub fn observe(&mut self, is_late: bool) {
        self.late += (f64::from(u8::from(is_late)) - self.late) / WINDOW;
    }

    /// Whether so much is late that the cause is not a single worker.
    pub fn is_outage(&self) -> bool {
        self.late > OUTAGE
    }

    /// Takes what a copy costs; `false` if none may be made.
    pub fn spend(&mut self) -> bool {
        let is_enough = self.tokens >= 1.0 && !self.is_outage();
        if is_enough {
            self.tokens -= 1.0;
        }
        is_enough
    }
}

impl Default for HedgeBudget {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_stay_a_share_of_the_work() {
        let mut budget = HedgeBudget::new();
        let mut copies = 0;
        for _ in 0..1000 {
            budget.refill();
            copies += i32::from(budget.spend());
        }
        assert!((150..=170).contains(&copies), "{copies}");
    }

    #[test]
    fn nothing_is_copied_while_everything_is_late() {
        let mut budget = HedgeBudget::new();
        (0..12).for_each(|_| budget.observe(true));
        assert!(budget.is_outage() && !budget.spend());
        (0..24).for_each(|_| budget.observe(false));
        assert!(!budget.is_outage() && budget.spend());
    }
}
