//! The tools that building and testing need: how to see them, and how to get them.

mod apt;
mod binaryen;
mod cargo_deny;
mod cargo_tool;
mod chromium;
mod embree;
mod node;
mod npm;
mod peers;
mod training;
mod trunk;
mod vulkan;
mod wasm_bindgen;
mod wasm_std;
mod wasm_target;
mod web_peers;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::places::Places;

pub(crate) use cargo_deny::CargoDeny;
pub(crate) use chromium::find as find_chromium;
pub(crate) use embree::Embree;
pub(crate) use npm::npm;
pub(crate) use peers::RenderPeers;
pub(crate) use training::Training;
pub(crate) use wasm_target::WasmRust;
pub(crate) use web_peers::WebPeers;

/// Whether a tool is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// It is, in this version.
    Present(String),
    /// It is not; the text says what was looked for.
    Missing(String),
}

/// What the user allows us to change outside the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// We are root: system packages are installed.
    Root,
    /// The user asked for it: system packages are installed through sudo.
    Sudo,
    /// System packages are named, with the command to install them.
    Ask,
}

impl Permission {
    /// Root may install; anyone else only when asked to.
    pub(crate) fn of_this_user(is_asked: bool) -> Self {
        if rustix::process::geteuid().is_root() {
            Self::Root
        } else if is_asked {
            Self::Sudo
        } else {
            Self::Ask
        }
    }
}

/// One thing that has to be on the machine.
pub(crate) trait Tool {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// What it is needed for, as in "needed …".
    fn purpose(&self) -> &'static str;
    /// Looks for it without changing anything.
    fn check(&self, places: &Places) -> Status;
    /// The command that a person would type to get it.
    fn remedy(&self, places: &Places) -> String;
    /// Gets it, saying what goes where.
    fn install(&self, places: &Places, permission: Permission) -> Result<()>;
}

/// Every tool that building and testing need, in the order in which they need one another.
pub(crate) fn all() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(node::Node),
        Box::new(wasm_target::WasmTarget),
        Box::new(wasm_bindgen::WasmBindgen),
        Box::new(binaryen::WasmOpt),
        Box::new(npm::Packages::of_player()),
        Box::new(npm::Packages::of_browser_tests()),
        Box::new(chromium::Chromium),
        Box::new(vulkan::Vulkan),
        Box::new(trunk::Trunk),
    ]
}

/// Those that compile a module for browsers and drive one.
pub(crate) fn for_pages() -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(node::Node),
        Box::new(wasm_target::WasmTarget),
        Box::new(wasm_bindgen::WasmBindgen),
        Box::new(binaryen::WasmOpt),
        Box::new(npm::Packages::of_browser_tests()),
        Box::new(chromium::Chromium),
    ]
}

/// PATH with the tools of the cache first, for the commands that look tools up themselves.
pub(crate) fn path_with_tools(places: &Places) -> Result<OsString> {
    let mut folders = vec![
        wasm_bindgen::WasmBindgen::folder(places)?,
        trunk::Trunk::folder(places),
        binaryen::WasmOpt::folder(places),
    ];
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    Ok(env::join_paths(folders)?)
}

/// The first file of this name in the folders of PATH.
pub(crate) fn find_in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Tells what is about to be installed, where, and why.
fn announce(what: &str, place: &Path, why: &str) {
    eprintln!("xtask: installing {what} into {} ({why})", place.display());
}
