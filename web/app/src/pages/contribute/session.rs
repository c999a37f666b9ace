//! The one contributor of the page: its signals, and what its buttons do.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use web_sys::CustomEvent;

use crate::browser::events::Listener;
use crate::browser::player::{self, Contributor};
use crate::browser::{page, read};
use crate::logic::contributor::{ContributorState, ContributorStats};
use crate::logic::history::History;
use crate::logic::limits::Limits;
use crate::logic::readiness::BrowserFacts;
use crate::logic::share;

/// The contributor and the listeners on it; dropped together.
struct Running {
    contributor: Contributor,
    _listeners: [Listener; 3],
}

/// Everything the page shows about the contributor; a handle, free to copy.
#[derive(Clone, Copy)]
pub(super) struct Session {
    /// What it is doing.
    pub(super) state: RwSignal<ContributorState>,
    /// What the package said about that, empty when nothing.
    pub(super) reason: RwSignal<String>,
    /// The last recoverable trouble, empty when none.
    pub(super) trouble: RwSignal<String>,
    /// The newest figures.
    pub(super) stats: RwSignal<ContributorStats>,
    /// Rays a second over the last minute.
    pub(super) history: RwSignal<History>,
    /// Time since Start, standing still after the end.
    pub(super) elapsed: RwSignal<Duration>,
    /// What may be used.
    pub(super) limits: RwSignal<Limits>,
    room: StoredValue<Option<String>>,
    started_at: StoredValue<Duration>,
    running: StoredValue<Option<Running>, LocalStorage>,
}

impl Session {
    /// A session that has started nothing.
    pub(super) fn new(facts: &BrowserFacts, room: Option<String>) -> Self {
        let remembered = page::remembered_limits().and_then(|text| Limits::from_text(&text, facts));
        let session = Self {
            state: RwSignal::new(ContributorState::Idle),
            reason: RwSignal::new(String::new()),
            trouble: RwSignal::new(String::new()),
            stats: RwSignal::new(ContributorStats::default()),
            history: RwSignal::new(History::default()),
            elapsed: RwSignal::new(Duration::ZERO),
            limits: RwSignal::new(remembered.unwrap_or_else(|| Limits::polite(facts))),
            room: StoredValue::new(room),
            started_at: StoredValue::new(Duration::ZERO),
            running: StoredValue::new_local(None),
        };
        set_interval(move || session.tick(), Duration::from_secs(1));
        session
    }

    /// The visitor's yes: gets the package and starts it.
    pub(super) fn start(self) {
        if self.state.get_untracked().is_live() {
            return;
        }
        let limits = self.limits.get_untracked();
        page::remember_limits(&limits.to_text());
        self.forget_last_run();
        self.change(ContributorState::Starting, "loading the renderer");
        spawn_local(async move {
            let signal = share::signal_address(&page::origin());
            match player::contributor(&signal, self.room.get_value(), limits).await {
                // Stop may have been pressed while the package was loading.
                Ok(contributor) if self.state.get_untracked() == ContributorState::Starting => {
                    self.run(contributor).await
                }
                Ok(contributor) => contributor.dispose(),
                Err(error) => {
                    let why =
                        format!("the renderer could not be loaded: {}", read::error_text(&error));
                    self.change(ContributorState::Failed, &why);
                }
            }
        });
    }

    /// Completes the open tasks, then ends.
    pub(super) fn finish(self) {
        self.running.with_value(|running| {
            if let Some(running) = running {
                running.contributor.finish();
            }
        });
    }

    /// Ends everything now.
    pub(super) fn stop(self) {
        let is_running = self.running.with_value(|running| {
            running.as_ref().inspect(|running| running.contributor.stop()).is_some()
        });
        if !is_running {
            self.change(ContributorState::Stopped, "");
        }
    }

    async fn run(self, contributor: Contributor) {
        let listeners = [
            Listener::new(&contributor, "statechange", move |event| {
                self.on_state_change(&event.detail())
            }),
            Listener::new(&contributor, "stats", move |event| self.on_stats(&event.detail())),
            Listener::new(&contributor, "error", move |event| self.on_error(&event)),
        ];
        let handle = contributor.clone();
        self.running.set_value(Some(Running { contributor, _listeners: listeners }));
        // What went wrong arrives as a state change too; the promise adds what could not even begin.
        if let Err(error) = handle.start().await
            && self.state.get_untracked() == ContributorState::Starting
        {
            self.change(ContributorState::Failed, &read::error_text(&error));
        }
    }

    fn on_state_change(self, detail: &JsValue) {
        let word = read::text(detail, "to").unwrap_or_default();
        self.change(
            ContributorState::of_word(&word),
            &read::text(detail, "reason").unwrap_or_default(),
        );
    }

    fn on_stats(self, detail: &JsValue) {
        self.stats.set(player::contributor_stats(detail));
    }

    fn on_error(self, event: &CustomEvent) {
        if read::text(&event.detail(), "severity").as_deref() != Some("fatal") {
            self.trouble.set(read::error_text(&event.detail()));
        }
    }

    fn change(self, state: ContributorState, reason: &str) {
        self.reason.set(reason.to_owned());
        self.state.set(state);
        if !state.is_live() {
            self.stats.update(ContributorStats::rest);
        }
    }

    fn forget_last_run(self) {
        self.running.set_value(None);
        self.stats.set(ContributorStats::default());
        self.history.set(History::default());
        self.trouble.set(String::new());
        self.elapsed.set(Duration::ZERO);
        self.started_at.set_value(page::now());
    }

    fn tick(self) {
        if self.state.get_untracked().is_live() {
            let rays_per_second = self.stats.with_untracked(|stats| stats.rays_per_second);
            self.history.update(|history| history.push(rays_per_second));
            self.elapsed.set(page::now().saturating_sub(self.started_at.get_value()));
        }
    }
}
