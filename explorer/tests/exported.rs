//! The regression tests that the page exports compile; they pass as long as the path shows what it showed, and fail when the
//! defect is gone.

#[cfg(test)]
#[rustfmt::skip]
#[path = "../browser/fixtures/exported.rs"]
mod exported;

#[cfg(test)]
#[rustfmt::skip]
#[path = "../browser/fixtures/exported_fixed.rs"]
mod exported_fixed;

#[cfg(test)]
#[rustfmt::skip]
#[path = "../browser/fixtures/exported_varied.rs"]
mod exported_varied;
