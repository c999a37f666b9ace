//! The demo: a server, a native contributor, and pages to look at or a picture made without a person.

mod headless;
mod network;
mod sums;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::build;
use crate::places::Places;
use crate::process;
use crate::setup;
use crate::timing::Timing;
use crate::tools::{self, Permission};
use network::Network;
pub(crate) use network::Server;

/// Where the demo listens; a secure context, so that WebGPU is there.
const ADDRESS: &str = "127.0.0.1:8080";

/// What the demo is asked for.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Render one picture with two Chromium processes and a native contributor, then end.
    #[arg(long)]
    headless: bool,
    /// Where the picture goes.
    #[arg(long, default_value = "demo.png", requires = "headless")]
    out: PathBuf,
    /// Print the result as one line of JSON.
    #[arg(long, requires = "headless")]
    json: bool,
    /// Let the browser contributor trace by WebGPU.
    #[arg(long, requires = "headless")]
    gpu: bool,
    /// Hide the tabs behind others, under the browser's own throttling.
    #[arg(long, requires = "headless")]
    hidden: bool,
    /// The generated scene, such as `night-city:size=2000`.
    #[arg(long, default_value = "night-city", requires = "headless")]
    scene: String,
    /// Width and height in pixels.
    #[arg(long, default_value = "640x360", value_parser = parse_size, requires = "headless")]
    size: (u32, u32),
    /// Samples per pixel.
    #[arg(long, default_value_t = 32, requires = "headless")]
    spp: u32,
    /// Keys every random number.
    #[arg(long, default_value_t = 1, requires = "headless")]
    seed: u32,
}

/// Builds what is needed and runs the demo; everything started ends with it.
pub(crate) fn demo(places: &Places, permission: Permission, options: &Options) -> Result<()> {
    let mut timing = Timing::default();
    timing.step("tools", || setup::set_up(places, permission))?;
    build::build_web(places, &mut timing)?;
    let programs = build::build_native(places, &mut timing)?;
    if options.headless {
        return headless::render(places, &programs, options, &mut timing);
    }
    let network = Network::start(places, &programs, ADDRESS)?;
    let watch = network.page("watch", "scene=generated:night-city");
    let contribute = network.page("contribute", "");
    println!("watch       {watch}\ncontribute  {contribute}\nCtrl-C ends both");
    show(&watch);
    network.run_until_something_ends()
}

/// Opens the page where there is a display; the address is on the screen anyway.
fn show(url: &str) {
    let has_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let opener = ["xdg-open", "open"].into_iter().find_map(tools::find_in_path);
    let is_mac = cfg!(target_os = "macos");
    if let Some(opener) = opener.filter(|_| has_display || is_mac)
        && let Err(error) = process::run(Command::new(opener).arg(url))
    {
        eprintln!("xtask: {error:#}");
    }
}

fn parse_size(text: &str) -> Result<(u32, u32)> {
    let (width, height) = text.split_once('x').unwrap_or((text, ""));
    let size = (width.parse().unwrap_or(0), height.parse().unwrap_or(0));
    ensure!(size.0 > 0 && size.1 > 0, "`{text}` is not a size like 640x360");
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_two_positive_numbers() {
        assert_eq!(parse_size("640x360").unwrap(), (640, 360));
        for text in ["", "640", "x", "0x360", "640x-1", "640x360x3"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
