//! The command as scripts see it: exit codes, messages, reports.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn p2c2r(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_p2c2r")).current_dir(folder).args(words).output().unwrap()
}

/// That a command fails with this code, and says this among other things.
fn check_failure(folder: &Path, words: &str, code: i32, hint: &str) {
    let words: Vec<_> = words.split_whitespace().collect();
    let output = p2c2r(folder, &words);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words:?}: {message}");
    assert!(message.contains(hint), "{words:?}: {message}");
}

#[test]
fn every_kind_of_failure_has_its_code_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.glb"), b"glTF").unwrap();
    let check = |words, code, hint| check_failure(folder.path(), words, code, hint);
    check("render", 2, "SCENE");
    check("render cornell --size 0x0", 2, "0x0");
    check("render cornell --spp 0 --out a.png", 2, "samples");
    check("render cornell --out a.bmp", 2, ".png");
    check("render cornell --camera nobody --out a.png", 2, "nobody");
    check("render cornell --room 0123456789abcdef", 2, "--signal");
    check("render cornell --signal http://h --room short", 2, "16 to 64");
    check("render nowhere --out a.png", 3, "night-city");
    check("render missing.glb --out a.png", 3, "missing.glb");
    check("render broken.glb --out a.png", 3, "broken.glb");
    check("render cornell --environment no.hdr --out a.png", 3, "no.hdr");
    check("render cornell --out no/such/folder/a.png", 5, "no/such/folder");
    check("contribute http://127.0.0.1:1 --device cpu", 4, "127.0.0.1:1");
    check("contribute ftp://host", 2, "http://");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
}

#[test]
fn picture_and_report_agree_with_the_order() {
    let folder = tempfile::tempdir().unwrap();
    let words = "render cornell --size 24x16 --spp 3 --seed 7 --device cpu --threads 1 \
                 --out a.sums --stats s.json --json";
    let words: Vec<_> = words.split_whitespace().collect();
    let output = p2c2r(folder.path(), &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let written = std::fs::read(folder.path().join("s.json")).unwrap();
    assert_eq!(printed, serde_json::from_slice::<serde_json::Value>(&written).unwrap());
    assert_eq!(printed["spp"], 3);
    assert_eq!(printed["is_partitioned"], true);
    assert_eq!(printed["peers"][0]["samples"], 24 * 16 * 3);
    assert_eq!(std::fs::metadata(folder.path().join("a.sums")).unwrap().len(), 24 * 16 * 24);
}

#[test]
fn unreachable_server_does_not_keep_a_picture_from_being_made() {
    let folder = tempfile::tempdir().unwrap();
    let render = |words: &str| {
        let words: Vec<_> = words.split_whitespace().collect();
        let output = p2c2r(folder.path(), &words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let job = "render cornell --size 32x24 --spp 4 --device cpu --threads 1";
    render(&format!("{job} --out alone.sums"));
    render(&format!("{job} --out tried.sums --signal http://127.0.0.1:1"));
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert!(read("alone.sums") == read("tried.sums"));
}

#[test]
fn impossible_races_are_told_before_anything_is_run_or_written() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("cut.json", r#"{"peers": 1"#),
        ("odd.json", r#"{"outage": [300, 1e300]}"#),
        ("strange.json", r#"{"piers": 24}"#),
        ("crowd.json", r#"{"peers": 1000000}"#),
        ("cut.jsonl", r#"{"schema": 1, "worker"#),
        ("empty.jsonl", ""),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let check = |words, code, hint| check_failure(folder.path(), words, code, hint);
    check("sim --policy best", 2, "there are random");
    check("sim --load 50,500", 2, "200 %");
    check("sim --load NaN", 2, "200 %");
    check("sim --seconds 1e300", 2, "3600");
    check("sim --seeds 0", 2, "1..");
    check("sim --seed 18446744073709551615", 2, "--seed");
    check("sim --population missing.json", 3, "missing.json");
    check("sim --population .", 3, "population .");
    check("sim --population cut.json", 3, "EOF");
    check("sim --population odd.json", 3, "`outage` of the population must be two times");
    check("sim --population strange.json", 3, "unknown field `piers`");
    check("sim --population crowd.json", 3, "between 1 and 1000");
    check("sim --trace missing.jsonl", 3, "render --prediction-log");
    check("sim --trace cut.jsonl", 3, "line 1: the record is cut off");
    check("sim --trace cut.json", 3, "line 1:");
    check("sim --trace empty.jsonl", 3, "no peer in the log has delivered");
    check("sim --report cut.json", 5, "cut.json");
    check("sim --log no/such/log.jsonl --seconds 2", 5, "no/such/log.jsonl");
    check("sim --log log.jsonl --seconds inf", 2, "3600");
    check("sim --log log.jsonl --seed 4000000 --seconds 2", 2, "400,000");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, files.len(), "nothing was written");
}

#[test]
fn what_was_recorded_is_raced_once_for_each_policy_and_charted() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &str| {
        let words: Vec<_> = words.split_whitespace().collect();
        let output = p2c2r(folder.path(), &words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run("sim --log log.jsonl --seeds 1 --seconds 4");
    let race =
        "sim --trace log.jsonl --seeds 1 --seconds 3 --load 50 --policy product,random,product";
    let table = run(&format!("{race} --report out/charts"));
    assert_eq!(table.matches("product").count(), 1, "{table}");
    assert!(!table.contains("NaN"), "{table}");
    let page = std::fs::read_to_string(folder.path().join("out/charts/index.html")).unwrap();
    assert!(page.contains("log.jsonl") && page.contains("3 virtual seconds"));
    let printed: serde_json::Value = serde_json::from_str(&run(&format!("{race} --json"))).unwrap();
    assert_eq!(printed[0]["standings"].as_array().unwrap().len(), 2);
}
