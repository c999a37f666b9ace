//! wasm-bindgen's program, in exactly the version of the library in `Cargo.lock`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::cargo_tool::CargoTool;
use super::{Permission, Status, Tool};
use crate::places::Places;

/// The program that writes the JavaScript beside a module.
pub(super) struct WasmBindgen;

const VARIABLES: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

impl WasmBindgen {
    /// The folder that holds the program.
    pub(super) fn folder(places: &Places) -> Result<PathBuf> {
        Ok(tool(&locked_version(places)?).folder(places))
    }
}

fn tool(version: &str) -> CargoTool<'_> {
    CargoTool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version,
        // Without the test runner and its TLS; the package's own lock file is of no use here.
        options: &["--no-default-features", "--bin", "wasm-bindgen"],
        variables: VARIABLES,
    }
}

impl Tool for WasmBindgen {
    fn name(&self) -> &'static str {
        "wasm-bindgen"
    }

    fn purpose(&self) -> &'static str {
        "to give the WASM modules their JavaScript"
    }

    fn check(&self, places: &Places) -> Status {
        match locked_version(places) {
            Ok(version) => tool(&version).check(places),
            Err(error) => Status::Missing(format!("{error:#}")),
        }
    }

    fn remedy(&self, places: &Places) -> String {
        match locked_version(places) {
            Ok(version) => tool(&version).remedy(places),
            Err(_) => "cargo generate-lockfile".to_owned(),
        }
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        tool(&locked_version(places)?).install(places, self.purpose())
    }
}

/// The version of the library that the workspace is locked to.
fn locked_version(places: &Places) -> Result<String> {
    let lock = fs::read_to_string(places.at("Cargo.lock")).context("cannot read Cargo.lock")?;
    version_in(&lock, "wasm-bindgen").context("Cargo.lock names no wasm-bindgen")
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_the_package_and_not_of_a_namesake() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }
}
