//! What has to happen in the end happens in every scenario that waits for it, and each property is kept from happening
//! by a defect, with a short way to a cycle.

use std::time::Instant;

use muster_model::check::{Continue, check};
use muster_model::scenarios::liveness;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[test]
fn probe() {
    for scenario in liveness() {
        let begin = Instant::now();
        let report = check(&scenario, &mut |_| Continue::Yes);
        let told: Vec<String> = report
            .liveness
            .iter()
            .map(|(id, v)| {
                format!(
                    "{id}: {}",
                    match v {
                        muster_model::check::LivenessVerdict::Holds => "holds".to_owned(),
                        muster_model::check::LivenessVerdict::Undecided => "undecided".to_owned(),
                        muster_model::check::LivenessVerdict::Violated(l) =>
                            format!("{} + {}", l.back_to, l.steps.len() - l.back_to),
                    }
                )
            })
            .collect();
        eprintln!(
            "{} {} states, depth {} {:?} {:?} in {:?}, {:?}",
            scenario.name,
            report.states,
            report.depth,
            report.undecided,
            told,
            begin.elapsed(),
            report.violations().map(|v| v.property).collect::<Vec<_>>()
        );
    }
}
