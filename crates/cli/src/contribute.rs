//! `p2c2r contribute`: render for others until Ctrl-C.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::ProgressBar;
use p2c2r_peer::native::{
    ContributeEvent, ContributeOptions, ContributeReport, Handicap, ServerAddress, TracingDevice,
    Wish, contribute, contributor_secret,
};
use p2c2r_protocol::peer::PeerName;
use p2c2r_swarm::ContributorStats;
use p2c2r_swarm::signaling::SignalingState;
use tokio::sync::mpsc;

use crate::args::ContributeArguments;
use crate::network::{failure_of, random_bytes, random_seed, runtime, say};

/// Redraws of the status line.
const TICK: Duration = Duration::from_millis(250);

/// Contributes; the first Ctrl-C finishes what is begun, the second stops at once.
pub(crate) fn run(options: &ContributeArguments) -> anyhow::Result<()> {
    let server = ServerAddress::parse(&options.url).map_err(failure_of)?;
    let device = TracingDevice::find(options.device.into(), options.threads).map_err(failure_of)?;
    let room = options.room.clone().or_else(|| server.room().cloned());
    let whom = room.as_ref().map_or("the public pool".to_owned(), |room| format!("room {room}"));
    let status = status_line();
    say(
        &status,
        &format!("contributing to {whom} of {} with the {}", options.url, device.describe()),
    );
    say(&status, "Ctrl-C finishes what is begun; twice stops at once");
    let name = PeerName::lossy(&options.name);
    let secret = contributor_secret(random_bytes()?, device.kind(), &name);
    let contribute_options = ContributeOptions {
        server,
        room,
        name,
        device,
        handicap: Handicap { slow_down: options.slow_down, fail_share: options.fail_share },
        max_requesters: options.max_peers,
        secret: Some(secret),
        seed: random_seed()?,
    };
    let report = runtime()?.block_on(async {
        let (wish, wishes) = mpsc::channel(2);
        let listener = tokio::spawn(listen(wish));
        let report = contribute(contribute_options, wishes, |event| show(&status, event)).await;
        listener.abort();
        report
    });
    status.finish_and_clear();
    print(&report.map_err(failure_of)?, options.json);
    Ok(())
}

/// Turns Ctrl-C and a polite kill into wishes.
async fn listen(wish: mpsc::Sender<Wish>) {
    for next in [Wish::Finish, Wish::Stop] {
        if interrupted().await.is_err() || wish.send(next).await.is_err() {
            return;
        }
        if next == Wish::Finish {
            eprintln!("finishing; Ctrl-C again stops at once");
        }
    }
    // Whoever interrupts a third time waits for nothing any more.
    std::future::pending::<()>().await;
}

#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn status_line() -> ProgressBar {
    let status = ProgressBar::new_spinner();
    if std::io::stderr().is_terminal() {
        status.enable_steady_tick(TICK);
    }
    status
}

fn show(status: &ProgressBar, event: ContributeEvent) {
    match event {
        ContributeEvent::Signaling(SignalingState::Online { peer_id, .. }) => {
            say(status, &format!("online as peer {peer_id}"));
        }
        ContributeEvent::Signaling(SignalingState::Waiting { retry_in }) => {
            let seconds = retry_in.as_secs_f64();
            say(status, &format!("the server is gone; next try in {seconds:.1} s"));
        }
        ContributeEvent::Signaling(_) => {}
        ContributeEvent::Warning(warning) => say(status, &format!("warning: {warning}")),
        ContributeEvent::Requesters(count) => say(status, &format!("linked requesters: {count}")),
        ContributeEvent::Stats(stats) => status.set_message(summary(&stats)),
    }
}

fn summary(stats: &ContributorStats) -> String {
    let (tasks, msamples) = (stats.tasks_done, stats.samples as f64 / 1e6);
    let sent_mb = stats.sent_bytes as f64 / 1e6;
    format!(
        "{tasks} tasks, {msamples:.1} million samples, {sent_mb:.1} MB sent, linked requesters: {}",
        stats.requesters
    )
}

fn print(report: &ContributeReport, is_json: bool) {
    let stats = &report.stats;
    if is_json {
        let line = serde_json::json!({
            "seconds": report.elapsed.as_secs_f64(),
            "tasks": stats.tasks_done,
            "samples": stats.samples,
            "rays": stats.counters.rays,
            "shadow_rays": stats.counters.shadow_rays,
            "busy_seconds": stats.busy.as_secs_f64(),
            "bytes_sent": stats.sent_bytes,
            "bytes_received": stats.received_bytes,
        });
        println!("{line}");
    } else {
        println!("{} in {:.0} s", summary(stats), report.elapsed.as_secs_f64());
    }
}
