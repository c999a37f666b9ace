//! The p2c2r command: contribute, render, scene.

fn main() {}
