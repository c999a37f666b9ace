//! One `<p2c2r-player>` on the page: made from settings, listened to, disposed when dropped.

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, HtmlElement};

use super::session::Session;
use crate::browser::events::Listener;
use crate::browser::player::{self, Peer, Player};
use crate::browser::{page, read};
use crate::logic::watch::OwnDevice;

/// What the element is asked to show.
pub(super) struct Film {
    /// The scene's address; none for a file.
    pub(super) src: Option<String>,
    /// The picture's accessible name.
    pub(super) alt: String,
    /// Pixels across and down.
    pub(super) size: (u32, u32),
    /// Samples per pixel.
    pub(super) samples: u32,
    /// Keys the random numbers.
    pub(super) seed: u32,
    /// What this tab renders with.
    pub(super) device: OwnDevice,
    /// Where helpers are found; none renders alone.
    pub(super) signal: Option<String>,
    /// The room; none is the public pool.
    pub(super) room: Option<String>,
}

impl Film {
    fn attributes(&self) -> Vec<(&'static str, String)> {
        let (width, height) = self.size;
        let always = [
            ("alt", self.alt.clone()),
            ("width", width.to_string()),
            ("height", height.to_string()),
            ("samples", self.samples.to_string()),
            ("seed", self.seed.to_string()),
            ("device", self.device.word().to_owned()),
            ("camera-controls", String::new()),
            ("ui", "none".to_owned()),
            ("prediction-log", String::new()),
        ];
        let optional = [("signal", &self.signal), ("room", &self.room), ("src", &self.src)];
        let given = optional
            .into_iter()
            .filter_map(|(name, value)| value.clone().map(|value| (name, value)));
        always.into_iter().chain(given).collect()
    }
}

/// The element and the listeners on it; dropping it ends the picture.
pub(super) struct PlayerHandle {
    element: Player,
    _listeners: Vec<Listener>,
}

impl PlayerHandle {
    /// Puts the element into `slot`, where it starts by itself if the film names a source.
    pub(super) fn show(element: Player, slot: &HtmlElement, film: &Film, session: Session) -> Self {
        for (name, value) in film.attributes() {
            // Fails only for names that are no attribute names; these are.
            let _ = element.set_attribute(name, &value);
        }
        let listeners = listeners(&element, session);
        slot.set_text_content(None);
        // Fails only when the slot were inside the element.
        let _ = slot.append_child(&element);
        Self { element, _listeners: listeners }
    }

    /// Loads a file from this machine.
    pub(super) fn load_file(
        &self,
        file: File,
    ) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
        let element = self.element.clone();
        async move { element.load_file(&file).await }
    }

    /// The picture as a PNG.
    pub(super) fn save(&self) -> impl Future<Output = Result<Blob, JsValue>> + use<> {
        let element = self.element.clone();
        async move { element.to_blob().await.map(JsCast::unchecked_into) }
    }

    /// Goes on.
    pub(super) fn play(&self) {
        self.element.play();
    }

    /// Holds.
    pub(super) fn pause(&self) {
        self.element.pause();
    }
}

impl Drop for PlayerHandle {
    fn drop(&mut self) {
        self._listeners.clear();
        self.element.dispose();
        self.element.remove();
    }
}

fn listeners(element: &Player, session: Session) -> Vec<Listener> {
    let on = |name, handler: fn(Session, &JsValue)| {
        Listener::new(element, name, move |event| handler(session, &event.detail()))
    };
    vec![
        on("statechange", on_state_change),
        on("progress", |session, detail| {
            session.on_progress(
                &read::text(detail, "stage").unwrap_or_default(),
                read::count(detail, "totalProgress"),
            );
        }),
        on("sample", |session, detail| {
            session.progress.update(|progress| {
                progress.samples_per_pixel = read::count(detail, "samplesPerPixel");
                progress.samples_per_second = read::count(detail, "samplesPerSecond");
                progress.elapsed =
                    Duration::from_secs_f64(read::count(detail, "elapsedMs").max(0.0) / 1000.0);
            });
        }),
        on("tiles", on_tiles),
        on("peerschange", |session, detail| {
            session.peers.update(|peers| peers.update(&player::peer_reports(detail)));
            let reports = player::forecast_reports(detail);
            session
                .forecasts
                .update(|board| board.update(reports, 1e3 * page::now().as_secs_f64()));
        }),
        on("predictions", |session, detail| {
            session.forecasts.update(|board| board.add(&player::forecast_marks(detail)));
        }),
        on("camera-change", |session, _| session.tiles.update(|tiles| tiles.clear())),
        on("error", on_error),
    ]
}

fn on_state_change(session: Session, detail: &JsValue) {
    let text = |name| read::text(detail, name).unwrap_or_default();
    session.on_state(&text("to"), &text("reason"));
}

fn on_tiles(session: Session, detail: &JsValue) {
    let tiles = player::merged_tiles(detail);
    let owned: Vec<_> =
        tiles.iter().filter_map(|tile| Some((tile.rect, row_of(session, &tile.peer)?))).collect();
    session
        .tiles
        .update(|board| owned.iter().for_each(|(rect, peer_index)| board.add(*rect, *peer_index)));
}

/// The peer's row; the table is only touched for a peer that it does not know.
fn row_of(session: Session, peer: &Peer) -> Option<usize> {
    let known = session.peers.with_untracked(|peers| peers.index_of(&peer.id));
    known.or_else(|| {
        session.peers.try_update(|peers| peers.meet(&peer.id, peer.kind, &peer.name)).flatten()
    })
}

fn on_error(session: Session, detail: &JsValue) {
    // A fatal error is the state's reason already.
    if read::text(detail, "severity").as_deref() != Some("fatal") {
        session.trouble.set(read::error_text(detail));
    }
}
