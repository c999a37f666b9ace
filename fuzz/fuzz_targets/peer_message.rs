//! Fuzzes `protocol::peer_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| p2c2r_fuzz::protocol::peer_message(bytes));
