//! Node.js: the one thing besides Rust that a user brings along.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Permission, Status, Tool};
use crate::places::Places;
use crate::process;

/// The oldest release that the browser driver and the bundler run on.
const OLDEST_MAJOR: u32 = 20;
const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// The JavaScript runtime with its package manager.
pub(super) struct Node;

impl Tool for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn purpose(&self) -> &'static str {
        "to bundle the player and to drive a browser"
    }

    fn check(&self, _places: &Places) -> Status {
        let Some(text) = process::probe(Command::new("node").arg("--version"), VERSION_LIMIT)
        else {
            return Status::Missing("no `node` in PATH".to_owned());
        };
        if process::probe(Command::new("npm").arg("--version"), VERSION_LIMIT).is_none() {
            return Status::Missing("no `npm` in PATH".to_owned());
        }
        match major(&text) {
            Some(major) if major >= OLDEST_MAJOR => Status::Present(text.trim().to_owned()),
            _ => Status::Missing(format!("{} is older than {OLDEST_MAJOR}", text.trim())),
        }
    }

    fn remedy(&self, _places: &Places) -> String {
        "sudo apt-get install nodejs npm  # or https://nodejs.org, 20 or newer".to_owned()
    }

    fn install(&self, _places: &Places, _permission: Permission) -> Result<()> {
        bail!("Node.js {OLDEST_MAJOR} or newer is for you to choose and install")
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_is_the_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
