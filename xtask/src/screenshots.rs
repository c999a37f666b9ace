//! Pictures of the pages for the documentation, taken of the real thing.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::places::Places;
use crate::timing::Timing;
use crate::tools::{self, Permission};
use crate::{build, process, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// Folder of the pictures.
    #[arg(long, default_value = "docs/screenshots")]
    out: PathBuf,
    /// Film of the watch page.
    #[arg(long, default_value = "640x360")]
    size: String,
    /// Samples per pixel of the watch page.
    #[arg(long, default_value_t = 64)]
    samples: u32,
    /// First render the start page's own picture again, with so many samples per pixel.
    #[arg(long)]
    hero_samples: Option<u32>,
}

/// Builds everything and has a browser look at it.
pub(crate) fn screenshots(
    places: &Places,
    permission: Permission,
    options: &Options,
) -> Result<()> {
    let mut timing = Timing::default();
    timing.step("tools", || setup::set_up(places, permission))?;
    if let Some(samples) = options.hero_samples {
        let mut hero = script(places, "hero.mjs", &mut timing)?;
        hero.args(["--samples", &samples.to_string()]);
        timing.step("the start page's picture", || process::run(&mut hero))?;
    }
    // The start page's picture is in the pages, and these are in the server.
    let mut pictures = script(places, "screenshots.mjs", &mut timing)?;
    pictures.arg("--out").arg(places.root.join(&options.out));
    pictures.args(["--size", &options.size, "--samples", &options.samples.to_string()]);
    timing.step("screenshots", || process::run(&mut pictures))?;
    eprintln!("{timing}");
    Ok(())
}

/// A script of the browser tests, with everything that it looks at built.
fn script(places: &Places, name: &str, timing: &mut Timing) -> Result<Command> {
    build::build_web(places, timing)?;
    let programs = build::build_native(places, timing)?;
    let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
    let mut node = Command::new("node");
    node.arg(places.at("tests/browser").join(name)).env("P2C2R_CHROMIUM", browser);
    node.env("P2C2R_CLI", programs.cli).env("P2C2R_SERVER", programs.server);
    Ok(node)
}
