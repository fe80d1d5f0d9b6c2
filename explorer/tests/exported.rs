//! The regression test that the page exports for a path compiles, and passes.

#[cfg(test)]
#[rustfmt::skip]
#[path = "../browser/fixtures/exported.rs"]
mod exported;
