//! Brokers.

use super::{Bug, CRASH, Exhibit, GIVE_UP, LEAVE, Shown, Side, Source, Within};
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::scenario::Membership;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "offsets_expire_during_rebalance",
        about: "the offsets of a group that is not Stable are deleted as expired",
        story: "Offsets expire when the group has not used them for the time of retention. While a group rebalances it has no assignment, so that no topic counted as used, and a run of the clean-up in that moment deleted the offsets of a living group. Its members then began where auto.offset.reset says.",
        sources: &[Source::Kafka(13636), Source::Commit("apache/kafka", "7fde1ef7")],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::ForgetOffsetsOnRebalance,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 1, 1, 2),
        }),
    },
    Bug {
        id: "assignment_without_all_members",
        about: "the assignment of the leader is accepted although it does not cover every member of the generation",
        story: "A coordinator let a member into the generation whose JoinGroup answer the leader had already got. The leader cannot know of it: the newcomer is in the group, is told so, and has nothing. A join that comes while the assignment is awaited has to start a rebalance.",
        sources: &[Source::Commit("tansu-io/tansu", "50e5666")],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AdmitWhileCompleting,
            property: PropertyId::EvenAssignment,
            within: Within::of(2, 2, 0, 2),
        }),
    },
    Bug {
        id: "stale_commit_accepted",
        about: "a commit of a generation that is over is accepted",
        story: "A consumer that was away for a rebalance wakes and commits what it had processed. It is fenced by its generation alone; where that is not compared, it sets back, or forward, the offset of a partition that another member owns.",
        sources: &[],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AcceptStaleCommit,
            property: PropertyId::StaleCommitFenced,
            within: Within::of(2, 1, 1, 2).faults(GIVE_UP),
        }),
    },
    Bug {
        id: "generations_start_again",
        about: "a group that becomes Empty starts to count generations again",
        story: "Generations fence only as long as none is issued twice. A group without members that forgets its generation gives the number of an earlier one to the next member, and whoever slept through it is taken for a member of the present.",
        sources: &[],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::ResetGenerationWhenEmpty,
            property: PropertyId::GenerationMonotonic,
            within: Within::of(1, 1, 0, 2).members(2).faults(LEAVE),
        }),
    },
    Bug {
        id: "everybody_leads",
        about: "every member is told that it leads",
        story: "One member computes the assignment for all. Two leaders send two plans, and the coordinator takes the one that comes first; the members of the other have been promised what they do not get.",
        sources: &[],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::NameEveryMemberLeader,
            property: PropertyId::OneLeader,
            within: Within::of(2, 1, 0, 1),
        }),
    },
    Bug {
        id: "everybody_gets_everything",
        about: "each member is handed the assignment of all",
        story: "The leader's SyncGroup holds one assignment for each member, and the coordinator answers each member with its own. Answered with the whole, all members read all partitions.",
        sources: &[],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::HandOutWholeAssignment,
            property: PropertyId::OneOwnerPerGeneration,
            within: Within::of(2, 1, 0, 1),
        }),
    },
    Bug {
        id: "instance_joins_twice",
        about: "two processes with one instance id join while the group prepares a rebalance, and both stay",
        story: "A JoinGroup with an instance id that is known replaces the member id of that instance, and fences whoever bore it. This was done in the state Stable only: of two processes with one id that joined while a rebalance was prepared, neither was fenced, and both were members.",
        sources: &[Source::Kafka(8500), Source::KafkaPull(6899)],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AdmitKnownInstance,
            property: PropertyId::OneMemberPerInstance,
            within: Within::of(2, 1, 0, 1).membership(Membership::StaticTwins),
        }),
    },
    Bug {
        id: "replaced_member_gets_nothing",
        about: "a static member that comes back while the assignment is awaited is answered without a rebalance, and the assignment names its old id",
        story: "The leader has been told of the members, and will send an assignment for their ids. A static member that restarts in that moment gets a new id; without a rebalance the leader's assignment names the old one, and the member is handed nothing, while nobody else has its partitions.",
        sources: &[Source::Kafka(9801), Source::KafkaPull(8405)],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AnswerReplacementWhileCompleting,
            property: PropertyId::AssignmentComplete,
            within: Within::of(2, 2, 0, 2).membership(Membership::Static).faults(CRASH).members(3),
        }),
    },
];
