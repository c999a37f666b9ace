//! What the link to a contributor is like, as measured by the traffic that it carries anyway.

use std::time::Duration;

use p2c2r_scheduler::LinkTraits;

/// Weight of a new round trip (RFC 6298, section 2).
const ROUND_TRIP_WEIGHT: f64 = 0.125;
/// Weight of a new difference between round trips (RFC 3550, section 6.4.1).
const JITTER_WEIGHT: f64 = 0.0625;
/// Weight of the rate of another result.
const RATE_WEIGHT: f64 = 0.25;
/// Weight of another ping, answered in time or not.
const LOSS_WEIGHT: f64 = 0.03125;
/// A result that comes faster says nothing about the link.
const SHORTEST_RECEIPT: Duration = Duration::from_millis(1);

/// Running means over what a link has shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct LinkMeter {
    /// Smoothed, in seconds, and the last one.
    round_trip: Option<(f64, Duration)>,
    jitter: f64,
    bytes_per_second: Option<f64>,
    loss: f64,
    is_relayed: bool,
}

impl LinkMeter {
    /// A ping was answered before the next one went out.
    pub(super) fn answer(&mut self, round_trip: Duration) {
        let new = round_trip.as_secs_f64();
        self.loss -= LOSS_WEIGHT * self.loss;
        self.round_trip = Some(match self.round_trip {
            None => (new, round_trip),
            Some((smooth, last)) => {
                let difference = (new - last.as_secs_f64()).abs();
                self.jitter += JITTER_WEIGHT * (difference - self.jitter);
                (smooth + ROUND_TRIP_WEIGHT * (new - smooth), round_trip)
            }
        });
    }

    /// The last round trip.
    pub(super) fn last_round_trip(&self) -> Option<Duration> {
        self.round_trip.map(|(_, last)| last)
    }

    /// A ping was lost, or its answer takes longer than the time between two.
    pub(super) fn miss(&mut self) {
        self.loss += LOSS_WEIGHT * (1.0 - self.loss);
    }

    /// So many bytes of a result came after its first part, in this time.
    pub(super) fn receive(&mut self, bytes: usize, time: Duration) {
        if bytes == 0 || time < SHORTEST_RECEIPT {
            return;
        }
        let new = bytes as f64 / time.as_secs_f64();
        let known = self.bytes_per_second.unwrap_or(new);
        self.bytes_per_second = Some(known + RATE_WEIGHT * (new - known));
    }

    /// The driver knows whether a relay carries the link.
    pub(super) const fn know_relay(&mut self, is_relayed: bool) {
        self.is_relayed = is_relayed;
    }

    /// All of it.
    pub(super) fn traits(&self) -> LinkTraits {
        LinkTraits {
            round_trip: self.round_trip.map(|(smooth, _)| Duration::from_secs_f64(smooth)),
            jitter: Duration::from_secs_f64(self.jitter),
            bytes_per_second: self.bytes_per_second,
            loss: self.loss,
            is_relayed: self.is_relayed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn unsteady_link_has_its_mean_and_its_jitter() {
        let mut meter = LinkMeter::default();
        for step in 0..200 {
            meter.answer(ms(if step % 2 == 0 { 30 } else { 50 }));
        }
        let LinkTraits { round_trip, jitter, loss, .. } = meter.traits();
        assert!((ms(36)..ms(44)).contains(&round_trip.unwrap()), "{round_trip:?}");
        assert!((ms(19)..ms(21)).contains(&jitter), "{jitter:?}");
        assert!(loss.abs() < 1e-9);
    }

    #[test]
    fn lost_pings_have_their_share() {
        let mut meter = LinkMeter::default();
        for step in 0..400 {
            if step % 4 == 0 { meter.miss() } else { meter.answer(ms(20)) }
        }
        let loss = meter.traits().loss;
        assert!((0.2..0.3).contains(&loss), "{loss}");
    }

    #[test]
    fn rate_is_that_of_results_that_took_time() {
        let mut meter = LinkMeter::default();
        meter.receive(1_000_000, Duration::ZERO);
        meter.receive(0, ms(10));
        assert_eq!(meter.traits().bytes_per_second, None);
        for _ in 0..20 {
            meter.receive(50_000, ms(100));
        }
        let rate = meter.traits().bytes_per_second.unwrap();
        assert!((rate - 500_000.0).abs() < 1.0, "{rate}");
    }
}
