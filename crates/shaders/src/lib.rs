//! WGSL sources by topic, linked at build time, and the Rust structs they mirror.
