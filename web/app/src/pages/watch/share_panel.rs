//! Who may help, and the link that brings them in.

use leptos::prelude::*;

use super::session::{Helpers, Session};
use crate::components::CopyField;

/// The choice and the link.
#[component]
pub(super) fn SharePanel(session: Session) -> impl IntoView {
    let link = Memo::new(move |_| session.contribute_link());
    let is_pending =
        move || session.shown_helpers.get().is_some_and(|shown| shown != session.helpers.get());
    view! {
        <section class="panel share" aria-labelledby="share-title">
            <h2 id="share-title">"Helpers"</h2>
            <fieldset>
                <legend class="visually-hidden">"Who may help"</legend>
                <HelpersOption session=session choice=Helpers::Invited id="invited" label="Whoever has the link"/>
                <HelpersOption session=session choice=Helpers::Public id="public" label="This server's public pool"/>
                <HelpersOption session=session choice=Helpers::Nobody id="nobody" label="Nobody, render alone"/>
            </fieldset>
            <Show when=is_pending>
                <p class="hint">"Press Render again for this to apply."</p>
            </Show>
            <Show
                when=move || link.get().is_some()
                fallback=|| view! { <p class="hint">"No connection is made."</p> }
            >
                <p class="hint">
                    "Open this on another machine or in another tab. Helpers and you see each other's IP address."
                </p>
                <CopyField label="Link for helpers" text=Signal::derive(move || link.get().unwrap_or_default())/>
                <p>
                    <a class="button small" id="help" href=move || link.get() target="_blank" rel="noopener">
                        "Help from a new tab"
                    </a>
                </p>
            </Show>
        </section>
    }
}

#[component]
fn HelpersOption(
    session: Session,
    choice: Helpers,
    id: &'static str,
    label: &'static str,
) -> impl IntoView {
    let id = format!("helpers-{id}");
    view! {
        <div class="choice">
            <input
                type="radio"
                name="helpers"
                id=id.clone()
                prop:checked=move || session.helpers.get() == choice
                on:change=move |_| session.helpers.set(choice)
            />
            <label for=id>{label}</label>
        </div>
    }
}
