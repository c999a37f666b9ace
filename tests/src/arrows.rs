//! Who may depend on whom, inside the workspace and outside of it.

use cargo_metadata::{DependencyKind, Package};

/// A crate of the workspace and the others that it may depend on. Dev-dependencies are free.
const ARROWS: &[(&str, &[&str])] = &[
    ("frame", &[]),
    ("scene", &["frame"]),
    ("shaders", &[]),
    ("tracer-cpu", &["frame", "scene"]),
    ("tracer-gpu", &["frame", "scene", "shaders"]),
    ("image", &["frame", "scene"]),
    ("protocol", &["frame"]),
    ("splitter", &["frame", "protocol"]),
    ("scheduler", &["frame", "protocol"]),
    ("predictor", &["scheduler", "splitter"]),
    ("swarm", &["frame", "protocol", "splitter", "scheduler", "image"]),
    ("transport", &["protocol"]),
    ("sim", &["frame", "protocol", "scheduler", "swarm", "transport"]),
    (
        "peer",
        &[
            "frame",
            "scene",
            "image",
            "predictor",
            "protocol",
            "swarm",
            "transport",
            "tracer-cpu",
            "tracer-gpu",
        ],
    ),
    (
        "cli",
        &[
            "frame",
            "scene",
            "image",
            "predictor",
            "protocol",
            "scheduler",
            "splitter",
            "swarm",
            "transport",
            "tracer-cpu",
            "tracer-gpu",
            "peer",
            "sim",
        ],
    ),
    ("web", ABOVE_PEER),
    ("web-predictor", &["predictor"]),
    ("app", &[]),
    ("server", &["frame", "protocol"]),
    ("testkit", &["frame", "scene", "image"]),
    ("tests", &[]),
    ("bench-common", &["scene", "testkit", "tracer-cpu"]),
    ("bench-coordinator", &["predictor", "sim"]),
    ("bench-cost", &["frame", "predictor", "scene", "splitter", "tracer-cpu"]),
    (
        "bench-web",
        &[
            "frame",
            "image",
            "protocol",
            "scene",
            "scheduler",
            "testkit",
            "tracer-cpu",
            "tracer-gpu",
            "bench-common",
        ],
    ),
];

/// What a page's module that drives a peer may name directly.
const ABOVE_PEER: &[&str] = &[
    "frame",
    "scene",
    "image",
    "protocol",
    "splitter",
    "scheduler",
    "swarm",
    "transport",
    "tracer-cpu",
    "tracer-gpu",
    "peer",
    "sim",
];

/// A family of outside crates and the only crates of ours that may use it.
const RESERVED: &[(&[&str], &[&str])] = &[
    (&["wgpu", "wgpu-core", "wgpu-hal", "naga"], &["tracer-gpu"]),
    (
        &["web-sys", "js-sys", "wasm-bindgen", "wasm-bindgen-futures"],
        &["transport", "web", "web-predictor", "app", "tracer-gpu", "bench-web"],
    ),
    (&["webrtc", "rtc"], &["transport"]),
    (&["tokio", "tokio-tungstenite"], &["transport", "peer", "cli", "server"]),
    (&["axum", "hyper", "tower", "tower-http"], &["server"]),
    (&["leptos"], &["app"]),
    (&["rayon"], &["tracer-cpu", "cli", "peer", "bench-cost"]),
    (&["tract-core"], &["predictor"]),
    // What reads any file is linked by tests alone, as a second opinion.
    (&["tract", "tract-onnx", "tract-nnef"], &[]),
    (&["wasmtime"], &["kernels"]),
    (&["rand", "getrandom", "fastrand"], &["transport", "cli", "server", "web", "app"]),
];

/// Where a crate of the workspace lives if not in `crates/<name>`.
const ELSEWHERE: &[(&str, &str)] = &[
    ("server", "signaling-server"),
    ("tests", "tests"),
    ("web", "web/wasm"),
    ("web-predictor", "web/predictor"),
    ("app", "web/app"),
    ("bench-common", "bench/common"),
    ("bench-coordinator", "bench/coordinator"),
    ("bench-cost", "bench/cost"),
    ("bench-web", "bench/web"),
];

/// The packages that no rule is about: they are not part of the product.
const COMMANDS: &str = "xtask";

/// Dependencies inside the workspace that point the wrong way, and crates without a rule.
pub fn wrong_arrows(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.name.as_str() != COMMANDS) {
        let name = short_name(&package.name);
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
            wrong.push(format!("{name} has no place in the architecture; add it to ARROWS"));
            continue;
        };
        for target in shipped(package).filter_map(|target| target.strip_prefix("p2c2r-")) {
            if !allowed.contains(&target) {
                wrong.push(format!("{name} must not depend on {target}"));
            }
        }
    }
    wrong
}

/// Uses of outside crates that are kept to some crates of ours.
pub fn trespasses(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.name.as_str() != COMMANDS) {
        let name = short_name(&package.name);
        for used in shipped(package) {
            let rule = RESERVED.iter().find(|(family, _)| family.contains(&used));
            if let Some((_, users)) = rule.filter(|(_, users)| !users.contains(&name)) {
                wrong.push(format!("{name} must not use {used}; only {} may", users.join(", ")));
            }
        }
    }
    wrong
}

/// Crates whose folder does not say their name.
pub fn misplaced(packages: &[Package], root: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| package.name.as_str() != COMMANDS) {
        let name = short_name(&package.name);
        let place = ELSEWHERE.iter().find(|(crate_name, _)| *crate_name == name);
        let expected = place.map_or_else(|| format!("crates/{name}"), |(_, at)| (*at).to_owned());
        let found = package.manifest_path.parent().map(ToString::to_string).unwrap_or_default();
        if found != format!("{root}/{expected}") {
            wrong.push(format!("{} lies in {found}, not in {expected}", package.name));
        }
    }
    wrong
}

/// What a package links into the product, without what only its tests use.
fn shipped(package: &Package) -> impl Iterator<Item = &str> {
    let ships = |kind| matches!(kind, DependencyKind::Normal);
    package.dependencies.iter().filter(move |one| ships(one.kind)).map(|one| one.name.as_str())
}

fn short_name(package: &str) -> &str {
    package.strip_prefix("p2c2r-").unwrap_or(package)
}
