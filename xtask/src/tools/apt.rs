//! System packages by apt-get; the only place that changes the machine outside the cache.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Permission, find_in_path};
use crate::process;

/// A look at apt's lists takes well under a second; this is for a machine under load.
const QUERY_LIMIT: Duration = Duration::from_secs(30);

/// The command that installs these packages.
pub(super) fn command_line(packages: &[&str]) -> String {
    format!("sudo apt-get install --no-install-recommends {}", packages.join(" "))
}

/// Installs the packages if the user allows it; else fails with nothing changed.
pub(super) fn install(packages: &[&str], why: &str, permission: Permission) -> Result<()> {
    if find_in_path("apt-get").is_none() {
        bail!("there is no apt-get here; install {} your system's way", packages.join(" "));
    }
    if permission == Permission::Ask {
        bail!("system packages are installed as root or with `cargo xtask --install …` only");
    }
    if !packages.iter().all(|package| has_candidate(package)) {
        eprintln!("xtask: updating apt's package lists");
        process::run(&mut apt_get(&["update", "-qq"], permission))?;
    }
    eprintln!("xtask: installing system packages {} into / ({why})", packages.join(" "));
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    process::run(&mut apt_get(&arguments, permission))
}

/// Whether apt's lists know a version of the package that can be installed.
pub(super) fn has_candidate(package: &str) -> bool {
    process::probe(Command::new("apt-cache").args(["policy", package]), QUERY_LIMIT)
        .is_some_and(|text| text.contains("Candidate: ") && !text.contains("Candidate: (none)"))
}

/// The installed version of a package.
pub(super) fn installed_version(package: &str) -> Option<String> {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f=${db:Status-Abbrev}${Version}", package]);
    let text = process::probe(&mut query, QUERY_LIMIT)?;
    text.strip_prefix("ii ").map(str::to_owned)
}

fn apt_get(arguments: &[&str], permission: Permission) -> Command {
    let mut command = match permission {
        Permission::Sudo => {
            let mut sudo = Command::new("sudo");
            sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            sudo
        }
        Permission::Root | Permission::Ask => Command::new("apt-get"),
    };
    // Somebody else, such as an automatic update, may hold apt's lock for a while.
    command.args(["-o", "DPkg::Lock::Timeout=300"]);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    // The tool's chatter is not our output, which may be read by a program.
    command.stdout(std::io::stderr());
    command
}
