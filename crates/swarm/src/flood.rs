//! How many messages a peer may send, so that it cannot keep the other side busy for nothing.

use std::time::Duration;

use p2c2r_protocol::peer::Channel;

use crate::Violation;

/// Control messages per second. The busiest honest link is a camera that moves at 60 Hz above a
/// contributor of 64 lanes: a cancel and a task for each.
const MAX_CONTROL_PER_SECOND: u32 = 10_000;

/// Counts the control messages of a link; results are bounded by their leases instead.
#[derive(Debug, Clone, Default)]
pub(crate) struct FloodGuard {
    second: u64,
    count: u32,
}

impl FloodGuard {
    /// Counts a message; fails if it is one too many.
    pub(crate) const fn count(&mut self, channel: Channel, now: Duration) -> Result<(), Violation> {
        if matches!(channel, Channel::Tiles) {
            return Ok(());
        }
        if self.second != now.as_secs() {
            self.second = now.as_secs();
            self.count = 0;
        }
        self.count += 1;
        if self.count > MAX_CONTROL_PER_SECOND {
            return Err(Violation::Flood("control"));
        }
        Ok(())
    }
}
