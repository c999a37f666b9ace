//! Who renders what: one row per peer.

use leptos::prelude::*;

use super::picture::peer_class;
use super::session::Session;
use crate::logic::format;
use crate::logic::peers::{PeerRow, PeerTable};

/// The table, once somebody renders.
#[component]
pub(super) fn PeersPanel(session: Session) -> impl IntoView {
    let indices = move || (0..session.peers.with(|peers| peers.rows().len())).collect::<Vec<_>>();
    let is_empty = move || session.peers.with(|peers| peers.rows().is_empty());
    view! {
        <section class="panel peers" aria-labelledby="peers-title">
            <h2 id="peers-title">"Who renders"</h2>
            <p class="hint" role="status">{move || session.peers.with(helpers_text)}</p>
            <Show when=move || !is_empty()>
                <table>
                    <caption class="visually-hidden">"Peers and their part of the picture"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Peer"</th>
                            <th scope="col" class="device-column">"Device"</th>
                            <th scope="col" class="number">"Samples/s"</th>
                            <th scope="col" class="number samples-column">"Samples"</th>
                            <th scope="col" class="share-column">"Share"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=indices key=|index| *index let:index>
                            <Row session=session index=index/>
                        </For>
                    </tbody>
                </table>
            </Show>
        </section>
    }
}

#[component]
fn Row(session: Session, index: usize) -> impl IntoView {
    let read = move |text: fn(&PeerRow) -> String| {
        move || session.peers.with(|peers| peers.rows().get(index).map(text).unwrap_or_default())
    };
    let is_gone = move || {
        session.peers.with(|peers| peers.rows().get(index).is_some_and(|row| !row.is_connected))
    };
    let share = Signal::derive(move || session.peers.with(|peers| peers.share(index)));
    view! {
        <tr class:gone=is_gone>
            <th scope="row">
                <div class="peer-name">
                    <span class=peer_class("swatch", index) aria-hidden="true"></span>
                    <span>{read(|row| row.title.clone())}</span>
                    <Show when=is_gone>
                        <span class="gone-note">"left"</span>
                    </Show>
                </div>
            </th>
            <td class="device-column">{read(|row| row.device.clone())}</td>
            <td class="number">{read(|row| format::joined(&format::scaled(row.samples_per_second)))}</td>
            <td class="number samples-column">{read(|row| format::joined(&format::scaled(row.samples)))}</td>
            <td class="share-column">
                <div class="share-cell">
                    <ShareBar share=share index=index/>
                    <span class="share-text">{move || format::percent(share.get())}</span>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn ShareBar(share: Signal<f64>, index: usize) -> impl IntoView {
    view! {
        <svg class="share-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="share-track" width="100" height="6"></rect>
            <rect class=peer_class("share-fill", index) width=move || share.get() * 100.0 height="6"></rect>
        </svg>
    }
}

fn helpers_text(peers: &PeerTable) -> String {
    match (peers.rows().is_empty(), peers.helper_count()) {
        (true, _) => "Nobody yet: press Render.".to_owned(),
        (false, 0) => "You render alone. Share the link to get help.".to_owned(),
        (false, 1) => "One helper is connected.".to_owned(),
        (false, count) => format!("{count} helpers are connected."),
    }
}
