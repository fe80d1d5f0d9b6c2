//! Assignors, and consumers that keep partitions over a rebalance.

use super::{Broken, Bug, EXPIRE, Exhibit, GIVE_UP_TWICE, POLL_TIMEOUT, Shown, Side, Source, Within};
use crate::mutation::Mutation;
use crate::property::PropertyId;
use crate::scenario::Membership;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        id: "moving_partition_not_withheld",
        about: "the assignor forgets to note that a partition changes hands, and gives it to the new owner in the same round",
        story: "Cooperative rebalancing takes two rounds: in the first the old owner gives up what moves, in the second the new one gets it. One path of the assignor, the one that looks at racks, did not note a moved partition as moving, so that it was given out at once, and two consumers owned it.",
        sources: &[Source::Kafka(15170), Source::KafkaPull(13965)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AssignMovingAtOnce,
            property: Broken::Safety(PropertyId::LiveOwnersDisjoint),
            within: Within::of(2, 2, 1, 2).cooperative(),
        }),
    },
    Bug {
        id: "laggard_claims_ignored",
        about: "only the claims of the highest generation count, so that what a laggard still holds looks free",
        story: "Members say what they own and since which generation. A member that missed a round claims with an older generation; the assignor looked at the highest generation only, took its partitions for free and gave them away in the same round. The highest claim of each partition has to win.",
        sources: &[Source::Kafka(14639), Source::KafkaPull(13550)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::HeedHighestClaimsOnly,
            property: Broken::Safety(PropertyId::MovingPartitionWithheld),
            within: Within::of(2, 1, 0, 3).cooperative().faults(GIVE_UP_TWICE),
        }),
    },
    Bug {
        id: "every_claim_believed",
        about: "two members claim a partition, and the assignment gives it to both",
        story: "Two members can claim one partition: one owns it, the other owned it before and has not heard, or its JoinGroup came late. The generation of the claim decides. It was compared so that the claim that should have been dropped was kept, and the plan held the partition twice. The coordinator does not look into assignments, and hands out what the leader sends. The exhibit is shorter than the incident: here each claim stands, whatever else is planned.",
        sources: &[
            Source::Issue("confluentinc/librdkafka", 4252),
            Source::Commit("twmb/franz-go", "4deed686"),
        ],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::BelieveEveryClaim,
            property: Broken::Safety(PropertyId::AssignmentDisjoint),
            within: Within::of(2, 2, 0, 2).cooperative(),
        }),
    },
    Bug {
        id: "partitions_kept_without_member_id",
        about: "a cooperative consumer that loses its member id while it joins keeps what it owned",
        story: "What is to be done before a join was done once for each join. If the join then failed because the member id was unknown, the partitions were lost to others, and the consumer was not told: it rejoined as a new member, with partitions that another had been given meanwhile.",
        sources: &[Source::Kafka(12983), Source::Commit("apache/kafka", "85fa0ecb")],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::KeepPartitionsWithoutMemberId,
            property: Broken::Safety(PropertyId::LiveOwnersDisjoint),
            within: Within::of(2, 1, 1, 3).cooperative().faults(EXPIRE).members(3),
        }),
    },
    Bug {
        id: "assigns_from_own_subscription",
        about: "the leader assigns the topics that it subscribes to itself",
        story: "The leader computes the assignment for all members from the subscriptions in its JoinGroup answer. Several clients used their own subscription in place of each member's: members are given topics that they did not ask for, and topics that the leader does not read have no owner.",
        sources: &[
            Source::Issue("tulios/kafkajs", 1679),
            Source::Issue("zendesk/ruby-kafka", 525),
            Source::Issue("segmentio/kafka-go", 1351),
        ],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::AssignFromOwnSubscription,
            property: Broken::Safety(PropertyId::AssignmentComplete),
            within: Within { topics: 2, ..Within::of(2, 1, 0, 2) },
        }),
    },
    Bug {
        id: "lost_partitions_kept",
        about: "a consumer that was too slow to poll has lost its partitions, and goes on with them",
        story: "A consumer that does not poll for max.poll.interval.ms leaves the group, and what it owned is lost: it must neither commit it nor go on with it. When the interval ran out while a rebalance was under way, the mark that the partitions are lost was overwritten, and the consumer joined again with what others had been given.",
        sources: &[
            Source::Issue("confluentinc/librdkafka", 4059),
            Source::Issue("confluentinc/librdkafka", 4908),
            Source::Issue("confluentinc/librdkafka", 5604),
        ],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::KeepLostPartitions,
            property: Broken::Safety(PropertyId::CommittedOffsetMonotonic),
            within: Within::of(2, 1, 2, 3).cooperative().faults(POLL_TIMEOUT).members(3),
        }),
    },
    Bug {
        id: "old_claim_taken_for_new",
        about: "a consumer claims what it owned before, and does not say since when",
        story: "A member joined and synced late, when the next rebalance had begun, and joined again with claims from a generation before. Others had been given those partitions meanwhile. Its claim said nothing of its age, so it stood against theirs, and nobody was left what it had. Claims carry their generation (KIP-792): the newer one counts.",
        sources: &[Source::Kafka(13419), Source::KafkaPull(11451)],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::ClaimWithoutGeneration,
            property: Broken::Safety(PropertyId::StickyKeeps),
            within: Within::of(2, 2, 0, 3).cooperative().membership(Membership::Static).faults(EXPIRE),
        }),
    },
    Bug {
        id: "revocation_without_rejoin",
        about: "a cooperative consumer gives up what moves and does not join again",
        story: "In the first of the two rounds the leader withholds what moves until its owner has given it up. The owner then joins again, so that there is a second round. If it does not, the group is Stable and the partition has no owner, until something else starts a rebalance.",
        sources: &[],
        side: Side::Client,
        exhibit: Exhibit::Shown(Shown {
            mutation: Mutation::SkipRejoinAfterRevocation,
            property: Broken::Safety(PropertyId::WithheldComesBack),
            within: Within::of(2, 2, 0, 2).cooperative(),
        }),
    },
];
