//! The peer: Open Image Denoise, run by a script in an environment that has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use p2c2r_frame::Aovs;

/// The script, beside this program's manifest.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/denoise_oidn.py");

/// Where Python and the package are.
pub(crate) struct Oidn {
    /// The interpreter of the environment.
    pub(crate) python: PathBuf,
    /// A folder for pictures on their way.
    pub(crate) folder: PathBuf,
}

/// Its picture and what it calls itself.
pub(crate) struct Denoised {
    /// Radiance, row by row.
    pub(crate) radiance: Vec<[f32; 3]>,
    /// The library's version.
    pub(crate) version: String,
}

impl Oidn {
    /// Denoises our radiance with our albedo and normal.
    pub(crate) fn denoise(&self, radiance: &[[f32; 3]], aovs: &Aovs) -> Result<Denoised> {
        let albedo: Vec<[f32; 3]> = aovs.pixels.iter().map(|pixel| pixel.albedo).collect();
        let normal: Vec<[f32; 3]> = aovs.pixels.iter().map(|pixel| pixel.normal).collect();
        let mut command = Command::new(&self.python);
        command.arg(SCRIPT).arg(aovs.rect.width.to_string()).arg(aovs.rect.height.to_string());
        for (name, pixels) in [("color", radiance), ("albedo", &albedo), ("normal", &normal)] {
            command.arg(self.write(name, pixels)?);
        }
        let output = self.folder.join("oidn-output.f32");
        let run = command.arg(&output).output().context("cannot start Python")?;
        ensure!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let floats: Vec<f32> = bytemuck::allocation::pod_collect_to_vec(&fs::read(&output)?);
        let radiance = floats.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect();
        Ok(Denoised { radiance, version: String::from_utf8_lossy(&run.stdout).trim().to_owned() })
    }

    fn write(&self, name: &str, pixels: &[[f32; 3]]) -> Result<PathBuf> {
        let path = Path::new(&self.folder).join(format!("oidn-{name}.f32"));
        fs::write(&path, bytemuck::cast_slice(pixels))?;
        Ok(path)
    }
}
