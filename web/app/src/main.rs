//! The contribute and watch pages.

fn main() {}
