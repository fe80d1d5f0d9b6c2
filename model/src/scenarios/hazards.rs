//! One scenario for each claim that people make and that is false: it expects its own counterexample. And scenarios in
//! which the same claim holds, since something is done about it.

use super::{bounds, cooperating, faultless, faulty};
use crate::property::PropertyId;
use crate::scenario::{Bounds, CommitMode, Faults, Membership, Scenario};
use crate::store::StorePolicy;

/// One for each false claim, with the claim's name.
pub fn hazards() -> Vec<Scenario> {
    vec![
        processed_exactly_once(),
        no_two_processors_at_once(),
        no_stale_overwrite(StorePolicy::LastWriteWins, PropertyId::NoStaleOverwrite),
        no_stale_overwrite(StorePolicy::LastWriteWins, PropertyId::RecordOrderPreserved),
        order_across_topics(),
        false_claim(
            PropertyId::UnrelatedMembersUndisturbed,
            side_car("one group, two topics, one consumer each, eager"),
        ),
        false_claim(
            PropertyId::UnrelatedCommitsUndisturbed,
            cooperating(side_car("one group, two topics, one consumer each, cooperative")),
        ),
        slow_member_delays_nobody(),
        every_member_owns_something(),
        idle_members_help(),
        even_load_across_topics(),
        late_commit_is_harmless(),
        auto_commit_never_loses(),
        kept_static_member_is_fenced(),
        fetched_offset_is_final(),
        generation_identifies_assignment(),
        leave_is_final(),
        leader_notices_new_partitions(),
    ]
}

/// The same claims where they hold: with what is done about them.
pub fn sidecars_and_remedies() -> Vec<Scenario> {
    let claim = PropertyId::NoStaleOverwrite;
    vec![
        holds("auto_commit_never_loses_in_a_poll_loop", in_a_poll_loop()),
        holds(
            "unrelated_members_undisturbed_cooperative",
            claim_of(
                PropertyId::UnrelatedMembersUndisturbed,
                cooperating(side_car("a cooperative side-car keeps its partitions whoever joins")),
            ),
        ),
        holds("fetched_offset_is_final_require_stable", asking_for_stable_offsets()),
        holds("no_stale_overwrite_fenced", no_stale_overwrite(StorePolicy::FencedByGeneration, claim)),
        holds(
            "no_stale_overwrite_offset_with_result",
            no_stale_overwrite(StorePolicy::OffsetWithResult, claim),
        ),
        holds(
            "record_order_preserved_offset_with_result",
            no_stale_overwrite(StorePolicy::OffsetWithResult, PropertyId::RecordOrderPreserved),
        ),
    ]
}

/// The scenario is named like its claim, and expects it to fail.
fn false_claim(claim: PropertyId, scenario: Scenario) -> Scenario {
    let name = claim.id().to_owned();
    Scenario { name, expected_violations: vec![claim], ..claim_of(claim, scenario) }
}

fn claim_of(claim: PropertyId, scenario: Scenario) -> Scenario {
    Scenario { claim: Some(claim), ..scenario }
}

fn holds(name: &str, scenario: Scenario) -> Scenario {
    Scenario { name: name.to_owned(), expected_violations: Vec::new(), ..scenario }
}

fn processed_exactly_once() -> Scenario {
    let about =
        "a process ends between processing a record and committing it, and the next owner processes it again";
    let faults = Faults { crash: 1, ..Faults::default() };
    false_claim(PropertyId::ProcessedExactlyOnce, faulty("", about, bounds(2, 1, 1, 3, 3), faults))
}

fn no_two_processors_at_once() -> Scenario {
    let about = "an owner sleeps until its session is over, and wakes beside its successor";
    let faults = Faults { expire: 1, ..Faults::default() };
    false_claim(PropertyId::NoTwoProcessorsAtOnce, faulty("", about, bounds(2, 1, 1, 2, 2), faults))
}

fn no_stale_overwrite(store: StorePolicy, claim: PropertyId) -> Scenario {
    let about = match store {
        StorePolicy::LastWriteWins => {
            "consumers write results to an outside store, where the last write stands"
        }
        StorePolicy::FencedByGeneration => {
            "the outside store refuses writes of an earlier generation than it has seen"
        }
        StorePolicy::OffsetWithResult => {
            "the outside store keeps the offset with the result, and takes the next record only"
        }
    };
    let faults = Faults { expire: 1, ..Faults::default() };
    let scenario = faulty("", about, bounds(2, 1, 2, 2, 2), faults);
    false_claim(claim, Scenario { store: Some(store), ..scenario })
}

fn order_across_topics() -> Scenario {
    let about = "one consumer of two topics writes their records to an outside store";
    let scenario = faultless("", about, Bounds { topics: 2, ..bounds(1, 1, 1, 1, 1) });
    let scenario = Scenario { store: Some(StorePolicy::LastWriteWins), ..scenario };
    false_claim(PropertyId::OrderAcrossTopics, scenario)
}

/// Each consumer reads a topic of its own: `story`, `video`.
fn side_car(about: &str) -> Scenario {
    let bounds = Bounds { topics: 2, ..bounds(2, 1, 1, 3, 2) };
    Scenario { one_topic_each: true, ..faultless("", about, bounds) }
}

fn slow_member_delays_nobody() -> Scenario {
    let about = "one of two members is slow to rejoin when a third joins";
    false_claim(PropertyId::SlowMemberDelaysNobody, faultless("", about, bounds(3, 2, 0, 3, 3)))
}

fn every_member_owns_something() -> Scenario {
    let about = "two consumers of a topic of one partition";
    false_claim(PropertyId::EveryMemberOwnsSomething, faultless("", about, bounds(2, 1, 0, 3, 2)))
}

fn idle_members_help() -> Scenario {
    let about = "one group, two topics, one consumer each: one is done, the other has everything before it";
    false_claim(PropertyId::IdleMembersHelp, side_car(about))
}

fn even_load_across_topics() -> Scenario {
    let about = "range gives the first member the first partition of every topic";
    let bounds = Bounds { topics: 2, ..bounds(2, 1, 0, 3, 2) };
    false_claim(PropertyId::EvenLoadAcrossTopics, faultless("", about, bounds))
}

fn late_commit_is_harmless() -> Scenario {
    let about = "a commit that its client gave up arrives after the next one";
    let faults = Faults { give_up: 1, ..Faults::default() };
    false_claim(PropertyId::LateCommitIsHarmless, faulty("", about, bounds(1, 1, 2, 1, 1), faults))
}

fn auto_commit_never_loses() -> Scenario {
    let about = "records go to a worker, and an automatic commit takes them for processed";
    let scenario = faultless("", about, bounds(2, 1, 2, 3, 2));
    let scenario = Scenario { commit: CommitMode::Auto, hand_off: true, ..scenario };
    let claimed = false_claim(PropertyId::AutoCommitNeverLoses, scenario);
    Scenario {
        expected_violations: vec![PropertyId::NoRecordSkipped, PropertyId::AutoCommitNeverLoses],
        ..claimed
    }
}

fn in_a_poll_loop() -> Scenario {
    let about = "records are processed before the next poll, and automatic commits take the poll before";
    Scenario { hand_off: false, about: about.to_owned(), ..auto_commit_never_loses() }
}

/// Nothing goes wrong in it: a marker takes its time.
fn fetched_offset_is_final() -> Scenario {
    let about = "a consumer commits in a transaction, the partition moves, and the marker comes after the next owner has asked";
    let scenario = faultless("", about, bounds(2, 1, 1, 3, 2));
    let scenario = Scenario { commit: CommitMode::Transactional, ..scenario };
    false_claim(PropertyId::FetchedOffsetIsFinal, scenario)
}

fn asking_for_stable_offsets() -> Scenario {
    let about = "consumers ask for offsets with require_stable, and again for as long as one is pending";
    Scenario { require_stable: true, about: about.to_owned(), ..fetched_offset_is_final() }
}

fn kept_static_member_is_fenced() -> Scenario {
    let about = "a cooperative static member misses a rebalance, is kept, and joins again with what it had";
    let faults = Faults { expire: 1, ..Faults::default() };
    let scenario = cooperating(faulty("", about, bounds(2, 2, 1, 4, 2), faults));
    let scenario = Scenario { membership: Membership::Static, ..scenario };
    let claimed = false_claim(PropertyId::KeptStaticMemberIsFenced, scenario);
    let expected_violations = vec![PropertyId::LiveOwnersDisjoint, PropertyId::KeptStaticMemberIsFenced];
    Scenario { expected_violations, ..claimed }
}

fn generation_identifies_assignment() -> Scenario {
    let about = "a generation that no leader synced is forgotten in a failover and issued again, and a SyncGroup of the first one arrives late";
    let faults = Faults { give_up: 1, failover: 1, ..Faults::default() };
    let claimed = false_claim(
        PropertyId::GenerationIdentifiesAssignment,
        faulty("", about, bounds(2, 2, 0, 2, 3), faults),
    );
    let expected_violations =
        vec![PropertyId::AssignmentComplete, PropertyId::GenerationIdentifiesAssignment];
    Scenario { expected_violations, ..claimed }
}

fn leave_is_final() -> Scenario {
    let about = "a consumer closes, and the coordinator fails over before anybody synced";
    let faults = Faults { leave: 1, failover: 1, ..Faults::default() };
    false_claim(PropertyId::LeaveIsFinal, faulty("", about, bounds(2, 1, 1, 2, 2), faults))
}

fn leader_notices_new_partitions() -> Scenario {
    let about =
        "a static leader ends, a partition is added, and it comes back to the assignment that there was";
    let faults = Faults { crash: 1, partitions: 1, ..Faults::default() };
    let scenario = faulty("", about, bounds(2, 1, 0, 2, 3), faults);
    false_claim(
        PropertyId::LeaderNoticesNewPartitions,
        Scenario { membership: Membership::Static, ..scenario },
    )
}
