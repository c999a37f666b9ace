//! The native programs, in the dev profile, which optimises the tracers.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::places::Places;
use crate::process;

/// The programs that demo and tests start.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// `p2c2r`: renders and contributes.
    pub(crate) cli: PathBuf,
    /// `p2c2r-server`: serves pages and introduces peers.
    pub(crate) server: PathBuf,
}

/// The program that prints rows to train the cost model on.
pub(crate) const COST_ROWS: &str = "cost-rows";

/// The feature that puts the pages, which must be built, into the server.
pub(crate) const EMBED_PAGES: &str = "p2c2r-server/embed-assets";

const QUERY_LIMIT: Duration = Duration::from_secs(60);

/// Builds both, and learns from cargo where they are; `has_pages` puts the pages into the server.
pub(super) fn build(places: &Places, has_pages: bool) -> Result<Programs> {
    let packages = ["--package", "p2c2r-cli", "--package", "p2c2r-server"];
    let features = ["--features", EMBED_PAGES];
    let features = if has_pages { &features[..] } else { &[] };
    let built = Built::new(places, &[&packages[..], features].concat())?;
    Ok(Programs { cli: built.program("p2c2r")?, server: built.program("p2c2r-server")? })
}

/// Builds [`COST_ROWS`].
pub(super) fn build_cost_rows(places: &Places) -> Result<PathBuf> {
    Built::new(places, &["--package", "p2c2r-bench-cost"])?.program(COST_ROWS)
}

/// What cargo says that it built.
struct Built(Vec<PathBuf>);

impl Built {
    fn new(places: &Places, what: &[&str]) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&places.root).args(["build", "--locked"]).args(what);
        cargo.args(["--message-format", "json-render-diagnostics"]);
        let mut built = Vec::new();
        process::run_lines(&mut cargo, |line| built.extend(program_in(line)))?;
        Ok(Self(built))
    }

    fn program(&self, name: &str) -> Result<PathBuf> {
        let found = self.0.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
        found.cloned().with_context(|| format!("cargo built no program {name}"))
    }
}

/// Those that `cargo test` has just built beside the tests, which need them too.
pub(crate) fn tested(places: &Places) -> Result<Programs> {
    let program = |name: &str| tested_program(places, name);
    Ok(Programs { cli: program("p2c2r")?, server: program("p2c2r-server")? })
}

/// One of the programs that tests need.
pub(crate) fn tested_program(places: &Places, name: &str) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let report = process::probe(&mut cargo, QUERY_LIMIT).context("`cargo metadata` fails")?;
    let report: Value = serde_json::from_str(&report).context("`cargo metadata` is no JSON")?;
    let folder = report["target_directory"].as_str().context("cargo names no target folder")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = PathBuf::from(folder).join("debug").join(file);
    ensure!(path.is_file(), "`cargo test` built no {}", path.display());
    Ok(path)
}

/// The program that a line of cargo's report names, if it does.
fn program_in(line: &str) -> Option<PathBuf> {
    let report: Value = serde_json::from_str(line).ok()?;
    report.get("executable")?.as_str().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_of_programs_count() {
        let program = r#"{"reason":"compiler-artifact","executable":"/target/debug/p2c2r"}"#;
        assert_eq!(program_in(program), Some("/target/debug/p2c2r".into()));
        assert_eq!(program_in(r#"{"reason":"compiler-artifact","executable":null}"#), None);
        assert_eq!(program_in("warning: not JSON"), None);
    }
}
