//! What a contributor finds out of its own machine: what its benchmark traces, and where its power comes from.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use p2c2r_scene::{Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_swarm::BenchmarkSpec;

use super::lanes::TracingDevice;
use super::scenes::LoadedScene;

/// Side of the film that is traced, in pixels.
const SIDE_PX: u32 = 64;
/// Where Linux lists what feeds a machine.
const POWER_SUPPLIES: &str = "/sys/class/power_supply";
/// More than any machine has.
const MAX_SUPPLIES: usize = 64;

/// The scene of the benchmark, and what to trace of it.
pub(super) fn benchmark(device: &TracingDevice) -> Option<(BenchmarkSpec, Arc<LoadedScene>)> {
    let spec = "cornell".parse().ok()?;
    let packed = pack(&generate(&spec)).ok()?;
    let scene: Scene = unpack(&packed.bytes, &UnpackLimits::default()).ok()?;
    let view = scene.default_view(SIDE_PX, SIDE_PX);
    let spec = BenchmarkSpec {
        scene: scene.id,
        view,
        // The kernels of a GPU are chosen on the first scene that it gets: let that be a real one.
        is_after_first_task: matches!(device, TracingDevice::Gpu(_)),
    };
    Some((spec, Arc::new(LoadedScene::new(Arc::new(scene)))))
}

/// Whether this machine runs on a battery, as far as it can be told.
pub(super) fn is_on_battery() -> bool {
    is_on_battery_below(Path::new(POWER_SUPPLIES))
}

/// A battery that is being used up, and no mains that is plugged in.
fn is_on_battery_below(folder: &Path) -> bool {
    let Ok(supplies) = fs::read_dir(folder) else { return false };
    let (mut is_discharging, mut has_mains) = (false, false);
    for supply in supplies.take(MAX_SUPPLIES).flatten() {
        let read = |name| fs::read_to_string(supply.path().join(name)).unwrap_or_default();
        match read("type").trim() {
            "Battery" => is_discharging |= read("status").trim() == "Discharging",
            "Mains" | "USB" => has_mains |= read("online").trim() == "1",
            _ => {}
        }
    }
    is_discharging && !has_mains
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(supplies: &[(&str, &str, &str)]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        for (index, (kind, file, text)) in supplies.iter().enumerate() {
            let supply = folder.path().join(index.to_string());
            fs::create_dir(&supply).unwrap();
            fs::write(supply.join("type"), format!("{kind}\n")).unwrap();
            fs::write(supply.join(file), format!("{text}\n")).unwrap();
        }
        is_on_battery_below(folder.path())
    }

    #[test]
    fn machine_is_on_a_battery_only_while_nothing_else_feeds_it() {
        let (battery, mains) = (("Battery", "status"), ("Mains", "online"));
        let (empties, fills) =
            ((battery.0, battery.1, "Discharging"), (battery.0, battery.1, "Full"));
        assert!(with(&[empties]) && with(&[empties, (mains.0, mains.1, "0")]));
        assert!(!with(&[empties, (mains.0, mains.1, "1")]) && !with(&[fills]) && !with(&[]));
        assert!(!is_on_battery_below(Path::new("/nowhere")));
    }
}
