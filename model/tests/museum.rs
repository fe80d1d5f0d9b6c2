//! The museum: each defect is found within its bounds, is absent from them without its mutation, and reproduces from its
//! committed trace.

use muster_model::check::{Continue, Progress};
use muster_model::museum::all;

// As in the binary: glibc's malloc makes two searches at a time slower than one after the other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn on(_: Progress) -> Continue {
    Continue::Yes
}

#[test]
fn look() {
    for bug in all().filter(|bug| bug.shown().is_some()) {
        let begin = std::time::Instant::now();
        let found = bug.find(&mut on).unwrap();
        let t = begin.elapsed();
        let report = bug.check_without(&mut on).unwrap();
        eprintln!(
            "{} {:?} {t:?} {} {} {:?}",
            bug.id,
            found.map(|f| f.steps.len()),
            report.states,
            report.is_as_expected(),
            begin.elapsed()
        );
    }
}
