//! Defects of the classic protocol that the model does not express, each with what it lacks.

use super::{Bug, Exhibit, Side, Source};

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "pending_sync_never_expires",
        about: "a member that never sends its SyncGroup, and sends heartbeats, is kept for ever",
        story: "",
        sources: &[Source::Kafka(12890), Source::KafkaPull(10863)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it takes a client whose heartbeats go on while the rest of it hangs; conformance notices never_expire_pending_sync",
        ),
    },
    Bug {
        id: "pending_id_never_expires",
        about: "member ids that were issued and never used hold up every rebalance",
        story: "",
        sources: &[
            Source::Kafka(7909),
            Source::Commit("redpanda-data/redpanda", "6a11f7c4"),
            Source::Issue("confluentinc/librdkafka", 5569),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it is an outage that ends with the rebalance timeout: nothing is broken for ever; conformance notices never_expire_pending_member",
        ),
    },
    Bug {
        id: "follow_up_before_all_synced",
        about: "the follow-up rebalance starts before all have synced, so that slow members never get to revoke",
        story: "",
        sources: &[Source::Kafka(14382), Source::KafkaPull(12869)],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "it takes three consumers and endless behaviours, which are more states than an exhibit may take",
        ),
    },
    Bug {
        id: "timer_of_removed_member_runs_on",
        about: "a member that was removed keeps its timer, which starts a rebalance without need",
        story: "",
        sources: &[Source::Kafka(7196), Source::Commit("apache/kafka", "cd227706")],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "it is a rebalance too many, after which all is well: nothing is broken for ever",
        ),
    },
    Bug {
        id: "stale_error_resets_generation",
        about: "an error that answers an old request resets the generation of a join that is under way",
        story: "",
        sources: &[Source::Issue("aio-libs/aiokafka", 727), Source::Kafka(8104), Source::Kafka(9823)],
        side: Side::Client,
        exhibit: Exhibit::Unshown("the consumer of the model has one request on its way at a time"),
    },
    Bug {
        id: "session_runs_out_while_rebalancing",
        about: "a client counts heartbeats that tell of a rebalance as failures, or stops them, and is removed",
        story: "",
        sources: &[Source::Issue("confluentinc/librdkafka", 3435), Source::Issue("IBM/sarama", 2110)],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "time has no length in the model: that a session ends while its member is alive is a fault of the budget expire",
        ),
    },
    Bug {
        id: "late_static_join_fences_successor",
        about: "a JoinGroup that was given up is processed late, and fences the process that sent it",
        story: "",
        sources: &[Source::Kafka(20985), Source::KafkaPull(23266), Source::KafkaPull(23542)],
        side: Side::Broker,
        exhibit: Exhibit::Unshown("brokers that are released do so, and the model does as they do"),
    },
    Bug {
        id: "commit_retry_outlives_assignment",
        about: "a commit that is retried after REBALANCE_IN_PROGRESS outlives the assignment, and fetching never starts again",
        story: "",
        sources: &[Source::Issue("confluentinc/librdkafka", 2933)],
        side: Side::Client,
        exhibit: Exhibit::Unshown(
            "the consumer of the model has one request on its way: a commit that is sent again keeps it from joining, as commit_never_lets_it_join shows, and outlives no assignment",
        ),
    },
    Bug {
        id: "newcomer_gets_leftovers",
        about: "a newcomer gets the leftovers of one topic",
        story: "",
        sources: &[Source::Kafka(16277), Source::KafkaPull(15416)],
        side: Side::Client,
        exhibit: Exhibit::Unshown("balance over topics is no property that Kafka promises"),
    },
    Bug {
        id: "balancing_does_not_end",
        about: "the search for a balanced assignment does not end",
        story: "",
        sources: &[Source::Issue("confluentinc/librdkafka", 4783), Source::Kafka(15106)],
        side: Side::Client,
        exhibit: Exhibit::Unshown("an assignor is one step of the model"),
    },
    Bug {
        id: "commit_to_unknown_group_stored",
        about: "a commit with a generation to a group that is unknown is stored, so that zombies commit after a failover",
        story: "",
        sources: &[Source::Kafka(2596), Source::Commit("apache/kafka", "6a06e22e")],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "whoever may commit was handed an assignment, which is in the log: a faithful consumer meets no coordinator that does not know its group",
        ),
    },
    Bug {
        id: "offsets_of_subscribed_topics_expire",
        about: "offsets expire that a living group uses, or that it committed a moment ago",
        story: "",
        sources: &[
            Source::Issue("redpanda-data/redpanda", 31483),
            Source::Kafka(19163),
            Source::KafkaPull(19496),
        ],
        side: Side::Broker,
        exhibit: Exhibit::Unshown(
            "time has no length in the model; what it breaks is shown by offsets_expire_during_rebalance",
        ),
    },
];
