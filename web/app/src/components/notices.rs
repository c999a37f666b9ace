//! What this browser lacks, and what a person can do about it.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::logic::readiness::{BrowserFacts, Obstacle};

/// All obstacles as a list; nothing when there is none.
#[component]
pub(crate) fn Notices(obstacles: Vec<Obstacle>, facts: BrowserFacts) -> impl IntoView {
    let notice = move |obstacle: &Obstacle| {
        let class = if obstacle.is_fatal() { "notice alert" } else { "notice" };
        view! {
            <li class=class>
                <Icon name=IconName::Alert/>
                <div>
                    <strong>{obstacle.title()}</strong>
                    <p>{obstacle.advice(&facts)}</p>
                </div>
            </li>
        }
    };
    let notices: Vec<_> = obstacles.iter().map(notice).collect();
    (!notices.is_empty())
        .then(|| view! { <ul class="notices" aria-label="About this browser">{notices}</ul> })
}
