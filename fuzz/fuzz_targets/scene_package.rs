//! Fuzzes `scene::scene_package`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| p2c2r_fuzz::scene::scene_package(bytes));
