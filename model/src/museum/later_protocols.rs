//! Defects of the consumer protocol (KIP-848), which the model does not have, and of transactions, as far as it does not
//! have them.

use super::{Bug, Exhibit, Side, Source};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "target_not_withheld",
        about: "the answer carries the whole target assignment, and does not withhold what a live member still holds",
        story: "",
        sources: &[Source::Issue("robot-head/crabka", 521)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "epoch_map_updated_out_of_order",
        about: "a partition that moves from pending revocation back to assigned looks free",
        story: "",
        sources: &[Source::Kafka(16147), Source::KafkaPull(15212)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "keepalive_overwrites_sent_topics",
        about: "a heartbeat without topics overwrites the list that was last sent, and a later list reads as a revocation",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "d5ceeb73")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "revoke_all_taken_for_no_change",
        about: "an assignment that is empty is taken for no change",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "0af2689c")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "lost_assignment_not_repeated",
        about: "the answer with the assignment is lost, and the client sends keepalives only",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "eca3a457")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "group_level_fetch_error_missed",
        about: "OffsetFetch answers STALE_MEMBER_EPOCH for the group, and only errors of partitions are looked at",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "de2dff52")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "revocation_acknowledgement_missed",
        about: "each new target ignores the partitions that a member reports, and the rebalance never ends",
        story: "",
        sources: &[Source::Kafka(16249), Source::KafkaPull(15364)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "fenced_member_refused_at_epoch_zero",
        about: "a fenced member that joins again at epoch 0 is refused",
        story: "",
        sources: &[Source::Kafka(19233), Source::KafkaPull(21305)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "late_answer_overwrites_epoch",
        about: "a late answer to a leave overwrites the epoch while the member joins",
        story: "",
        sources: &[Source::Kafka(19335), Source::KafkaPull(19818)],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "lost_join_leaves_ghost",
        about: "a lost answer to the first heartbeat leaves a member behind that holds partitions",
        story: "",
        sources: &[Source::Kip(1082), Source::Kafka(13214)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "same_epoch_twice",
        about: "two members own a partition in the same epoch",
        story: "",
        sources: &[Source::Kafka(19974), Source::KafkaPull(21107)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "strict_epoch_fences_falsely",
        about: "strict equality of epochs fences a valid commit, and a missing lower bound lets a stale one in",
        story: "",
        sources: &[Source::Kip(1251), Source::Kafka(19779)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "release_before_revoke_commit",
        about: "a partition is released before the commit of onPartitionsRevoked",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "466a4512")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "rejoin_with_new_id",
        about: "a member rejoins with a new id, and its old self keeps the partitions",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "2f945862")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "unresolved_topics_in_join",
        about: "topic ids that are not resolved are sent in the first heartbeat",
        story: "",
        sources: &[Source::Commit("twmb/franz-go", "8e7cfc60")],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "late_metadata_shrinks_assignment",
        about: "the part of an assignment that is resolved late is taken for the whole",
        story: "",
        sources: &[Source::Kafka(16198), Source::KafkaPull(15271)],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "removal_clears_another",
        about: "the removal of one member clears the entry of another",
        story: "",
        sources: &[Source::Issue("twmb/franz-go", 1438)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "migration_of_protocols",
        about: "a group that changes from the classic to the consumer protocol loses members or offsets",
        story: "",
        sources: &[
            Source::Kafka(19546),
            Source::KafkaPull(20417),
            Source::Kafka(20434),
            Source::KafkaPull(22036),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it belongs to the consumer protocol (KIP-848), which the model does not have",
        ),
    },
    Bug {
        id: "txn_marker_before_offsets",
        about: "WriteTxnMarkers is answered before the offsets are there",
        story: "",
        sources: &[
            Source::Kafka(17507),
            Source::KafkaPull(18168),
            Source::Commit("twmb/franz-go", "9dde6ad8"),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "a marker is one step of the model: what is answered to whoever writes it is not looked at",
        ),
    },
    Bug {
        id: "end_txn_hits_next",
        about: "a delayed EndTxn ends the transaction after its own",
        story: "",
        sources: &[
            Source::Commit("redpanda-data/redpanda", "83d5035a"),
            Source::Commit("redpanda-data/redpanda", "19b5d75a"),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it takes the transaction coordinator, and producers with epochs: in the model a marker ends what its producer has open",
        ),
    },
];
