//! The commands of this repository and what they need.

fn main() {}
