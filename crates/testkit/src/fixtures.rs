//! Scenes by name and tasks over them.

use std::sync::Arc;

use p2c2r_frame::{Effects, PixelRect, SampleRange, TileTask};
use p2c2r_scene::{GeneratedScene, Scene, UnpackLimits, generate, pack, unpack};

/// Bounces of every fixture's task.
const MAX_BOUNCES: u8 = 8;

/// A generated scene by its text form, packed and unpacked as a peer would.
///
/// # Panics
/// If the text names no scene, or the scene does not survive its package.
pub fn generated_scene(text: &str) -> Arc<Scene> {
    let spec: GeneratedScene = text.parse().expect("the text names a generated scene");
    let packed = pack(&generate(&spec)).expect("a generated scene can be packed");
    let scene = unpack(&packed.bytes, &UnpackLimits::default());
    Arc::new(scene.expect("a package that was just made can be read"))
}

/// All pixels of the scene's default view.
pub fn whole_task(scene: &Scene, size_px: [u32; 2], samples: u32, seed: u32) -> TileTask {
    let [width_px, height_px] = size_px;
    TileTask {
        scene: scene.id,
        view: scene.default_view(width_px, height_px),
        rect: PixelRect::of_size(width_px, height_px),
        samples: SampleRange::new(0, samples),
        seed,
        effects: Effects::PATH_TRACED,
        max_bounces: MAX_BOUNCES,
    }
}
