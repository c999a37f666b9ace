//! The live meters.

use leptos::prelude::*;

use super::session::Session;
use crate::components::{Meter, Sparkline};
use crate::logic::contributor::ContributorStats;
use crate::logic::format::{self, Quantity};

/// What the machine gives right now and gave in this session.
#[component]
pub(super) fn Figures(session: Session) -> impl IntoView {
    let figure = move |read: fn(&ContributorStats) -> Quantity| {
        Signal::derive(move || session.stats.with(read))
    };
    let duty = |stats: &ContributorStats| format::percent(stats.duty_percent / 100.0);
    let credits = move || session.stats.with(|stats| stats.credits);
    view! {
        <section class="panel figures" aria-labelledby="figures-title">
            <h2 id="figures-title">"This session"</h2>
            <dl class="figure-lead">
                <Meter
                    label="Rays traced"
                    quantity=figure(|stats| format::scaled(stats.rays_per_second))
                    per=" rays/s"
                />
            </dl>
            <Sparkline label="Rays per second" history=session.history/>
            <dl class="meters">
                <Meter label="Device busy" quantity=Signal::derive(move || (session.stats.with(duty), ""))/>
                <Meter label="Samples per second" quantity=figure(|stats| format::scaled(stats.samples_per_second))/>
                <Meter label="Requesters now" quantity=figure(|stats| (format!("{:.0}", stats.requesters), ""))/>
                <Meter label="Tasks done" quantity=figure(|stats| (format::grouped(stats.tasks_done as u64), ""))/>
                <Meter label="Samples delivered" quantity=figure(|stats| format::scaled(stats.samples_total))/>
                <Meter label="Time" quantity=Signal::derive(move || (format::clock(session.elapsed.get()), ""))/>
                <Meter label="Data sent" quantity=figure(|stats| format::bytes(stats.bytes_sent))/>
                <Meter label="Data received" quantity=figure(|stats| format::bytes(stats.bytes_received))/>
                {move || credits().map(|credits| {
                    view! { <Meter label="Credits" quantity=Signal::stored((format!("{credits:.2}"), ""))/> }
                })}
            </dl>
            <p class="device">
                {move || session.stats.with(|stats| stats.device.as_ref().map(device_text))}
            </p>
        </section>
    }
}

fn device_text((kind, name): &(String, String)) -> String {
    let kind = if kind.contains("gpu") { "GPU" } else { "CPU" };
    match name.as_str() {
        "" => format!("Device: {kind}"),
        name if name.contains(kind) => format!("Device: {name}"),
        name => format!("Device: {kind}, {name}"),
    }
}
