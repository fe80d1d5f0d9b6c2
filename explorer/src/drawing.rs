//! The page's drawing, for a page of another's making: its modules, and what they draw.

use std::path::Path;

use serde_json::Value;

use crate::file::{OpenError, open, told};
use crate::server::asset_text;

/// The modules that draw a picture, by file name: none needs a browser, or another module than these.
const MODULES: [&str; 4] = ["palette.js", "trace.js", "shape.js", "svg.js"];

/// Their texts. `shape.js` lays a trace out, `svg.js` makes a file of it; `trace.js` prepares what is told.
pub fn modules() -> Vec<(&'static str, &'static str)> {
    MODULES.into_iter().filter_map(|name| Some((name, asset_text(name)?))).collect()
}

/// What the page takes of a trace file.
pub fn drawn(file: &Path) -> Result<Option<Value>, OpenError> {
    let opened = open(file)?;
    Ok(opened.first().and_then(|trace| serde_json::to_value(told(trace)).ok()))
}
