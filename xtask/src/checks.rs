//! `ci` and `test`: every check of the repository, each step timed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::build::{self, COST_ROWS};
use crate::places::Places;
use crate::process;
use crate::setup;
use crate::timing::Timing;
use crate::tools::{self, CargoDeny, Permission, Tool, WasmRust};
use crate::train::{self, Sources};

/// Crates that also run in the browser, so that lints must hold there as well. What runs models is left out: it has
/// no line that only browsers compile, and its libraries take minutes.
const BROWSER_CRATES: &[&str] = &[
    "p2c2r-frame",
    "p2c2r-scene",
    "p2c2r-shaders",
    "p2c2r-tracer-cpu",
    "p2c2r-tracer-gpu",
    "p2c2r-image",
    "p2c2r-protocol",
    "p2c2r-splitter",
    "p2c2r-scheduler",
    "p2c2r-swarm",
    "p2c2r-web",
    "p2c2r-app",
];

/// The folder of the browser tests.
const SUITE: &str = "tests/browser/suite";

/// Where JavaScript is, what checks it, and by which rules.
const SCRIPTS: [&str; 3] = ["tests", "bench", "web"];
const ESLINT: &str = "tests/browser/node_modules/eslint/bin/eslint.js";
const ESLINT_RULES: &str = "tests/browser/eslint.config.mjs";

/// The longest that one browser test may take; on an idle machine none needs a minute.
const BROWSER_TEST_LIMIT_MS: u32 = 480_000;

/// Tests that ran, over all runners.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    passed_count: u64,
    failed_count: u64,
}

/// Formatting, lints, dependencies and every test: what a change must pass.
pub(crate) fn ci(places: &Places, permission: Permission) -> Result<()> {
    let mut timing = Timing::default();
    let result = ci_steps(places, permission, &mut timing);
    eprintln!("{timing}");
    finish(result?)
}

fn ci_steps(places: &Places, permission: Permission, timing: &mut Timing) -> Result<Tally> {
    timing.step("formatting", || process::run(&mut cargo(places, &["fmt", "--all", "--check"])))?;
    timing.step("tools", || setup::set_up(places, permission))?;
    timing.step("eslint", || {
        let mut node = Command::new("node");
        node.current_dir(&places.root).args([ESLINT, "--config", ESLINT_RULES]);
        process::run(node.args(SCRIPTS))
    })?;
    timing.step("clippy, native", || {
        let words = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
        process::run(&mut cargo(places, &words))
    })?;
    timing.step("clippy, wasm32", || lint_for_browsers(places))?;
    timing.step("cargo deny", || check_dependencies(places, permission))?;
    test_steps(places, permission, timing)
}

/// Every test, the browser ones included.
pub(crate) fn test(places: &Places, permission: Permission) -> Result<()> {
    let mut timing = Timing::default();
    let result = test_steps(places, permission, &mut timing);
    eprintln!("{timing}");
    finish(result?)
}

fn test_steps(places: &Places, permission: Permission, timing: &mut Timing) -> Result<Tally> {
    timing.step("tools", || setup::set_up(places, permission))?;
    build::build_web(places, timing)?;
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    // A failure of one kind of test must not hide the others'.
    let mut keep = |result: Result<()>| failures.extend(result.err());
    let tested = timing.step("cargo test", || {
        let words = ["test", "--locked", "--workspace", "--no-fail-fast"];
        let mut test = cargo(places, &words);
        count_tests(test.args(["--features", build::EMBED_PAGES]), &mut tally)
    });
    // Where not even the first test ran, the programs beside the tests would be those of another day.
    if tally.passed_count == 0 {
        tested?;
    } else {
        keep(tested);
    }
    let programs = build::tested(places)?;
    let sources =
        Sources { cli: programs.cli.clone(), cost_rows: build::tested_program(places, COST_ROWS)? };
    let retrained =
        timing.step("small retraining", || Ok(train::check(places, permission, &sources)))?;
    tally.passed_count += u64::from(matches!(retrained, Some(Ok(()))));
    keep(retrained.unwrap_or(Ok(())));
    let examples = build::build_wasm_examples(places, timing)?;
    keep(timing.step("browser tests", || browser_tests(places, &programs, &examples, &mut tally)));
    for failure in &failures {
        eprintln!("xtask: {failure:#}");
    }
    // A runner that ended badly without a failed test still counts as one failure.
    tally.failed_count = tally.failed_count.max(failures.len() as u64);
    Ok(tally)
}

/// Runs the browser tests file by file; a failure of one does not hide the others'.
fn browser_tests(
    places: &Places,
    programs: &build::Programs,
    examples: &Path,
    tally: &mut Tally,
) -> Result<()> {
    let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
    let mut failed = Vec::new();
    for file in suite(places)? {
        let mut node = Command::new("node");
        node.current_dir(places.at(SUITE)).args(["--test", "--test-reporter=spec"]);
        // Browsers side by side would take each other's cores, and time counts in some tests.
        node.arg("--test-concurrency=1").arg(format!("--test-timeout={BROWSER_TEST_LIMIT_MS}"));
        node.arg(&file).env("P2C2R_WASM_EXAMPLES", examples);
        node.env("P2C2R_CLI", &programs.cli).env("P2C2R_SERVER", &programs.server);
        let result = count_tests(node.env("P2C2R_CHROMIUM", &browser), tally);
        failed.extend(result.err().map(|_| file.display().to_string()));
    }
    ensure!(failed.is_empty(), "browser tests failed: {}", failed.join(", "));
    Ok(())
}

/// The files of the browser tests; Node's versions disagree about what a folder means.
fn suite(places: &Places) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(places.at(SUITE)).context("no browser tests")?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}

fn finish(tally: Tally) -> Result<()> {
    println!("{} passed, {} failed", tally.passed_count, tally.failed_count);
    ensure!(tally.failed_count == 0, "tests failed");
    ensure!(tally.passed_count > 0, "no test ran");
    Ok(())
}

fn lint_for_browsers(places: &Places) -> Result<()> {
    let rust = WasmRust::find(places).context("no Rust for wasm32; run `cargo xtask setup`")?;
    let mut clippy = rust.cargo(places, "clippy")?;
    clippy.arg("--locked");
    for package in BROWSER_CRATES {
        clippy.args(["--package", package]);
    }
    process::run(clippy.args(["--", "-D", "warnings"]))
}

/// A machine that cannot build cargo-deny still checks everything else.
fn check_dependencies(places: &Places, permission: Permission) -> Result<()> {
    if let Err(error) = setup::ensure(&CargoDeny, places, permission) {
        let remedy = CargoDeny.remedy(places);
        eprintln!("xtask: skipped, since cargo-deny is missing: run `{remedy}` ({error:#})");
        return Ok(());
    }
    let mut deny = Command::new(CargoDeny::program(places));
    let words = ["check", "bans", "licenses", "sources"];
    process::run(deny.current_dir(&places.root).args(words))
}

/// Runs tests, passing their output on and adding up what it says about their number.
fn count_tests(command: &mut Command, tally: &mut Tally) -> Result<()> {
    process::run_lines(command, |line| {
        println!("{line}");
        tally.add_line(line);
    })
}

impl Tally {
    /// Adds a line like `test result: ok. 3 passed; 0 failed; …` or `ℹ pass 3`.
    fn add_line(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed_count += number_before(result, " passed");
            self.failed_count += number_before(result, " failed");
        }
        for mark in ["ℹ ", "# "] {
            if let Some(result) = line.strip_prefix(mark) {
                self.passed_count += number_after(result, "pass ");
                self.failed_count += number_after(result, "fail ");
            }
        }
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let number = text.find(word).and_then(|end| text[..end].rsplit(' ').next());
    number.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn number_after(text: &str, word: &str) -> u64 {
    text.strip_prefix(word).and_then(|digits| digits.trim().parse().ok()).unwrap_or(0)
}

fn cargo(places: &Places, words: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(&places.root).args(words);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_both_runners_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "test pass 9 ... ok",
            "ℹ tests 5",
            "ℹ pass 4",
            "ℹ fail 1",
        ] {
            tally.add_line(line);
        }
        assert_eq!(tally, Tally { passed_count: 19, failed_count: 3 });
    }

    #[test]
    fn a_run_without_tests_is_not_a_success() {
        assert!(finish(Tally::default()).is_err());
    }
}
