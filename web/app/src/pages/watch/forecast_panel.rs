//! What is expected of each peer, and how it turns out: a row with a small plot for each.

use leptos::prelude::*;

use super::picture::peer_class;
use super::session::Session;
use crate::logic::forecast::{ForecastRow, PlotMark, milliseconds};
use crate::logic::format;
use crate::logic::history::History;

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 36.0;
const BUSY_WIDTH: f64 = 90.0;

/// The table, once somebody has been given a task.
#[component]
pub(super) fn ForecastPanel(session: Session) -> impl IntoView {
    let count = move || session.forecasts.with(|board| board.rows().len());
    let is_anybody_known = move || count() > 0;
    let indices = move || (0..count()).collect::<Vec<_>>();
    view! {
        <section class="panel forecast" aria-labelledby="forecast-title">
            <h2 id="forecast-title">"How well peers are known"</h2>
            <p class="hint">
                "Each task goes to who should finish it soonest. A bar is what was expected of a task, nine times in ten; a dot is what it took."
            </p>
            <Show when=is_anybody_known>
                <div class="forecast-scroll" tabindex="0" role="region" aria-label="Table of peers">
                    <table>
                        <caption class="visually-hidden">"Expected and measured times of peers"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Peer"</th>
                                <th scope="col">"Known by"</th>
                                <th scope="col" class="number">"Tasks"</th>
                                <th scope="col" class="number">"Usual task"</th>
                                <th scope="col" class="number">"Failed"</th>
                                <th scope="col" class="number">"Copies first / late"</th>
                                <th scope="col">"Busy"</th>
                                <th scope="col">"Last tasks"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=indices key=|index| *index let:index>
                                <Row session=session index=index/>
                            </For>
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Row(session: Session, index: usize) -> impl IntoView {
    let read = move |text: fn(&ForecastRow) -> String| {
        move || {
            session.forecasts.with(|board| board.rows().get(index).map(text)).unwrap_or_default()
        }
    };
    let id = read(|row| row.report.id.clone());
    let place = move || session.peers.with(|peers| peers.index_of(&id()));
    let title = move || {
        let place = place();
        session
            .peers
            .with(|peers| Some(peers.rows().get(place?)?.title.clone()))
            .unwrap_or_default()
    };
    view! {
        <tr>
            <th scope="row">
                <div class="peer-name">
                    <span class=move || peer_class("swatch", place().unwrap_or(0)) aria-hidden="true"></span>
                    <span>{title}</span>
                </div>
            </th>
            <td>{read(|row| row.stage_text().to_owned())}</td>
            <td class="number">{read(|row| format::grouped(row.report.tasks as u64))}</td>
            <td class="number">{read(usual_text)}</td>
            <td class="number">{read(|row| format::grouped(row.report.failures as u64))}</td>
            <td class="number">{read(copies_text)}</td>
            <td><Busy session=session index=index/></td>
            <td><Plot session=session index=index/></td>
        </tr>
    }
}

fn usual_text(row: &ForecastRow) -> String {
    let [low, median, high] = row.report.expected_ms.map(milliseconds);
    format!("{median} ({low} – {high})")
}

fn copies_text(row: &ForecastRow) -> String {
    format!("{} / {}", row.report.hedges_won, row.report.hedges_lost)
}

#[component]
fn Busy(session: Session, index: usize) -> impl IntoView {
    let share = move || {
        session.forecasts.with(|board| board.rows().get(index).map_or(0.0, ForecastRow::busy_share))
    };
    let line = move || {
        let line =
            |row: &ForecastRow| History::line_below(&row.utilisation, 1.0, BUSY_WIDTH, HEIGHT);
        session.forecasts.with(|board| board.rows().get(index).map(line)).unwrap_or_default()
    };
    let text = move || format!("Busy over the last minute, now {}", format::percent(share()));
    view! {
        <div class="busy-cell">
            <svg class="busy" role="img" aria-label=text viewBox=format!("0 -2 {BUSY_WIDTH} {}", HEIGHT + 4.0)>
                <polyline points=line></polyline>
            </svg>
            <span>{move || format::percent(share())}</span>
        </div>
    }
}

#[component]
fn Plot(session: Session, index: usize) -> impl IntoView {
    let text = move || {
        let text =
            session.forecasts.with(|board| board.rows().get(index).map(ForecastRow::plot_text));
        text.unwrap_or_default()
    };
    let marks = move || {
        let plot = |row: &ForecastRow| row.plot(WIDTH, HEIGHT);
        let marks = session.forecasts.with(|board| board.rows().get(index).map(plot));
        marks.unwrap_or_default().into_iter().map(mark).collect_view()
    };
    view! {
        <svg class="forecast-plot" role="img" aria-label=text viewBox=format!("0 -3 {WIDTH} {}", HEIGHT + 6.0)>
            {marks}
        </svg>
    }
}

fn mark(mark: PlotMark) -> impl IntoView {
    let PlotMark { x, low, median, high, measured, is_delivered } = mark;
    view! {
        <line class="interval" x1=x x2=x y1=low y2=high></line>
        <line class="median" x1=x - 1.5 x2=x + 1.5 y1=median y2=median></line>
        <circle class="measured" class:lost=!is_delivered cx=x cy=measured r=1.6></circle>
    }
}
