//! The committed traces are complete files of the format.
use muster_model::trace::Trace;
use std::path::Path;
#[test]
fn every_committed_trace_loads() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("traces")).unwrap() {
        let path = entry.unwrap().path();
        Trace::load(&path).unwrap();
    }
}
