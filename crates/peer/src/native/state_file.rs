//! What a requester has learned of contributors, in a file between runs. That file may be lost or broken:
//! it is told once, and the render goes on without it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use p2c2r_swarm::Memory;

use super::user_files::{cache_file, read_limited, replace};

/// A larger file is not ours; two thousand peers need less than half of it.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Between two writes during a render.
const WRITE_EVERY: Duration = Duration::from_secs(5);
const FILE_NAME: &str = "requester-state";
const SECRET_FILE_NAME: &str = "contributor-secret";

/// Where a requester's state is kept unless the user says otherwise.
pub fn default_state_file() -> Option<PathBuf> {
    cache_file(FILE_NAME)
}

/// What pseudonyms of this user's contributors are made from: what is stored, else `fresh`, which is then
/// stored if that is possible.
pub fn contributor_secret(fresh: [u8; 32]) -> [u8; 32] {
    let Some(path) = cache_file(SECRET_FILE_NAME) else { return fresh };
    let stored = read_limited(&path, 32).ok().flatten().and_then(|bytes| bytes.try_into().ok());
    stored.unwrap_or_else(|| {
        if let Err(error) = replace(&path, &fresh) {
            tracing::debug!(%error, "requesters will not recognise this contributor");
        }
        fresh
    })
}

/// The file of one render.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    write_at: Instant,
    is_broken: bool,
}

impl StateFile {
    pub(super) fn new(path: PathBuf, now: Instant) -> Self {
        Self { path, write_at: now + WRITE_EVERY, is_broken: false }
    }

    /// What was stored; `None` if nothing was.
    pub(super) fn read(&self) -> Result<Option<Memory>, String> {
        let told = |error: &dyn std::fmt::Display| {
            format!("what was learned before is lost: {}: {error}", self.path.display())
        };
        let bytes = read_limited(&self.path, MAX_FILE_BYTES).map_err(|error| told(&error))?;
        let Some(bytes) = bytes else { return Ok(None) };
        Memory::from_bytes(&bytes).map(Some).ok_or_else(|| told(&"the file is too short"))
    }

    /// Whether it is time to write; not again for a while.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = now >= self.write_at;
        if is_due {
            self.write_at = now + WRITE_EVERY;
        }
        is_due
    }

    /// Stores; what went wrong is told the first time.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match replace(&self.path, bytes) {
            Ok(()) => Ok(()),
            Err(_) if self.is_broken => Ok(()),
            Err(error) => {
                self.is_broken = true;
                Err(format!("what is learned is not kept: {}: {error}", self.path.display()))
            }
        }
    }
}
