//! `p2c2r render`: a scene to a picture.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use p2c2r_frame::{Effects, PixelRect, TileTask, View, time_us_of_seconds};
use p2c2r_image::{Display, Film};

use crate::args::RenderArguments;
use crate::failure::{Failure, OrFail};
use crate::local::{self, Rendered};
use crate::network;
use crate::picture;
use crate::scene_input::{self, LoadedScene};
use crate::stats::{PeerShare, RenderReport};
use crate::surfaces::Finisher;
use crate::view;

/// Renders, writes the picture, then the report.
pub(crate) fn run(options: &RenderArguments) -> anyhow::Result<()> {
    picture::Format::of(&options.out)?.check_extras(options.denoise, !options.aov.is_empty())?;
    picture::check_writable(&options.out)?;
    let LoadedScene { packed, scene } =
        scene_input::load(&options.scene, options.environment.as_deref())?;
    let task = whole_job(options, &scene)?;
    let mut report = empty_report(options, packed.id.to_string());

    let scene = Arc::new(scene);
    let film = match &options.signal {
        Some(signal) => {
            let device = if options.no_local { "none" } else { "shared" };
            report.device = device.to_owned();
            let scene = Arc::clone(&scene);
            let rendered = network::render_with_peers(options, signal, scene, packed.bytes, &task)?;
            report.set_rendered(&rendered);
            rendered.film
        }
        None => render_alone(options, &scene, &task, &mut report)?,
    };
    report.is_partitioned = film.is_complete();
    write(options, &scene, &task, &film)?;
    publish(options, &report)
}

/// Looks at the surfaces where they are asked for, and writes the picture.
fn write(
    options: &RenderArguments,
    scene: &Arc<p2c2r_scene::Scene>,
    task: &TileTask,
    film: &Film,
) -> anyhow::Result<()> {
    let needs_surfaces = options.denoise || !options.aov.is_empty();
    let finisher = needs_surfaces.then(|| Finisher::new(options.device, options.threads));
    let aovs = finisher.as_ref().map(|finisher| finisher.surfaces(scene, task)).transpose()?;
    let denoised = match (&finisher, &aovs) {
        (Some(finisher), Some(aovs)) if options.denoise => Some(finisher.denoised(film, aovs)?),
        _ => None,
    };
    let picture = picture::Picture {
        film,
        denoised,
        layers: aovs.as_ref().map(|aovs| (aovs, options.aov.as_slice())),
        display: Display { exposure_ev: options.exposure, tone_map: options.tone_map.into() },
    };
    picture.write(&options.out)
}

fn render_alone(
    options: &RenderArguments,
    scene: &Arc<p2c2r_scene::Scene>,
    task: &TileTask,
    report: &mut RenderReport,
) -> anyhow::Result<Film> {
    let start = Instant::now();
    let Rendered { film, counters, device } =
        local::render(scene, task, options.device, options.threads)?;
    report.device = device;
    report.set_counters(counters, start.elapsed());
    report.peers = vec![PeerShare::local(film.merged_paths())];
    Ok(film)
}

/// The whole film and all samples as one task, checked.
fn whole_job(options: &RenderArguments, scene: &p2c2r_scene::Scene) -> anyhow::Result<TileTask> {
    let time_us = time_us_of_seconds(options.time);
    let view = view::choose(scene, options.camera.as_deref(), time_us, options.size)?;
    let lens = view::lens(options.lens_radius, options.f_stop, options.focus, &view);
    let view = View { lens, ..view };
    let task = TileTask {
        scene: scene.id,
        view,
        rect: PixelRect::of_size(options.size.width_px, options.size.height_px),
        samples: local::all_samples(options.spp),
        seed: options.seed,
        effects: if options.unbiased {
            Effects::PATH_TRACED.with(Effects::UNREGULARIZED)
        } else {
            Effects::PATH_TRACED
        },
        max_bounces: options.bounces,
    };
    task.check().or_fail(Failure::Usage)?;
    Ok(task)
}

fn empty_report(options: &RenderArguments, scene_id: String) -> RenderReport {
    RenderReport {
        scene: options.scene.clone(),
        scene_id,
        width: options.size.width_px,
        height: options.size.height_px,
        spp: options.spp,
        seed: options.seed,
        device: String::new(),
        seconds: 0.0,
        rays: 0,
        shadow_rays: 0,
        rays_per_second: 0.0,
        is_partitioned: false,
        peers: Vec::new(),
        network: None,
    }
}

/// Says what was done, in the forms that were asked for.
fn publish(options: &RenderArguments, report: &RenderReport) -> anyhow::Result<()> {
    if let Some(path) = &options.stats {
        fs::write(path, serde_json::to_vec_pretty(report)?)
            .or_fail(Failure::Output)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if options.json {
        println!("{}", serde_json::to_string(report)?);
        return Ok(());
    }
    let mrays = report.rays_per_second / 1e6;
    println!("{}  {:.2} s, {mrays:.2} Mrays/s", options.out.display(), report.seconds);
    Ok(())
}
