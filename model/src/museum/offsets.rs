//! Clients that commit what they should not: offsets go back, or records are lost.

use super::{Bug, Exhibit, GIVE_UP, LEAVE, Shown, Side, Source, Within};
use crate::mutation::Mutation;
use crate::property::PropertyId;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "stored_offset_outlives_revocation",
        about: "an offset stored before a revocation is committed when the partition comes back, over the interim owner's",
        story: "A rebalance runs between poll and store. The stored offset survives the revocation; when the partition comes back it is still waiting, and the next commit sends it, although another consumer has meanwhile gone further. The offset goes back and records are handed out again. Stored offsets are reset on assignment since, and a store for a partition that is not assigned is refused.",
        sources: &[
            Source::Issue("confluentinc/librdkafka", 2782),
            Source::Issue("confluentinc/librdkafka", 3774),
        ],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::KeepStoredOffsets,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 1, 2, 3).faults(LEAVE),
        }),
    },
    Bug {
        id: "commit_of_revoked_partition",
        about: "a commit is checked for its generation, not for ownership: after a rebalance a consumer stamps its new generation on an old offset of a partition that is another's",
        story: "The coordinator knows members and generations, and not which member owns which partition. A client that queues commits and sends them after a rebalance under its new generation passes every check, and sets back the offset of a partition that its new owner has read on. A record has to carry the generation in which it was fetched, and a commit of another one is dropped by the client; no broker of the classic protocol can do it.",
        sources: &[
            Source::Issue("segmentio/kafka-go", 1308),
            Source::Issue("tulios/kafkajs", 1046),
            Source::Kip(1287),
        ],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitRevokedPartition,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 2, 2, 2),
        }),
    },
    Bug {
        id: "ack_after_revocation",
        about: "an acknowledgement that comes after onPartitionsRevoked puts the offset back among those to commit",
        story: "Records are handed to a pipeline, and acknowledged when it is done with them. The callback of a revocation commits what is acknowledged and forgets the partition; an acknowledgement that comes later makes a new entry, and the next automatic commit sends it. A flag that the partition is revoked, under the same lock, ends it.",
        sources: &[Source::Issue("redpanda-data/connect", 4477)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::StoreAfterRevocation,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 2, 2, 2),
        }),
    },
    Bug {
        id: "commits_reordered",
        about: "two commits of one client overtake each other: the offset that was chosen first is sent last",
        story: "The offsets of a commit are chosen in one place and sent in another, without one lock around both; or a commit is cancelled, and goes out again on a second connection after its successor. Each is a valid commit of the present generation, so nothing fences the older one.",
        sources: &[Source::Issue("IBM/sarama", 2947), Source::Commit("twmb/franz-go", "416e8269")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitOutOfOrder,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(1, 1, 2, 1),
        }),
    },
    Bug {
        id: "commit_past_unfinished",
        about: "the commit is computed from the highest record that is done with, while one below it is not",
        story: "Records of a partition are processed in parallel. What may be committed is the end of the run of finished records from the last commit on; the highest finished one says nothing of those below it. After a revocation the next owner starts above a record that nobody processed.",
        sources: &[Source::Issue("confluentinc/parallel-consumer", 827)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitPastUnprocessed,
            property: PropertyId::NoRecordSkipped,
            within: Within::of(1, 1, 2, 1),
        }),
    },
    Bug {
        id: "position_committed_before_poll_returns",
        about: "the position advances before poll returns, and an automatic commit in between sends it",
        story: "The position of a consumer is the record after those that it has fetched. If it moves before poll has handed the records out, an automatic commit that runs in between commits records that the application has never seen; a crash or an exception then loses them.",
        sources: &[Source::Kafka(2942), Source::Kafka(18641), Source::KafkaPull(18737)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::CommitBeforeProcessing,
            property: PropertyId::NoRecordSkipped,
            within: Within::of(1, 1, 1, 1),
        }),
    },
    Bug {
        id: "buffer_of_returned_partition_dropped",
        about: "the list of what was last revoked is never cleared, and drops what was fetched of a partition that came back",
        story: "On a revocation the buffered records of the partition are dropped, by a list of what was revoked. The list stays: when the partition comes back, its records are filtered out again, and the position is already behind them. The next commit is above a record that nobody processed.",
        sources: &[Source::Issue("apache/pekko-connectors-kafka", 617)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::DropBufferOfReturned,
            property: PropertyId::NoRecordSkipped,
            within: Within::of(2, 1, 2, 2),
        }),
    },
    Bug {
        id: "lost_sync_answer_ignored",
        about: "the wish to rejoin is cleared by the JoinGroup answer; the SyncGroup answer is lost, and the consumer goes on with its old assignment",
        story: "The flag that says that a rebalance is needed was cleared when the JoinGroup answer came. If the connection broke before the SyncGroup answer, nothing asked for it again: the consumer went on with the partitions of the generation before, and with the number of the new one, so that its commits were accepted while another member read the same partitions.",
        sources: &[Source::Kafka(5154), Source::Commit("apache/kafka", "0e36cf76")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::KeepAssignmentAfterLostSync,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 1, 2, 2).faults(GIVE_UP),
        }),
    },
    Bug {
        id: "failed_fetch_taken_for_no_offset",
        about: "an OffsetFetch that fails for a moment is taken for one that found no committed offset",
        story: "After an assignment a consumer asks where to begin. A connection that breaks, or an error that passes, was treated as the answer that there is no committed offset, and auto.offset.reset decided: everything is read again, and the next commit sets the offset back. Only the answer -1 says that there is none.",
        sources: &[Source::Commit("dpkp/kafka-python", "3463f595")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::TakeFailedFetchForNoOffset,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 1, 2, 2).faults(GIVE_UP),
        }),
    },
    Bug {
        id: "records_handed_out_after_last_commit",
        about: "the commit before a revocation does not wait, and poll goes on to hand out records of the partitions that are about to go",
        story: "Before a consumer gives its partitions up it commits what it has handed out. When that commit no longer blocked, poll returned further records of the same partitions while it was on its way: they were processed, not committed, and processed again by the next owner. Partitions that are about to be revoked are not fetched from since.",
        sources: &[Source::Kafka(14196), Source::Commit("apache/kafka", "56baf644")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::PollWhileRevoking,
            property: PropertyId::HandoverRepeatsNothing,
            within: Within::of(2, 1, 2, 2).auto_commit(),
        }),
    },
    Bug {
        id: "buffer_outlives_revocation",
        about: "what was fetched before a rebalance is handed out after it, as if the partition had never been away",
        story: "A reader keeps the records that it fetched, and a rebalance does not empty it. When the partition comes back, the application gets records that another consumer has processed and committed meanwhile, and commits them once more: the offset goes back.",
        sources: &[Source::Issue("segmentio/kafka-go", 1398)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::KeepBufferOverRevocation,
            property: PropertyId::CommittedOffsetMonotonic,
            within: Within::of(2, 1, 2, 3).faults(LEAVE),
        }),
    },
];
