//! The film: size, samples, seed.

use leptos::prelude::*;

use super::session::Session;
use crate::logic::watch::{FILM_SIZES, OwnDevice, SAMPLE_COUNTS, film_size};

/// Settings that apply at the next Render.
#[component]
pub(super) fn FilmForm(session: Session) -> impl IntoView {
    let settings = session.settings;
    let size = move || size_text(settings.with(|settings| settings.size));
    let samples = move || settings.with(|settings| settings.samples).to_string();
    let set_size = move |event| {
        if let Some(size) = film_size(&event_target_value(&event)) {
            settings.update(|settings| settings.size = size);
        }
    };
    let set_samples = move |event| {
        if let Ok(samples) = event_target_value(&event).parse() {
            settings.update(|settings| settings.samples = samples);
        }
    };
    let set_seed = move |event| {
        if let Ok(seed) = event_target_value(&event).parse() {
            settings.update(|settings| settings.seed = seed);
        }
    };
    let sizes = with_own(FILM_SIZES.map(size_text).to_vec(), size());
    let counts = with_own(SAMPLE_COUNTS.map(|count| count.to_string()).to_vec(), samples());
    view! {
        <details class="film-form">
            <summary>"Size, samples, device"</summary>
            <div class="field-row">
                <div class="field">
                    <label for="size">"Pixels"</label>
                    <select id="size" on:change=set_size prop:value=size>{options(sizes, &size())}</select>
                </div>
                <div class="field">
                    <label for="samples">"Samples per pixel"</label>
                    <select id="samples" on:change=set_samples prop:value=samples>{options(counts, &samples())}</select>
                </div>
                <div class="field">
                    <label for="seed">"Seed"</label>
                    <input
                        id="seed"
                        type="number"
                        min="0"
                        max=u32::MAX.to_string()
                        step="1"
                        prop:value=move || settings.with(|settings| settings.seed).to_string()
                        on:change=set_seed
                    />
                </div>
                <DeviceField session=session/>
            </div>
            <p class="hint">"Used when you press Render. The same seed gives the same picture, whoever renders it."</p>
        </details>
    }
}

#[component]
fn DeviceField(session: Session) -> impl IntoView {
    let settings = session.settings;
    let chosen = settings.with_untracked(|settings| settings.device);
    let set_device = move |event| {
        if let Some(device) = OwnDevice::of_word(&event_target_value(&event)) {
            settings.update(|settings| settings.device = device);
        }
    };
    let options = OwnDevice::ALL.map(|device| {
        view! { <option value=device.word() selected=device == chosen>{device.label()}</option> }
    });
    view! {
        <div class="field">
            <label for="own-device">"This tab renders with"</label>
            <select id="own-device" on:change=set_device>{options.into_iter().collect_view()}</select>
        </div>
    }
}

fn size_text((width, height): (u32, u32)) -> String {
    format!("{width}x{height}")
}

/// The offered values and, if a link gave another one, that.
fn with_own(mut offered: Vec<String>, own: String) -> Vec<String> {
    if !offered.contains(&own) {
        offered.push(own);
    }
    offered
}

fn options(values: Vec<String>, chosen: &str) -> impl IntoView + use<> {
    let option = |value: String| {
        let is_chosen = value == chosen;
        let label = value.replace('x', " × ");
        view! { <option value=value selected=is_chosen>{label}</option> }
    };
    values.into_iter().map(option).collect_view()
}
