//! One figure with its name and unit.

use leptos::prelude::*;

use crate::logic::format::Quantity;

/// A figure; a pair of `<dt>` and `<dd>`, to be used inside a `<dl>`.
#[component]
pub(crate) fn Meter(
    /// What is measured.
    label: &'static str,
    /// The number and its unit.
    #[prop(into)]
    quantity: Signal<Quantity>,
    /// Follows the unit, such as `/s`.
    #[prop(optional)]
    per: &'static str,
) -> impl IntoView {
    view! {
        <div class="meter">
            <dt>{label}</dt>
            <dd>
                <span class="meter-number">{move || quantity.get().0}</span>
                <span class="meter-unit">{move || format!("{}{per}", quantity.get().1)}</span>
            </dd>
        </div>
    }
}
