//! `doctor` tells what is missing, `setup` gets it.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::places::Places;
use crate::tools::{self, Permission, Status, Tool};

/// Prints one line per tool and fails if any is missing; changes nothing.
pub(crate) fn doctor(places: &Places) -> Result<()> {
    println!("tools kept in {}", places.cache.display());
    let mut missing_count = 0;
    for tool in tools::all() {
        match tool.check(places) {
            Status::Present(version) => println!("present  {:<16} {version}", tool.name()),
            Status::Missing(what) => {
                missing_count += 1;
                println!("missing  {:<16} {what}", tool.name());
                println!("         needed {}; run `{}`", tool.purpose(), tool.remedy(places));
            }
        }
    }
    if missing_count > 0 {
        bail!("{missing_count} missing; `cargo xtask setup` installs what it can");
    }
    Ok(())
}

/// Installs every missing tool; goes on after a failure, so that one run names them all.
pub(crate) fn set_up(places: &Places, permission: Permission) -> Result<()> {
    let mut failures = Vec::new();
    for tool in tools::all() {
        if let Err(error) = ensure(tool.as_ref(), places, permission) {
            let line = format!("missing {}: run `{}`", tool.name(), tool.remedy(places));
            eprintln!("xtask: {line} ({error:#})");
            failures.push(line);
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!("setup is not complete:\n{}", failures.join("\n"))
}

/// Installs one tool unless it is there.
pub(crate) fn ensure(tool: &dyn Tool, places: &Places, permission: Permission) -> Result<()> {
    let Status::Missing(what) = tool.check(places) else { return Ok(()) };
    eprintln!("xtask: {} is missing: {what}", tool.name());
    let started = Instant::now();
    tool.install(places, permission)?;
    match tool.check(places) {
        Status::Present(version) => {
            let seconds = started.elapsed().as_secs_f32();
            eprintln!("xtask: {} is there after {seconds:.1} s: {version}", tool.name());
            Ok(())
        }
        Status::Missing(what) => bail!("installed, but still {what}"),
    }
}
