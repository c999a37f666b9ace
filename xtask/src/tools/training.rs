//! The Python that trains models: numpy and ONNX's own packages, pinned by hash, in an environment of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Permission, Status, Tool, announce};
use crate::places::Places;
use crate::process;

/// What is tried, in this order.
const PROGRAMS: &[&str] =
    &["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
/// The oldest Python that the pinned packages are for.
const QUESTION: &str = "import sys, venv; print(sys.version_info >= (3, 10))";
const QUERY_LIMIT: Duration = Duration::from_secs(30);

/// The environment; with what other learners need, or without.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training {
    /// Whether gradient boosting is there as well, to compare with.
    pub(crate) has_rivals: bool,
}

impl Training {
    /// A Python that can make the environment, if there is one.
    pub(crate) fn base() -> Option<&'static str> {
        PROGRAMS.iter().copied().find(|program| {
            let mut query = Command::new(program);
            let answer = process::probe(query.args(["-c", QUESTION]), QUERY_LIMIT);
            answer.is_some_and(|answer| answer.trim() == "True")
        })
    }

    /// The Python of the environment.
    pub(crate) fn python(self, places: &Places) -> PathBuf {
        self.folder(places).join("bin/python")
    }

    fn folder(self, places: &Places) -> PathBuf {
        places.cache.join(if self.has_rivals { "training-compared" } else { "training" })
    }

    fn requirements(self, places: &Places) -> PathBuf {
        let name = if self.has_rivals { "requirements-compare.txt" } else { "requirements.txt" };
        places.at("models/train").join(name)
    }

    /// Holds the requirements that the environment was made from.
    fn stamp(self, places: &Places) -> PathBuf {
        self.folder(places).join("requirements.txt")
    }
}

impl Tool for Training {
    fn name(&self) -> &'static str {
        "training"
    }

    fn purpose(&self) -> &'static str {
        "to train the models of `models/`"
    }

    fn check(&self, places: &Places) -> Status {
        let wanted = fs::read(self.requirements(places)).unwrap_or_default();
        if fs::read(self.stamp(places)).is_ok_and(|had| had == wanted) {
            return Status::Present(self.folder(places).display().to_string());
        }
        Status::Missing(format!("not all of {}", self.requirements(places).display()))
    }

    fn remedy(&self, places: &Places) -> String {
        let folder = self.folder(places);
        let pip = folder.join("bin/pip");
        let (folder, pip) = (folder.display(), pip.display());
        let requirements = self.requirements(places);
        let requirements = requirements.display();
        format!("python3 -m venv {folder} && {pip} install --require-hashes -r {requirements}")
    }

    fn install(&self, places: &Places, _permission: Permission) -> Result<()> {
        let base = Self::base().context("there is no Python of 3.10 or later with venv")?;
        let folder = self.folder(places);
        announce("the Python packages that train", &folder, self.purpose());
        process::run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(self.python(places));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--require-hashes", "--only-binary", ":all:", "-r"]);
        process::run(pip.arg(self.requirements(places)))?;
        fs::copy(self.requirements(places), self.stamp(places)).context("cannot note them")?;
        Ok(())
    }
}
