//! Programs that are built by `cargo install` into a folder of the cache, one per version.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Status, announce};
use crate::places::Places;
use crate::process;

/// How long a program may take to tell its version.
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// A program to be built from the registry.
pub(super) struct CargoTool<'a> {
    /// The package in the registry.
    pub(super) package: &'a str,
    /// The program it builds.
    pub(super) program: &'a str,
    /// The only version that will do.
    pub(super) version: &'a str,
    /// What `cargo install` needs beyond the package and its version.
    pub(super) options: &'a [&'a str],
    /// Settings of the build, mostly to make it quick.
    pub(super) variables: &'a [(&'a str, &'a str)],
}

impl CargoTool<'_> {
    /// The folder that holds the program.
    pub(super) fn folder(&self, places: &Places) -> PathBuf {
        self.prefix(places).join("bin")
    }

    fn prefix(&self, places: &Places) -> PathBuf {
        places.cache.join(self.program).join(self.version)
    }

    /// Asks the program in the cache for its version.
    pub(super) fn check(&self, places: &Places) -> Status {
        let program = self.folder(places).join(self.program);
        match process::probe(Command::new(&program).arg("--version"), VERSION_LIMIT) {
            Some(text) if text.contains(self.version) => Status::Present(text.trim().to_owned()),
            _ => Status::Missing(format!("no {} {} in the cache", self.program, self.version)),
        }
    }

    /// The command that builds it by hand.
    pub(super) fn remedy(&self, places: &Places) -> String {
        let mut words: Vec<String> =
            self.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        words.push(process::describe(&self.command(places)));
        words.join(" ")
    }

    /// Builds it, and clears away what the build leaves behind.
    pub(super) fn install(&self, places: &Places, why: &str) -> Result<()> {
        let what = format!("{} {}", self.package, self.version);
        announce(&what, &self.prefix(places), why);
        let build = places.cache.join("build").join(self.program);
        let mut command = self.command(places);
        command.envs(self.variables.iter().copied()).env("CARGO_TARGET_DIR", &build);
        process::run(&mut command)?;
        // Gigabytes of object files that nobody reads again; no harm if some stay.
        let _ = std::fs::remove_dir_all(build);
        Ok(())
    }

    fn command(&self, places: &Places) -> Command {
        let mut command = Command::new("cargo");
        command.args(["install", self.package, "--version", self.version]).args(self.options);
        command.arg("--root").arg(self.prefix(places));
        command.env_remove("RUSTFLAGS");
        command
    }
}
