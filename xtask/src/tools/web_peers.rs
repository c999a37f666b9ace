//! Path tracers for browsers from npm, installed in the cache: peers of benchmarks.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Permission, Status, Tool, announce, npm};
use crate::places::Places;
use crate::process;

/// The folder that names and locks them.
const SOURCE: &str = "bench/web/peers";
const LOCK: &str = "package-lock.json";
const FILES: [&str; 3] = ["package.json", LOCK, ".npmrc"];
/// A copy of the lock file that the packages were installed from.
const STAMP: &str = "installed-lock.json";

/// What `bench/web/peers` locks.
pub(crate) struct WebPeers;

impl WebPeers {
    /// Where the packages lie.
    pub(crate) fn packages(places: &Places) -> PathBuf {
        folder(places).join("node_modules")
    }
}

impl Tool for WebPeers {
    fn name(&self) -> &'static str {
        "npm: three-gpu-pathtracer"
    }

    fn purpose(&self) -> &'static str {
        "to race the WebGPU tracer against it"
    }

    fn check(&self, places: &Places) -> Status {
        let lock = fs::read(places.at(SOURCE).join(LOCK));
        match (lock, fs::read(folder(places).join(STAMP))) {
            (Ok(locked), Ok(installed)) if locked == installed => {
                Status::Present(format!("as locked in {SOURCE}"))
            }
            _ => Status::Missing(format!("{} is not as locked", folder(places).display())),
        }
    }

    fn remedy(&self, places: &Places) -> String {
        format!("cp {SOURCE}/* {0}/ && npm ci --prefix {0}", folder(places).display())
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        let folder = folder(places);
        announce(self.name(), &folder, self.purpose());
        fs::create_dir_all(&folder).context("cannot make a folder in the cache")?;
        for file in FILES {
            fs::copy(places.at(SOURCE).join(file), folder.join(file))
                .with_context(|| format!("cannot copy {file}"))?;
        }
        process::run(npm().args(["ci", "--ignore-scripts"]).current_dir(&folder))?;
        fs::copy(folder.join(LOCK), folder.join(STAMP))
            .context("cannot note what was installed")?;
        Ok(())
    }
}

fn folder(places: &Places) -> PathBuf {
    places.cache.join("peers-web")
}
