//! The standard library for wasm32 from Debian's source package, and a toolchain folder around it.
//!
//! Nothing is written outside the cache, and no toolchain of rustup is added or replaced: small
//! scripts in the folder's `bin` point Debian's programs at it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::announce;
use super::wasm_target::TRIPLE;
use crate::places::Places;
use crate::process;

/// Debian's programs, which `rustc-web` and its sisters install.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// The folder that holds Debian's standard library for the machine itself.
const RUSTLIB: &str = "/usr/lib/rustlib";
const QUERY_LIMIT: Duration = Duration::from_secs(30);
/// The version of the compiler that the library was built with.
const STAMP: &str = "built-with.txt";

/// The programs' folder, if the library there is the current compiler's.
pub(super) fn folder_of_current(places: &Places) -> Option<PathBuf> {
    let folder = folder(places);
    let built_with = fs::read_to_string(folder.join(STAMP)).ok()?;
    (compiler_version()? == built_with).then(|| folder.join("bin"))
}

/// Builds the library and lays out the folder.
pub(super) fn build(places: &Places) -> Result<()> {
    let version = compiler_version().context("Debian's rustc does not run")?;
    let folder = folder(places);
    announce("std for wasm32", &folder, "compiled once from Debian's source package");
    let libraries = compile(&places.cache.join("build/wasm-std"))?;
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot clear the old toolchain folder")?;
    }
    lay_out(&folder, &libraries)?;
    fs::write(folder.join(STAMP), version).context("cannot note the compiler's version")
}

fn folder(places: &Places) -> PathBuf {
    places.cache.join("wasm-toolchain")
}

fn compiler_version() -> Option<String> {
    process::probe(Command::new(RUSTC).arg("-vV"), QUERY_LIMIT)
}

/// Builds std for an empty library, which leaves std's own libraries in the `deps` folder.
fn compile(workplace: &Path) -> Result<PathBuf> {
    let source = workplace.join("src");
    fs::create_dir_all(&source).context("cannot make a folder in the cache")?;
    fs::write(
        workplace.join("Cargo.toml"),
        "[package]\nname = \"wasm-std\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n",
    )?;
    fs::write(source.join("lib.rs"), "//! Empty: only its dependency std is of use.\n")?;
    let mut cargo = Command::new(CARGO);
    cargo.args(["build", "--release", "--target", TRIPLE, "-Z", "build-std=std,panic_abort"]);
    cargo.args(["--target-dir", "target"]).current_dir(workplace);
    cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO_ENCODED_RUSTFLAGS");
    // Std's source needs the compiler's unstable features. Without bitcode, `lto = "fat"` fails.
    cargo.envs([("RUSTC", RUSTC), ("RUSTC_BOOTSTRAP", "1"), ("RUSTFLAGS", "-Cembed-bitcode=yes")]);
    process::run(&mut cargo)?;
    Ok(workplace.join("target").join(TRIPLE).join("release/deps"))
}

fn lay_out(folder: &Path, libraries: &Path) -> Result<()> {
    let rustlib = folder.join("lib/rustlib");
    let target = rustlib.join(TRIPLE).join("lib");
    fs::create_dir_all(&target)?;
    for entry in fs::read_dir(RUSTLIB).with_context(|| format!("cannot read {RUSTLIB}"))? {
        let entry = entry?;
        if entry.file_name() != TRIPLE {
            symlink(entry.path(), rustlib.join(entry.file_name()))?;
        }
    }
    let mut library_count = 0;
    for entry in fs::read_dir(libraries).context("cannot read what was built")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib") {
            fs::copy(&path, target.join(path.file_name().context("files have names")?))?;
            library_count += 1;
        }
    }
    ensure!(library_count > 0, "building std left no library in {}", libraries.display());
    write_programs(folder)
}

/// Writes the programs that are told where the library is, and links those that ask them.
fn write_programs(folder: &Path) -> Result<()> {
    let programs = folder.join("bin");
    fs::create_dir_all(&programs)?;
    let sysroot = quote(folder);
    let own_rustc = quote(&programs.join("rustc"));
    let own_rustdoc = quote(&programs.join("rustdoc"));
    for (name, line) in [
        ("rustc", format!("exec {RUSTC} --sysroot {sysroot} \"$@\"")),
        ("rustdoc", format!("exec /usr/bin/rustdoc --sysroot {sysroot} \"$@\"")),
        (
            "cargo",
            format!(
                "SYSROOT={sysroot} RUSTC={own_rustc} RUSTDOC={own_rustdoc} exec {CARGO} \"$@\""
            ),
        ),
    ] {
        let path = programs.join(name);
        fs::write(&path, format!("#!/bin/sh\n{line}\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    for name in ["cargo-clippy", "clippy-driver"] {
        symlink(Path::new("/usr/bin").join(name), programs.join(name))?;
    }
    Ok(())
}

/// The path as one word of a shell.
fn quote(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_path_is_one_word_for_a_shell() {
        let path = Path::new("/it's/a \"place\"/$HOME");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("printf %s {}", quote(path))]);
        assert_eq!(process::probe(&mut shell, QUERY_LIMIT).unwrap(), path.display().to_string());
    }
}
