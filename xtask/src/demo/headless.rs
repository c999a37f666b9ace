//! One picture, rendered by two browsers and a native contributor, and compared with a local one.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::network::Network;
use super::sums::Film;
use super::{ADDRESS, Options};
use crate::build::Programs;
use crate::places::Places;
use crate::process::Child;
use crate::timing::Timing;
use crate::tools;

/// Renders over the network and locally, writes the picture and tells how the two compare.
pub(super) fn render(
    places: &Places,
    programs: &Programs,
    options: &Options,
    timing: &mut Timing,
) -> Result<()> {
    let folder = places.stamps().join(format!("demo-{}", std::process::id()));
    fs::create_dir_all(&folder).context("cannot make a folder for the films")?;
    let result = render_in(&folder, places, programs, options, timing);
    // The films are of no use to anyone else; the error, if any, is what matters.
    let _ = fs::remove_dir_all(&folder);
    let report = result?;
    eprintln!("{timing}");
    if options.json {
        println!("{report}");
    } else {
        println!("wrote {}\n{report:#}", options.out.display());
    }
    Ok(())
}

fn render_in(
    folder: &Path,
    places: &Places,
    programs: &Programs,
    options: &Options,
    timing: &mut Timing,
) -> Result<Value> {
    let remote = folder.join("network.sums");
    let outcome = timing.step("render by the network", || {
        let network = Network::start(places, programs, ADDRESS)?;
        let outcome = drive_browsers(places, &network, options, &remote);
        network.check()?;
        outcome
    })?;
    let mut local_film = |name: &str, seed: u32| {
        let path = folder.join(name);
        timing.step(&format!("render locally, seed {seed}"), || {
            render_locally(programs, options, seed, &path)?;
            Film::read(&path, options.size, options.spp)
        })
    };
    let local = local_film("local.sums", options.seed)?;
    let other_seed = local_film("other.sums", options.seed.wrapping_add(1))?;
    let by_network = Film::read(&remote, options.size, options.spp)?;
    Ok(json!({
        "scene": options.scene,
        "width": options.size.0,
        "height": options.size.1,
        "spp": options.spp,
        "seed": options.seed,
        "seconds": outcome["seconds"],
        "peers": peers(&outcome)?,
        "rmse_vs_local": by_network.rmse(&local)?,
        "noise_rmse": local.rmse(&other_seed)? / std::f64::consts::SQRT_2,
    }))
}

/// Has the script run both browsers; it ends them when we end, since it reads our pipe.
fn drive_browsers(
    places: &Places,
    network: &Network,
    options: &Options,
    sums: &Path,
) -> Result<Value> {
    let out = std::path::absolute(&options.out).context("no such place for the picture")?;
    let order = json!({
        "url": network.server.url,
        "room": network.room,
        "scene": scene_address(&options.scene),
        "width": options.size.0,
        "height": options.size.1,
        "samples": options.spp,
        "seed": options.seed,
        "gpu": options.gpu,
        "hidden": options.hidden,
        "out": out,
        "sums": sums,
    });
    let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
    let mut node = Command::new("node");
    node.arg(places.at("tests/browser/demo.mjs")).arg(order.to_string());
    node.env("P2C2R_CHROMIUM", browser).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = Child::spawn(&mut node)?;
    let stdin = script.stdin.take();
    let text = std::io::read_to_string(script.stdout.take().context("was piped")?)?;
    drop(stdin);
    script.wait_for_success()?;
    let outcome: Value =
        serde_json::from_str(text.trim()).context("the browsers' script printed no result")?;
    let complaints = outcome["complaints"].as_array().map_or(0, Vec::len);
    ensure!(complaints == 0, "the browsers complained: {}", outcome["complaints"]);
    Ok(outcome)
}

fn render_locally(programs: &Programs, options: &Options, seed: u32, out: &Path) -> Result<()> {
    let size = format!("{}x{}", options.size.0, options.size.1);
    let mut render = Command::new(&programs.cli);
    render.args(["render", &options.scene, "--size", &size, "--spp", &options.spp.to_string()]);
    render.args(["--seed", &seed.to_string(), "--device", "cpu"]).arg("--out").arg(out);
    // Our standard output belongs to the result.
    Child::spawn(render.stdin(Stdio::null()).stdout(std::io::stderr()))?.wait_for_success()
}

/// The scene as the player's `src` names it.
fn scene_address(scene: &str) -> String {
    let (name, settings) = scene.split_once(':').unwrap_or((scene, ""));
    let separator = if settings.is_empty() { "" } else { "?" };
    format!("generated:{name}{separator}{}", settings.replace(',', "&"))
}

/// The peers of the report, without what is of no interest to a program.
fn peers(outcome: &Value) -> Result<Vec<Value>> {
    let peers = outcome["peers"].as_array().context("the browsers' script names no peers")?;
    let fields =
        |peer: &Value| json!({"id": peer["id"], "kind": peer["kind"], "samples": peer["samples"]});
    Ok(peers.iter().map(fields).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_scene_is_named_as_the_player_wants_it() {
        assert_eq!(scene_address("night-city"), "generated:night-city");
        assert_eq!(
            scene_address("night-city:size=2000,seed=7"),
            "generated:night-city?size=2000&seed=7"
        );
    }
}
