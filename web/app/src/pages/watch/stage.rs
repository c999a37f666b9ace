//! The picture, what lies over it, and its buttons.

use leptos::prelude::*;
use leptos::{ev, html};

use super::look_form::LookForm;
use super::picture::TileOutlines;
use super::session::{Progress, Session};
use crate::components::{Icon, IconName};
use crate::logic::contributor::sentence;
use crate::logic::format;
use crate::logic::watch::WatchState;

/// The stage: drop a file on it.
#[component]
pub(super) fn Stage(session: Session) -> impl IntoView {
    let are_outlines_shown = RwSignal::new(true);
    let is_over = RwSignal::new(false);
    let slot = NodeRef::<html::Div>::new();
    Effect::new(move |_| session.slot.set_value(slot.get().map(|slot| (*slot).clone())));
    // A file dropped beside the picture counts too: the browser would leave the page for it.
    let over = window_event_listener(ev::dragover, move |event| {
        event.prevent_default();
        is_over.set(true);
    });
    let leave = window_event_listener(ev::dragleave, move |_| is_over.set(false));
    let drop = window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        is_over.set(false);
        if let Some(file) =
            event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0))
        {
            session.open_file(file);
        }
    });
    on_cleanup(move || [over, leave, drop].into_iter().for_each(WindowListenerHandle::remove));
    let ratio = move || {
        let (width, height) = session.shown.get().unwrap_or_else(|| session.settings.get()).size;
        format!("{width} / {height}")
    };
    let is_empty = move || {
        !session.has_player.get()
            && !session.state.with(|state| matches!(state, WatchState::Loading(_)))
    };
    view! {
        <section class="stage-panel" aria-label="Picture">
            <div class="stage" class:over=move || is_over.get() style:aspect-ratio=ratio>
                <div class="stage-slot" node_ref=slot></div>
                <Show when=move || are_outlines_shown.get()>
                    <TileOutlines session=session/>
                </Show>
                <Show when=is_empty>
                    <EmptyStage session=session/>
                </Show>
            </div>
            <ProgressLine session=session/>
            <Toolbar session=session are_outlines_shown=are_outlines_shown/>
            <LookForm session=session/>
            <p class="hint trouble" aria-live="polite">{move || sentence(&session.trouble.get())}</p>
        </section>
    }
}

#[component]
fn EmptyStage(session: Session) -> impl IntoView {
    view! {
        <div class="stage-empty">
            <Icon name=IconName::Upload/>
            <p>"Drop a " <code>".glb"</code> " here, or choose a scene and press Render."</p>
            <Show when=move || session.state.with(|state| *state == WatchState::Empty)>
                <p class="hint">"Rendering uses this machine, and connects to helpers if you let them."</p>
            </Show>
        </div>
    }
}

#[component]
fn ProgressLine(session: Session) -> impl IntoView {
    let target = move || session.shown.get().map_or(0, |shown| shown.samples);
    let share = move || {
        if session.state.with(|state| matches!(state, WatchState::Loading(_))) {
            session.progress.get().loaded
        } else {
            session.progress.get().samples_per_pixel / f64::from(target().max(1))
        }
    };
    let samples = move || {
        format!("{:.1} of {} samples per pixel", session.progress.get().samples_per_pixel, target())
    };
    let rate = move || {
        let Progress { samples_per_second, elapsed, .. } = session.progress.get();
        let (number, unit) = format::scaled(samples_per_second);
        format!("{number}\u{a0}{unit} samples/s · {}", format::clock(elapsed))
    };
    view! {
        <div class="progress-line">
            <progress max="1" prop:value=share aria-label="Progress of the picture"></progress>
            <Show when=move || session.state.with(WatchState::has_picture)>
                <p><span>{samples}</span> <span>{rate}</span></p>
            </Show>
        </div>
    }
}

#[component]
fn Toolbar(session: Session, are_outlines_shown: RwSignal<bool>) -> impl IntoView {
    let is_paused = move || session.state.with(|state| *state == WatchState::Paused);
    let can_pause = move || {
        session.state.with(|state| matches!(state, WatchState::Rendering | WatchState::Paused))
    };
    let has_picture = move || session.state.with(WatchState::has_picture);
    let pause_icon = move || {
        let name = if is_paused() { IconName::Play } else { IconName::Pause };
        view! { <Icon name=name/> }
    };
    view! {
        <div class="toolbar">
            <label class="switch">
                <input
                    id="outlines"
                    type="checkbox"
                    role="switch"
                    prop:checked=move || are_outlines_shown.get()
                    on:change=move |event| are_outlines_shown.set(event_target_checked(&event))
                />
                <span>"Outline tiles by peer"</span>
            </label>
            <span class="toolbar-buttons">
                <button
                    id="pause"
                    type="button"
                    class="button small"
                    disabled=move || !can_pause()
                    on:click=move |_| session.toggle_pause()
                >
                    {pause_icon}
                    <span>{move || if is_paused() { "Go on" } else { "Pause" }}</span>
                </button>
                <button
                    id="save"
                    type="button"
                    class="button small"
                    disabled=move || !has_picture()
                    on:click=move |_| session.save()
                >
                    <Icon name=IconName::Save/>
                    <span>"Save PNG"</span>
                </button>
            </span>
        </div>
    }
}
