//! cargo-deny, which reads licences and sources of the dependency tree; only `ci` needs it.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo_tool::CargoTool;
use super::{Permission, Status, Tool, find_in_path};
use crate::places::Places;

const PROGRAM: &str = "cargo-deny";

/// The program that `cargo deny` starts.
pub(crate) struct CargoDeny;

const CARGO_DENY: CargoTool<'static> = CargoTool {
    package: "cargo-deny",
    program: PROGRAM,
    version: "0.20.2",
    // Without the advisory database's git; unoptimised it takes a second longer to run.
    options: &["--locked", "--debug", "--no-default-features"],
    variables: &[("CARGO_PROFILE_DEV_DEBUG", "false")],
};

impl CargoDeny {
    /// The user's own program, or the one in the cache.
    pub(crate) fn program(places: &Places) -> PathBuf {
        find_in_path(PROGRAM).unwrap_or_else(|| CARGO_DENY.folder(places).join(PROGRAM))
    }
}

impl Tool for CargoDeny {
    fn name(&self) -> &'static str {
        PROGRAM
    }

    fn purpose(&self) -> &'static str {
        "to check licences and sources of what we depend on"
    }

    fn check(&self, places: &Places) -> Status {
        match find_in_path(PROGRAM) {
            Some(path) => Status::Present(path.display().to_string()),
            None => CARGO_DENY.check(places),
        }
    }

    fn remedy(&self, places: &Places) -> String {
        CARGO_DENY.remedy(places)
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        CARGO_DENY.install(places, self.purpose())
    }
}
