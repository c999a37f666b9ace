//! Our trees and those of other libraries: the same rays, one thread, in turns; builds and bytes.

mod memory;
mod mesh;
mod peers;
mod preparation;
mod random;
mod rays;
mod ten_million;
mod timing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use embree3::IntersectContext;
use p2c2r_tracer_cpu::RayQuery;
use serde_json::{Value, json};

use mesh::Mesh;
use peers::Found;
use peers::bvh_crate::BvhCrate;
use peers::embree::Embree;
use peers::obvhs::Obvhs;
use peers::ours::Ours;
use rays::Rays;
use timing::Repetitions;

/// Share of rays on which two libraries must find the same.
const LEAST_AGREEMENT: f64 = 0.9999;

/// Rows that trace no rays.
const PREPARATION: [&str; 2] = ["build-vs-embree", "memory-vs-embree"];
/// Builds that count.
const BUILDS: usize = 3;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// A row under way: figures of both sides by scene: millions of rays or triangles a second, or bytes.
struct Row {
    against: &'static str,
    ours: BTreeMap<&'static str, Vec<f64>>,
    theirs: BTreeMap<&'static str, Vec<f64>>,
}

/// Races trees and prints the rows as JSON.
#[derive(Parser)]
struct Arguments {
    /// The folder of real scenes; those that are not there are left out.
    #[arg(long, default_value = "../../../shared/scenes")]
    scenes: PathBuf,
    /// Rounds that count.
    #[arg(long, default_value_t = 15)]
    repetitions: usize,
    /// Measure this row only.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Memory is counted from the process's start.
    let ten_million = match arguments.only.as_deref() {
        Some(ten_million::ID) => {
            println!("{:#}", Value::Array(vec![ten_million::row()?]));
            return Ok(());
        }
        Some(_) => None,
        None => Some(in_a_process_of_its_own(ten_million::ID)?),
    };
    let mut race = Race {
        repetitions: Repetitions::new(arguments.repetitions),
        only: arguments.only,
        rows: BTreeMap::new(),
    };
    for mesh in Mesh::all(&arguments.scenes)? {
        eprintln!("{}: {} triangles", mesh.name, mesh.triangles.len());
        race.measure(&mesh)?;
    }
    let mut rows: Vec<Value> = race.rows.iter().map(|(id, row)| row.to_json(id)).collect();
    rows.extend(ten_million);
    println!("{:#}", Value::Array(rows));
    Ok(())
}

/// The row that this program measures alone when it is asked for nothing else.
fn in_a_process_of_its_own(id: &str) -> Result<Value> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--only", id])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run itself")?;
    ensure!(output.status.success(), "{id} failed");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    rows.into_iter().next().context("no row")
}

/// All rows under way.
struct Race {
    repetitions: Repetitions,
    only: Option<String>,
    rows: BTreeMap<&'static str, Row>,
}

impl Race {
    fn measure(&mut self, mesh: &Mesh) -> Result<()> {
        if self.only.as_deref().is_none_or(|only| !PREPARATION.contains(&only)) {
            let ours = Ours::build(mesh);
            let rays = Rays::of(mesh, &ours);
            self.against_embree(mesh, &rays, &ours)?;
            self.against_others(mesh, &rays, &ours)?;
        }
        if self.wants("build-vs-embree") {
            let [ours, theirs] = preparation::race_builds(mesh, BUILDS)?;
            self.insert("build-vs-embree", "Embree", mesh, ours, theirs);
        }
        if self.wants("memory-vs-embree") {
            let [ours, theirs] = preparation::bytes(mesh, &Embree::build(mesh)?);
            self.insert("memory-vs-embree", "Embree", mesh, vec![ours], vec![theirs]);
        }
        Ok(())
    }

    fn against_embree(&mut self, mesh: &Mesh, rays: &Rays, ours: &Ours) -> Result<()> {
        let embree = Embree::build(mesh)?;
        let mut scattered = IntersectContext::incoherent();
        let mut ordered = IntersectContext::coherent();
        let nearest = |ray: &RayQuery| ours.nearest(ray);
        if self.wants("incoherent-vs-embree") {
            let theirs = |ray: &RayQuery| embree.nearest(ray, &mut scattered);
            self.race("incoherent-vs-embree", "Embree", mesh, &rays.incoherent, nearest, theirs)?;
        }
        if self.wants("coherent-vs-embree") {
            let theirs = |ray: &RayQuery| embree.nearest(ray, &mut ordered);
            self.race("coherent-vs-embree", "Embree", mesh, &rays.coherent, nearest, theirs)?;
        }
        if self.wants("shadow-vs-embree") {
            // Of a shadow ray there is nothing to compare but whether it is blocked.
            let blocked = |is_blocked: bool| is_blocked.then_some(Found { triangle: 0, t: 0.0 });
            let ours = |ray: &RayQuery| blocked(ours.is_occluded(ray));
            let theirs = |ray: &RayQuery| blocked(embree.is_occluded(ray, &mut scattered));
            self.race("shadow-vs-embree", "Embree", mesh, &rays.shadow, ours, theirs)?;
        }
        Ok(())
    }

    fn against_others(&mut self, mesh: &Mesh, rays: &Rays, ours: &Ours) -> Result<()> {
        let nearest = |ray: &RayQuery| ours.nearest(ray);
        if self.wants("incoherent-vs-obvhs") {
            let obvhs = Obvhs::build(mesh);
            let theirs = |ray: &RayQuery| obvhs.nearest(ray);
            self.race("incoherent-vs-obvhs", "obvhs", mesh, &rays.incoherent, nearest, theirs)?;
        }
        if self.wants("incoherent-vs-bvh") {
            let tree = BvhCrate::build(mesh);
            let theirs = |ray: &RayQuery| tree.nearest(ray);
            // It is an order of magnitude slower, so a share of the rays tells enough.
            let rays = &rays.incoherent[..rays.incoherent.len() / 8];
            self.race("incoherent-vs-bvh", "bvh", mesh, rays, nearest, theirs)?;
        }
        Ok(())
    }

    fn wants(&self, id: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == id)
    }

    /// Checks that both find the same, then lets them trace in turns.
    fn race(
        &mut self,
        id: &'static str,
        against: &'static str,
        mesh: &Mesh,
        rays: &[RayQuery],
        mut ours: impl FnMut(&RayQuery) -> Option<Found>,
        mut theirs: impl FnMut(&RayQuery) -> Option<Found>,
    ) -> Result<()> {
        compare(mesh, rays, &mut ours, &mut theirs)?;
        let [our, their] =
            self.repetitions.race(rays, |ray| ours(ray).is_some(), |ray| theirs(ray).is_some());
        self.insert(id, against, mesh, our, their);
        Ok(())
    }

    /// Adds a scene to a row.
    fn insert(
        &mut self,
        id: &'static str,
        against: &'static str,
        mesh: &Mesh,
        our: Vec<f64>,
        their: Vec<f64>,
    ) {
        let empty = || Row { against, ours: BTreeMap::new(), theirs: BTreeMap::new() };
        let row = self.rows.entry(id).or_insert_with(empty);
        row.ours.insert(mesh.name, our);
        row.theirs.insert(mesh.name, their);
    }
}

/// Fails unless both find the same triangle, or one as near, on nearly all rays.
fn compare(
    mesh: &Mesh,
    rays: &[RayQuery],
    ours: &mut impl FnMut(&RayQuery) -> Option<Found>,
    theirs: &mut impl FnMut(&RayQuery) -> Option<Found>,
) -> Result<()> {
    let agree = |ray: &&RayQuery| match (ours(ray), theirs(ray)) {
        (Some(our), Some(their)) => {
            our.triangle == their.triangle || (our.t - their.t).abs() <= 1e-4 * our.t.abs()
        }
        (our, their) => our.is_none() && their.is_none(),
    };
    let share = rays.iter().filter(agree).count() as f64 / rays.len() as f64;
    eprintln!("{}: hits agree on {:.4} %", mesh.name, 100.0 * share);
    ensure!(share >= LEAST_AGREEMENT, "{}: hits agree on {share} of the rays only", mesh.name);
    Ok(())
}

impl Row {
    fn to_json(&self, id: &str) -> Value {
        let ratios: Vec<f64> = self
            .ours
            .iter()
            .map(|(scene, ours)| timing::median(ours) / timing::median(&self.theirs[scene]))
            .collect();
        let value = ratios.iter().product::<f64>().powf(1.0 / ratios.len() as f64);
        for (scene, ours) in &self.ours {
            let (our, their) = (timing::median(ours), timing::median(&self.theirs[scene]));
            eprintln!("{id:<24} {scene:<14} {our:>12.2} {their:>12.2}  {:.2}", our / their);
        }
        json!({
            "id": id,
            "value": value,
            "unit": "ratio",
            "against": self.against,
            "ours": self.ours,
            "theirs": self.theirs,
        })
    }
}
