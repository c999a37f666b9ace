//! Every source file keeps to the house style where the compiler does not look.

use p2c2r_tests::{root, tidy};

#[test]
fn source_files_are_tidy() {
    let sources = tidy::sources(&root()).expect("sources are readable");
    assert!(sources.iter().any(|source| source.path == "tests/tests/tidy.rs"), "found nothing");
    let wrong: Vec<String> = sources.iter().flat_map(tidy::violations).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_left_a_backup_behind() {
    let found = tidy::leftovers(&root()).expect("the checkout is readable");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
