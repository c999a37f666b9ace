//! The workspace obeys the architecture: arrows, reserved libraries, folders, lints, versions.

use std::fs;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use p2c2r_tests::{arrows, root, versions};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .expect("cargo describes the workspace")
}

/// The package with one more dependency, as `cargo metadata` would tell it.
fn with_dependency(package: &Package, name: &str) -> Package {
    let mut package = package.clone();
    let mut dependency = package.dependencies[0].clone();
    dependency.name = name.to_owned();
    package.dependencies.push(dependency);
    package
}

#[test]
fn arrows_point_one_way() {
    let wrong = arrows::wrong_arrows(&metadata().packages);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reserved_libraries_stay_where_they_belong() {
    let wrong = arrows::trespasses(&metadata().packages);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rules_notice_what_they_forbid() {
    let metadata = metadata();
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "p2c2r-scene")
        .expect("exists");
    let backwards = with_dependency(package, "p2c2r-tracer-cpu");
    assert_eq!(arrows::wrong_arrows(&[backwards]), ["scene must not depend on tracer-cpu"]);
    let trespasser = with_dependency(package, "wgpu");
    assert_eq!(arrows::trespasses(&[trespasser]).len(), 1);
    let mut stranger = package.clone();
    stranger.name = "p2c2r-stranger".parse().expect("is a name");
    assert_eq!(arrows::wrong_arrows(&[stranger.clone()]).len(), 1);
    assert_eq!(arrows::misplaced(&[stranger], root().to_str().expect("is UTF-8")).len(), 1);
}

#[test]
fn folder_is_the_name_of_the_crate() {
    let wrong = arrows::misplaced(&metadata().packages, root().to_str().expect("is UTF-8"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_takes_its_lints_from_the_workspace() {
    for package in metadata().packages {
        let manifest = fs::read_to_string(&package.manifest_path).expect("is readable");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} sets its own", package.name);
    }
}

#[test]
fn libraries_with_global_meaning_are_held_once() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("is readable");
    let wrong = versions::held_twice(&lock);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
