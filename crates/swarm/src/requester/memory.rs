//! What a requester keeps from one session to the next: the tag by which contributors know it, and what
//! was learned of them. Losing it costs nothing but accuracy.

use p2c2r_protocol::peer::Pseudonym;
use p2c2r_scheduler::StateError;

use super::Requester;

/// Bytes that a driver stores; 16 of the tag, then the scheduler's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// For [`super::Insight::tag`].
    pub tag: Pseudonym,
    /// For [`Requester::recall`].
    pub learned: Vec<u8>,
}

impl Memory {
    /// Reads what was stored; `None` if that is too short to be anything.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, learned) = bytes.split_first_chunk()?;
        Some(Self { tag: *tag, learned: learned.to_vec() })
    }
}

impl Requester {
    /// Goes on from what was learned in another session, before peers come. On an error nothing changes.
    pub fn recall(&mut self, learned: &[u8]) -> Result<(), StateError> {
        if learned.is_empty() { Ok(()) } else { self.scheduler.restore(learned, self.now) }
    }

    /// What is to be stored by now; `None` without a tag, which is what contributors are kept under.
    pub fn memory(&self) -> Option<Vec<u8>> {
        let tag = self.config.insight.tag?;
        Some([&tag[..], &self.scheduler.save(self.now)].concat())
    }
}
