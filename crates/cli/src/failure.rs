//! What went wrong, as far as a script needs to tell: the exit codes.

use std::fmt;
use std::process::ExitCode;

/// The kinds of failure that have an exit code of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Options that do not fit together or the scene.
    Usage,
    /// A scene, environment or picture that cannot be read.
    Input,
    /// A server that cannot be reached or refuses, or nobody to render with.
    Network,
    /// The output cannot be written.
    Output,
    /// A GPU that is not there or fails.
    Device,
}

impl Failure {
    const fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Input => 3,
            Self::Network => 4,
            Self::Output => 5,
            Self::Device => 6,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Usage => "the options do not fit",
            Self::Input => "the input cannot be used",
            Self::Network => "the network cannot be used",
            Self::Output => "the output cannot be written",
            Self::Device => "the device cannot be used",
        })
    }
}

impl std::error::Error for Failure {}

/// Marks an error with its kind; the message stays the cause's.
#[derive(Debug)]
struct Marked {
    failure: Failure,
    message: String,
}

impl fmt::Display for Marked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Marked {}

/// Gives a result's error an exit code.
pub(crate) trait OrFail<T> {
    /// Marks the error as of this kind.
    fn or_fail(self, failure: Failure) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self, failure: Failure) -> anyhow::Result<T> {
        self.map_err(|error| {
            let error: anyhow::Error = error.into();
            anyhow::Error::new(Marked { failure, message: format!("{error:#}") })
        })
    }
}

/// An error of a kind, from a sentence.
pub(crate) fn fail(failure: Failure, message: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Marked { failure, message: message.into() })
}

/// The exit code of an error: of the first cause that has one.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    let marked = error.chain().find_map(|cause| cause.downcast_ref::<Marked>());
    ExitCode::from(marked.map_or(1, |marked| marked.failure.code()))
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn context_keeps_the_exit_code() {
        let result: anyhow::Result<()> = Err(fail(Failure::Input, "no triangles"));
        let error = result.context("scene.glb").unwrap_err();
        assert_eq!(format!("{error:#}"), "scene.glb: no triangles");
        assert_eq!(exit_code(&error), ExitCode::from(3));
        assert_eq!(exit_code(&anyhow::anyhow!("else")), ExitCode::from(1));
    }
}
