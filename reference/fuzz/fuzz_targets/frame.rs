//! A frame is a request or is none: `cargo +nightly fuzz run frame` in `reference`.
#![no_main]

#[allow(dead_code)]
#[path = "../../tests/fuzz/play.rs"]
mod play;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| play::frame(bytes));
