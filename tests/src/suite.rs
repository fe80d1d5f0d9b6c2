//! The traces that a system is judged by.

use std::sync::OnceLock;

pub use muster_model::generate::Extent;
use muster_model::generate::{self, Suite};
use muster_model::mutation::Mutation;
use muster_model::relation::shortest_difference;
use muster_model::trace::{Event, Release, Request, Step, Timer, Trace};
use muster_specs::{Rule, Side};

use crate::attempt::Verdict;
use crate::report::Transitions;
use crate::runner::Run;

/// Traces written by hand, one for each thing that once had to be looked up on a running broker. They hold for
/// every release.
const WRITTEN: &[&str] = &[
    include_str!("../traces/absent-group-errors.json"),
    include_str!("../traces/changed-metadata.json"),
    include_str!("../traces/commit-and-fetch.json"),
    include_str!("../traces/committed-before-the-first-record.json"),
    include_str!("../traces/every-committed-offset.json"),
    include_str!("../traces/expiry-while-waiting.json"),
    include_str!("../traces/generation-survives-empty.json"),
    include_str!("../traces/group-max-size.json"),
    include_str!("../traces/initial-delay-extended.json"),
    include_str!("../traces/join-alone.json"),
    include_str!("../traces/join-without-member-id.json"),
    include_str!("../traces/leader-gone.json"),
    include_str!("../traces/offsets-survive-rebalance.json"),
    include_str!("../traces/pending-member-expiry.json"),
    include_str!("../traces/pending-member-leaves.json"),
    include_str!("../traces/pending-sync-expiry.json"),
    include_str!("../traces/protocol-of-the-majority.json"),
    include_str!("../traces/rebalance-timeout.json"),
    include_str!("../traces/replaced-parked-join.json"),
    include_str!("../traces/session-expiry.json"),
    include_str!("../traces/static-member-restarts.json"),
    include_str!("../traces/static-member-restarts-old-client.json"),
    include_str!("../traces/static-member-kept.json"),
    include_str!("../traces/static-member-removed.json"),
    include_str!("../traces/static-member-replaced-while-completing.json"),
    include_str!("../traces/two-member-rebalance.json"),
];

/// Traces of replication, failed appends and failover, written by hand and held against the coordinator of 4.x in a
/// bottle; the Scala coordinator of 3.9 is in none.
const FAILOVER: &[&str] = &[
    include_str!("../traces/failover/assignment-lost-with-its-answer.json"),
    include_str!("../traces/failover/assignment-waits-for-replication.json"),
    include_str!("../traces/failover/commit-waits-for-replication.json"),
    include_str!("../traces/failover/departed-member-returns.json"),
    include_str!("../traces/failover/failed-append-of-assignment.json"),
    include_str!("../traces/failover/failed-append-of-commit.json"),
    include_str!("../traces/failover/failed-append-of-new-group.json"),
    include_str!("../traces/failover/generation-issued-twice.json"),
    include_str!("../traces/failover/group-that-never-synced-is-empty.json"),
    include_str!("../traces/failover/group-without-a-record-is-forgotten.json"),
    include_str!("../traces/failover/leave-waits-for-replication.json"),
    include_str!("../traces/failover/refused-assignment-is-kept.json"),
    include_str!("../traces/failover/refused-commit-is-kept.json"),
    include_str!("../traces/failover/resignation-answers-parked-requests.json"),
    include_str!("../traces/failover/old-offset-of-newly-empty-group-is-kept-after-failover.json"),
    include_str!("../traces/failover/replaced-while-joining-and-expired.json"),
    include_str!("../traces/failover/replacement-answered-while-preparing.json"),
    include_str!("../traces/failover/unreplicated-commit-is-lost.json"),
    include_str!("../traces/failover/static-member-that-came-back-is-durable.json"),
];

/// Every trace for a release: those written by hand, then those that the model generates.
pub fn traces(release: Release, extent: Extent) -> Result<Vec<Trace>, serde_json::Error> {
    let mut traces = written(release)?;
    if release == Release::V4_3 {
        traces.extend(failover()?);
    }
    traces.extend(generated(release, extent).traces.iter().cloned());
    Ok(traces)
}

/// What the model generates for a release. It takes seconds, and a run asks for it at its start and at its end.
fn generated(release: Release, extent: Extent) -> &'static Suite {
    static OF_3_9: OnceLock<Suite> = OnceLock::new();
    static OF_4_3: OnceLock<Suite> = OnceLock::new();
    static LARGE: OnceLock<Suite> = OnceLock::new();
    let made = match (release, extent) {
        (Release::V3_9, Extent::Small | Extent::Large) => &OF_3_9,
        (Release::V4_3, Extent::Small) => &OF_4_3,
        (Release::V4_3, Extent::Large) => &LARGE,
    };
    made.get_or_init(|| generate::suite(release, extent))
}

/// How many of the model's transitions of the coordinator the traces of a run took that conform, and how many
/// there are in the scenarios that the suite states.
pub fn transitions(release: Release, extent: Extent, run: &Run<'_>) -> Transitions {
    let suite = generated(release, extent);
    let conforming = run.judged.iter().filter(|judged| judged.verdict == Verdict::Conforms);
    let covered = suite.covered_by(conforming.map(|judged| judged.trace.name.as_str()));
    Transitions { covered, reachable: suite.reachable() }
}

/// The traces written by hand of replication, failed appends and failover.
pub fn failover() -> Result<Vec<Trace>, serde_json::Error> {
    FAILOVER.iter().map(|text| serde_json::from_str(text)).collect()
}

/// Every trace of the newest release, and for each defect that the model has a shortest way to where it is seen.
pub fn of_defects() -> Result<Vec<Trace>, serde_json::Error> {
    let of_coordinator = Mutation::ALL.iter().filter(|mutation| mutation.rule().side() == Side::Coordinator);
    let shortest = of_coordinator.filter_map(|mutation| shortest_difference(*mutation));
    let mut traces: Vec<Trace> = shortest.map(|difference| difference.corrected()).collect();
    traces.extend(self::traces(Release::V4_3, Extent::Small)?);
    Ok(traces)
}

/// The traces written by hand, as of this release.
pub fn written(release: Release) -> Result<Vec<Trace>, serde_json::Error> {
    WRITTEN.iter().map(|text| serde_json::from_str(text).map(|trace| as_of(release, trace))).collect()
}

/// The traces are written as 4.3 is. Where 3.9 repeats the answer of a SyncGroup it restarts the session
/// (`GroupCoordinator.scala` `doSyncGroup`).
fn as_of(release: Release, mut trace: Trace) -> Trace {
    trace.release = release;
    let repeated = |step: &&mut Step| step.rules.contains(&Rule::RepeatSyncAnswer);
    if release == Release::V3_9 {
        for step in trace.steps.iter_mut().filter(repeated) {
            if let Event::Request { request: Request::SyncGroup { member, .. }, .. } = &step.event {
                step.timers.set.push(Timer::Session { member: member.clone() });
                step.rules.push(Rule::RestartSessionTimer);
            }
        }
    }
    trace
}
