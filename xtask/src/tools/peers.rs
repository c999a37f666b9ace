//! Mitsuba and Cycles from pip, in a virtual environment of their own: peers of benchmarks and references.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Permission, Status, Tool, announce, apt, find_in_path};
use crate::places::Places;
use crate::process;

/// What `requirements.txt` pins.
const REQUIREMENTS: &str = "bench/peers/requirements.txt";
/// The only Python that bpy's wheels of this version are for.
const PYTHON: &str = "python3.11";
/// Mitsuba compiles its kernels by whichever it finds.
const LLVM_PACKAGES: &[&str] = &["libllvm15"];

/// Both, at their pinned versions.
pub(crate) struct RenderPeers;

impl RenderPeers {
    /// The Python that has them.
    pub(crate) fn python(places: &Places) -> PathBuf {
        folder(places).join("bin/python")
    }

    /// A command that runs one of our programs for them.
    pub(crate) fn command(places: &Places, program: &str) -> Command {
        let mut command = Command::new(Self::python(places));
        command.arg("-B").arg(places.at("bench/peers").join(program));
        command
    }
}

impl Tool for RenderPeers {
    fn name(&self) -> &'static str {
        "mitsuba and bpy"
    }

    fn purpose(&self) -> &'static str {
        "to compare pictures and their times with Mitsuba's and Cycles'"
    }

    fn check(&self, places: &Places) -> Status {
        let wanted = match requirements(places) {
            Ok(wanted) => wanted,
            Err(error) => return Status::Missing(format!("{error:#}")),
        };
        let packages = folder(places).join("lib").join(PYTHON).join("site-packages");
        for (name, version) in &wanted {
            if !packages.join(format!("{name}-{version}.dist-info")).is_dir() {
                return Status::Missing(format!("no {name} {version} in {}", packages.display()));
            }
        }
        let words = wanted.iter().map(|(name, version)| format!("{name} {version}"));
        Status::Present(words.collect::<Vec<_>>().join(", "))
    }

    fn remedy(&self, places: &Places) -> String {
        let folder = folder(places);
        let pip = folder.join("bin/pip");
        let (folder, pip) = (folder.display(), pip.display());
        format!("{PYTHON} -m venv {folder} && {pip} install -r {REQUIREMENTS}")
    }

    fn install(&self, places: &Places, permission: Permission) -> Result<()> {
        find_in_path(PYTHON).with_context(|| format!("there is no {PYTHON}"))?;
        let folder = folder(places);
        announce("Mitsuba and Blender's Python module", &folder, self.purpose());
        process::run(Command::new(PYTHON).args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "-r"]).arg(places.at(REQUIREMENTS));
        process::run(&mut pip)?;
        if LLVM_PACKAGES.iter().all(|package| apt::installed_version(package).is_none()) {
            // Without it Mitsuba still works, by its scalar variant.
            let _ = apt::install(LLVM_PACKAGES, "for Mitsuba's fast variants", permission);
        }
        Ok(())
    }
}

fn folder(places: &Places) -> PathBuf {
    places.cache.join("peers")
}

/// Names and versions that are pinned.
fn requirements(places: &Places) -> Result<Vec<(String, String)>> {
    let path = places.at(REQUIREMENTS);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let pinned = |line: &str| {
        let (name, version) = line.split_once("==")?;
        Some((name.trim().to_owned(), version.trim().to_owned()))
    };
    Ok(text.lines().filter_map(pinned).collect())
}
