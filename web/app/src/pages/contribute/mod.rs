//! The contribute page: consent first, then work that is measured, explained and stopped at will.

mod consent;
mod controls;
mod figures;
mod limits_form;
mod session;

use leptos::prelude::*;

use self::consent::Consent;
use self::controls::Controls;
use self::figures::Figures;
use self::limits_form::LimitsForm;
use self::session::Session;
use crate::browser::page;
use crate::components::{Notices, StatusLine};
use crate::logic::contributor::{ContributorState, status};
use crate::logic::readiness::{Obstacle, obstacles};
use crate::logic::room::room_from_text;

/// The contribute page.
#[component]
pub(super) fn Contribute() -> impl IntoView {
    let facts = page::browser_facts();
    let obstacles = obstacles(&facts);
    let is_able = !obstacles.iter().copied().any(Obstacle::is_fatal);
    let room = page::query().value("room").and_then(room_from_text);
    let session = Session::new(&facts, room.clone());
    let status = Signal::derive(move || {
        session
            .stats
            .with(|stats| session.reason.with(|reason| status(session.state.get(), stats, reason)))
    });
    let has_run = Memo::new(move |was: Option<&bool>| {
        was.copied().unwrap_or(false) || session.state.get() != ContributorState::Idle
    });
    view! {
        <div class="page-head">
            <h1>"Lend this machine"</h1>
            <p class="lead">
                "Press Start and this tab traces light for small tiles of other people's pictures, until you stop it."
            </p>
        </div>
        <Notices obstacles=obstacles facts=facts.clone()/>
        <div class="contribute" data-state=move || session.state.get().word()>
            <div class="contribute-main">
                <Show when=move || has_run.get()>
                    <Figures session=session/>
                </Show>
                <Consent room=room has_run=has_run/>
            </div>
            <div class="contribute-side">
                <section class="panel control-panel" aria-label="Start and stop">
                    <StatusLine status=status/>
                    <Controls session=session is_able=is_able/>
                </section>
                <LimitsForm session=session facts=facts/>
            </div>
        </div>
    }
}
