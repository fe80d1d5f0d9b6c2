//! Groups that never come to rest, and work that is never done.

use super::{Broken, Bug, CRASH_AND_GROW, Exhibit, LEAVE, Shown, Side, Source, Within};
use crate::liveness::LivenessId;
use crate::mutation::Mutation;
use crate::scenario::Membership;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "rebalance_timeout_zero",
        about: "a rebalance timeout of nothing: each rebalance completes at once, and evicts whoever is not there yet",
        story: "A member that joined with a rebalance timeout of 0, or of -1, left no time to rejoin: the rebalance completed with whoever started it, and removed all others. They found themselves unknown, joined anew, and evicted the first one in turn, for ever. The session timeout stands in for a rebalance timeout that is missing.",
        sources: &[
            Source::Kafka(8653),
            Source::KafkaPull(7072),
            Source::Issue("kafka4beam/brod", 465),
            Source::Issue("zendesk/ruby-kafka", 786),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CompleteJoinAtOnce,
            property: Broken::Liveness(LivenessId::NoRebalanceLoop),
            within: Within::endless(2, 1, 0),
        }),
    },
    Bug {
        id: "idle_member_sends_no_heartbeat",
        about: "heartbeats are sent while records are handled, and by nobody who has no partitions",
        story: "A member without partitions handles no records, and sent no heartbeat: it never heard of a rebalance. The others wait for it until the rebalance timeout, and then go on without it, and it never notices. Heartbeats have to be sent whatever else a consumer does.",
        sources: &[Source::Issue("tulios/kafkajs", 1362)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::HeartbeatOnlyWithPartitions,
            property: Broken::Liveness(LivenessId::GroupStabilises),
            within: Within::endless(2, 1, 0).faults(LEAVE),
        }),
    },
    Bug {
        id: "commit_never_lets_it_join",
        about: "each poll of a consumer that is to rejoin begins another commit, and never comes to join",
        story: "Before a consumer rejoins it commits. The commit became asynchronous: poll began one, returned, and the next poll began another instead of looking at the first. The consumer never joined, and was removed at the end of the rebalance timeout.",
        sources: &[Source::Kafka(14024), Source::Commit("apache/kafka", "d8541b20")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitInPlaceOfJoining,
            property: Broken::Liveness(LivenessId::GroupStabilises),
            within: Within::endless(2, 1, 0),
        }),
    },
    Bug {
        id: "delta_taken_for_whole",
        about: "what a cooperative rebalance adds to an assignment is taken for the whole",
        story: "With an eager assignor the callback of an assignment is told all of it; with a cooperative one only what is new. Code that took the one for the other replaced its partitions by the new ones, and those that it had kept were read by nobody.",
        sources: &[Source::Issue("spring-projects/spring-kafka", 1448)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::TakeDeltaForWhole,
            property: Broken::Liveness(LivenessId::EveryPartitionOwned),
            within: Within::endless(2, 2, 0).cooperative(),
        }),
    },
    Bug {
        id: "last_read_committed",
        about: "the offset of the last record is committed, in place of that of the next",
        story: "A committed offset is that of the record to read next. A client that commits the offset of the record that it has read gets it once more after every rebalance and every restart, and the last record of a partition is never committed.",
        sources: &[Source::Commit("segmentio/kafka-go", "9066af4")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitLastRead,
            property: Broken::Liveness(LivenessId::EveryRecordCommitted),
            within: Within::endless(1, 1, 1),
        }),
    },
    Bug {
        id: "restarted_leader_not_told",
        about: "a static leader that restarts is not told that it leads, and nobody watches the topics",
        story: "A static member that comes back to a Stable group goes on with its assignment, and so that a leader would not assign anew it was told that another id leads: the one that it had had. It took itself for a follower. Only leaders watch the partitions of their topics, so that a partition that was added later was found by nobody, until something else started a rebalance. KIP-814 tells it that it leads, and that it is to leave the assignment as it is.",
        sources: &[Source::Kafka(13435), Source::Kip(814)],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::HideLeadershipFromReturned,
            property: Broken::Liveness(LivenessId::EveryPartitionOwned),
            // What is added while it is away it overlooks in any case.
            within: Within::endless(1, 1, 0)
                .faults(CRASH_AND_GROW)
                .membership(Membership::Static)
                .grows_after(2),
        }),
    },
];
