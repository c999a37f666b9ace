//! The last minute of a meter as a line.

use leptos::prelude::*;

use crate::logic::format;
use crate::logic::history::History;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 96.0;

/// Draws the history; its text says the peak, the newest value stands in the meter beside it.
#[component]
pub(crate) fn Sparkline(
    /// What is measured, for the text.
    label: &'static str,
    /// The values.
    #[prop(into)]
    history: Signal<History>,
) -> impl IntoView {
    let text = move || {
        let peak = format::joined(&format::scaled(history.with(History::peak)));
        format!("{label} over the last minute, at most {peak}")
    };
    let line = move || history.with(|history| history.polyline(WIDTH, HEIGHT));
    let area = move || {
        let line = line();
        let left = line.split(',').next().unwrap_or_default().to_owned();
        if line.is_empty() { line } else { format!("{left},{HEIGHT} {line} {WIDTH},{HEIGHT}") }
    };
    view! {
        <svg
            class="sparkline"
            role="img"
            aria-label=text
            viewBox=format!("0 -3 {WIDTH} {}", HEIGHT + 6.0)
            preserveAspectRatio="none"
        >
            <polygon points=area></polygon>
            <polyline points=line></polyline>
        </svg>
    }
}
