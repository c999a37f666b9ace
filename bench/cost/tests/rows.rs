//! The program that prints rows to train on: the same rows each time, of cells that were seen and traced.

use std::process::Command;

use p2c2r_splitter::{COST_FEATURES, COST_SCHEMA_VERSION, log_cost};
use serde_json::Value;

fn print_rows(words: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cost-rows"));
    program.args([
        "--named",
        "1",
        "--drawn",
        "2",
        "--views",
        "2",
        "--cells",
        "5",
        "--samples",
        "2",
    ]);
    let output = program.args(words).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn rows_are_whole_and_the_same_each_time() {
    let rows = print_rows(&[]);
    assert_eq!(rows, print_rows(&[]));
    assert_ne!(rows, print_rows(&["--seed", "2"]));
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 3 * 2 * 5);
    for row in rows {
        assert_eq!(row["schema"], COST_SCHEMA_VERSION);
        let features: Vec<f32> = serde_json::from_value(row["features"].clone()).unwrap();
        let features: [f32; COST_FEATURES] = features.try_into().unwrap();
        if let Some(long) = row["log_long_cost"].as_f64() {
            // A mean cost of less than its short paths' share would be cut off.
            let error = log_cost(&features, long) - row["log_cost"].as_f64().unwrap();
            assert!((-1e-9..0.5).contains(&error), "{row}");
        }
    }
}
