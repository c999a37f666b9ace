//! Why a glTF file cannot be imported: what is wrong, and where.

use thiserror::Error;

use super::resolver::ResourceError;
use crate::{ImageError, InvalidScene};

/// Why a glTF file cannot be imported.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ImportError {
    /// More of something than the limit.
    #[error("{what}: {found}, at most {limit} are allowed")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// The binary container is damaged.
    #[error("not a usable .glb: {0}")]
    Container(&'static str),
    /// The JSON is damaged, or is not a glTF document.
    #[error("the glTF JSON is malformed at line {line}, column {column}: {reason}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// Another version of glTF.
    #[error("glTF version {0:?}; version 2.0 is read")]
    Version(String),
    /// The file cannot be shown without an extension that is not supported.
    #[error("the file requires the extension {0}, which is not supported; export it without")]
    RequiredExtension(String),
    /// An index points nowhere.
    #[error("{place}: {what} {found} does not exist, there are {count}")]
    Index {
        /// What holds the index.
        place: String,
        /// What it should point to.
        what: &'static str,
        /// The index.
        found: u64,
        /// How many there are.
        count: usize,
    },
    /// A URI that may not be followed.
    #[error("{place}: the URI {uri:?} {reason}")]
    Uri {
        /// What holds the URI.
        place: String,
        /// Its beginning.
        uri: String,
        /// Why not.
        reason: &'static str,
    },
    /// A file beside the root cannot be read.
    #[error("{place}: {error}")]
    Resource {
        /// What names the file.
        place: String,
        /// Why not.
        error: ResourceError,
    },
    /// A byte range leaves what it lies in.
    #[error("{place}: bytes {start} to {end} of {length}")]
    Range {
        /// What holds the range.
        place: String,
        /// First byte.
        start: u64,
        /// One past the last byte.
        end: u64,
        /// Bytes there are.
        length: u64,
    },
    /// Something has a form that glTF does not allow there.
    #[error("{place}: {reason}")]
    Form {
        /// Where.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// An image cannot be used.
    #[error("image {index}: {error}")]
    Image {
        /// Which image.
        index: usize,
        /// What is wrong with it.
        error: ImageError,
    },
    /// The content breaks a rule that every scene keeps.
    #[error(transparent)]
    Invalid(#[from] InvalidScene),
}

impl ImportError {
    pub(super) fn form(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Form { place: place.into(), reason: reason.into() }
    }
}

/// The item at an index from the file.
pub(super) fn at<'a, T>(
    items: &'a [T],
    index: usize,
    what: &'static str,
    place: impl FnOnce() -> String,
) -> Result<&'a T, ImportError> {
    items.get(index).ok_or_else(|| ImportError::Index {
        place: place(),
        what,
        found: index as u64,
        count: items.len(),
    })
}
