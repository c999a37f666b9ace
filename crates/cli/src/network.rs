//! A job rendered together with contributors that a server introduces.

use std::sync::Arc;

use anyhow::Context;
use indicatif::ProgressBar;
use p2c2r_frame::{Packing, TileTask};
use p2c2r_peer::native::{
    PeerError, RenderEvent, RenderJob, RenderOptions, Rendered, ServerAddress, TracingDevice,
    render,
};
use p2c2r_protocol::peer::PeerName;
use p2c2r_scene::Scene;

use crate::args::RenderArguments;
use crate::failure::{Failure, fail};
use crate::foresight::{PredictionLog, foresight_of};
use crate::progress;

/// Name under which contributors see this process.
const REQUESTER_NAME: &str = "p2c2r render";

/// Renders with whoever comes; warnings go to standard error.
pub(crate) fn render_with_peers(
    options: &RenderArguments,
    signal: &str,
    scene: Arc<Scene>,
    package: Vec<u8>,
    task: &TileTask,
) -> anyhow::Result<Rendered> {
    let server = ServerAddress::parse(signal).map_err(failure_of)?;
    let device = match options.no_local {
        true => None,
        false => {
            let choice = options.device.into();
            Some(TracingDevice::find(choice, options.threads).map_err(failure_of)?)
        }
    };
    let job = RenderJob {
        scene,
        package: package.into(),
        view: task.view,
        samples_per_pixel: task.samples.count,
        seed: task.seed,
        effects: task.effects,
        max_bounces: task.max_bounces,
        packing: if options.lossy { Packing::BelowNoise } else { Packing::Exact },
    };
    let room = options.room.clone().or_else(|| server.room().cloned());
    let name = PeerName::lossy(REQUESTER_NAME);
    let render_options = RenderOptions {
        server,
        room,
        name,
        max_peers: options.max_peers,
        device,
        wait_for_peers: options.wait_for_peers,
        foresight: foresight_of(options)?,
        seed: random_seed()?,
    };
    let log = options.prediction_log.as_deref().map(PredictionLog::create).transpose()?;
    let bar = progress::bar("rendering");
    let mut log = log.map(Ok);
    let show = |event| match event {
        // The first failure ends the log and is told at the end; the picture matters more.
        RenderEvent::Attempt(attempt) => {
            if let Some(Ok(open)) = &mut log
                && let Err(error) = open.add(&attempt)
            {
                log = Some(Err(error));
            }
        }
        event => show(&bar, event),
    };
    let result = runtime()?.block_on(render(job, render_options, show));
    bar.finish_and_clear();
    if let Some(Err(error)) = log.map(|log| log.and_then(PredictionLog::finish)) {
        eprintln!("warning: the log of predictions is not whole: {error:#}");
    }
    result.map_err(failure_of)
}

fn show(bar: &ProgressBar, event: RenderEvent) {
    match event {
        RenderEvent::Attempt(_) => {}
        RenderEvent::Progress(share) => progress::set(bar, share as f32),
        RenderEvent::PeerReady { name, kind } => say(bar, &format!("{name} ({kind}) joins")),
        RenderEvent::PeerRecognised { name, tasks } => {
            say(bar, &format!("{name} is known from earlier renders: {tasks} tasks"));
        }
        RenderEvent::PeerLost { name, reason } => say(bar, &format!("{name} is gone: {reason}")),
        RenderEvent::Warning(warning) => say(bar, &format!("warning: {warning}")),
    }
}

/// A line above the bar, or on plain standard error where there is none.
pub(crate) fn say(bar: &ProgressBar, line: &str) {
    bar.suspend(|| eprintln!("{line}"));
}

/// The event loop of a peer: two threads, since tracing has its own.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the network threads")
}

/// Spreads the reconnects of many peers.
pub(crate) fn random_seed() -> anyhow::Result<u64> {
    random_bytes().map(u64::from_le_bytes)
}

/// Bytes that nobody can guess.
pub(crate) fn random_bytes<const COUNT: usize>() -> anyhow::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(bytes)
}

/// With the exit code that belongs to it.
pub(crate) fn failure_of(error: PeerError) -> anyhow::Error {
    let failure = match &error {
        PeerError::Address(_) | PeerError::Job(_) => Failure::Usage,
        PeerError::Network(_) | PeerError::Refused(_) => Failure::Network,
        PeerError::Device(_) => Failure::Device,
        _ => return anyhow::Error::new(error),
    };
    fail(failure, error.to_string())
}
