//! Offsets in transactions.

use super::{Broken, Bug, EXPIRE, Exhibit, Shown, Side, Source, Within};
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::scenario::CommitMode;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "plain_commit_races_txn",
        about: "a transaction that is committed late puts its offset in the place of one that was committed after it",
        story: "Offsets that are sent to a transaction are in the log before they count. An OffsetCommit of the same partition that comes in between counts at once. When the marker came, the coordinator put the older offset in its place; and whether it did so hung on whether it had read its log meanwhile, and on what compaction had left of it. Of two offsets the one whose record is later in the log counts.",
        sources: &[Source::Kafka(14505), Source::KafkaPull(15183)],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitOverLaterOffset,
            property: Broken::Safety(PropertyId::CommittedOffsetMonotonic),
            within: Within::of(1, 1, 2, 1).commit(CommitMode::Mixed),
        }),
    },
    Bug {
        id: "txn_commit_without_member",
        about: "TxnOffsetCommit carries neither member nor generation, so that zombies are not fenced",
        story: "Before KIP-447 a TxnOffsetCommit named a producer and no member of the group. A consumer whose partitions had gone to another could still commit their offsets in its transaction; only a transactional.id for each partition kept it from doing so. Version 3 carries member id, generation and instance id, and a coordinator that does not compare them is where it was before.",
        sources: &[Source::Kafka(9365), Source::KafkaPull(7897), Source::Kafka(18060)],
        side: Side::Broker,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AcceptTxnCommitOfAnyone,
            property: Broken::Safety(PropertyId::StaleCommitFenced),
            within: Within::of(1, 1, 1, 2).faults(EXPIRE).commit(CommitMode::Transactional),
        }),
    },
];
