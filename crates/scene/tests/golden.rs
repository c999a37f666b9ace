//! Ids of packages, natively; the browser tests check the same table inside WASM.

#[path = "../examples/package_ids.rs"]
pub mod package_ids;

/// Names of scenes and the ids of their packages. A change here means that every stored package of
/// that scene gets a new address: bless it only after looking at what changed.
const GOLDEN: &str = include_str!("../fixtures/package-ids.json");

#[test]
fn scenes_keep_the_ids_of_their_packages() {
    let found = package_ids::table();
    assert_eq!(found.trim(), GOLDEN.trim(), "the table would now be\n{found}");
}
