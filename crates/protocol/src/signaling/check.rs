//! The limits of every field that comes out of JSON.

use thiserror::Error;

use super::message::{ClientMessage, Hello, IceCandidate, ServerMessage, SignalPayload, Welcome};
use super::{MAX_CANDIDATE_BYTES, MAX_ICE_SERVERS, MAX_PEERS, MAX_REASON_BYTES, MAX_SDP_BYTES};

/// Most addresses of one ICE server.
const MAX_ICE_URLS: usize = 8;
/// Longest text that belongs to an ICE server.
const MAX_ICE_TEXT_BYTES: usize = 512;
/// Longest resume token.
const MAX_TOKEN_BYTES: usize = 128;

/// A field breaks its limit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{field}` has {found}; at most {limit} are accepted")]
pub struct FieldError {
    /// Name of the field.
    pub field: &'static str,
    /// Its length or value.
    pub found: usize,
    /// The limit.
    pub limit: usize,
}

/// Checks what the types cannot say.
pub trait Check {
    /// Fails if a field breaks its limit.
    fn check(&self) -> Result<(), FieldError>;
}

fn at_most(field: &'static str, found: usize, limit: usize) -> Result<(), FieldError> {
    if found > limit { Err(FieldError { field, found, limit }) } else { Ok(()) }
}

impl Check for ClientMessage {
    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Hello(hello) => hello.check(),
            Self::Signal { payload, .. } => payload.check(),
            _ => Ok(()),
        }
    }
}

impl Check for ServerMessage {
    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Welcome(welcome) => welcome.check(),
            Self::Signal { payload, .. } => payload.check(),
            Self::Error { message, .. } => at_most("message", message.len(), MAX_REASON_BYTES),
            _ => Ok(()),
        }
    }
}

impl Check for Hello {
    fn check(&self) -> Result<(), FieldError> {
        at_most("max_peers", self.max_peers.into(), MAX_PEERS)?;
        if let Some(resume) = &self.resume {
            at_most("token", resume.token.0.len(), MAX_TOKEN_BYTES)?;
            at_most("linked", resume.linked.len(), MAX_PEERS)?;
        }
        Ok(())
    }
}

impl Check for SignalPayload {
    fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Description(description) => at_most("sdp", description.sdp.len(), MAX_SDP_BYTES),
            Self::Candidate(candidate) => candidate.check(),
            Self::EndOfCandidates => Ok(()),
        }
    }
}

impl Check for IceCandidate {
    fn check(&self) -> Result<(), FieldError> {
        let texts = [Some(&self.candidate), self.sdp_mid.as_ref(), self.username_fragment.as_ref()];
        let longest = texts.into_iter().flatten().map(String::len).max().unwrap_or(0);
        at_most("candidate", longest, MAX_CANDIDATE_BYTES)
    }
}

impl Check for Welcome {
    fn check(&self) -> Result<(), FieldError> {
        at_most("resume_token", self.resume_token.0.len(), MAX_TOKEN_BYTES)?;
        at_most("ice_servers", self.ice_servers.len(), MAX_ICE_SERVERS)?;
        for server in &self.ice_servers {
            at_most("urls", server.urls.len(), MAX_ICE_URLS)?;
            let secrets = server.username.iter().chain(server.credential.iter());
            let longest = server.urls.iter().chain(secrets).map(String::len).max().unwrap_or(0);
            at_most("ice_servers", longest, MAX_ICE_TEXT_BYTES)?;
        }
        Ok(())
    }
}
