//! `p2c2r scene`: inspect, pack, generate.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::json;

use crate::args::SceneCommand;
use crate::failure::{Failure, OrFail};
use crate::picture::check_writable;
use crate::scene_input::{LoadedScene, load};

/// Runs one of the scene commands.
pub(crate) fn run(command: &SceneCommand) -> anyhow::Result<()> {
    match command {
        SceneCommand::Inspect { scene, json } => inspect(scene, *json),
        SceneCommand::Pack { scene, environment, out } => {
            write_package(scene, environment.as_deref(), out)
        }
        SceneCommand::Generate { scene, out } => write_package(scene, None, out),
    }
}

fn inspect(name: &str, is_json: bool) -> anyhow::Result<()> {
    let LoadedScene { packed, scene } = load(name, None)?;
    let stats = serde_json::to_value(scene.stats())?;
    let cameras: Vec<_> = scene.cameras.iter().map(|camera| camera.name.clone()).collect();
    let clips = scene.motion.as_ref().map_or(&[][..], |motion| &motion.animation().clips);
    if is_json {
        let report = json!({
            "id": packed.id.to_string(), "package_bytes": packed.bytes.len(), "bounds": scene.bounds,
            "cameras": cameras, "animations": clips, "totals": stats, "warnings": packed.warnings,
        });
        println!("{report}");
        return Ok(());
    }
    println!("id             {}", packed.id);
    println!("package        {} bytes", packed.bytes.len());
    let [minimum, maximum] = scene.bounds;
    println!("bounds         {minimum:?} to {maximum:?} m");
    println!(
        "cameras        {}",
        if cameras.is_empty() { "none".into() } else { cameras.join(", ") }
    );
    for clip in clips {
        println!("animation      {}, {} s", clip.name, clip.duration_s);
    }
    for (key, value) in stats.as_object().into_iter().flatten() {
        println!("{:<22} {value}", key.replace('_', " "));
    }
    Ok(())
}

fn write_package(name: &str, environment: Option<&Path>, out: &Path) -> anyhow::Result<()> {
    check_writable(out)?;
    let LoadedScene { packed, .. } = load(name, environment)?;
    fs::write(out, &packed.bytes)
        .or_fail(Failure::Output)
        .with_context(|| format!("cannot write {}", out.display()))?;
    println!("{}  {}  {} bytes", packed.id, out.display(), packed.bytes.len());
    Ok(())
}
