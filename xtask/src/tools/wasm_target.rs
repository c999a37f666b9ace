//! A Rust that compiles to wasm32: rustup's own target, or Debian's compiler with a std we build.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Permission, Status, Tool, apt, wasm_std};
use crate::places::Places;
use crate::process;

/// The target of all browser modules.
pub(super) const TRIPLE: &str = "wasm32-unknown-unknown";
const ADD: &str = "rustup target add wasm32-unknown-unknown";
/// rustup on a network that drops packets would wait for many minutes.
const RUSTUP_LIMIT: Duration = Duration::from_secs(90);
const QUERY_LIMIT: Duration = Duration::from_secs(30);
const DEBIAN_PACKAGES: &[&str] =
    &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy"];

/// The standard library for browsers, and a compiler that fits it.
pub(super) struct WasmTarget;

/// The Rust that browser modules are compiled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WasmRust {
    /// The one that is active anyway.
    Active,
    /// One whose programs lie in this folder; its libraries never mix with the active one's.
    In(PathBuf),
}

impl WasmRust {
    /// Finds one that can compile for browsers.
    pub(crate) fn find(places: &Places) -> Option<Self> {
        if active_has_target() {
            return Some(Self::Active);
        }
        wasm_std::folder_of_current(places).map(Self::In)
    }

    /// Makes a command, and what it starts, use this Rust; `path` becomes the end of its PATH.
    pub(crate) fn prepare<'a>(
        &self,
        command: &'a mut Command,
        path: OsString,
    ) -> Result<&'a mut Command> {
        // cargo hands these down to us; they name the Rust that built this program.
        for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "CARGO_TARGET_DIR"] {
            command.env_remove(variable);
        }
        let Self::In(folder) = self else { return Ok(command.env("PATH", path)) };
        let mut folders = vec![folder.clone()];
        folders.extend(env::split_paths(&path));
        command.env_remove("RUSTUP_TOOLCHAIN").env("PATH", env::join_paths(folders)?);
        Ok(command)
    }

    /// A cargo that compiles for browsers, with a build folder of its own.
    pub(crate) fn cargo(&self, places: &Places, order: &str) -> Result<Command> {
        let program = match self {
            Self::Active => PathBuf::from("cargo"),
            Self::In(folder) => folder.join("cargo"),
        };
        let mut command = Command::new(program);
        command.current_dir(&places.root).arg(order).args(["--target", TRIPLE]);
        command.args(["--target-dir", "target/wasm"]);
        self.prepare(&mut command, env::var_os("PATH").unwrap_or_default())?;
        Ok(command)
    }
}

impl Tool for WasmTarget {
    fn name(&self) -> &'static str {
        "wasm32 target"
    }

    fn purpose(&self) -> &'static str {
        "to compile for the browser"
    }

    fn check(&self, places: &Places) -> Status {
        match WasmRust::find(places) {
            Some(WasmRust::Active) => Status::Present("of the active toolchain".to_owned()),
            Some(WasmRust::In(folder)) => Status::Present(folder.display().to_string()),
            None => Status::Missing(format!("no standard library for {TRIPLE}")),
        }
    }

    fn remedy(&self, _places: &Places) -> String {
        ADD.to_owned()
    }

    fn install(&self, places: &Places, permission: Permission) -> Result<()> {
        eprintln!("xtask: trying `{ADD}` ({})", self.purpose());
        let mut add = Command::new("rustup");
        add.args(["target", "add", TRIPLE]).env("RUSTUP_MAX_RETRIES", "1");
        if process::probe(&mut add, RUSTUP_LIMIT).is_some() && active_has_target() {
            return Ok(());
        }
        eprintln!("xtask: rustup cannot fetch the target; taking Debian's compiler and its source");
        install_debian_compiler(permission)?;
        wasm_std::build(places)
    }
}

fn install_debian_compiler(permission: Permission) -> Result<()> {
    let why = "a compiler with a wasm32 back end, beside rustup's";
    let is_there = DEBIAN_PACKAGES.iter().all(|name| apt::installed_version(name).is_some());
    if !is_there {
        apt::install(DEBIAN_PACKAGES, why, permission)
            .with_context(|| apt::command_line(DEBIAN_PACKAGES))?;
    }
    let linker = std::fs::read_link("/usr/bin/rust-lld").context("no /usr/bin/rust-lld")?;
    let package = linker.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !package.starts_with("lld-") {
        bail!("/usr/bin/rust-lld leads to {}, which no package is named after", linker.display());
    }
    if apt::installed_version(package).is_none() {
        apt::install(&[package], "the linker of that compiler", permission)?;
    }
    Ok(())
}

fn active_has_target() -> bool {
    let mut query = Command::new("rustc");
    query.args(["--print", "target-libdir", "--target", TRIPLE]);
    process::probe(&mut query, QUERY_LIMIT)
        .and_then(|folder| std::fs::read_dir(folder.trim()).ok())
        .is_some_and(|mut files| files.next().is_some())
}
