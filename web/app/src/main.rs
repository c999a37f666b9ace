//! Entry point of the pages' WASM module.

#[cfg(target_arch = "wasm32")]
fn main() {
    p2c2r_app::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("the pages run in a browser: start them with `cargo xtask demo`");
    std::process::ExitCode::FAILURE
}
