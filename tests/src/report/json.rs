//! The report as a machine reads it: the data, as it is.

use serde_json::Value;

use super::{Document, Report};

/// The version of the form.
pub const FORMAT: &str = "muster-conform/1";

impl Document {
    /// The reports as one document.
    pub fn of(reports: &[Report]) -> Self {
        Self { format: FORMAT.to_owned(), systems: reports.iter().map(Report::document).collect() }
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        // Names are texts and numbers are finite, so nothing in it is without a form.
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

/// The reports as JSON.
pub fn to_json(reports: &[Report]) -> Value {
    Document::of(reports).to_json()
}
