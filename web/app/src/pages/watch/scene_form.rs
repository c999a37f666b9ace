//! Where the scene comes from: a generated one, an address, a file.

use leptos::prelude::*;
use web_sys::{HtmlInputElement, SubmitEvent};

use super::session::Session;
use crate::components::{Icon, IconName};
use crate::logic::scene_choice::{Generated, SceneChoice};

/// The scene and the Render button.
#[component]
pub(super) fn SceneForm(session: Session) -> impl IntoView {
    let typed = match session.choice.get_untracked() {
        SceneChoice::Address(text) => text,
        SceneChoice::Generated(_) | SceneChoice::File(_) => String::new(),
    };
    let address = RwSignal::new(typed);
    let complaint = RwSignal::new(String::new());
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = address.get_untracked();
        if text.trim().is_empty() {
            session.render();
            return;
        }
        match SceneChoice::of_text(&text) {
            Ok(choice) => {
                complaint.set(String::new());
                session.choice.set(choice);
                session.render();
            }
            Err(error) => complaint.set(error.to_string()),
        }
    };
    let scenes = Generated::ALL
        .map(|scene| view! { <GeneratedOption session=session address=address scene=scene/> });
    view! {
        <form on:submit=on_submit novalidate>
            <fieldset>
                <legend>"Generated"</legend>
                <div class="scene-choices">{scenes.into_iter().collect_view()}</div>
            </fieldset>
            <div class="field">
                <label for="address">"Or the address of a .glb or .gltf"</label>
                <input
                    id="address"
                    type="url"
                    inputmode="url"
                    autocomplete="off"
                    placeholder="https://…/scene.glb"
                    aria-describedby="address-complaint"
                    aria-invalid=move || (!complaint.get().is_empty()).then_some("true")
                    prop:value=move || address.get()
                    on:input=move |event| address.set(event_target_value(&event))
                />
                <p id="address-complaint" class="complaint" role="alert">{move || complaint.get()}</p>
            </div>
            <FileField session=session address=address/>
            <button id="render" type="submit" class="button primary large wide">
                <Icon name=IconName::Play/>
                <span>"Render"</span>
            </button>
        </form>
    }
}

#[component]
fn GeneratedOption(session: Session, address: RwSignal<String>, scene: Generated) -> impl IntoView {
    let id = format!("scene-{}", scene.word());
    let is_chosen =
        move || address.get().trim().is_empty() && session.choice.with(|choice| scene.is(choice));
    let choose = move |_| {
        address.set(String::new());
        session.choice.set(scene.choice());
    };
    view! {
        <div class="scene-choice">
            <input type="radio" name="scene" id=id.clone() prop:checked=is_chosen on:change=choose/>
            <label for=id>
                <strong>{scene.label()}</strong>
                <span>{scene.caption()}</span>
            </label>
        </div>
    }
}

#[component]
fn FileField(session: Session, address: RwSignal<String>) -> impl IntoView {
    let on_change = move |event| {
        let input: HtmlInputElement = event_target(&event);
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            address.set(String::new());
            session.open_file(file);
        }
        // The same file may be picked again.
        input.set_value("");
    };
    let name = move || match session.choice.get() {
        SceneChoice::File(name) => name,
        SceneChoice::Generated(_) | SceneChoice::Address(_) => {
            "It stays in this browser unless helpers join.".to_owned()
        }
    };
    view! {
        <div class="field">
            <label for="file">"Or a .glb from this machine"</label>
            <input id="file" type="file" accept=".glb,model/gltf-binary" on:change=on_change/>
            <p class="hint">{name}</p>
        </div>
    }
}
