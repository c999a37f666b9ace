//! How often something may happen, in general and from one address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Most addresses remembered; the table is cleared of idle ones when it is full.
const MAX_ADDRESSES: usize = 16_384;
/// Least time between two clearings, since each looks at every address.
const CLEARING_PAUSE: Duration = Duration::from_secs(1);

/// A rate with a burst.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    tokens: f64,
    filled_at: Duration,
    per_second: f64,
    burst: f64,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(now: Duration, per_second: u32, burst: u32) -> Self {
        let burst = f64::from(burst);
        Self { tokens: burst, filled_at: now, per_second: f64::from(per_second), burst }
    }

    /// Takes one token if there is one.
    pub fn take(&mut self, now: Duration) -> bool {
        self.fill(now);
        let has_token = self.tokens >= 1.0;
        if has_token {
            self.tokens -= 1.0;
        }
        has_token
    }

    fn fill(&mut self, now: Duration) {
        let seconds = now.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + seconds * self.per_second).min(self.burst);
        self.filled_at = now;
    }

    fn is_full(&mut self, now: Duration) -> bool {
        self.fill(now);
        self.tokens >= self.burst
    }
}

/// A bucket for every address.
#[derive(Debug)]
pub struct AddressLimiter {
    buckets: BTreeMap<IpAddr, TokenBucket>,
    per_second: u32,
    burst: u32,
    cleared_at: Duration,
}

impl AddressLimiter {
    /// The same rate for everybody.
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self { buckets: BTreeMap::new(), per_second, burst, cleared_at: Duration::ZERO }
    }

    /// Whether the address may do it once more now.
    pub fn take(&mut self, now: Duration, address: IpAddr) -> bool {
        if self.buckets.len() >= MAX_ADDRESSES && !self.buckets.contains_key(&address) {
            if now >= self.cleared_at + CLEARING_PAUSE {
                self.cleared_at = now;
                self.buckets.retain(|_, bucket| !bucket.is_full(now));
            }
            if self.buckets.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let (per_second, burst) = (self.per_second, self.burst);
        let fresh = || TokenBucket::new(now, per_second, burst);
        self.buckets.entry(address).or_insert_with(fresh).take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_is_spent_and_refills_with_time() {
        let mut bucket = TokenBucket::new(Duration::ZERO, 2, 3);
        let taken = (0..10).filter(|_| bucket.take(Duration::ZERO)).count();
        assert_eq!(taken, 3);
        assert!(bucket.take(Duration::from_millis(500)));
        assert!(!bucket.take(Duration::from_millis(500)));
    }

    #[test]
    fn flood_of_addresses_keeps_the_table_bounded() {
        let mut limiter = AddressLimiter::new(1, 1);
        for address in 0..2 * MAX_ADDRESSES as u32 {
            limiter.take(Duration::ZERO, IpAddr::from(address.to_be_bytes()));
        }
        assert!(limiter.buckets.len() <= MAX_ADDRESSES);
        let later = Duration::from_secs(5);
        assert!(limiter.take(later, IpAddr::from([255, 255, 255, 255])));
        assert_eq!(limiter.buckets.len(), 1);
    }
}
