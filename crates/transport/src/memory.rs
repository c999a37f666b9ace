//! A virtual network in one thread: a seed and a clock that the test advances.
//!
//! Nothing waits and nothing is random beyond the seed, so that a failing run is its seed. Reliable
//! channels keep their promise the way SCTP does: a lost message comes later, not never, and on the
//! ordered channel everything behind it waits.

mod network;
mod random;

pub use network::{LinkFaults, Network, NetworkConfig};
pub use random::Random;

#[cfg(test)]
mod tests;
