//! The exhibits of the museum on a correct coordinator: those of clients conform, for the coordinator does nothing wrong in
//! them. Each defect of the coordinator is one that the reference can be given.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use muster_conformance::in_process::InProcess;
use muster_conformance::noticed::{Place, look};
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

/// Defects of the reference that clients see over the wire.
const SEEN_BY_CLIENTS: [Switch; 13] = [
    Switch::AcceptStaleCommit,
    Switch::AcceptCommitOfUnknownMember,
    Switch::AcceptCommitWhileCompleting,
    Switch::KeepGenerationOnRebalance,
    Switch::CompleteJoinAtOnce,
    Switch::NameEveryMemberLeader,
    Switch::StableOnFollowerSync,
    Switch::SkipMemberIdRequired,
    Switch::NeverExpirePendingMember,
    Switch::NeverExpirePendingSync,
    Switch::HideRebalanceFromHeartbeat,
    Switch::RejectHeartbeatWhileCompleting,
    Switch::AcceptStaleSync,
];

/// How many defects are looked for at once: most of the time is waiting.
const AT_ONCE: usize = 6;

#[test]
fn a_defect_that_clients_see_is_noticed_over_the_wire_and_held_against_its_rule() {
    let traces = suite::of_defects().expect("complete files");
    let noticed: Vec<String> = thread::scope(|scope| {
        let look_at = |of: usize| {
            let traces = &traces;
            let mine = SEEN_BY_CLIENTS.iter().skip(of).step_by(AT_ONCE);
            scope.spawn(move || mine.map(|mutation| noticed(*mutation, traces)).collect::<Vec<_>>())
        };
        let all: Vec<_> = (0..AT_ONCE).map(look_at).collect();
        all.into_iter().flat_map(|one| one.join().expect("a table")).flatten().collect()
    });
    assert_eq!(noticed, Vec::<String>::new());
}

/// What is not as it should be.
fn noticed(mutation: Switch, traces: &[Trace]) -> Option<String> {
    let config = Config { mutation: Some(mutation), ..Config::default() };
    let never = AtomicBool::new(false);
    let seen = look(&config, mutation.rule(), traces, &never).expect("the reference runs");
    let Some(seen) = seen else { return Some(format!("{mutation} is not noticed")) };
    let is_right = seen.rule == Some(mutation.rule()) && seen.place == Place::Wire;
    (!is_right).then(|| format!("{mutation} in place of {}: {seen:?}", mutation.rule()))
}
