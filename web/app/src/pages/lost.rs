//! Shown for an address that no page lives at.

use leptos::prelude::*;

/// Says so, and leads on.
#[component]
pub(super) fn Lost() -> impl IntoView {
    view! {
        <section class="lost">
            <h1>"No page lives here"</h1>
            <p class="lead">"The address may have been cut off when it was copied."</p>
            <p class="actions">
                <a class="button primary" href="/watch">"Watch a picture"</a>
                <a class="button" href="/">"Start page"</a>
            </p>
        </section>
    }
}
