//! How many copies of tasks may be made: a share of the work, and none while everything is late.

/// What each task that is given out adds.
const REFILL: f64 = 0.15;
/// Most that is saved up; also what there is at the start.
const MOST: f64 = 16.0;
/// What is kept for tasks that are late.
const KEPT: f64 = 6.0;
/// Recent tasks that say whether everything is late.
const WINDOW: f64 = 24.0;
/// Share of tasks that are late without being expected to, from which copies would only add to the load.
const OUTAGE: f64 = 0.35;

/// A token bucket (Dean and Barroso, "The Tail at Scale", CACM 2013: hedged requests need a cap) with a
/// guard against outages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeBudget {
    tokens: f64,
    /// Share of recent tasks that were late or lost although that was not to be expected.
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

    /// A task ended, of which it was expected that it fails with this probability: those who always fail
    /// are no outage.
    pub fn observe(&mut self, is_late: bool, failure: f64) {
        let surprise = if is_late { 1.0 - failure.clamp(0.0, 1.0) } else { 0.0 };
        self.late += (surprise - self.late) / WINDOW;
    }

    /// Whether so much is late that the cause is not a single worker.
    pub fn is_outage(&self) -> bool {
        self.late > OUTAGE
    }

    /// Takes what a copy costs; `false` if none may be made. What is copied before it is late leaves enough
    /// for what will be.
    pub fn spend(&mut self, is_late: bool) -> bool {
        let kept = if is_late { 0.0 } else { KEPT };
        let is_enough = self.tokens >= 1.0 + kept && !self.is_outage();
        if is_enough {
            self.tokens -= 1.0;
        }
        is_enough
    }
}

impl HedgeBudget {
    /// A copy came to something while the first was late: it has cost nothing that was not needed.
    pub const fn refund(&mut self) {
        self.tokens = (self.tokens + 1.0).min(MOST);
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
            copies += i32::from(budget.spend(true));
        }
        assert!((150..=170).contains(&copies), "{copies}");
    }

    #[test]
    fn copies_that_were_needed_are_given_back() {
        let mut budget = HedgeBudget::new();
        for _ in 0..1000 {
            assert!(budget.spend(false));
            budget.refund();
        }
        assert_eq!(budget, HedgeBudget::new());
    }

    #[test]
    fn copies_in_advance_leave_something_for_what_is_late() {
        let mut budget = HedgeBudget::new();
        let in_advance = (0..30).filter(|_| budget.spend(false)).count();
        let late = (0..30).filter(|_| budget.spend(true)).count();
        assert_eq!((in_advance, late), (10, 6));
    }

    #[test]
    fn nothing_is_copied_while_everything_is_late() {
        let mut budget = HedgeBudget::new();
        (0..12).for_each(|_| budget.observe(true, 0.03));
        assert!(budget.is_outage() && !budget.spend(true));
        (0..24).for_each(|_| budget.observe(false, 0.03));
        assert!(!budget.is_outage() && budget.spend(true));
    }
}
