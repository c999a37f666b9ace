//! The bits of some small pictures, which no machine and no refactoring may change.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use p2c2r_testkit::bit_equality::{committed, digests};
use p2c2r_tracer_cpu::CpuTracer;

#[test]
fn pictures_have_the_committed_bits() {
    let found = digests(|scene, task| {
        let tracer = CpuTracer::new(scene.clone());
        tracer.trace(task, &AtomicBool::new(false)).expect("the task is valid").sums
    });
    if std::env::var_os("P2C2R_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
        let path = "../testkit/fixtures/bit-equality.json";
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path), text).unwrap();
        return;
    }
    assert_eq!(found, committed(), "bless with P2C2R_BLESS=1 if the estimator was meant to change");
}
