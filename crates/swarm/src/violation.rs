//! The rules of a peer link, as errors: what was broken, and where.

use p2c2r_frame::{SumsError, TaskError};
use p2c2r_image::CodecError;
use p2c2r_protocol::LeaseId;
use p2c2r_protocol::peer::{DecodeError, GoodbyeReason, RefuseJob, ViolationKind};
use thiserror::Error;

/// A rule that the other side broke. The link is closed; nobody else is touched.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Violation {
    /// Bytes that are no message.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Something before the hello.
    #[error("a {0} message before the hello")]
    BeforeHello(&'static str),
    /// A message that the other side's role does not send, or not now.
    #[error("a {0} message that is not expected here")]
    Unexpected(&'static str),
    /// A result for a task that this peer was never given.
    #[error("a result for {0}, which was never given to it")]
    NeverGiven(LeaseId),
    /// A result, or a part of it, that has come already.
    #[error("{0} was answered twice")]
    Duplicate(LeaseId),
    /// A lease number used again.
    #[error("{0} was given twice")]
    LeaseReused(LeaseId),
    /// A result longer than its task can have.
    #[error("a result of {found} bytes for {lease}; at most {limit} are possible")]
    ResultTooLong {
        /// The task.
        lease: LeaseId,
        /// Claimed or received length.
        found: usize,
        /// Longest packing of such a task.
        limit: usize,
    },
    /// Parts that do not make a whole.
    #[error("the parts of {0} contradict each other")]
    Parts(LeaseId),
    /// A result that does not unpack.
    #[error("the result of {lease} does not unpack: {source}")]
    Packing {
        /// The task.
        lease: LeaseId,
        /// What is wrong.
        source: CodecError,
    },
    /// A result that no honest tracer gives.
    #[error("the result of {lease} is impossible: {source}")]
    Sums {
        /// The task.
        lease: LeaseId,
        /// What is wrong.
        source: SumsError,
    },
    /// A task that nobody can trace.
    #[error("{lease} cannot be traced: {source}")]
    Task {
        /// The task.
        lease: LeaseId,
        /// What is wrong.
        source: TaskError,
    },
    /// A task about another scene than its job.
    #[error("{0} is not about the scene of its job")]
    WrongScene(LeaseId),
    /// More tasks, credit or repeated messages than allowed.
    #[error("more {0} messages than allowed")]
    Flood(&'static str),
}

impl Violation {
    /// The short form that the other side is told.
    pub const fn kind(&self) -> ViolationKind {
        match self {
            Self::Malformed(_) => ViolationKind::Malformed,
            Self::BeforeHello(_) | Self::Unexpected(_) => ViolationKind::Unexpected,
            Self::NeverGiven(_) => ViolationKind::UnknownLease,
            Self::Duplicate(_) | Self::LeaseReused(_) => ViolationKind::Duplicate,
            Self::ResultTooLong { .. } => ViolationKind::TooLarge,
            Self::Parts(_) | Self::Packing { .. } | Self::Sums { .. } => ViolationKind::Invalid,
            Self::Task { .. } | Self::WrongScene(_) => ViolationKind::Invalid,
            Self::Flood(_) => ViolationKind::Flood,
        }
    }
}

/// Why a peer is no longer part of a session.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PeerEnd {
    /// The link closed without a word.
    #[error("the link closed")]
    LinkClosed,
    /// The other side said goodbye.
    #[error("it said goodbye: {0:?}")]
    Goodbye(GoodbyeReason),
    /// Nothing was heard for too long.
    #[error("it was silent for too long")]
    Silent,
    /// It took tasks and let each of them run out.
    #[error("it let {0} tasks in a row run out")]
    NeverDelivered(u32),
    /// It speaks another protocol version.
    #[error("it speaks protocol version {0}")]
    Version(u16),
    /// Its tracer gives other bits.
    #[error("its tracer has version {0}")]
    Estimator(u32),
    /// It does not take the job.
    #[error("it refused the job: {0:?}")]
    JobRefused(RefuseJob),
    /// As many links as this side serves are taken.
    #[error("no place is left")]
    Full,
    /// It wanted to leave, and all that it had is done.
    #[error("finished")]
    Finished,
    /// This side stopped.
    #[error("stopped here")]
    Stopped,
    /// It broke a rule.
    #[error(transparent)]
    Violation(#[from] Violation),
}

impl PeerEnd {
    /// What the other side is told; `None` where it said goodbye first or is gone.
    pub const fn goodbye(&self) -> Option<GoodbyeReason> {
        match self {
            Self::LinkClosed | Self::Goodbye(_) => None,
            Self::Silent | Self::NeverDelivered(_) => Some(GoodbyeReason::Silent),
            Self::Version(_) => Some(GoodbyeReason::Version),
            Self::Estimator(_) => Some(GoodbyeReason::Estimator),
            Self::JobRefused(_) | Self::Finished => Some(GoodbyeReason::Finished),
            Self::Full => Some(GoodbyeReason::Full),
            Self::Stopped => Some(GoodbyeReason::Stopped),
            Self::Violation(violation) => Some(GoodbyeReason::Violation(violation.kind())),
        }
    }
}
