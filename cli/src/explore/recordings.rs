//! Traffic that is dropped on the explorer's page.

use std::io::Write as _;

use muster_explorer::file::Recordings;
use muster_model::trace::Trace;

use crate::conform::observed::traces;

/// Reads what `muster conform proxy` writes, and captures.
pub(super) struct Traffic;

impl Recordings for Traffic {
    fn traces(&self, bytes: &[u8]) -> Option<Result<Vec<Trace>, String>> {
        // The reader takes files, for they can be large.
        let kept = tempfile::NamedTempFile::new().and_then(|mut file| {
            file.write_all(bytes)?;
            Ok(file)
        });
        match kept {
            Ok(file) => traces(file.path()),
            Err(error) => Some(Err(format!("it cannot be kept while it is read: {error}"))),
        }
    }
}
