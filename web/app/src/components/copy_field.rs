//! A text to copy, with a button that does it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Icon, IconName};
use crate::browser::page;

/// What became of the last press.
#[derive(Clone, PartialEq, Eq)]
enum Copied {
    NotYet,
    Done,
    Failed(String),
}

/// One line, such as a link, and its copy button.
#[component]
pub(crate) fn CopyField(
    /// Names the text for screen readers.
    label: &'static str,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let copied = RwSignal::new(Copied::NotYet);
    view! {
        <div class="copy-field">
            <input type="text" readonly aria-label=label prop:value=move || text.get()/>
            <CopyButton label=label text=text copied=copied/>
        </div>
        <p class="hint" role="status">{move || said(&copied.get())}</p>
    }
}

/// Several lines of code under a bar with a copy button.
#[component]
pub(crate) fn CopyCode(
    /// Names the code.
    label: &'static str,
    /// The code.
    code: String,
) -> impl IntoView {
    let copied = RwSignal::new(Copied::NotYet);
    let text = Signal::stored(code.clone());
    view! {
        <div class="copy-code">
            <div class="copy-bar">
                <span>{label}</span>
                <span class="hint" role="status">{move || said(&copied.get())}</span>
                <CopyButton label=label text=text copied=copied/>
            </div>
            <pre tabindex="0" role="region" aria-label=label><code>{code}</code></pre>
        </div>
    }
}

#[component]
fn CopyButton(
    label: &'static str,
    text: Signal<String>,
    copied: RwSignal<Copied>,
) -> impl IntoView {
    let copy = move |_| {
        spawn_local(async move {
            let text = text.get_untracked();
            copied.set(page::copy(&text).await.map_or_else(Copied::Failed, |()| Copied::Done));
        });
    };
    let icon = move || {
        let name = if copied.get() == Copied::Done { IconName::Check } else { IconName::Copy };
        view! { <Icon name=name/> }
    };
    view! {
        <button type="button" class="button small" on:click=copy aria-label=format!("Copy: {label}")>
            {icon}
            <span>"Copy"</span>
        </button>
    }
}

fn said(copied: &Copied) -> String {
    match copied {
        Copied::NotYet => String::new(),
        Copied::Done => "Copied.".to_owned(),
        Copied::Failed(why) => why.clone(),
    }
}
