//! How the picture is shown; every choice applies at once, since no sample changes.

use leptos::prelude::*;

use super::session::Session;
use crate::logic::look::{Denoise, Exposure, ToneMap};

/// Tone map, exposure, denoising.
#[component]
pub(super) fn LookForm(session: Session) -> impl IntoView {
    let look = move || session.settings.with(|settings| settings.look);
    let set_tone_map = move |event| {
        if let Some(tone_map) = ToneMap::of_word(&event_target_value(&event)) {
            session.change_look(|look| look.tone_map = tone_map);
        }
    };
    let set_exposure = move |event| {
        // Told in any case: what is no exposure gives way to the one that holds.
        session.change_look(|look| {
            look.exposure = Exposure::of_text(&event_target_value(&event)).unwrap_or(look.exposure);
        });
    };
    let set_denoise = move |event| {
        if let Some(denoise) = Denoise::of_word(&event_target_value(&event)) {
            session.change_look(|look| look.denoise = denoise);
        }
    };
    let chosen = look();
    let tone_maps = ToneMap::ALL.map(|choice| {
        view! { <option value=choice.word() selected=choice == chosen.tone_map>{choice.label()}</option> }
    });
    let denoising = Denoise::ALL.map(|choice| {
        view! { <option value=choice.word() selected=choice == chosen.denoise>{choice.label()}</option> }
    });
    let least = format!("-{}", Exposure::MAX_STOPS);
    view! {
        <div class="field-row look-row" role="group" aria-label="How the picture is shown">
            <div class="field">
                <label for="tone-map">"Tone map"</label>
                <select id="tone-map" on:change=set_tone_map>{tone_maps.into_iter().collect_view()}</select>
            </div>
            <div class="field">
                <label for="exposure">"Exposure in stops"</label>
                <input
                    id="exposure"
                    type="number"
                    min=least
                    max=Exposure::MAX_STOPS.to_string()
                    step="0.25"
                    prop:value=move || look().exposure.to_text()
                    on:change=set_exposure
                />
            </div>
            <div class="field">
                <label for="denoise">"Denoise"</label>
                <select id="denoise" aria-describedby="denoise-state" on:change=set_denoise>
                    {denoising.into_iter().collect_view()}
                </select>
            </div>
        </div>
        <p id="denoise-state" class="hint">{move || shown_text(session.denoised.get())}</p>
    }
}

/// What the screen shows, by the samples of its denoised picture.
fn shown_text(denoised: Option<u32>) -> String {
    match denoised {
        Some(1) => "Shown: denoised from 1 sample per pixel.".to_owned(),
        Some(samples) => format!("Shown: denoised from {samples} samples per pixel."),
        None => "Shown: the samples as they are.".to_owned(),
    }
}
