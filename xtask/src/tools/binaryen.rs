//! wasm-opt, from npm's build of binaryen, since the systems' own are too old.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::npm::npm;
use super::{Permission, Status, Tool, announce};
use crate::places::Places;
use crate::process;

const VERSION: &str = "132";
const PACKAGE: &str = "binaryen@132.0.0";
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// The program that makes modules smaller.
pub(super) struct WasmOpt;

impl WasmOpt {
    /// The folder that holds the program.
    pub(super) fn folder(places: &Places) -> PathBuf {
        prefix(places).join("node_modules/.bin")
    }
}

impl Tool for WasmOpt {
    fn name(&self) -> &'static str {
        "wasm-opt"
    }

    fn purpose(&self) -> &'static str {
        "to make the WASM modules smaller"
    }

    fn check(&self, places: &Places) -> Status {
        let program = Self::folder(places).join("wasm-opt");
        match process::probe(Command::new(program).arg("--version"), VERSION_LIMIT) {
            Some(text) if text.contains(VERSION) => Status::Present(text.trim().to_owned()),
            _ => Status::Missing(format!("no wasm-opt {VERSION} in the cache")),
        }
    }

    fn remedy(&self, places: &Places) -> String {
        format!("npm install --prefix {} {PACKAGE}", prefix(places).display())
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        let prefix = prefix(places);
        announce(PACKAGE, &prefix, self.purpose());
        fs::create_dir_all(&prefix).context("cannot make a folder in the cache")?;
        process::run(npm().arg("install").arg("--prefix").arg(prefix).arg(PACKAGE))
    }
}

fn prefix(places: &Places) -> PathBuf {
    places.cache.join("binaryen").join(VERSION)
}
