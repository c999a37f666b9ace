//! The npm packages that folders of the checkout lock, installed beside their lock files.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Permission, Status, Tool, announce};
use crate::places::Places;
use crate::process;

/// A copy of the lock file that `node_modules` was made from.
const STAMP: &str = "node_modules/.installed-lock.json";

/// The packages of one folder.
pub(super) struct Packages {
    name: &'static str,
    purpose: &'static str,
    folder: &'static str,
}

impl Packages {
    /// What bundles and checks the player.
    pub(super) const fn of_player() -> Self {
        Self { name: "npm: player", purpose: "to bundle the player", folder: "web/player" }
    }

    /// What drives a browser.
    pub(super) const fn of_browser_tests() -> Self {
        Self {
            name: "npm: browser",
            purpose: "to drive a browser in demo and tests",
            folder: "tests/browser",
        }
    }

    fn folder(&self, places: &Places) -> PathBuf {
        places.at(self.folder)
    }
}

impl Tool for Packages {
    fn name(&self) -> &'static str {
        self.name
    }

    fn purpose(&self) -> &'static str {
        self.purpose
    }

    fn check(&self, places: &Places) -> Status {
        let folder = self.folder(places);
        let lock = fs::read(folder.join("package-lock.json"));
        match (lock, fs::read(folder.join(STAMP))) {
            (Ok(locked), Ok(installed)) if locked == installed => {
                Status::Present(format!("as locked in {}", self.folder))
            }
            (Ok(_), _) => Status::Missing(format!("{}/node_modules is not as locked", self.folder)),
            (Err(_), _) => Status::Missing(format!("no package-lock.json in {}", self.folder)),
        }
    }

    fn remedy(&self, places: &Places) -> String {
        format!("npm ci --prefix {}", self.folder(places).display())
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        announce(self.name, &self.folder(places).join("node_modules"), self.purpose);
        let folder = self.folder(places);
        process::run(npm().arg("ci").current_dir(&folder))?;
        let lock = folder.join("package-lock.json");
        fs::copy(lock, folder.join(STAMP)).context("cannot note what was installed")?;
        Ok(())
    }
}

/// npm, quiet about everything but failures; what it prints is not our output.
pub(crate) fn npm() -> Command {
    let mut command = Command::new("npm");
    command.args(["--no-audit", "--no-fund", "--loglevel=error"]).stdout(std::io::stderr());
    command
}
