//! What must hold for any bytes; each function is a fuzz target and is replayed by ordinary tests.

pub mod protocol;
pub mod scene;
pub mod trace;
