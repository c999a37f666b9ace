//! What a requester has learned of contributors, in a file between runs. That file may be lost or broken:
//! it is told once, and the render goes on without it.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use p2c2r_protocol::peer::{DeviceKind, PeerName};
use p2c2r_swarm::{Memory, StateError};

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

/// What pseudonyms of a contributor are made from: a secret of this user, told apart by device and name, since
/// a machine may run several, of which each has a speed of its own.
pub fn contributor_secret(fresh: [u8; 32], device: DeviceKind, name: &PeerName) -> [u8; 32] {
    let own = [device.as_str(), name.as_str()].join("\n");
    *blake3::keyed_hash(&user_secret(fresh), own.as_bytes()).as_bytes()
}

/// What is stored, else `fresh`, which is then stored if that is possible.
fn user_secret(fresh: [u8; 32]) -> [u8; 32] {
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
    is_kept: bool,
}

impl StateFile {
    pub(super) fn new(path: PathBuf, now: Instant) -> Self {
        Self { path, write_at: now + WRITE_EVERY, is_kept: true }
    }

    /// What was stored; `None` if nothing was. What is no state of ours will not be replaced by one.
    pub(super) fn read(&mut self) -> Result<Option<Memory>, String> {
        let bytes = match read_limited(&self.path, MAX_FILE_BYTES) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => return Err(self.leave(&error)),
        };
        match Memory::from_bytes(&bytes) {
            Some(memory) => Ok(Some(memory)),
            None if bytes.is_empty() => Ok(None),
            None => Err(self.leave(&"it is too short for a saved state")),
        }
    }

    /// What was read could not be gone on from; says what that means.
    pub(super) fn refuse(&mut self, error: &StateError) -> String {
        if error.is_foreign() {
            return self.leave(error);
        }
        let path = self.path.display();
        format!("contributors are not known again, learning begins anew: {path}: {error}")
    }

    /// Will not touch the file.
    fn leave(&mut self, reason: &dyn Display) -> String {
        self.is_kept = false;
        let path = self.path.display();
        format!(
            "what is learned of contributors is not kept: {path} is left as it is: {reason}; remove it, or name \
             another file"
        )
    }

    /// Whether it is time to write; not again for a while.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.is_kept && now >= self.write_at;
        if is_due {
            self.write_at = now + WRITE_EVERY;
        }
        is_due
    }

    /// Stores; what went wrong is told the first time.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        if !self.is_kept {
            return Ok(());
        }
        replace(&self.path, bytes).map_err(|error| {
            self.is_kept = false;
            format!("what is learned of contributors is not kept: {}: {error}", self.path.display())
        })
    }
}
