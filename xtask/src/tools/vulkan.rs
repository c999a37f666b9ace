//! A Vulkan driver for the native GPU tracer; Mesa's software one where there is no GPU.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{Permission, Status, Tool, apt};
use crate::places::Places;

const PACKAGES: &[&str] = &["libvulkan1", "mesa-vulkan-drivers"];
/// Where the loader looks for drivers, after the user's own folders.
const DRIVER_FOLDERS: &[&str] =
    &["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

/// The loader and at least one driver.
pub(super) struct Vulkan;

impl Tool for Vulkan {
    fn name(&self) -> &'static str {
        "vulkan"
    }

    fn purpose(&self) -> &'static str {
        "to test the native GPU tracer"
    }

    fn check(&self, _places: &Places) -> Status {
        // Other systems than Linux bring Metal or Direct3D along.
        if !cfg!(target_os = "linux") {
            return Status::Present("not needed on this system".to_owned());
        }
        let drivers: Vec<String> = DRIVER_FOLDERS.iter().flat_map(|at| drivers_in(at)).collect();
        if drivers.is_empty() {
            return Status::Missing("no Vulkan driver is registered".to_owned());
        }
        let mesa = apt::installed_version("mesa-vulkan-drivers");
        Status::Present(mesa.map_or_else(|| drivers.join(" "), |version| format!("mesa {version}")))
    }

    fn remedy(&self, _places: &Places) -> String {
        apt::command_line(PACKAGES)
    }

    fn install(&self, _places: &Places, permission: Permission) -> Result<()> {
        apt::install(PACKAGES, self.purpose(), permission)
    }
}

fn drivers_in(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(Path::new(folder)) else { return Vec::new() };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
