//! The exhibits of the museum on a correct coordinator: those of clients conform, for the coordinator does nothing wrong in
//! them. Each defect of the coordinator is one that the reference can be given.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use muster_conformance::in_process::InProcess;
use muster_conformance::noticed::{Noticed, Place, look_for};
use muster_conformance::report::{Conclusion, Report};
use muster_conformance::runner::Runner;
use muster_conformance::{System, suite};
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

/// The reference has no log of its own: what is replicated, and when, is up to whoever runs it.
const OF_THE_LOG: Mutation = Mutation::ReplicateWriteOfEarlierTerm;

#[test]
fn each_defect_of_the_coordinator_is_a_switch_of_the_reference() {
    let of_coordinator = Mutation::ALL.iter().filter(|m| m.rule().side() == RuleSide::Coordinator);
    for mutation in of_coordinator.filter(|m| **m != OF_THE_LOG) {
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

/// Defects that show only in what no wire controls: the log, who leads it, when offsets are old enough to go, and when
/// transactions end.
const IN_PROCESS: [Switch; 14] = [
    Switch::KeepReplacementInMemory,
    Switch::RestoreOlderRecord,
    Switch::UnloadAfterLoad,
    Switch::ExpireOffsetsByCommit,
    Switch::ExpireOffsetsOfReadTopic,
    Switch::KeepGroupWithoutOffsets,
    Switch::AcceptTxnCommitOfAnyone,
    Switch::CommitOverLaterOffset,
    Switch::CountTxnCommitAtOnce,
    Switch::AnswerUnstableOffset,
    Switch::CommitAbortedTransaction,
    Switch::ForgetCommittedTransaction,
    Switch::ExpireOffsetOfOpenTransaction,
    Switch::KeepPendingOffsetOnDeletion,
];

#[test]
fn each_defect_is_noticed_over_the_wire_and_held_against_the_rule_that_it_breaks() {
    let traces = suite::of_defects().expect("complete files");
    let never = AtomicBool::new(false);
    let noticed = look_for(Switch::ALL, &traces, &never, &|_, one| eprintln!("{one:?}"));
    let noticed = noticed.expect("the reference runs");
    assert_eq!(noticed.len(), Switch::ALL.len());
    let wrong: Vec<_> = noticed.iter().filter(|one| !one.is_named()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let off_wire = |one: &&Noticed| one.seen.as_ref().is_none_or(|seen| seen.place != Place::Wire);
    let off_wire: Vec<Switch> = noticed.iter().filter(off_wire).map(|one| one.mutation).collect();
    assert_eq!(off_wire, IN_PROCESS);
}
