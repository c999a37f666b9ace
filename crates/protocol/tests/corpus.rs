//! Replays the corpora of the fuzz targets of this crate.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

#[path = "../../../fuzz/src/protocol.rs"]
pub mod protocol;

/// Runs the target over every file of its corpus; an empty corpus is a mistake.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} holds nothing", folder.display());
}

#[test]
fn peer_message_corpus_holds() {
    replay("peer_message", protocol::peer_message);
}

#[test]
fn signaling_corpus_holds() {
    replay("signaling", protocol::signaling);
}
