//! The one picture of the page: its signals, and what its buttons do.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::{File, HtmlElement};

use super::player_handle::{Film, PlayerHandle};
use crate::browser::{page, player, read};
use crate::logic::forecast::ForecastBoard;
use crate::logic::peers::PeerTable;
use crate::logic::query::Query;
use crate::logic::room::room_from_random;
use crate::logic::scene_choice::{Generated, SceneChoice};
use crate::logic::share;
use crate::logic::tiles::TileBoard;
use crate::logic::watch::{WatchSettings, WatchState, stage_text};

/// Who may help with the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Helpers {
    /// Whoever gets the link to this picture's room.
    Invited,
    /// The server's public pool.
    Public,
    /// Nobody: no connection is made.
    Nobody,
}

/// How far the picture is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Progress {
    /// Samples of the average pixel.
    pub(super) samples_per_pixel: f64,
    /// Samples a second, all peers together.
    pub(super) samples_per_second: f64,
    /// Time since the first task.
    pub(super) elapsed: Duration,
    /// Share of the current loading stage, 0 to 1.
    pub(super) loaded: f64,
}

/// Everything the page shows about the picture; a handle, free to copy.
#[derive(Clone, Copy)]
pub(super) struct Session {
    pub(super) state: RwSignal<WatchState>,
    /// What the form says now.
    pub(super) settings: RwSignal<WatchSettings>,
    /// What the picture was started with.
    pub(super) shown: RwSignal<Option<WatchSettings>>,
    pub(super) helpers: RwSignal<Helpers>,
    /// Who was allowed to help when the picture was started.
    pub(super) shown_helpers: RwSignal<Option<Helpers>>,
    pub(super) choice: RwSignal<SceneChoice>,
    pub(super) progress: RwSignal<Progress>,
    pub(super) peers: RwSignal<PeerTable>,
    pub(super) forecasts: RwSignal<ForecastBoard>,
    pub(super) tiles: RwSignal<TileBoard>,
    /// The newest trouble that the picture survived, empty when none.
    pub(super) trouble: RwSignal<String>,
    /// Whether the stage holds a player.
    pub(super) has_player: RwSignal<bool>,
    /// Where the player's element goes.
    pub(super) slot: StoredValue<Option<HtmlElement>, LocalStorage>,
    file: StoredValue<Option<File>, LocalStorage>,
    player: StoredValue<Option<PlayerHandle>, LocalStorage>,
    /// Rises with every Render, so that a late answer to an earlier one is ignored.
    attempt: StoredValue<u32>,
}

impl Session {
    /// A session that has started nothing.
    pub(super) fn new(mut settings: WatchSettings) -> Self {
        let linked = settings.scene.as_deref().map(SceneChoice::of_text);
        let (choice, trouble) = match linked {
            Some(Ok(choice)) => (choice, String::new()),
            Some(Err(error)) => {
                (Generated::NightCity.choice(), format!("the link names no scene: {error}"))
            }
            None => (Generated::NightCity.choice(), String::new()),
        };
        settings.room = settings.room.or_else(|| page::random_bits().map(room_from_random));
        // Without a room to invite to, nobody is called rather than everybody.
        let helpers = if settings.room.is_some() { Helpers::Invited } else { Helpers::Nobody };
        Self {
            state: RwSignal::new(WatchState::Empty),
            settings: RwSignal::new(settings),
            shown: RwSignal::new(None),
            helpers: RwSignal::new(helpers),
            shown_helpers: RwSignal::new(None),
            choice: RwSignal::new(choice),
            progress: RwSignal::new(Progress::default()),
            peers: RwSignal::new(PeerTable::default()),
            forecasts: RwSignal::new(ForecastBoard::default()),
            tiles: RwSignal::new(TileBoard::default()),
            trouble: RwSignal::new(trouble),
            has_player: RwSignal::new(false),
            slot: StoredValue::new_local(None),
            file: StoredValue::new_local(None),
            player: StoredValue::new_local(None),
            attempt: StoredValue::new(0),
        }
    }

    /// Takes a dropped or picked file and renders it.
    pub(super) fn open_file(self, file: File) {
        // A browser gives sizes as floats; files are far below 2^53 bytes.
        match SceneChoice::of_file(&file.name(), file.size() as u64) {
            Ok(choice) => {
                self.choice.set(choice);
                self.file.set_value(Some(file));
                self.render();
            }
            Err(error) => self.trouble.set(error.to_string()),
        }
    }

    /// Renders what is chosen, in place of what was shown.
    pub(super) fn render(self) {
        let Some(slot) = self.slot.get_value() else { return };
        page::reveal(&slot);
        self.forget_picture();
        let film = self.film();
        self.remember_in_address();
        self.shown.set(Some(self.settings.get_untracked()));
        self.shown_helpers.set(Some(self.helpers.get_untracked()));
        self.state.set(WatchState::Loading("loading the renderer".to_owned()));
        let attempt = self.attempt.get_value();
        let file = self.file.get_value().filter(|_| film.src.is_none());
        spawn_local(async move {
            let element = match player::player().await {
                Ok(element) => element,
                Err(error) => {
                    return self.fail(attempt, "the renderer could not be loaded", &error);
                }
            };
            if self.attempt.get_value() == attempt {
                let handle = PlayerHandle::show(element, &slot, &film, self);
                let loading = file.map(|file| handle.load_file(file));
                self.player.set_value(Some(handle));
                self.has_player.set(true);
                if let Some(loading) = loading
                    && let Err(error) = loading.await
                {
                    self.fail(attempt, "the file could not be read", &error);
                }
            }
        });
    }

    /// Holds the picture, or goes on.
    pub(super) fn toggle_pause(self) {
        let is_paused = self.state.with_untracked(|state| *state == WatchState::Paused);
        self.player.with_value(|player| {
            let Some(player) = player else { return };
            if is_paused { player.play() } else { player.pause() }
        });
    }

    /// Saves the picture as it is now.
    pub(super) fn save(self) {
        let Some(saving) = self.player.with_value(|player| player.as_ref().map(PlayerHandle::save))
        else {
            return;
        };
        let name = self
            .choice
            .with_untracked(|choice| format!("{}.png", choice.name().trim_end_matches(".glb")));
        spawn_local(async move {
            let saved = match saving.await {
                Ok(blob) => page::download(&blob, &name),
                Err(error) => Err(error),
            };
            if let Err(error) = saved {
                self.trouble
                    .set(format!("the picture could not be saved: {}", read::error_text(&error)));
            }
        });
    }

    /// The link under which others help, unless nobody may.
    pub(super) fn contribute_link(self) -> Option<String> {
        let room = self.settings.with(|settings| settings.room.clone());
        match self.helpers.get() {
            Helpers::Invited => Some(share::contribute_link(&page::origin(), room.as_deref())),
            Helpers::Public => Some(share::contribute_link(&page::origin(), None)),
            Helpers::Nobody => None,
        }
    }

    /// Follows the player's state.
    pub(super) fn on_state(self, word: &str, reason: &str) {
        self.state.set(WatchState::of_word(word, reason));
    }

    /// Follows the player's loading.
    pub(super) fn on_progress(self, stage: &str, fraction: f64) {
        self.progress.update(|progress| progress.loaded = fraction);
        if self.state.with_untracked(|state| matches!(state, WatchState::Loading(_))) {
            self.state.set(WatchState::Loading(stage_text(stage).to_owned()));
        }
    }

    fn film(self) -> Film {
        let settings = self.settings.get_untracked();
        let helpers = self.helpers.get_untracked();
        let choice = self.choice.get_untracked();
        Film {
            src: choice.src().map(str::to_owned),
            alt: format!("Path-traced picture of {}", choice.name()),
            size: settings.size,
            samples: settings.samples,
            seed: settings.seed,
            device: settings.device,
            signal: (helpers != Helpers::Nobody).then(|| share::signal_address(&page::origin())),
            room: settings.room.filter(|_| helpers == Helpers::Invited),
        }
    }

    fn remember_in_address(self) {
        let settings = self.settings.get_untracked();
        let (width, height) = settings.size;
        let mut query = Query::default();
        if let Some(src) = self.choice.with_untracked(|choice| choice.src().map(str::to_owned)) {
            query = query.with("scene", &src);
        }
        query = query
            .with("size", &format!("{width}x{height}"))
            .with("samples", &settings.samples.to_string());
        query =
            query.with("seed", &settings.seed.to_string()).with("device", settings.device.word());
        if let Some(room) =
            settings.room.filter(|_| self.helpers.get_untracked() == Helpers::Invited)
        {
            query = query.with("room", &room);
        }
        page::replace_query(&query);
    }

    fn forget_picture(self) {
        self.attempt.update_value(|attempt| *attempt = attempt.wrapping_add(1));
        self.player.set_value(None);
        self.has_player.set(false);
        self.progress.set(Progress::default());
        self.peers.set(PeerTable::default());
        self.forecasts.set(ForecastBoard::default());
        self.tiles.set(TileBoard::default());
        self.trouble.set(String::new());
    }

    fn fail(self, attempt: u32, what: &str, error: &JsValue) {
        if self.attempt.get_value() == attempt {
            self.state.set(WatchState::Failed(format!("{what}: {}", read::error_text(error))));
        }
    }
}
