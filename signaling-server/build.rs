//! Has the embedded pages follow their folder: a macro that reads it cannot say that a file is new.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_EMBED_ASSETS").is_some() {
        println!("cargo::rerun-if-changed=../web/app/dist");
    }
}
