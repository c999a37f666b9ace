//! The handshake of both roles: hellos go out until the other side has answered one.
//!
//! ```text
//! open ──> send hello(has_heard = false) ──every second──┐
//!                     ^─────────────────────────────────-┘
//!   hello(false) arrives ──> answer hello(true)      hello(true) or anything else ──> stop sending
//! ```
//!
//! Repeating covers a browser that loses the first messages while a channel moves to a worker.

use std::time::Duration;

use p2c2r_protocol::peer::{ESTIMATOR_VERSION, Hello, Role};

use crate::{PeerEnd, Violation};

/// Between two hellos to a side that has not answered.
const REPEAT_AFTER: Duration = Duration::from_secs(1);
/// A side that has said nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most hellos that one side may send on a link.
const MAX_HELLOS: u32 = 32;

/// Where the handshake of a link stands.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    ours: Hello,
    theirs: Option<Hello>,
    /// When ours goes out next; `None` once the other side has heard it.
    next_send: Option<Duration>,
    deadline: Duration,
    received: u32,
}

/// What a received hello asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Greeted {
    /// It was the first one.
    pub(crate) is_first: bool,
    /// The other side has not heard ours.
    pub(crate) wants_answer: bool,
}

impl Greeting {
    /// A link that just opened; ours is due at once.
    pub(crate) fn new(ours: Hello, now: Duration) -> Self {
        Self { ours, theirs: None, next_send: Some(now), deadline: now + PATIENCE, received: 0 }
    }

    /// What the other side said, once it has.
    pub(crate) const fn theirs(&self) -> Option<&Hello> {
        self.theirs.as_ref()
    }

    /// When to call [`Self::due`] next.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let deadline = self.theirs.is_none().then_some(self.deadline);
        [self.next_send, deadline].into_iter().flatten().min()
    }

    /// The hello that is due now, if one is; fails if the other side stays silent.
    pub(crate) fn due(&mut self, now: Duration) -> Result<Option<Hello>, PeerEnd> {
        if self.theirs.is_none() && now >= self.deadline {
            return Err(PeerEnd::Silent);
        }
        if self.next_send.is_some_and(|at| at <= now) {
            return Ok(Some(self.speak(now)));
        }
        Ok(None)
    }

    /// Our hello, to be sent now.
    pub(crate) fn speak(&mut self, now: Duration) -> Hello {
        self.next_send = self.next_send.map(|_| now + REPEAT_AFTER);
        self.ours.clone()
    }

    /// Anything but a hello proves that the other side has heard ours.
    pub(crate) const fn hear_other(&mut self) {
        self.next_send = None;
    }

    /// Takes a hello; fails if the two sides cannot work together.
    pub(crate) fn hear(&mut self, theirs: Hello) -> Result<Greeted, PeerEnd> {
        self.received += 1;
        if self.received > MAX_HELLOS {
            return Err(Violation::Flood("hello").into());
        }
        if theirs.role == self.ours.role {
            return Err(Violation::Unexpected("hello").into());
        }
        if theirs.estimator != ESTIMATOR_VERSION {
            return Err(PeerEnd::Estimator(theirs.estimator));
        }
        if theirs.has_heard {
            self.next_send = None;
        }
        let greeted = Greeted { is_first: self.theirs.is_none(), wants_answer: !theirs.has_heard };
        self.ours.has_heard = true;
        // What was said first holds: a peer cannot change its limits on the way.
        self.theirs.get_or_insert(theirs);
        Ok(greeted)
    }
}

/// The hello of a session.
pub(crate) fn hello_of(
    role: Role,
    capabilities: p2c2r_protocol::peer::Capabilities,
    limits: p2c2r_protocol::peer::PeerLimits,
) -> Hello {
    Hello {
        version: p2c2r_protocol::peer::PROTOCOL_VERSION,
        estimator: ESTIMATOR_VERSION,
        role,
        has_heard: false,
        capabilities,
        limits,
        tag: None,
    }
}
