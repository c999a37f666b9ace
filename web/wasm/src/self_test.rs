//! What a contributor traces to measure itself: a scene that is built in.

use std::sync::Arc;

use p2c2r_scene::{GeneratedScene, Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_swarm::BenchmarkSpec;

/// Side of the film that is traced, in pixels.
const SIDE_PX: u32 = 64;

/// The scene with its package, and what to trace of it.
pub(crate) fn self_test(is_gpu: bool) -> Option<(BenchmarkSpec, Arc<Scene>, Vec<u8>)> {
    let spec: GeneratedScene = "cornell".parse().ok()?;
    let package = pack(&generate(&spec)).ok()?.bytes;
    let scene = unpack(&package, &UnpackLimits::default()).ok()?;
    let spec = BenchmarkSpec {
        scene: scene.id,
        view: scene.default_view(SIDE_PX, SIDE_PX),
        // The kernels of a GPU are chosen on the first scene that it gets: let that be a real one.
        is_after_first_task: is_gpu,
    };
    Some((spec, Arc::new(scene), package))
}
