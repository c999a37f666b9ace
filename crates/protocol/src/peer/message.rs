//! The messages themselves.

use std::fmt;

use p2c2r_frame::{Packing, SceneId, Task, TraceCounters};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CHUNK_PAYLOAD_BYTES, Channel, Condition, Hello, Pseudonym};
use crate::{JobId, LeaseId};

/// Everything one peer may say to another. New variants go at the end: the order is the wire format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Message {
    /// Both: opens the link.
    Hello(Hello),
    /// Requester: the scene that the following tasks are about.
    Job {
        /// The job.
        job: JobId,
        /// Its scene package.
        scene: SceneId,
        /// Size of the stored package in bytes.
        scene_bytes: u64,
    },
    /// Contributor: the scene of the job is loaded, tasks may come.
    JobReady {
        /// The job.
        job: JobId,
    },
    /// Contributor: this job will not be worked on.
    JobRefused {
        /// The job.
        job: JobId,
        /// Why.
        reason: RefuseJob,
    },
    /// Contributor: this many tasks more may be sent.
    Credit {
        /// Added to what was granted before.
        tasks: u16,
    },
    /// Requester: trace this; uses up one credit.
    Task {
        /// Names the task in everything said about it.
        lease: LeaseId,
        /// The work.
        task: Task,
        /// How the result is to travel.
        packing: Packing,
    },
    /// Requester: the result is no longer wanted.
    Cancel {
        /// The task.
        lease: LeaseId,
    },
    /// Contributor: the task comes back undone.
    Refuse {
        /// The task.
        lease: LeaseId,
        /// Why.
        reason: RefuseTask,
    },
    /// Contributor, on the tile channel: a part of a result.
    TileChunk(TileChunk),
    /// Contributor: the result is on its way or complete.
    TileDone(TileDone),
    /// Requester: are you there?
    Ping {
        /// Comes back in the answer.
        nonce: u32,
    },
    /// Contributor: yes.
    Pong {
        /// From the question.
        nonce: u32,
    },
    /// Contributor: finishes what it has and wants no more.
    Draining,
    /// Both: the last message; the link closes.
    Goodbye {
        /// Why.
        reason: GoodbyeReason,
    },
    /// Contributor: how it is now, if that is not what its hello said.
    Condition(Condition),
    /// Contributor: by what a requester with this tag, and nobody else, can recognise it in another
    /// session: made from the tag and a secret, so that two requesters cannot compare notes.
    Pseudonym(Pseudonym),
}

/// A part of a packed result; part `index` starts at `index ×` [`CHUNK_PAYLOAD_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileChunk {
    /// The task.
    pub lease: LeaseId,
    /// Which part.
    pub index: u16,
    /// Parts of the whole result, the same in each; at most [`super::MAX_CHUNKS_PER_TILE`].
    pub count: u16,
    /// The bytes; full length in every part but the last.
    pub bytes: ChunkBytes,
}

/// Ends a result and says what it cost; may overtake the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileDone {
    /// The task.
    pub lease: LeaseId,
    /// Length of the packed result.
    pub length_bytes: u32,
    /// What the tracer counted.
    pub counters: TraceCounters,
    /// Tracing time in microseconds; a claim.
    pub elapsed_us: u64,
}

/// Why a contributor does not take a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefuseJob {
    /// The scene package is larger than its limit.
    SceneTooLarge,
    /// The scene package could not be fetched.
    SceneUnavailable,
    /// The scene package is not valid.
    SceneInvalid,
}

/// Why a contributor gives a task back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefuseTask {
    /// It is finishing.
    Draining,
    /// Its person or its machine paused it.
    Paused,
    /// More pixels or paths than its limits.
    TooLarge,
    /// Its tracer failed.
    TraceFailed,
}

/// Why a link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GoodbyeReason {
    /// All work that was wanted is done.
    Finished,
    /// The person stopped it.
    Stopped,
    /// The other side speaks another protocol version.
    Version,
    /// The other side's tracer gives other bits.
    Estimator,
    /// As many links as it serves are taken.
    Full,
    /// The other side was silent for too long.
    Silent,
    /// The other side broke a rule.
    Violation(ViolationKind),
}

/// Which rule was broken, for the other side's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ViolationKind {
    /// A message that does not decode, or a wrong one for its channel.
    Malformed,
    /// A message that this role or this moment does not allow.
    Unexpected,
    /// A task or result that was never given or asked for.
    UnknownLease,
    /// A result that came before.
    Duplicate,
    /// A result or task beyond its limits.
    TooLarge,
    /// A result or task whose content is impossible.
    Invalid,
    /// More than was granted.
    Flood,
}

impl Message {
    /// The channel that carries the message.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::TileChunk(_) => Channel::Tiles,
            _ => Channel::Control,
        }
    }

    /// The variant's name, for logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Job { .. } => "job",
            Self::JobReady { .. } => "job-ready",
            Self::JobRefused { .. } => "job-refused",
            Self::Credit { .. } => "credit",
            Self::Task { .. } => "task",
            Self::Cancel { .. } => "cancel",
            Self::Refuse { .. } => "refuse",
            Self::TileChunk(_) => "tile-chunk",
            Self::TileDone(_) => "tile-done",
            Self::Ping { .. } => "ping",
            Self::Pong { .. } => "pong",
            Self::Draining => "draining",
            Self::Goodbye { .. } => "goodbye",
            Self::Condition(_) => "condition",
            Self::Pseudonym(_) => "pseudonym",
        }
    }
}

/// The bytes of a chunk: never more than [`CHUNK_PAYLOAD_BYTES`], and copied only after that check.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ChunkBytes(Vec<u8>);

impl ChunkBytes {
    /// Copies a part of a result; `None` if it is longer than [`CHUNK_PAYLOAD_BYTES`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= CHUNK_PAYLOAD_BYTES).then(|| Self(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, moved out.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for ChunkBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ChunkBytes({} bytes)", self.0.len())
    }
}

impl Serialize for ChunkBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for ChunkBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(ChunkVisitor)
    }
}

/// Takes a slice of the message itself, so that a claimed length cannot allocate.
struct ChunkVisitor;

impl<'de> Visitor<'de> for ChunkVisitor {
    type Value = ChunkBytes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at most {CHUNK_PAYLOAD_BYTES} bytes")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<ChunkBytes, E> {
        ChunkBytes::new(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<ChunkBytes, A::Error> {
        Err(A::Error::custom("a list where bytes belong"))
    }
}
