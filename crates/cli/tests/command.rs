//! The command as scripts see it: exit codes, messages, reports.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn p2c2r(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_p2c2r")).current_dir(folder).args(words).output().unwrap()
}

#[test]
fn every_kind_of_failure_has_its_code_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.glb"), b"glTF").unwrap();
    let check = |words: &str, code: i32, hint: &str| {
        let words: Vec<_> = words.split_whitespace().collect();
        let output = p2c2r(folder.path(), &words);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {message}");
        assert!(message.contains(hint), "{words:?}: {message}");
    };
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
