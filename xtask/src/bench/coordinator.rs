//! Who gets which task: policies raced on simulated people, decisions and the trained model in a browser, and real
//! contributors.

mod real_run;

use std::process::Command;

use anyhow::Result;

use super::found::Found;
use super::report::{Report, Row};
use super::{model, web};
use crate::build;
use crate::places::Places;
use crate::process;
use crate::timing::Timing;
use crate::tools::Permission;

/// The program that races.
const RACES: &str = "p2c2r-bench-coordinator";
/// The program that follows a camera and cuts its views, and its row.
const TILES: [&str; 2] = ["imbalance", "tile-imbalance"];
/// Seeds of the simulated rows, if nobody says otherwise.
const SEEDS: u64 = 20;

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// One row only.
    pub(super) only: Option<&'a str>,
    /// Seeds of the simulated rows.
    pub(super) seeds: Option<u64>,
}

impl Wanted<'_> {
    fn has(&self, id: &str) -> bool {
        self.only.is_none_or(|only| only == id)
    }

    /// Whether all rows are wanted, or one that none of the other programs has: the races list theirs when built.
    fn may_be_raced(&self) -> bool {
        let is_elsewhere = self.has(TILES[1])
            || web::wants_decisions(self.only)
            || model::is_wanted(self.only)
            || real_run::is_wanted(self.only);
        self.only.is_none() || !is_elsewhere
    }
}

/// Measures whatever rows are wanted; what cannot be measured is named instead.
pub(super) fn measure(
    places: &Places,
    permission: Permission,
    wanted: Wanted<'_>,
) -> Result<Report> {
    let mut found = Found::default();
    if wanted.may_be_raced() {
        found.add("races", || simulated(places, wanted));
    }
    if wanted.has(TILES[1]) {
        found.add("tiles", || tiles(places));
    }
    if web::wants_decisions(wanted.only) {
        found.add("decisions in a browser", || {
            web::Sides::build_browser(places, permission)?.decisions(places, wanted.only)
        });
    }
    if model::is_wanted(wanted.only) {
        found.add("the trained model", || model::measure(places, permission, wanted.only));
    }
    if real_run::is_wanted(wanted.only) {
        let mut timing = Timing::default();
        found.add("a real run", || {
            let programs = build::build_peers(places, &mut timing)?;
            real_run::measure(places, &programs, wanted.only)
        });
    }
    found.report("coordinator", wanted.only)
}

/// How even tiles come out, by a program that renders an orbit.
fn tiles(places: &Places) -> Result<Vec<Row>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["run", "--release", "--locked"]);
    cargo.args(["--package", "p2c2r-bench-cost", "--bin", TILES[0]]);
    Row::all_from(cargo.arg("--target-dir").arg(places.at("target/bench")))
}

/// Builds the races with optimisation and runs those that are wanted.
fn simulated(places: &Places, wanted: Wanted<'_>) -> Result<Vec<Row>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&places.root).args(["build", "--release", "--locked", "--package", RACES]);
    let target = places.at("target/bench");
    process::run(cargo.arg("--target-dir").arg(&target))?;
    let program = target.join("release").join(RACES);
    let mut list = Command::new(&program);
    let mut text = String::new();
    process::run_lines(list.arg("--list"), |line| text.push_str(line))?;
    let ids: Vec<String> = serde_json::from_str(&text)?;
    if !ids.iter().any(|id| wanted.has(id)) {
        return Ok(Vec::new());
    }
    let mut races = Command::new(&program);
    races.arg("--seeds").arg(wanted.seeds.unwrap_or(SEEDS).to_string());
    races.args(wanted.only.into_iter().flat_map(|id| ["--only", id]));
    Row::all_from(&mut races)
}
