//! A race as one page that needs nothing else: charts as inline SVG, and a table.

mod chart;
mod figures;

use std::fmt::Write as _;

use crate::estimate::Estimate;
use crate::measure::IN_TIME;
use crate::policy::{Policy, Rule};
use crate::race::{Raced, Standing};
use chart::{COLOURS, escaped};

/// A race at one load.
#[derive(Debug, Clone, PartialEq)]
pub struct RacedLoad {
    /// In percent.
    pub load_percent: f64,
    /// Who took part.
    pub policies: Vec<Policy>,
    /// All runs.
    pub runs: Vec<Raced>,
}

/// Policies that charts prefer, in the order of their colours; charts of single ones show the first.
const PREFERRED: [Policy; COLOURS] = [
    Policy::Product,
    Policy::Learned,
    Policy::Oracle,
    Policy::Rule(Rule::FastestFirst),
    Policy::Rule(Rule::C3),
    Policy::Rule(Rule::Prequal),
    Policy::EftEwma,
    Policy::Rule(Rule::Random),
];

/// Columns of the table: heading, unit, places, and the figure.
const COLUMNS: [Column; 9] = [
    ("task, after 50", "ms", 0, |standing| standing.mean_after_50_ms),
    ("task, after 10 s", "ms", 0, |standing| standing.mean_steady_ms),
    ("99 % of tasks", "ms", 0, |standing| standing.p99_ms),
    ("late", "% of work", 2, |standing| standing.late.times(100.0)),
    ("frame", "ms", 0, |standing| standing.frame_ms),
    ("frame", "× bound", 2, |standing| standing.over_bound),
    ("traced in vain", "% of paths", 1, |standing| standing.duplicates.times(100.0)),
    ("kept from frame to frame", "% of pieces", 0, |standing| standing.kept.times(100.0)),
    ("inside interval", "% of attempts", 1, |standing| standing.coverage.times(100.0)),
];
type Column = (&'static str, &'static str, usize, fn(&Standing) -> Estimate);

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #6a737d; --grid: #e3e6ea; --paper: #fff;
  --c0: #1f6feb; --c1: #cf4f27; --c2: #1a7f5a; --c3: #8250df; --c4: #b08800; --c5: #0f8fa5; --c6: #bf3989; --c7: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #9aa4ae; --grid: #30363d; --paper: #0d1117;
  --c0: #6cb0ff; --c1: #ff9166; --c2: #56d39a; --c3: #c69cff; --c4: #e3b341; --c5: #56d4dd; --c6: #ff8cc6; --c7: #aab4be; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 66rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; } h3 { font-size: 1.05rem; margin: 0 0 .3rem; }
section { border-top: 1px solid var(--grid); margin-top: 2.5rem; padding-top: .5rem; }
figure { margin: 2rem 0; } p, figcaption { max-width: 46rem; } figcaption, .faint { color: var(--faint); }
.wide { overflow-x: auto; } svg { width: 100%; min-width: 36rem; height: auto; display: block; }
svg text { fill: var(--faint); font-size: 11px; } svg text.axis { fill: var(--ink); font-size: 12px; }
.grid { stroke: var(--grid); } .guide { stroke: var(--faint); stroke-dasharray: 4 4; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
.whisker { stroke: var(--c); opacity: .35; } .dot { fill: var(--c); } .fill { fill: var(--c); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: 0 0 .3rem; }
.key { display: inline-block; width: .9rem; height: .9rem; margin-right: .4rem; border-radius: 2px;
  background: var(--c); vertical-align: -2px; }
table { border-collapse: collapse; white-space: nowrap; line-height: 1.25; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .45rem; text-align: right; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { font-weight: 600; } tbody th { font-weight: 400; } th:first-child { text-align: left; padding-left: 0; }
small { color: var(--faint); font-weight: 400; font-size: .8rem; }
";

/// The page about these races; `about` says in a sentence who was raced on whom.
pub fn page(title: &str, about: &str, loads: &[RacedLoad]) -> String {
    let mut body = format!(
        "<h1>{}</h1><p>Real sessions on a virtual network, simulated people, links and tracing times. Every \
         policy met the same ones: {}</p>",
        escaped(title),
        escaped(about)
    );
    loads.iter().for_each(|load| body.push_str(&section(load)));
    let colours: String =
        (0..COLOURS).map(|index| format!(".c{index} {{ --c: var(--c{index}); }}\n")).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style>{STYLE}{colours}</style></head><body>{body}</body></html>\n",
        escaped(title)
    )
}

/// Everything about one load.
fn section(load: &RacedLoad) -> String {
    let compared = compared(&load.policies);
    let mut body = format!("<section><h2>Load {} %</h2>", load.load_percent);
    body.push_str(&table(load));
    if compared.len() < load.policies.len() {
        let names: Vec<&str> = compared.iter().map(|policy| policy.name()).collect();
        let (all, names) = (load.policies.len(), names.join(", "));
        let _ = write!(body, "<p>Of these {all} the charts compare {names}.</p>");
    }
    body.push_str(&figures::latency(&load.runs, &compared));
    body.push_str(&figures::failures(&load.runs, &compared));
    body.push_str(&figures::utilisation(&load.runs, &compared));
    if let Some(shown) = compared.first().copied() {
        let runs = figures::of(&load.runs, shown);
        body.push_str(&figures::predictions(&runs, shown));
        if let Some(first) = runs.first() {
            body.push_str(&figures::timeline(first, shown));
        }
        body.push_str(&figures::copies(&runs, shown));
    }
    body + "</section>"
}

/// Those whom charts compare: more lines than colours would be told apart by nobody.
fn compared(policies: &[Policy]) -> Vec<Policy> {
    let preferred = PREFERRED.into_iter().filter(|policy| policies.contains(policy));
    let others = policies.iter().copied().filter(|policy| !PREFERRED.contains(policy));
    preferred.chain(others).take(COLOURS).collect()
}

/// How the policies stand.
fn table(load: &RacedLoad) -> String {
    let heads: String = COLUMNS
        .iter()
        .map(|(name, unit, ..)| format!("<th>{name}<br><small>{unit}</small></th>"))
        .collect();
    let mut rows = String::new();
    for policy in &load.policies {
        let standing = Standing::of(*policy, &load.runs);
        let cells: String =
            COLUMNS.iter().map(|(.., places, figure)| cell(figure(&standing), *places)).collect();
        let _ = write!(rows, "<tr><th scope=\"row\">{}</th>{cells}</tr>", policy.name());
    }
    format!(
        "<div class=\"wide\"><table><thead><tr><th>policy</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>\
         <p class=\"faint\">A task's time runs from when its frame was asked for until it was merged; <em>after 50</em> are the \
         tasks from the 51st to the 100th of a run. <em>Late</em> is what was not there after {:.0} ms. The <em>bound</em> knows all \
         futures; nobody can reach it. The small figures hold the value in 95 of 100 cases.</p>",
        1e3 * IN_TIME.as_secs_f64()
    )
}

fn cell(Estimate { mean, low, high }: Estimate, places: usize) -> String {
    // A single seed has no interval.
    match (mean.is_finite(), low < high) {
        (false, _) => "<td>–</td>".to_owned(),
        (true, false) => format!("<td>{mean:.places$}</td>"),
        (true, true) => {
            format!("<td>{mean:.places$}<br><small>{low:.places$} to {high:.places$}</small></td>")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_compare_the_product_with_its_rivals_however_many_took_part() {
        let all = compared(&Policy::all());
        assert_eq!(all, PREFERRED);
        let few = [Policy::Rule(Rule::RoundRobin), Policy::Oracle, Policy::Product];
        assert_eq!(compared(&few), [few[2], few[1], few[0]]);
    }
}
