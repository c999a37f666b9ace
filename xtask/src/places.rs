//! Where things are: the checkout, and the cache outside it that slow tools go to.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that the commands work in.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The root of the checkout.
    pub(crate) root: PathBuf,
    /// Tools and other things slow to make; shared by all checkouts of this user.
    pub(crate) cache: PathBuf,
}

impl Places {
    /// Finds the checkout that this program was built from, and the user's cache.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies inside the checkout")?
            .to_path_buf();
        let cache = cache_folder(|name| env::var_os(name).filter(|value| !value.is_empty()))
            .context("set P2C2R_CACHE, XDG_CACHE_HOME or HOME: there is no place for the tools")?;
        Ok(Self { root, cache })
    }

    /// A path inside the checkout.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The folder of notes on what was built from what; belongs to the checkout's build output.
    pub(crate) fn stamps(&self) -> PathBuf {
        self.at("target/xtask")
    }
}

fn cache_folder(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let base = variable("P2C2R_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME"))
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("p2c2r"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_variable_wins_over_the_desktop_one() {
        let both = |name: &str| (name != "HOME").then(|| format!("/from/{name}").into());
        assert_eq!(cache_folder(both), Some("/from/P2C2R_CACHE/p2c2r".into()));
    }

    #[test]
    fn home_is_the_last_resort() {
        let home = |name: &str| (name == "HOME").then(|| "/home/ada".into());
        assert_eq!(cache_folder(home), Some("/home/ada/.cache/p2c2r".into()));
        assert_eq!(cache_folder(|_| None), None);
    }
}
