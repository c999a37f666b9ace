//! Why a native peer gave up.

use thiserror::Error;

/// A failure of [`super::contribute`] or [`super::render`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The server's address cannot be used.
    #[error("{0}")]
    Address(String),
    /// The job cannot be rendered by anyone.
    #[error("the job cannot be rendered: {0}")]
    Job(String),
    /// The server cannot be reached, or nobody to render with came.
    #[error("{0}")]
    Network(String),
    /// The server does not want this peer.
    #[error("the server refuses: {0}")]
    Refused(String),
    /// The wanted device is not there or failed.
    #[error("{0}")]
    Device(String),
    /// Something that has no business to happen.
    #[error("{0}")]
    Internal(String),
}
