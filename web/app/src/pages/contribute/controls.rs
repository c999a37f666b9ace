//! Start, Finish and Stop.

use leptos::html;
use leptos::prelude::*;

use super::session::Session;
use crate::browser::page;
use crate::components::{Icon, IconName};
use crate::logic::contributor::{ContributorState, sentence};

/// The buttons; Stop has the place that Start had.
#[component]
pub(super) fn Controls(session: Session, is_able: bool) -> impl IntoView {
    let state = session.state;
    let start_label = move || {
        if state.get() == ContributorState::Idle { "Start contributing" } else { "Start again" }
    };
    let trouble = move || sentence(&session.trouble.get());
    let (start, stop) = (NodeRef::<html::Button>::new(), NodeRef::<html::Button>::new());
    // The button that was pressed is gone, and the focus with it: the one in its place takes it over.
    Effect::new(move |_| {
        let (start, stop) = (start.get(), stop.get());
        let state = state.get_untracked();
        // A button that has left the page stays in its reference.
        let button = if state.is_live() { stop } else { start };
        if let Some(button) = button.filter(|_| state != ContributorState::Idle) {
            page::focus_if_lost(&button);
        }
    });
    view! {
        <div class="actions">
            <Show
                when=move || state.get().is_live()
                fallback=move || {
                    view! {
                        <button
                            id="start"
                            node_ref=start
                            type="button"
                            class="button primary large"
                            disabled=!is_able
                            on:click=move |_| session.start()
                        >
                            <Icon name=IconName::Play/>
                            <span>{start_label}</span>
                        </button>
                    }
                }
            >
                <button
                    id="stop"
                    node_ref=stop
                    type="button"
                    class="button primary large"
                    on:click=move |_| session.stop()
                >
                    <Icon name=IconName::Stop/>
                    <span>"Stop now"</span>
                </button>
                <button
                    id="finish"
                    type="button"
                    class="button large"
                    disabled=move || !state.get().can_finish()
                    on:click=move |_| session.finish()
                >
                    <Icon name=IconName::Flag/>
                    <span>"Finish, then stop"</span>
                </button>
            </Show>
        </div>
        <p class="hint" aria-live="polite">
            {move || match state.get() {
                ContributorState::Idle if is_able => {
                    "By pressing Start you agree to the terms on this page.".to_owned()
                }
                ContributorState::Idle => "This browser cannot contribute; see above.".to_owned(),
                _ => trouble(),
            }}
        </p>
    }
}
