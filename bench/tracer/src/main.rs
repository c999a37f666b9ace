//! Our trees and those of other libraries: the same rays, one thread, in turns; builds and bytes.

mod memory;
mod peers;
mod preparation;
mod ten_million;
mod timing;

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use embree3::IntersectContext;
use p2c2r_bench_common::{Arguments, Found, Mesh, Ours, Rays, Rows};
use p2c2r_tracer_cpu::RayQuery;
use serde_json::Value;

use peers::bvh_crate::BvhCrate;
use peers::embree::Embree;
use peers::obvhs::Obvhs;
use timing::Repetitions;

/// Share of rays on which two libraries must find the same.
const LEAST_AGREEMENT: f64 = 0.9999;

/// Rows that trace rays.
const RAYS: [&str; 5] = [
    "incoherent-vs-embree",
    "coherent-vs-embree",
    "shadow-vs-embree",
    "incoherent-vs-obvhs",
    "incoherent-vs-bvh",
];
/// Builds that count.
const BUILDS: usize = 3;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

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
        rows: Rows::new(arguments.only),
    };
    for mesh in Mesh::all(&arguments.scenes)? {
        eprintln!("{}: {} triangles", mesh.name, mesh.triangles.len());
        race.measure(&mesh)?;
    }
    let mut rows = race.rows.to_json();
    if let Some(rows) = rows.as_array_mut() {
        rows.extend(ten_million);
    }
    println!("{rows:#}");
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

/// All rows under way: millions of rays or triangles a second, or bytes.
struct Race {
    repetitions: Repetitions,
    rows: Rows,
}

impl Race {
    fn measure(&mut self, mesh: &Mesh) -> Result<()> {
        if RAYS.iter().any(|id| self.wants(id)) {
            let ours = Ours::build(mesh);
            let rays = Rays::of(mesh, &ours);
            self.against_embree(mesh, &rays, &ours)?;
            self.against_others(mesh, &rays, &ours)?;
        }
        if self.wants("build-vs-embree") {
            let [ours, theirs] = preparation::race_builds(mesh, BUILDS)?;
            self.rows.add("build-vs-embree", "Embree", mesh.name, [ours, theirs]);
        }
        if self.wants("memory-vs-embree") {
            let [ours, theirs] = preparation::bytes(mesh, &Embree::build(mesh)?);
            self.rows.add("memory-vs-embree", "Embree", mesh.name, [vec![ours], vec![theirs]]);
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
        self.rows.wants(id)
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
        let speeds =
            self.repetitions.race(rays, |ray| ours(ray).is_some(), |ray| theirs(ray).is_some());
        self.rows.add(id, against, mesh.name, speeds);
        Ok(())
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
