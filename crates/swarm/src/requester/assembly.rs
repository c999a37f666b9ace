//! Puts the chunks of one result together, within what the task can have at most.

use std::time::Duration;

use p2c2r_image::packed_limit_bytes;
use p2c2r_protocol::peer::{CHUNK_PAYLOAD_BYTES, MAX_CHUNKS_PER_TILE, TileChunk, TileDone};

use crate::Violation;

/// The parts of a result so far. Holds at most what the task's pixels can pack to.
#[derive(Debug)]
pub(super) struct Assembly {
    limit_bytes: usize,
    /// When the first part of it came.
    began_at: Duration,
    /// Known from the first chunk.
    parts: Vec<Option<Vec<u8>>>,
    received_bytes: usize,
    done: Option<TileDone>,
}

impl Assembly {
    pub(super) fn new(pixels: u64, now: Duration) -> Self {
        let limit_bytes = packed_limit_bytes(pixels);
        Self { limit_bytes, began_at: now, parts: Vec::new(), received_bytes: 0, done: None }
    }

    /// When the first part of the result came.
    pub(super) const fn began_at(&self) -> Duration {
        self.began_at
    }

    /// Bytes that are kept.
    pub(super) const fn received_bytes(&self) -> usize {
        self.received_bytes
    }

    /// Adds a chunk.
    pub(super) fn add(&mut self, chunk: TileChunk) -> Result<(), Violation> {
        let TileChunk { lease, index, count, bytes } = chunk;
        if self.parts.is_empty() {
            let most = self.limit_bytes.div_ceil(CHUNK_PAYLOAD_BYTES);
            if usize::from(count) > most.min(usize::from(MAX_CHUNKS_PER_TILE)) {
                let found = usize::from(count) * CHUNK_PAYLOAD_BYTES;
                return Err(Violation::ResultTooLong { lease, found, limit: self.limit_bytes });
            }
            self.parts.resize(usize::from(count), None);
        }
        let bytes = bytes.into_vec();
        let is_last = usize::from(index) + 1 == self.parts.len();
        let is_full = bytes.len() == CHUNK_PAYLOAD_BYTES;
        if usize::from(count) != self.parts.len() || bytes.is_empty() || !(is_last || is_full) {
            return Err(Violation::Parts(lease));
        }
        let part = self.parts.get_mut(usize::from(index)).ok_or(Violation::Parts(lease))?;
        if part.is_some() {
            return Err(Violation::Duplicate(lease));
        }
        self.received_bytes += bytes.len();
        *part = Some(bytes);
        self.check_length()
    }

    /// Takes the closing message.
    pub(super) fn close(&mut self, done: TileDone) -> Result<(), Violation> {
        if self.done.is_some() {
            return Err(Violation::Duplicate(done.lease));
        }
        self.done = Some(done);
        self.check_length()
    }

    /// The whole result, once every part and the closing message are here.
    pub(super) fn take(&mut self) -> Option<(Vec<u8>, TileDone)> {
        let done = self.done?;
        if self.parts.is_empty() || self.parts.iter().any(Option::is_none) {
            return None;
        }
        let parts = std::mem::take(&mut self.parts);
        let mut whole = Vec::with_capacity(self.received_bytes);
        parts.into_iter().flatten().for_each(|part| whole.extend(part));
        Some((whole, done))
    }

    /// Compares what came with what was said, as far as both are known.
    fn check_length(&self) -> Result<(), Violation> {
        let Some(done) = self.done else { return Ok(()) };
        let (said, limit) = (done.length_bytes as usize, self.limit_bytes);
        if said > limit || self.received_bytes > limit {
            let found = said.max(self.received_bytes);
            return Err(Violation::ResultTooLong { lease: done.lease, found, limit });
        }
        let is_whole = !self.parts.is_empty() && self.parts.iter().all(Option::is_some);
        let is_consistent =
            if is_whole { said == self.received_bytes } else { said > self.received_bytes };
        if is_consistent { Ok(()) } else { Err(Violation::Parts(done.lease)) }
    }
}

#[cfg(test)]
mod tests {
    use p2c2r_frame::TraceCounters;
    use p2c2r_protocol::LeaseId;
    use p2c2r_protocol::peer::ChunkBytes;

    use super::*;

    const LEASE: LeaseId = LeaseId(3);
    /// Enough pixels for a result of three chunks.
    const PIXELS: u64 = 1200;

    fn chunk(index: u16, count: u16, length: usize) -> TileChunk {
        let bytes = ChunkBytes::new(&vec![index as u8; length]).unwrap();
        TileChunk { lease: LEASE, index, count, bytes }
    }

    fn done(length_bytes: usize) -> TileDone {
        let counters = TraceCounters::default();
        TileDone { lease: LEASE, length_bytes: length_bytes as u32, counters, elapsed_us: 1 }
    }

    #[test]
    fn parts_in_any_order_make_the_whole() {
        let mut assembly = Assembly::new(PIXELS, Duration::ZERO);
        assembly.add(chunk(1, 2, 10)).unwrap();
        assembly.close(done(CHUNK_PAYLOAD_BYTES + 10)).unwrap();
        assert_eq!(assembly.take(), None);
        assembly.add(chunk(0, 2, CHUNK_PAYLOAD_BYTES)).unwrap();
        let (whole, _) = assembly.take().unwrap();
        assert_eq!(whole.len(), CHUNK_PAYLOAD_BYTES + 10);
        assert_eq!((whole[0], whole[CHUNK_PAYLOAD_BYTES]), (0, 1));
    }

    #[test]
    fn contradicting_parts_are_refused() {
        let check = |steps: &[TileChunk], close: Option<TileDone>| {
            let mut assembly = Assembly::new(PIXELS, Duration::ZERO);
            let added = steps.iter().try_for_each(|chunk| assembly.add(chunk.clone()));
            added.and_then(|()| close.map_or(Ok(()), |done| assembly.close(done))).unwrap_err()
        };
        let full = CHUNK_PAYLOAD_BYTES;
        let parts = Violation::Parts(LEASE);
        assert_eq!(check(&[chunk(0, 2, 5)], None), parts);
        assert_eq!(check(&[chunk(0, 1, 0)], None), parts);
        assert_eq!(check(&[chunk(0, 2, full), chunk(1, 3, 5)], None), parts);
        assert_eq!(check(&[chunk(2, 2, full)], None), parts);
        assert_eq!(check(&[chunk(0, 1, 5)], Some(done(6))), parts);
        let twice = [chunk(0, 2, full), chunk(0, 2, full)];
        assert_eq!(check(&twice, None), Violation::Duplicate(LEASE));
        assert!(matches!(check(&[chunk(0, 9, full)], None), Violation::ResultTooLong { .. }));
        let long = done(packed_limit_bytes(PIXELS) + 1);
        assert!(matches!(check(&[chunk(0, 1, 5)], Some(long)), Violation::ResultTooLong { .. }));
    }

    #[test]
    fn result_of_no_chunks_is_never_whole() {
        let mut assembly = Assembly::new(PIXELS, Duration::ZERO);
        let none = TileChunk { lease: LEASE, index: 0, count: 0, bytes: ChunkBytes::default() };
        assert_eq!(assembly.add(none), Err(Violation::Parts(LEASE)));
        assert_eq!(assembly.close(done(0)), Err(Violation::Parts(LEASE)));
    }
}
