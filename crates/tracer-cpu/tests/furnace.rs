//! In uniform light of radiance 1 a convex body shows its own directional albedo.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::{PixelRect, SampleRange, TileTask};
use p2c2r_testkit::{generated_scene, radiances, whole_task};
use p2c2r_tracer_cpu::CpuTracer;

/// Side of the square film.
const FILM_PX: u32 = 64;

/// Mean radiance of each pixel of a square in the middle of the film; the ball fills it.
fn furnace(text: &str, samples: u32) -> (TileTask, Vec<[f32; 3]>) {
    let scene = generated_scene(text);
    let middle = PixelRect { x: 20, y: 20, width: 24, height: 24 };
    let whole = whole_task(&scene, [FILM_PX, FILM_PX], 1, 1);
    let task = TileTask { rect: middle, samples: SampleRange::new(0, samples), ..whole };
    let tile =
        CpuTracer::new(scene).trace(&task, &AtomicBool::new(false)).expect("the task is valid");
    (task, radiances(&tile.sums))
}

#[test]
fn white_surfaces_vanish_in_the_furnace() {
    for text in [
        "furnace:albedo=1,metallic=0,roughness=1",
        "furnace:albedo=1,metallic=0,roughness=0",
        "furnace:albedo=1,metallic=0,roughness=0.4",
        "furnace:albedo=1,metallic=1,roughness=0",
        "furnace:albedo=1,metallic=1,roughness=0.4",
        "furnace:albedo=1,metallic=1,roughness=0.7",
        "furnace:albedo=1,metallic=1,roughness=1",
        "furnace:albedo=1,metallic=0.5,roughness=0.6",
    ] {
        let (_, pixels) = furnace(text, 2048);
        for (index, pixel) in pixels.iter().enumerate() {
            for channel in pixel {
                assert!((channel - 1.0).abs() < 5e-3, "{text}, pixel {index}: {pixel:?}");
            }
        }
    }
}
