//! The watch page: choose a scene, see it refine, see who renders what, let others help.

mod film_form;
mod forecast_panel;
mod peer_table;
mod picture;
mod player_handle;
mod scene_form;
mod session;
mod share_panel;
mod stage;

use leptos::prelude::*;

use self::film_form::FilmForm;
use self::forecast_panel::ForecastPanel;
use self::peer_table::PeersPanel;
use self::scene_form::SceneForm;
use self::session::Session;
use self::share_panel::SharePanel;
use self::stage::Stage;
use crate::browser::page;
use crate::components::{Notices, StatusLine};
use crate::logic::readiness::{Obstacle, obstacles};
use crate::logic::watch::WatchSettings;

/// The watch page.
#[component]
pub(super) fn Watch() -> impl IntoView {
    let facts = page::browser_facts();
    // A picture needs no peer: without WebRTC this tab renders alone.
    let mut obstacles = obstacles(&facts);
    obstacles.retain(|obstacle| *obstacle != Obstacle::NoWebRtc);
    let session = Session::new(WatchSettings::of_query(&page::query()));
    let status = Signal::derive(move || session.state.with(|state| state.status()));
    view! {
        <div class="page-head">
            <h1>"Watch a picture refine"</h1>
            <p class="lead">"Your tab renders, and every helper who joins makes it quicker. Whoever helps, each sample counts once."</p>
        </div>
        <Notices obstacles=obstacles facts=facts/>
        <div class="watch" data-state=move || session.state.with(|state| state.word())>
            <div class="watch-stage">
                <StatusLine status=status/>
                <Stage session=session/>
            </div>
            <div class="watch-side">
                <section class="panel" aria-labelledby="scene-title">
                    <h2 id="scene-title">"Scene"</h2>
                    <SceneForm session=session/>
                    <FilmForm session=session/>
                </section>
                <SharePanel session=session/>
            </div>
            <PeersPanel session=session/>
            <ForecastPanel session=session/>
        </div>
    }
}
