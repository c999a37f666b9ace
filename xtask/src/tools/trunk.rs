//! Trunk, which builds the pages.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo_tool::CargoTool;
use super::{Permission, Status, Tool};
use crate::places::Places;

/// The program that builds the pages.
pub(super) struct Trunk;

const TRUNK: CargoTool<'static> = CargoTool {
    package: "trunk",
    program: "trunk",
    // 0.22 wants a newer compiler than the workspace does.
    version: "0.21.14",
    // A release build takes four times as long and gains nothing.
    options: &["--locked", "--debug"],
    variables: &[("CARGO_PROFILE_DEV_DEBUG", "false")],
};

impl Trunk {
    /// The folder that holds the program.
    pub(super) fn folder(places: &Places) -> PathBuf {
        TRUNK.folder(places)
    }
}

impl Tool for Trunk {
    fn name(&self) -> &'static str {
        "trunk"
    }

    fn purpose(&self) -> &'static str {
        "to build the contribute and watch pages"
    }

    fn check(&self, places: &Places) -> Status {
        TRUNK.check(places)
    }

    fn remedy(&self, places: &Places) -> String {
        TRUNK.remedy(places)
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        TRUNK.install(places, self.purpose())
    }
}
