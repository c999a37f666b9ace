//! What may be used: the device and the number of threads.

use leptos::prelude::*;

use super::session::Session;
use crate::logic::limits::{DeviceChoice, Limits, most_threads};
use crate::logic::readiness::BrowserFacts;

/// The limits; fixed while work is running.
#[component]
pub(super) fn LimitsForm(session: Session, facts: BrowserFacts) -> impl IntoView {
    let limits = session.limits;
    let has_webgpu = facts.has_webgpu;
    let is_live = move || session.state.get().is_live();
    let choices = DeviceChoice::ALL.map(|choice| {
        let is_offered = choice != DeviceChoice::Gpu || has_webgpu;
        view! { <DeviceOption limits=limits choice=choice is_offered=is_offered/> }
    });
    view! {
        <section class="panel limits" aria-labelledby="limits-title">
            <h2 id="limits-title">"Limits"</h2>
            <fieldset disabled=is_live>
                <legend>"Device"</legend>
                <div class="choices">{choices.into_iter().collect_view()}</div>
            </fieldset>
            <fieldset disabled=is_live>
                <legend>"Processor threads"</legend>
                <ThreadSlider limits=limits most=most_threads(&facts)/>
            </fieldset>
            <p class="hint">
                {move || if is_live() { "Stop to change the limits." } else { "Remembered in this browser when you start." }}
            </p>
        </section>
    }
}

#[component]
fn DeviceOption(limits: RwSignal<Limits>, choice: DeviceChoice, is_offered: bool) -> impl IntoView {
    let id = format!("device-{}", choice.word());
    let note_id = format!("{id}-note");
    view! {
        <div class="choice">
            <input
                type="radio"
                name="device"
                id=id.clone()
                aria-describedby=note_id.clone()
                disabled=!is_offered
                prop:checked=move || limits.get().device == choice
                on:change=move |_| limits.update(|limits| limits.device = choice)
            />
            <label for=id>{choice.label()}</label>
            <p id=note_id class="hint">
                {if is_offered { choice.explanation() } else { "Not offered by this browser." }}
            </p>
        </div>
    }
}

#[component]
fn ThreadSlider(limits: RwSignal<Limits>, most: u32) -> impl IntoView {
    let threads = move || limits.get().threads;
    let is_unused = move || limits.get().device == DeviceChoice::Gpu;
    let on_input = move |event| {
        if let Ok(threads) = event_target_value(&event).parse::<u32>() {
            limits.update(|limits| limits.threads = threads.clamp(1, most));
        }
    };
    let text = move || {
        if threads() == 1 { "1 thread".to_owned() } else { format!("{} threads", threads()) }
    };
    view! {
        <div class="slider">
            <label for="threads">"At most"</label>
            <input
                type="range"
                id="threads"
                min="1"
                max=most.to_string()
                prop:value=move || threads().to_string()
                aria-valuetext=text
                disabled=is_unused
                on:input=on_input
            />
            <output for="threads">{move || format!("{} of {most}", threads())}</output>
        </div>
        <p class="hint">
            {move || if is_unused() { "Not used while the GPU does the work." } else { "Used when the CPU traces." }}
        </p>
    }
}
