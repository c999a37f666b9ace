//! Mrays/s of one thread on the generated scenes; writes the pictures where a folder is named.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use p2c2r_testkit::{generated_scene, save_png, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let samples: u32 = arguments.next().map_or(Ok(4), |text| text.parse())?;
    let folder = arguments.next().map(PathBuf::from);
    let scenes: Vec<String> = arguments.collect();
    for text in &scenes {
        let scene = generated_scene(text);
        let tracer = CpuTracer::new(scene.clone());
        let task = whole_task(&scene, [480, 320], samples, 1);
        let start = Instant::now();
        let tile = tracer.trace(&task, &AtomicBool::new(false))?;
        let seconds = start.elapsed().as_secs_f64();
        let rays = tile.counters.rays + tile.counters.shadow_rays;
        println!(
            "{text}: {} triangles, {} instances, {rays} rays, {:.2} Mrays/s, {seconds:.1} s",
            scene.triangles.len(),
            scene.instances.len(),
            rays as f64 / seconds / 1e6
        );
        if let Some(folder) = &folder {
            save_png(&tile.sums, &folder.join(format!("{}.png", text.replace(':', "-"))))?;
        }
    }
    Ok(())
}
