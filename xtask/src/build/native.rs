//! The native programs, in the dev profile, which optimises the tracers.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
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

/// Builds both, and learns from cargo where they are.
pub(super) fn build(places: &Places) -> Result<Programs> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["build", "--package", "p2c2r-cli"]);
    cargo.args(["--package", "p2c2r-server", "--message-format", "json-render-diagnostics"]);
    let mut built = Vec::new();
    process::run_lines(&mut cargo, |line| built.extend(program_in(line)))?;
    let program = |name: &str| {
        let found = built.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
        found.cloned().with_context(|| format!("cargo built no program {name}"))
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
