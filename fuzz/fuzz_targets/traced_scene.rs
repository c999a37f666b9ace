//! Fuzzes `trace::scene`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| p2c2r_fuzz::trace::scene(bytes));
