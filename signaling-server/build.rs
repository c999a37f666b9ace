//! Has the embedded pages follow their folder: a macro that reads it cannot say that a file is new.

use std::path::Path;

const PAGES: &str = "../web/app/dist";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_EMBED_ASSETS").is_some() {
        println!("cargo::rerun-if-changed={PAGES}");
        if !Path::new(PAGES).join("index.html").is_file() {
            println!("cargo::error=there are no pages to embed yet: run `cargo xtask build` first");
        }
    }
}
