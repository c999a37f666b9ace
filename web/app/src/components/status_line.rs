//! One word and one sentence about now, announced politely when they change.

use leptos::prelude::*;

use crate::logic::contributor::Status;

/// The status of a page; changes reach screen readers.
#[component]
pub(crate) fn StatusLine(
    /// What to say.
    #[prop(into)]
    status: Signal<Status>,
) -> impl IntoView {
    // A memo, so that figures arriving every second do not announce the same words again.
    let status = Memo::new(move |_| status.get());
    view! {
        <div class="status" role="status" aria-live="polite">
            <span class=move || format!("chip {}", status.get().tone.class())>
                <span class="chip-dot" aria-hidden="true"></span>
                {move || status.get().word}
            </span>
            <span class="status-reason">{move || status.get().reason}</span>
        </div>
    }
}
