//! Rules for the WESL files that the compiler does not know.

use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wgsl");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of the shaders is there")
        .map(|entry| entry.expect("its entries can be read").path())
        .map(|path| (path.clone(), fs::read_to_string(path).expect("a shader is text")))
        .collect();
    files.sort();
    assert!(files.len() > 10, "only {} shaders were found", files.len());
    files
}

/// What a comment says before its first blank, comma or semicolon.
fn cited(text: &str) -> Vec<&str> {
    text.split("Mirrors ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', ',', ';', '\n']).next())
        .map(|path| path.trim_end_matches('.'))
        .collect()
}

#[test]
fn every_kernel_cites_a_file_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, text) in sources() {
        let cites = cited(&text);
        let is_layout = path.ends_with("bindings.wesl");
        assert!(is_layout || !cites.is_empty(), "{} mirrors nothing", path.display());
        for cite in cites {
            assert!(root.join(cite).is_file(), "{} cites {cite}", path.display());
        }
    }
}

#[test]
fn files_stay_short_and_say_what_they_are() {
    for (path, text) in sources() {
        assert!(text.starts_with("// "), "{} has no head", path.display());
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
