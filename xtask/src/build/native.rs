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

/// The feature that puts the pages, which must be built, into the server.
pub(crate) const EMBED_PAGES: &str = "p2c2r-server/embed-assets";

const QUERY_LIMIT: Duration = Duration::from_secs(60);

/// Builds both, and learns from cargo where they are; `has_pages` puts the pages into the server.
pub(super) fn build(places: &Places, has_pages: bool) -> Result<Programs> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["build", "--locked", "--package", "p2c2r-cli"]);
    cargo.args(["--package", "p2c2r-server"]);
    cargo.args(has_pages.then_some(["--features", EMBED_PAGES]).into_iter().flatten());
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let mut built = Vec::new();
    process::run_lines(&mut cargo, |line| built.extend(program_in(line)))?;
    let program = |name: &str| {
        let found = built.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
        found.cloned().with_context(|| format!("cargo built no program {name}"))
    };
    Ok(Programs { cli: program("p2c2r")?, server: program("p2c2r-server")? })
}

/// Those that `cargo test` has just built beside the tests, which need them too.
pub(crate) fn tested(places: &Places) -> Result<Programs> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let report = process::probe(&mut cargo, QUERY_LIMIT).context("`cargo metadata` fails")?;
    let report: Value = serde_json::from_str(&report).context("`cargo metadata` is no JSON")?;
    let folder = report["target_directory"].as_str().context("cargo names no target folder")?;
    let program = |name: &str| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let path = PathBuf::from(folder).join("debug").join(file);
        ensure!(path.is_file(), "`cargo test` built no {}", path.display());
        Ok(path)
    };
    Ok(Programs { cli: program("p2c2r")?, server: program("p2c2r-server")? })
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
