//! A race as one page that needs nothing else: charts as inline SVG, and a table.

mod chart;
mod figures;

use std::fmt::Write as _;

use crate::policy::Policy;
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

/// Policies that the charts of single policies prefer, the first that took part.
const SHOWN: [Policy; 2] = [Policy::Product, Policy::Learned];

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #6a737d; --grid: #e3e6ea; --paper: #fff;
  --c0: #1f6feb; --c1: #cf4f27; --c2: #1a7f5a; --c3: #8250df; --c4: #b08800; --c5: #0f8fa5; --c6: #bf3989; --c7: #57606a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #9aa4ae; --grid: #30363d; --paper: #0d1117;
  --c0: #6cb0ff; --c1: #ff9166; --c2: #56d39a; --c3: #c69cff; --c4: #e3b341; --c5: #56d4dd; --c6: #ff8cc6; --c7: #aab4be; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 0 0 .3rem; }
figure { margin: 2rem 0; } figcaption { color: var(--faint); max-width: 46rem; }
svg { width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--faint); font-size: 11px; } svg text.axis { fill: var(--ink); font-size: 12px; }
.grid { stroke: var(--grid); } .guide { stroke: var(--faint); stroke-dasharray: 4 4; }
.line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
.whisker { stroke: var(--c); opacity: .35; } .dot { fill: var(--c); } .fill { fill: var(--c); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: 0 0 .3rem; }
.key { display: inline-block; width: .9rem; height: .9rem; margin-right: .4rem; border-radius: 2px;
  background: var(--c); vertical-align: -2px; }
.table { overflow-x: auto; } table { border-collapse: collapse; white-space: nowrap; }
th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { text-align: left; }
";

/// The page about these races.
pub fn page(title: &str, loads: &[RacedLoad]) -> String {
    let mut body = format!(
        "<h1>{}</h1><p>Real sessions on a virtual network, simulated people, links and tracing times. Every \
         policy met the same ones.</p>",
        escaped(title)
    );
    for load in loads {
        let _ = write!(body, "<h1>Load {:.0} %</h1>", load.load_percent);
        body.push_str(&table(load));
        // More lines than colours would be told apart by nobody.
        let compared = &load.policies[..load.policies.len().min(COLOURS)];
        body.push_str(&figures::latency(&load.runs, compared));
        body.push_str(&figures::failures(&load.runs, compared));
        body.push_str(&figures::utilisation(&load.runs, compared));
        let shown = SHOWN.into_iter().find(|policy| load.policies.contains(policy));
        let Some(shown) = shown.or(load.policies.first().copied()) else { continue };
        let runs = figures::of(&load.runs, shown);
        body.push_str(&figures::predictions(&runs, shown));
        if let Some(first) = runs.first() {
            body.push_str(&figures::timeline(first, shown));
        }
        body.push_str(&figures::copies(&runs, shown));
    }
    let colours: String =
        (0..COLOURS).map(|index| format!(".c{index} {{ --c: var(--c{index}); }}\n")).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style>{STYLE}{colours}</style></head><body>{body}</body></html>\n",
        escaped(title)
    )
}

/// How the policies stand.
fn table(load: &RacedLoad) -> String {
    let mut rows = String::new();
    for policy in &load.policies {
        let standing = Standing::of(*policy, &load.runs);
        let cells = [
            (standing.mean_after_50_ms.mean, 0),
            (standing.mean_steady_ms.mean, 0),
            (standing.p99_ms.mean, 0),
            (100.0 * standing.late.mean, 2),
            (standing.frame_ms.mean, 0),
            (standing.over_bound.mean, 2),
            (100.0 * standing.duplicates.mean, 1),
            (100.0 * standing.coverage.mean, 1),
        ];
        let cell = |(value, places): &(f64, usize)| match value.is_finite() {
            true => format!("<td>{value:.places$}</td>"),
            false => "<td>–</td>".to_owned(),
        };
        let cells: String = cells.iter().map(cell).collect();
        let _ = write!(rows, "<tr><td>{}</td>{cells}</tr>", policy.name());
    }
    format!(
        "<div class=\"table\"><table><tr><th>policy</th><th>ms, tasks 50 to 100</th><th>ms, steady</th>\
         <th>99 % within ms</th><th>late %</th><th>frame ms</th><th>over the bound</th>\
         <th>traced twice %</th><th>within interval %</th></tr>{rows}</table></div>"
    )
}
