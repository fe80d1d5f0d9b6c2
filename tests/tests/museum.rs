//! The exhibits of the museum on a correct coordinator: those of clients conform, for the coordinator does nothing wrong in
//! them. Each defect of the coordinator is one that the reference can be given.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::System;
use muster_conformance::in_process::InProcess;
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::Runner;
use muster_model::museum::{self, Bug, Side};
use muster_model::mutation::Mutation;
use muster_model::trace::Trace;
use muster_reference::coordinator::{Config, Mutation as Switch};
use muster_specs::Side as RuleSide;

/// A trace does not tell what members claim, and in this one a changed claim starts a rebalance.
const HANGS_ON_A_CLAIM: &str = "laggard_claims_ignored";

fn judge(system: &dyn System, traces: &[&Trace]) -> Report {
    let never = AtomicBool::new(false);
    let run = Runner { jobs: 2, stop: &never, confirm: 3, progress: &|_| {} }.run(system, traces);
    assert_eq!(run.ended, None);
    let out = tempfile::tempdir().expect("a folder");
    Report::new(&system.name(), &run, traces.len(), Duration::ZERO, out.path(), "muster conform")
}

fn traces_of(side: Side) -> Vec<Trace> {
    let shown = |bug: &&Bug| bug.side == side && bug.shown().is_some() && bug.id != HANGS_ON_A_CLAIM;
    museum::all().filter(shown).map(|bug| bug.trace().expect(bug.id).expect("a complete file")).collect()
}

#[test]
fn each_defect_of_the_coordinator_is_a_switch_of_the_reference() {
    let of_coordinator = Mutation::ALL.iter().filter(|m| m.rule().side() == RuleSide::Coordinator);
    for mutation in of_coordinator {
        let switch: Switch = mutation.id().parse().expect("a switch of the reference");
        assert_eq!(switch.rule(), mutation.rule(), "{mutation}");
    }
}

#[test]
fn exhibits_of_clients_conform() {
    let correct = InProcess::new(Config::default());
    for trace in traces_of(Side::Client) {
        let report = judge(&correct, &[&trace]);
        assert_eq!(report.conclusion(), Conclusion::Conforms, "{report}");
    }
}
