//! The outlines over the picture.

use leptos::prelude::*;

use super::session::Session;
use crate::logic::tiles::{Outline, PEER_COLOURS, TileBoard};

/// Film pixels by which an outline stays inside its tile, so that neighbours show apart.
const INSET_PX: f64 = 0.75;

/// Outlines every tile in its peer's colour, on a box that has the film's proportions.
#[component]
pub(super) fn TileOutlines(session: Session) -> impl IntoView {
    let view_box = move || {
        let (width, height) = session.shown.get().unwrap_or_else(|| session.settings.get()).size;
        format!("0 0 {width} {height}")
    };
    let older = move || session.tiles.with(TileBoard::older);
    let newest = move || session.tiles.with(TileBoard::newest);
    view! {
        <svg class="tile-outlines" viewBox=view_box aria-hidden="true" focusable="false">
            <g class="older-tiles">
                <For each=older key=|outline| outline.serial let:outline>
                    <OutlineRect outline=outline/>
                </For>
            </g>
            <For each=newest key=|outline| outline.serial let:outline>
                <OutlineRect outline=outline/>
            </For>
        </svg>
    }
}

#[component]
fn OutlineRect(outline: Outline) -> impl IntoView {
    let rect = outline.rect;
    view! {
        <rect
            class=peer_class("tile", outline.peer_index)
            x=f64::from(rect.x) + INSET_PX
            y=f64::from(rect.y) + INSET_PX
            width=(f64::from(rect.width) - 2.0 * INSET_PX).max(0.0)
            height=(f64::from(rect.height) - 2.0 * INSET_PX).max(0.0)
        ></rect>
    }
}

/// `name` and the class of a peer's colour.
pub(super) fn peer_class(name: &str, peer_index: usize) -> String {
    format!("{name} peer-{}", peer_index % PEER_COLOURS)
}
