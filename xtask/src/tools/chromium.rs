//! The browser that demo and tests drive.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Permission, Status, Tool, apt, find_in_path};
use crate::places::Places;
use crate::process;

/// A variable that names a browser which is not in PATH.
const VARIABLE: &str = "P2C2R_CHROMIUM";
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// A Chromium of the system.
pub(super) struct Chromium;

/// The browser's program, if there is one.
pub(crate) fn find() -> Option<PathBuf> {
    match env::var_os(VARIABLE) {
        Some(path) => Some(path.into()),
        None => NAMES.iter().find_map(|name| find_in_path(name)),
    }
}

impl Tool for Chromium {
    fn name(&self) -> &'static str {
        "chromium"
    }

    fn purpose(&self) -> &'static str {
        "to run the pages in demo and tests"
    }

    fn check(&self, _places: &Places) -> Status {
        let Some(program) = find() else {
            return Status::Missing(format!("none of {} in PATH", NAMES.join(", ")));
        };
        match process::probe(Command::new(&program).arg("--version"), VERSION_LIMIT) {
            Some(text) => Status::Present(format!("{} ({})", text.trim(), program.display())),
            None => Status::Missing(format!("{} tells no version", program.display())),
        }
    }

    fn remedy(&self, _places: &Places) -> String {
        format!("{}  # or set {VARIABLE}", apt::command_line(&["chromium"]))
    }

    fn install(&self, _places: &Places, permission: Permission) -> Result<()> {
        apt::install(&["chromium"], self.purpose(), permission)
    }
}
