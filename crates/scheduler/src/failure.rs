//! How likely a task comes to nothing: the worker's own record, and whether it stays long enough.

use std::time::Duration;

/// What one more task leaves of the weight of all before it.
const MEMORY: f64 = 0.98;
/// Tasks that the prior counts for.
const PRIOR_TASKS: f64 = 10.0;

/// A Beta posterior over the probability that a task of one worker fails, with forgetting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record {
    prior: f64,
    delivered: f64,
    failed: f64,
}

impl Record {
    /// Nothing seen; `prior` is the expected probability of failure.
    pub(crate) const fn new(prior: f64) -> Self {
        Self { prior, delivered: 0.0, failed: 0.0 }
    }

    /// Expects this probability, with the weight that every prior has.
    pub(crate) const fn set_prior(&mut self, prior: f64) {
        self.prior = prior;
    }

    /// Numbers to go on from in another session.
    pub(crate) const fn saved(&self) -> [f64; 3] {
        [self.prior, self.delivered, self.failed]
    }

    /// A record that goes on from saved numbers.
    pub(crate) const fn restore([prior, delivered, failed]: [f64; 3]) -> Self {
        Self { prior, delivered, failed }
    }

    /// Mean of the posterior.
    pub(crate) fn probability(&self) -> f64 {
        let failed = PRIOR_TASKS * self.prior + self.failed;
        failed / (PRIOR_TASKS + self.delivered + self.failed)
    }

    /// Learns how a task ended.
    pub(crate) fn observe(&mut self, is_delivered: bool) {
        self.observe_part(f64::from(u8::from(!is_delivered)));
    }

    /// Learns that a task has failed with this probability.
    pub(crate) fn observe_part(&mut self, failed: f64) {
        self.delivered = MEMORY * self.delivered + 1.0 - failed;
        self.failed = MEMORY * self.failed + failed;
    }
}

/// Logarithm of the odds of a probability.
pub(crate) fn logit(probability: f64) -> f64 {
    let probability = probability.clamp(1e-6, 1.0 - 1e-6);
    (probability / (1.0 - probability)).ln()
}

/// The probability of such odds.
pub(crate) fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Shape of the time that visitors stay: below 1, so that who has stayed long stays longer (Liu, White
/// and Dumais, "Understanding Web Browsing Behaviors through Weibull Analysis of Dwell Time", SIGIR 2010).
const SHAPE: f64 = 0.6;
/// What is taken for known of departures before the first: one in 15 minutes.
const PRIOR_DEPARTURES: f64 = 1.0;
const PRIOR_STAY_SECONDS: f64 = 900.0;

/// How long workers stay, learned from all of them. For a given shape the rate of a Weibull
/// distribution has a Gamma posterior: departures over the sum of stays to the power of the shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stays {
    departures: f64,
    exposure: f64,
}

impl Stays {
    pub(crate) fn new() -> Self {
        Self { departures: PRIOR_DEPARTURES, exposure: PRIOR_STAY_SECONDS.powf(SHAPE) }
    }

    /// Numbers to go on from in another session.
    pub(crate) const fn saved(&self) -> [f64; 2] {
        [self.departures, self.exposure]
    }

    /// Stays that go on from saved numbers.
    pub(crate) const fn restore([departures, exposure]: [f64; 2]) -> Self {
        Self { departures, exposure }
    }

    /// A worker left after this long, or is seen to have stayed this long when the session ended.
    pub(crate) fn observe(&mut self, stayed: Duration, has_left: bool) {
        self.departures += f64::from(u8::from(has_left));
        self.exposure += stayed.as_secs_f64().powf(SHAPE);
    }

    /// Probability that a worker that has stayed for `stayed` leaves within `span` from now.
    pub(crate) fn departure(&self, stayed: Duration, span: Duration) -> f64 {
        let hazard = |time: Duration| time.as_secs_f64().powf(SHAPE);
        let passed = hazard(stayed.saturating_add(span)) - hazard(stayed);
        1.0 - (-self.departures / self.exposure * passed).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn record_goes_from_the_prior_to_the_truth() {
        let mut record = Record::new(0.03);
        assert!((record.probability() - 0.03).abs() < 1e-12);
        for task in 0..200 {
            record.observe(task % 5 != 0);
        }
        assert!((0.15..0.22).contains(&record.probability()), "{record:?}");
        (0..60).for_each(|_| record.observe(true));
        assert!(record.probability() < 0.08, "the past fades: {record:?}");
    }

    #[test]
    fn who_has_stayed_long_stays_longer() {
        let stays = Stays::new();
        let fresh = stays.departure(s(1), s(1));
        let old = stays.departure(s(3600), s(1));
        assert!(fresh > 10.0 * old && old > 0.0 && fresh < 0.05, "{fresh} {old}");
    }

    #[test]
    fn departures_are_learned() {
        let mut stays = Stays::new();
        let before = stays.departure(s(10), s(10));
        (0..20).for_each(|_| stays.observe(s(20), true));
        let after = stays.departure(s(10), s(10));
        assert!(after > 5.0 * before, "{before} {after}");
        (0..500).for_each(|_| stays.observe(s(3600), false));
        assert!(stays.departure(s(10), s(10)) < 0.01);
    }
}
