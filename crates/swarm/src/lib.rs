//! Sans-IO sessions: requester, contributor and signaling state machines.

pub mod signaling;
