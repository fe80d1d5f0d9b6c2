//! The scenarios that ship: one kind of fault each, and as much of everything else as a check of seconds allows.
//!
//! An unscheduled consumer is a paused one, so no scenario needs a fault for that: a poll loop that hangs, a long
//! collection of garbage and a slow network are in all of them.

mod hazards;
mod liveness;
mod members;

use crate::museum;
use crate::mutation::Mutation;
use crate::scenario::{Assignor, Bounds, Faults, Scenario};
use crate::trace::Release;

/// Every shipped scenario. Nearly all are expected to hold.
pub fn shipped() -> Vec<Scenario> {
    let groups = [of_the_group(), members::of_static_members(), members::of_clients()];
    groups.into_iter().flatten().collect()
}

fn of_the_group() -> Vec<Scenario> {
    vec![
        faultless("basic", "two consumers share two partitions and rebalance", bounds(2, 2, 1, 3, 2)),
        faultless(
            "three_records",
            "a consumer resumes in the middle of a log of three records",
            bounds(2, 1, 3, 3, 2),
        ),
        faultless(
            "three_partitions",
            "two consumers share three partitions unevenly, each with two records",
            bounds(2, 3, 2, 3, 2),
        ),
        two_topics(),
        faultless("three_consumers", "two of three consumers have nothing to own", bounds(3, 1, 1, 3, 3)),
        faulty(
            "crash",
            "a consumer's process ends at any moment and starts again with a new member id",
            bounds(2, 2, 1, 3, 3),
            Faults { crash: 1, ..Faults::default() },
        ),
        faulty(
            "give_up",
            "a consumer gives up a connection: its request is processed late or never, its answer is lost",
            bounds(2, 2, 1, 2, 2),
            Faults { give_up: 1, ..Faults::default() },
        ),
        faulty(
            "expire",
            "the coordinator runs out of patience with a consumer that is alive, once, anywhere",
            bounds(2, 2, 1, 3, 3),
            Faults { expire: 1, ..Faults::default() },
        ),
        faulty(
            "leave",
            "a consumer closes while the other one works",
            bounds(2, 2, 2, 3, 2),
            Faults { leave: 1, ..Faults::default() },
        ),
        discovery(),
        release_3_9(),
        round_robin(),
        cooperative(),
        cooperative_leave(),
        cooperative_expire(),
        grow(),
        cooperative_grow(),
        lost_suffix(),
        tools(),
    ]
}

pub use hazards::{hazards, sidecars_and_remedies};
pub use liveness::liveness;

/// Every scenario that has a name: those of [`shipped`], of [`liveness`], and of the hazards.
pub fn all() -> Vec<Scenario> {
    [shipped(), liveness(), hazards(), sidecars_and_remedies()].concat()
}

/// A name that is not one of [`all`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scenario '{name}': one of {all}", name = .0.escape_debug(), all = names().join(", "))]
pub struct UnknownScenario(pub String);

/// The scenario of this name, or the bounds of the defect of the museum that has this id.
pub fn find(name: &str) -> Result<Scenario, UnknownScenario> {
    let found = all().into_iter().find(|scenario| scenario.name == name);
    let found = found.or_else(|| museum::all().find(|bug| bug.id == name)?.fixed());
    found.ok_or_else(|| UnknownScenario(name.to_owned()))
}

/// The names of all scenarios.
pub fn names() -> Vec<String> {
    all().into_iter().map(|scenario| scenario.name).collect()
}

/// The smallest scenario, shipped or of the museum, that shows what a defect breaks, with the defect switched on. A
/// defect that breaks no safety property is shown where it keeps something from happening, or else where its rule is
/// followed.
pub fn showing(mutation: Mutation) -> Result<Scenario, UnknownScenario> {
    let of_behaviour = crate::liveness::showing().find(|(m, _)| *m == mutation && m.breaks().is_empty());
    let name = of_behaviour.map_or_else(|| name_showing(mutation), |(_, name)| name);
    find(name).map(|scenario| scenario.with_mutation(mutation))
}

fn name_showing(mutation: Mutation) -> &'static str {
    match mutation {
        Mutation::KeepGenerationOnRebalance
        | Mutation::NameEveryMemberLeader
        | Mutation::HandOutWholeAssignment
        | Mutation::StableOnFollowerSync
        | Mutation::AssignTwice
        | Mutation::SkipPartition
        | Mutation::AssignAllToFirst
        | Mutation::MergeAssignment
        | Mutation::CommitBeforeProcessing
        | Mutation::AcceptCommitWhileCompleting
        | Mutation::CompleteJoinAtOnce
        | Mutation::SkipMemberIdRequired
        | Mutation::HideRebalanceFromHeartbeat => "basic",
        Mutation::AnswerOffsetPastCommitted => "three_records",
        Mutation::IgnoreNewPartitions => "grow",
        Mutation::DeleteGroupWithMembers | Mutation::DeleteOffsetOfSubscribedTopic => "tools",
        Mutation::AssignToWrongMember | Mutation::AssignFromOwnSubscription => "two_topics",
        Mutation::AcceptStaleCommit | Mutation::AcceptStaleSync => "give_up",
        Mutation::AcceptCommitOfUnknownMember | Mutation::ResetGenerationWhenEmpty => "expire",
        Mutation::KeepStoredOffsets | Mutation::KeepMemberThatLeaves => "leave",
        Mutation::AcceptCommitOfReplacedMember
        | Mutation::AdmitKnownInstance
        | Mutation::RejoinWhenFenced
        | Mutation::TakeReplacedMemberForUnknown => "static_twins",
        Mutation::RemoveStaticMembersNotRejoined => "static_expire",
        Mutation::SkipCommitBeforeJoin | Mutation::SkipCommitOnClose => "auto_commit",
        Mutation::SkipCommitOnRevocation => "commit_on_revocation",
        Mutation::KeepLostPartitions => "cooperative_poll_timeout",
        Mutation::AssignMovingAtOnce
        | Mutation::KeepRevokedPartitions
        | Mutation::SkipRejoinAfterRevocation => "cooperative",
        Mutation::ClaimWithoutGeneration => "cooperative_static",
        Mutation::CommitRevokedPartition
        | Mutation::StoreAfterRevocation
        | Mutation::CommitOutOfOrder
        | Mutation::CommitPastUnprocessed
        | Mutation::DropBufferOfReturned
        | Mutation::KeepPartitionsWithoutMemberId
        | Mutation::KeepAssignmentAfterLostSync
        | Mutation::TakeFailedFetchForNoOffset
        | Mutation::HeedHighestClaimsOnly
        | Mutation::BelieveEveryClaim
        | Mutation::ForgetOffsetsOnRebalance
        | Mutation::PollWhileRevoking
        | Mutation::KeepBufferOverRevocation
        | Mutation::AnswerReplacementWhileCompleting
        | Mutation::HeartbeatOnlyWithPartitions
        | Mutation::CommitInPlaceOfJoining
        | Mutation::TakeDeltaForWhole
        | Mutation::CommitLastRead
        | Mutation::AdmitWhileCompleting
        | Mutation::KeepReplacementInMemory
        | Mutation::HideLeadershipFromReturned
        | Mutation::RestoreOlderRecord
        | Mutation::UnloadAfterLoad
        | Mutation::ReplicateWriteOfEarlierTerm
        | Mutation::AcceptTxnCommitOfAnyone
        | Mutation::CommitOverLaterOffset => museum::of(mutation).map_or("basic", |bug| bug.id),
    }
}

/// Of one topic.
fn bounds(consumers: u8, partitions: u8, records: u8, generations: i8, members: u8) -> Bounds {
    Bounds { consumers, topics: 1, partitions, records, generations, members, group_max_size: None }
}

fn faultless(name: &str, about: &str, bounds: Bounds) -> Scenario {
    Scenario::faithful(name, about, bounds)
}

fn faulty(name: &str, about: &str, bounds: Bounds, faults: Faults) -> Scenario {
    Scenario { faults, ..Scenario::faithful(name, about, bounds) }
}

fn two_topics() -> Scenario {
    let about = "one consumer of two topics, one of only the first: the leader assigns what it does not read";
    let bounds = Bounds { topics: 2, ..bounds(2, 2, 1, 3, 2) };
    Scenario { mixed_subscriptions: true, ..Scenario::faithful("two_topics", about, bounds) }
}

fn discovery() -> Scenario {
    let about = "consumers look for the coordinator, and again after a connection is given up";
    let faults = Faults { give_up: 1, ..Faults::default() };
    Scenario { discovery: true, ..faulty("discovery", about, bounds(2, 1, 1, 2, 2), faults) }
}

fn release_3_9() -> Scenario {
    let about = "the Scala coordinator of Kafka 3.9, with an expiry as in `expire`";
    let faults = Faults { expire: 1, ..Faults::default() };
    Scenario { release: Release::V3_9, ..faulty("release_3_9", about, bounds(2, 2, 1, 3, 3), faults) }
}

fn round_robin() -> Scenario {
    let about = "two topics of one partition each go round, and totals are even";
    let bounds = Bounds { topics: 2, ..bounds(2, 1, 1, 2, 2) };
    Scenario { assignor: Assignor::RoundRobin, ..Scenario::faithful("round_robin", about, bounds) }
}

fn cooperative() -> Scenario {
    let about =
        "a second consumer joins, and a partition moves to it in two rounds, committed when it is revoked";
    cooperating(Scenario::faithful("cooperative", about, bounds(2, 2, 2, 3, 2)))
}

fn cooperative_leave() -> Scenario {
    let about = "a cooperative consumer closes, and the other one goes on while it takes over";
    let faults = Faults { leave: 1, ..Faults::default() };
    cooperating(faulty("cooperative_leave", about, bounds(2, 2, 1, 4, 2), faults))
}

fn cooperative_expire() -> Scenario {
    let about =
        "the coordinator runs out of patience with a cooperative consumer, which goes on with what it lost";
    let faults = Faults { expire: 1, ..Faults::default() };
    cooperating(faulty("cooperative_expire", about, bounds(2, 2, 1, 3, 3), faults))
}

fn grow() -> Scenario {
    let about =
        "a partition is added to a topic at any moment: whoever leads comes to know it, and assigns anew";
    let faults = Faults { partitions: 1, ..Faults::default() };
    faulty("grow", about, bounds(2, 2, 1, 3, 2), faults)
}

fn cooperative_grow() -> Scenario {
    let about = "a partition is added, and is assigned while its neighbour stays where it is";
    let faults = Faults { partitions: 1, ..Faults::default() };
    cooperating(faulty("cooperative_grow", about, bounds(2, 1, 1, 4, 2), faults))
}

/// Assignments and commits are written and not replicated, are not answered, and are lost: generations are issued again,
/// and a member that nobody knows any more takes a third id.
fn lost_suffix() -> Scenario {
    let about = "a coordinator resigns with writes that were not replicated, and the next one never had them";
    let faults = Faults { failover: 1, ..Faults::default() };
    let scenario = faulty("lost_suffix", about, bounds(2, 2, 1, 3, 3), faults);
    Scenario { replication: true, ..scenario }
}

/// The first group may end with its only member, be deleted with its offsets, and be another one when the next member comes.
fn tools() -> Scenario {
    let about = "Kafka's tools delete the group, or its offsets, at any moment: while it has members they are refused";
    let faults = Faults { leave: 1, tools: 1, ..Faults::default() };
    faulty("tools", about, bounds(2, 2, 1, 3, 3), faults)
}

fn cooperating(scenario: Scenario) -> Scenario {
    Scenario { assignor: Assignor::CooperativeSticky, commit_on_revocation: true, ..scenario }
}
