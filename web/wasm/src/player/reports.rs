//! What the page hears while a frame grows, and how often.

use std::time::Duration;

use p2c2r_frame::{PixelRect, SampleRange};
use p2c2r_protocol::PeerId;
use p2c2r_swarm::{PeerState, Prediction, Requester, WorkerStats};

use super::PlayerRole;
use crate::action::Action;
use crate::environment::Output;
use crate::messages::{FromSession, LoadStage, MergedTile, PeerInfo, PeerShare, WorkerRecord};
use crate::meter::Meter;
use crate::picture::display;

/// The picture is painted this often at most.
const PAINT_EVERY: Duration = Duration::from_millis(100);
/// Figures go to the page this often at most.
const FIGURES_EVERY: Duration = Duration::from_millis(250);
/// The list of peers goes to the page this often at most, unless one comes or goes.
const PEERS_EVERY: Duration = Duration::from_millis(500);

/// What has changed since the page last heard of it.
#[derive(Debug, Default)]
pub(super) struct Reports {
    began: Duration,
    tiles: Vec<MergedTile>,
    /// Something is new; the next report is due then.
    due: Option<Duration>,
    last_paint: Duration,
    last_figures: Duration,
    last_peers: Duration,
    are_peers_changed: bool,
    is_complete: bool,
    /// The camera moves: tiles are of another size than the page's film, and it is never complete.
    is_preview: bool,
    rate: Meter,
    speed: Option<f64>,
}

impl Reports {
    /// A new view begins.
    pub(super) fn begin(&mut self, now: Duration, is_preview: bool) {
        let Self { speed, last_paint, .. } = *self;
        let due = Some(now);
        *self = Self { began: now, due, is_preview, speed, last_paint, ..Self::default() };
    }

    /// Samples a second, as far as known.
    pub(super) fn speed(&self) -> Option<f64> {
        self.speed
    }

    /// When a report is due.
    pub(super) fn next_timeout(&self) -> Option<Duration> {
        self.due
    }

    /// Something has changed that the page should see.
    pub(super) fn touch(&mut self, now: Duration) {
        let due = (self.last_paint + PAINT_EVERY).max(now);
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// A tile was merged.
    pub(super) fn merged(
        &mut self,
        now: Duration,
        rect: PixelRect,
        samples: SampleRange,
        peer: PeerInfo,
    ) {
        if !self.is_preview {
            self.tiles.push(MergedTile { rect, samples, peer });
        }
        self.touch(now);
    }

    /// A peer came or went.
    pub(super) fn peers_changed(&mut self, now: Duration) {
        self.are_peers_changed = true;
        self.touch(now);
    }

    /// The frame is whole.
    pub(super) fn complete(&mut self) {
        self.is_complete = !self.is_preview;
    }
}

impl PlayerRole {
    /// Reports if the time has come.
    pub(super) fn report_if_due(&mut self, now: Duration) {
        if self.reports.due.is_some_and(|due| now >= due) {
            self.report(now);
        }
    }

    /// Paints and tells what is new.
    pub(super) fn report(&mut self, now: Duration) {
        self.reports.due = None;
        self.reports.last_paint = now;
        self.paint();
        let Some(requester) = &self.requester else { return };
        let mut actions = Vec::new();
        let tiles = std::mem::take(&mut self.reports.tiles);
        if !tiles.is_empty() {
            actions.push(FromSession::Tiles { tiles }.into());
        }
        actions.extend(self.foresight.tell().map(Action::from));
        let is_complete = self.reports.is_complete;
        if is_complete || now >= self.reports.last_figures + FIGURES_EVERY {
            self.reports.last_figures = now;
            actions.extend(figures(requester, &mut self.reports, now));
        } else {
            // The last figures of a burst must not get lost.
            self.reports.due = Some(self.reports.last_figures + FIGURES_EVERY);
        }
        let are_peers_due = now >= self.reports.last_peers + PEERS_EVERY;
        if is_complete || self.reports.are_peers_changed || are_peers_due {
            self.reports.last_peers = now;
            self.reports.are_peers_changed = false;
            let peers = requester.stats(now).into_iter().map(|stats| self.share(stats)).collect();
            actions.push(FromSession::Peers { peers }.into());
        }
        if is_complete {
            self.reports.due = None;
        }
        self.base.actions.extend(actions);
    }

    /// Shows what the film holds and the picture does not.
    pub(super) fn paint(&mut self) {
        if let Some(requester) = &self.requester
            && self.picture.is_dirty()
        {
            let display = display(&self.settings);
            let (width, height, rgba) = self.picture.paint(requester.film(), &display);
            let paint = Action::Output(Output::Paint { width, height }, vec![rgba]);
            self.base.actions.push_back(paint);
        }
    }

    fn share(&self, stats: WorkerStats) -> PeerShare {
        let peer = self.peer_info(stats.worker);
        let lanes =
            stats.capabilities.as_ref().map_or(self.base.lanes.count() as u16, |of| of.lanes);
        let is_here = peer.id == PeerId(0);
        PeerShare {
            peer,
            samples: stats.job_samples,
            samples_per_second: stats.samples_per_second,
            is_connected: is_here || stats.state != PeerState::Gone,
            record: record(&stats, lanes),
        }
    }
}

fn record(stats: &WorkerStats, lanes: u16) -> WorkerRecord {
    let Prediction { low, median, high, failure, stage, .. } = stats.prediction;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    WorkerRecord {
        number: stats.number,
        stage,
        tasks: stats.tasks,
        failures: stats.failures,
        hedges_won: stats.hedges_won,
        hedges_lost: stats.hedges_lost,
        expected_ms: [ms(low), ms(median), ms(high)],
        expected_failure: failure,
        busy_ms: ms(stats.busy),
        lanes,
    }
}

fn figures(requester: &Requester, reports: &mut Reports, now: Duration) -> [Action; 2] {
    let film = requester.film();
    let merged = film.merged_paths() as f64;
    let fraction = merged / film.job_paths().max(1) as f64;
    let rate = reports.rate.rate(now, merged);
    if rate > 0.0 {
        reports.speed = Some(rate);
    }
    let sample = FromSession::Sample {
        samples_per_pixel: merged / film.rect().area() as f64,
        samples_per_second: rate,
        elapsed_ms: now.saturating_sub(reports.began).as_secs_f64() * 1e3,
        is_complete: reports.is_complete,
    };
    let progress = FromSession::Progress { stage: LoadStage::Render, fraction };
    [progress.into(), sample.into()]
}
