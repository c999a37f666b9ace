//! How many messages a peer may send, so that it cannot keep the other side busy for nothing.

use std::time::Duration;

use p2c2r_protocol::peer::Channel;

use crate::Violation;

/// Control messages per second. A fast contributor needs three a task and sends some tens of tasks.
const MAX_CONTROL_PER_SECOND: u32 = 1000;

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
