//! The server that introduces peers and holds scene blobs.

fn main() {}
