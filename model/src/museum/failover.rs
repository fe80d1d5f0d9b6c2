//! Brokers that lose and win the leadership of a group's log.

use super::{Broken, Bug, CRASH, Exhibit, FAILOVER, Shown, Side, Source, Within};
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::scenario::{Faults, Membership};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "replacement_not_persisted",
        about: "a static member that came back was changed in memory only, and the next coordinator fences it",
        story: "A static member that restarts is given a new member id. In Stable, where no rebalance follows, the new id was put into the group and not into the log. After a failover the coordinator knows the old id again: the member that runs is fenced, which no client survives, and the id that is known belongs to nobody. The new id is written before it is told since.",
        sources: &[Source::Kafka(10284), Source::Commit("apache/kafka", "bed5bb1b")],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::KeepReplacementInMemory,
            property: Broken::Safety(PropertyId::AcknowledgedIsDurable),
            within: Within::of(1, 1, 0, 1)
                .membership(Membership::Static)
                .faults(Faults { failover: 1, ..CRASH })
                .members(2),
        }),
    },
    Bug {
        id: "older_chunk_of_log_wins",
        about: "groups are installed as each chunk of the log is read, and an older one replaces a newer one",
        story: "A coordinator reads its log in chunks. Groups and offsets were installed chunk by chunk, and what an earlier chunk said could stand against what a later one said. The group then is in a generation that was over before the failover: its members are fenced, and an assignment that was handed out does not count. Of the records of one key the last one counts, whatever they were read with.",
        sources: &[Source::Kafka(5600), Source::Kafka(20254), Source::KafkaPull(21641)],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::RestoreOlderRecord,
            property: Broken::Safety(PropertyId::AcknowledgedIsDurable),
            within: Within::of(2, 1, 0, 2).faults(FAILOVER),
        }),
    },
    Bug {
        id: "load_and_unload_out_of_order",
        about: "a coordinator loads and unloads out of order, since neither carries an epoch",
        story: "The leadership goes and comes back. Unloading the groups of the term that is over and loading those of the one that begins were two tasks of which either could run first. If the unload came last, a coordinator that leads its log knew no group: members were unknown, and there was no committed offset, so that auto.offset.reset decided where they began. Each task carries the epoch of its term since, and an older one does nothing.",
        sources: &[
            Source::Kafka(10614),
            Source::Commit("apache/kafka", "e59215a0"),
            Source::Commit("redpanda-data/redpanda", "3ed7492f"),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::UnloadAfterLoad,
            property: Broken::Safety(PropertyId::CommittedOffsetMonotonic),
            within: Within::of(1, 1, 1, 1).faults(FAILOVER),
        }),
    },
    Bug {
        id: "stale_write_of_earlier_term",
        about: "a write is checked, the leadership goes and comes back, and the write is replicated after that of the next term",
        story: "A commit is checked in one term and written in another: between the two the leadership went to another node, which wrote, and came back. Nothing tied the write to the term that it was checked in, so that it went into the log behind what had been written since, and set the offset back. The client had been told long ago that its commit failed. A write is made on the condition of its term since.",
        sources: &[Source::Commit("redpanda-data/redpanda", "e693bead")],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::ReplicateWriteOfEarlierTerm,
            property: Broken::Safety(PropertyId::CommittedOffsetMonotonic),
            within: Within::of(1, 1, 2, 1).faults(FAILOVER).held_replication(),
        }),
    },
];
