//! Safety properties, each with its exact meaning and whose view it takes.
//!
//! A property is a function of one state. What it needs to know of the past stands in a ghost that no step reads.

mod assignment;
mod durability;
mod hazard_failover;
mod hazard_growth;
mod hazard_load;
mod hazard_offsets;
mod hazard_ownership;
mod hazard_records;
mod membership;
mod offsets;
mod ownership;
mod seen;
mod stickiness;

use std::fmt;
use std::str::FromStr;

use crate::actor::View;
use crate::message::Msg;
pub use seen::Sight;

/// What of a state a property reads: a checker need not look at it again while these parts stay the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The coordinator.
    Coordinator,
    /// The coordinator and every consumer.
    Consumers,
    /// Each message in flight, by itself.
    Messages,
    /// The coordinator, every consumer and the outside store.
    Store,
}

macro_rules! properties {
    (
        safety { $( $safe:ident $safe_id:literal $safe_check:path, $safe_scope:ident, $safe_about:literal, )* }
        claims { $( $claim:ident $claim_id:literal $claim_check:path, $claim_scope:ident, $claim_about:literal, )* }
    ) => {
        properties! {
            $( $safe $safe_id $safe_check, $safe_scope, $safe_about, )*
            $( $claim $claim_id $claim_check, $claim_scope, $claim_about, )*
        }

        impl PropertyId {
            /// Every safety property: what a correct group keeps.
            pub const ALL: &'static [PropertyId] = &[ $( PropertyId::$safe, )* ];

            /// What people claim of consumer groups: each is false somewhere, see [`crate::hazard`].
            pub const CLAIMS: &'static [PropertyId] = &[ $( PropertyId::$claim, )* ];
        }
    };
    ($( $variant:ident $id:literal $check:path, $scope:ident, $about:literal, )*) => {
        /// A safety property, or a claim that is judged like one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PropertyId { $( #[doc = $about] $variant, )* }

        impl PropertyId {
            /// The property's one name.
            pub const fn id(self) -> &'static str { match self { $( PropertyId::$variant => $id, )* } }

            /// What it says.
            pub const fn about(self) -> &'static str { match self { $( PropertyId::$variant => $about, )* } }

            /// What of a state it reads.
            pub const fn scope(self) -> Scope { match self { $( PropertyId::$variant => Scope::$scope, )* } }

            /// `None`: it holds in this state; otherwise why not, naming members, partitions and generations.
            pub fn violation(self, view: &View<'_>) -> Option<String> {
                match self { $( PropertyId::$variant => $check(view), )* }
            }
        }
    };
}

properties! { safety {
    OneOwnerPerGeneration "one_owner_per_generation" ownership::one_owner_per_generation, Coordinator,
        "within an incarnation of the group (one completed join), SyncGroup answers give a partition to at most one member",
    LiveOwnersDisjoint "live_owners_disjoint" ownership::live_owners_disjoint, Consumers,
        "two consumers both believe that they own a partition only if at least one of them is fenced: it has applied an older assignment than the last one handed out, or its id is no member's",
    AssignmentDisjoint "assignment_disjoint" assignment::assignment_disjoint, Messages,
        "no assignment that a leader sends gives a partition to two members",
    AssignmentComplete "assignment_complete" assignment::assignment_complete, Coordinator,
        "once assignments are handed out, every partition of every topic that a member subscribed to in this join is assigned to a member that subscribed to it",
    MovingPartitionWithheld "moving_partition_withheld" assignment::moving_partition_withheld, Coordinator,
        "cooperative: a partition that a member claims when it joins is assigned in that round to nobody else, but to a member that claims it since a later generation",
    EvenAssignment "even_assignment" assignment::even_assignment, Coordinator,
        "for each topic, the numbers of partitions of any two subscribers differ by at most one; for the sticky assignors, the totals",
    CommittedOffsetMonotonic "committed_offset_monotonic" offsets::committed_offset_monotonic, Coordinator,
        "a committed offset never goes below one that was acknowledged, except by a commit that its client had given up before it arrived, and is not deleted while a member of a completed join reads its topic",
    StaleCommitFenced "stale_commit_fenced" offsets::stale_commit_fenced, Coordinator,
        "no commit of an earlier generation, or of an id that is no member's, is accepted while the group has members",
    NoRecordSkipped "no_record_skipped" offsets::no_record_skipped, Consumers,
        "every record below a committed offset was processed by some consumer",
    GenerationMonotonic "generation_monotonic" membership::generation_monotonic, Coordinator,
        "each completed join has a generation above all before it",
    OneLeader "one_leader" membership::one_leader, Coordinator,
        "the JoinGroup answers of an incarnation name one leader",
    OneMemberPerInstance "one_member_per_instance" membership::one_member_per_instance, Coordinator,
        "an instance id is that of at most one member",
    HandoverRepeatsNothing "handover_repeats_nothing" offsets::handover_repeats_nothing, Consumers,
        "where consumers commit before they give a partition up and nothing keeps them from it, no record is processed twice",
    WithheldComesBack "withheld_comes_back" stickiness::withheld_comes_back, Consumers,
        "a partition that a cooperative leader withholds comes back: a member that claimed it is on its way to the next round",
    StickyKeeps "sticky_keeps" stickiness::sticky_keeps, Consumers,
        "a sticky leader leaves a member what it was last assigned, up to an even share",
    AcknowledgedIsDurable "acknowledged_is_durable" durability::acknowledged_is_durable, Coordinator,
        "an assignment that was handed out, and the id that a static member that came back was told, outlive a failover",
} claims {
    ProcessedExactlyOnce "processed_exactly_once" hazard_records::processed_exactly_once, Consumers,
        "each record is processed exactly once",
    NoTwoProcessorsAtOnce "no_two_processors_at_once" hazard_ownership::no_two_processors_at_once, Consumers,
        "a record is never in the hands of two consumers at the same time",
    NoStaleOverwrite "no_stale_overwrite" hazard_records::no_stale_overwrite, Store,
        "what an owner wrote to an outside store is never overwritten by an earlier owner with the result of an earlier record",
    RecordOrderPreserved "record_order_preserved" hazard_records::record_order_preserved, Store,
        "the records of a partition take effect outside in the order of its log",
    OrderAcrossTopics "order_across_topics" hazard_records::order_across_topics, Store,
        "a consumer of several topics takes their records in one order",
    UnrelatedMembersUndisturbed "unrelated_members_undisturbed" hazard_ownership::unrelated_members_undisturbed, Consumers,
        "a member whose topics nobody else reads keeps its partitions whoever joins",
    UnrelatedCommitsUndisturbed "unrelated_commits_undisturbed" hazard_offsets::unrelated_commits_undisturbed, Consumers,
        "a member whose topics nobody else reads can commit whoever joins",
    SlowMemberDelaysNobody "slow_member_delays_nobody" hazard_ownership::slow_member_delays_nobody, Consumers,
        "while one member is slow to rejoin, the others go on with what they own",
    EveryMemberOwnsSomething "every_member_owns_something" hazard_load::every_member_owns_something, Coordinator,
        "each member of a stable group has a partition of what it subscribed to",
    IdleMembersHelp "idle_members_help" hazard_load::idle_members_help, Consumers,
        "no member is idle while another has records to process",
    EvenLoadAcrossTopics "even_load_across_topics" hazard_load::even_load_across_topics, Coordinator,
        "members with the same subscription have as many partitions each, one more at most",
    AutoCommitNeverLoses "auto_commit_never_loses" hazard_offsets::auto_commit_never_loses, Consumers,
        "with automatic commits no record is lost",
    KeptStaticMemberIsFenced "kept_static_member_is_fenced" hazard_ownership::kept_static_member_is_fenced, Consumers,
        "a static member that is kept through a rebalance that it missed cannot claim what was given away meanwhile",
    LateCommitIsHarmless "late_commit_is_harmless" hazard_offsets::late_commit_is_harmless, Consumers,
        "what an owner was told is committed stays committed while it owns the partition",
    FetchedOffsetIsFinal "fetched_offset_is_final" hazard_offsets::fetched_offset_is_final, Consumers,
        "the offset that an owner was told when it asked where to begin stays the committed one until it commits itself",
    GenerationIdentifiesAssignment "generation_identifies_assignment" hazard_failover::generation_identifies_assignment, Coordinator,
        "a group and a generation name one set of members and one assignment",
    LeaveIsFinal "leave_is_final" hazard_failover::leave_is_final, Coordinator,
        "a member whose LeaveGroup was answered is no member again",
    LeaderNoticesNewPartitions "leader_notices_new_partitions" hazard_growth::leader_notices_new_partitions, Consumers,
        "a leader that knows of a partition which the assignment leaves out is about to join again",
} }

impl PropertyId {
    /// Why a property of [`Scope::Messages`] does not hold of a message; of others nothing is known.
    pub fn broken_by(self, message: &Msg) -> Option<String> {
        (self == Self::AssignmentDisjoint).then(|| assignment::assigned_twice(message)).flatten()
    }
}

impl fmt::Display for PropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A name that is neither one of [`PropertyId::ALL`] nor of [`PropertyId::CLAIMS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown property '{0}'")]
pub struct UnknownProperty(pub String);

impl FromStr for PropertyId {
    type Err = UnknownProperty;

    fn from_str(id: &str) -> Result<Self, UnknownProperty> {
        Self::ALL
            .iter()
            .chain(Self::CLAIMS)
            .copied()
            .find(|p| p.id() == id)
            .ok_or_else(|| UnknownProperty(id.to_owned()))
    }
}
