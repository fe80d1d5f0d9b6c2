//! A whole session: `cargo +nightly fuzz run session` in `reference`.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/fuzz/play.rs"]
mod play;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| play::session(bytes));
