//! In uniform light of radiance 1 a convex body shows its own directional albedo.

use std::sync::atomic::AtomicBool;

use p2c2r_frame::{PixelRect, SampleRange, TileTask};
use p2c2r_scene::math::Vec3;
use p2c2r_scene::math::microfacet::{
    alpha_from_roughness, ggx_reflection_pdf, ggx_visibility, sample_visible_normal,
};
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
fn white_diffuse_and_smooth_surfaces_vanish_in_the_furnace() {
    for text in [
        "furnace:albedo=1,metallic=0,roughness=1",
        "furnace:albedo=1,metallic=0,roughness=0",
        "furnace:albedo=1,metallic=0,roughness=0.4",
        "furnace:albedo=1,metallic=1,roughness=0",
    ] {
        let (_, pixels) = furnace(text, 1024);
        for (index, pixel) in pixels.iter().enumerate() {
            for channel in pixel {
                assert!((channel - 1.0).abs() < 5e-3, "{text}, pixel {index}: {pixel:?}");
            }
        }
    }
}

/// Directional albedo of the white metallic lobe (F = 1) by a regular grid: G2 / G1.
fn lobe_albedo(cos: f32, roughness: f32) -> f64 {
    const STEPS: u32 = 64;
    let alpha = alpha_from_roughness(roughness);
    let wo = Vec3::new((1.0 - cos * cos).sqrt(), 0.0, cos);
    let mut sum = 0.0;
    for i in 0..STEPS {
        for j in 0..STEPS {
            let u = (i as f32 + 0.5) / STEPS as f32;
            let v = (j as f32 + 0.5) / STEPS as f32;
            let h = sample_visible_normal(wo, alpha, u, v);
            let wi = h * (2.0 * wo.dot(h)) - wo;
            if wi.z > 0.0 {
                let lobe = p2c2r_scene::math::microfacet::ggx_distribution(h, alpha)
                    * ggx_visibility(cos, wi.z, alpha)
                    * wi.z;
                sum += f64::from(lobe / ggx_reflection_pdf(cos, h, alpha));
            }
        }
    }
    sum / f64::from(STEPS * STEPS)
}

#[test]
fn rough_metal_shows_the_albedo_of_its_lobe() {
    for roughness in [0.4f32, 0.7, 1.0] {
        let text = format!("furnace:albedo=1,metallic=1,roughness={roughness}");
        // The ball's facets are flat, so the middle facet is compared, seen head on through a long lens.
        let scene = generated_scene(&text);
        let [a, b, c] =
            scene.triangles[0].map(|vertex| Vec3::from(scene.positions[vertex as usize]));
        let centre = (a + b + c) / 3.0;
        let normal = (b - a).cross(c - a).normalized().unwrap();
        let (tangent, _) = p2c2r_scene::math::basis_from_normal(normal);
        for cos in [0.95f32, 0.5, 0.2] {
            let slant = (1.0 - cos * cos).sqrt();
            let eye = centre + (normal * cos + tangent * slant) * 50.0;
            let size = [8, 8];
            let up = normal.cross(tangent).to_array();
            let view =
                p2c2r_scene::Scene::look_at(eye.to_array(), centre.to_array(), up, 1e-4, size);
            let task = TileTask { view, ..whole_task(&scene, size, 4096, 5) };
            let tracer = CpuTracer::new(scene.clone());
            let tile = tracer.trace(&task, &AtomicBool::new(false)).expect("the task is valid");
            let found = p2c2r_testkit::mean_radiance(&tile.sums)[0];
            let expected = lobe_albedo(cos, roughness);
            assert!(
                (found - expected).abs() < 5e-3 * expected,
                "roughness {roughness} at {cos}: {found} for {expected}"
            );
            assert!(found <= 1.0, "roughness {roughness} at {cos}: {found}");
        }
    }
}
