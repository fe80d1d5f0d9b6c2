//! Defects that a scenario can switch on. Each breaks the property that it is listed with.

use std::fmt;
use std::str::FromStr;

use muster_specs::Rule;

use crate::property::PropertyId;

macro_rules! mutations {
    ($( $variant:ident $id:literal $rule:ident breaks [$($property:ident),*] $about:literal, )*) => {
        /// A defect of the coordinator or of the client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Mutation { $( #[doc = $about] $variant, )* }

        impl Mutation {
            /// Every mutation.
            pub const ALL: &'static [Mutation] = &[ $( Mutation::$variant, )* ];

            /// The name that the command line takes.
            pub const fn id(self) -> &'static str { match self { $( Mutation::$variant => $id, )* } }

            /// One sentence.
            pub const fn about(self) -> &'static str { match self { $( Mutation::$variant => $about, )* } }

            /// The rule that it does not keep.
            pub const fn rule(self) -> Rule { match self { $( Mutation::$variant => Rule::$rule, )* } }

            /// The safety properties that it breaks. Empty: it hurts only what may be waited for, which
            /// conformance sees and safety does not.
            pub const fn breaks(self) -> &'static [PropertyId] {
                match self { $( Mutation::$variant => &[ $( PropertyId::$property, )* ], )* }
            }
        }
    };
}

mutations! {
    AcceptStaleCommit "accept_stale_commit" FenceCommitOfStaleGeneration breaks [StaleCommitFenced]
        "the coordinator accepts a commit of an earlier generation",
    AcceptCommitOfUnknownMember "accept_commit_of_unknown_member" RejectCommitOfUnknownMember breaks [StaleCommitFenced]
        "the coordinator accepts a commit of an id that is no member, if the generation is right",
    AcceptCommitWhileCompleting "accept_commit_while_completing" RejectCommitWhileCompleting breaks []
        "the coordinator accepts a commit while assignments are awaited",
    KeepGenerationOnRebalance "keep_generation_on_rebalance" CompleteJoin breaks [GenerationMonotonic]
        "a completed join keeps the generation of the one before",
    ResetGenerationWhenEmpty "reset_generation_when_empty" EmptyGroupWithoutMembers breaks [GenerationMonotonic]
        "a group that becomes empty starts to count generations again",
    NameEveryMemberLeader "name_every_member_leader" ElectLeader breaks [OneLeader]
        "every member is told that it leads",
    HandOutWholeAssignment "hand_out_whole_assignment" HandOutAssignment breaks [OneOwnerPerGeneration]
        "every member is handed the partitions of all",
    AssignToWrongMember "assign_to_wrong_member" HandOutAssignment breaks [AssignmentComplete]
        "members are handed one another's partitions",
    StableOnFollowerSync "stable_on_follower_sync" ParkSyncUntilLeader breaks [AssignmentComplete]
        "the first SyncGroup makes the group Stable, whoever sends it",
    CompleteJoinAtOnce "complete_join_at_once" WaitForAllMembers breaks []
        "a rebalance does not wait for the members to rejoin",
    SkipMemberIdRequired "skip_member_id_required" RequireMemberId breaks []
        "a new member is admitted without being sent its id first",
    HideRebalanceFromHeartbeat "hide_rebalance_from_heartbeat" SignalRebalanceOnHeartbeat breaks []
        "a Heartbeat does not tell of the rebalance",
    AcceptStaleSync "accept_stale_sync" FenceSyncOfStaleGeneration breaks [EvenAssignment]
        "a SyncGroup of an earlier generation is taken as one of the present",
    AnswerOffsetPastCommitted "answer_offset_past_committed" AnswerCommittedOffset breaks [NoRecordSkipped]
        "OffsetFetch answers the offset after the committed one",
    KeepMemberThatLeaves "keep_member_that_leaves" RemoveLeavingMember breaks []
        "LeaveGroup is answered and the member stays",
    TakeReplacedMemberForUnknown "take_replaced_member_for_unknown" FenceReplacedStaticMember breaks []
        "a static member that was replaced is told that it is unknown, and joins again",
    RemoveStaticMembersNotRejoined "remove_static_members_not_rejoined" KeepStaticMembersNotRejoined breaks []
        "a join that completes removes the static members that are not there",
    AssignTwice "assign_twice" AssignByRange breaks [AssignmentDisjoint]
        "the leader assigns the first partition to two members",
    SkipPartition "skip_partition" AssignByRange breaks [AssignmentComplete]
        "the leader forgets the last partition",
    AssignFromOwnSubscription "assign_from_own_subscription" AssignByRange breaks [AssignmentComplete]
        "the leader assigns from its own subscription in place of each member's",
    AssignAllToFirst "assign_all_to_first" AssignByRange breaks [EvenAssignment]
        "the leader assigns every partition to the first member",
    MergeAssignment "merge_assignment" ApplyAssignment breaks [LiveOwnersDisjoint]
        "a consumer keeps what it owned and adds what it is assigned",
    KeepStoredOffsets "keep_stored_offsets" RevokeBeforeJoin breaks [CommittedOffsetMonotonic]
        "an offset stored before a revocation is committed when the partition comes back",
    AssignMovingAtOnce "assign_moving_at_once" WithholdMovingPartitions breaks [LiveOwnersDisjoint, CommittedOffsetMonotonic]
        "a cooperative leader gives a partition that moves to its new owner in the same round",
    KeepRevokedPartitions "keep_revoked_partitions" RejoinAfterRevocation breaks [LiveOwnersDisjoint]
        "a cooperative consumer goes on with what it says it has given up",
    SkipRejoinAfterRevocation "skip_rejoin_after_revocation" RejoinAfterRevocation breaks [WithheldComesBack]
        "a cooperative consumer does not join again after a revocation, so that a partition stays without an owner",
    ClaimWithoutGeneration "claim_without_generation" ClaimOwnedPartitions breaks [StickyKeeps]
        "a consumer claims what it owns without saying since which generation",
    CommitBeforeProcessing "commit_before_processing" CommitWhatWasProcessed breaks [NoRecordSkipped]
        "a consumer commits what it has fetched and not yet processed",
    AdmitKnownInstance "admit_known_instance" ReplaceStaticMember breaks [OneMemberPerInstance]
        "a JoinGroup with a known instance id and no member id adds a member in place of replacing one",
    AcceptCommitOfReplacedMember "accept_commit_of_replaced_member" FenceReplacedStaticMember breaks [StaleCommitFenced]
        "the coordinator accepts a commit of a static member that was replaced",
    RejoinWhenFenced "rejoin_when_fenced" StopWhenFenced breaks []
        "a static member that is fenced joins again, and fences the one that took its place",
    SkipCommitBeforeJoin "skip_commit_before_join" CommitBeforeJoin breaks [HandoverRepeatsNothing]
        "a consumer with automatic commits does not commit before it joins",
    SkipCommitOnClose "skip_commit_on_close" LeaveOnClose breaks [HandoverRepeatsNothing]
        "a consumer with automatic commits does not commit when it closes",
    SkipCommitOnRevocation "skip_commit_on_revocation" RevokeBeforeJoin breaks [HandoverRepeatsNothing]
        "onPartitionsRevoked returns without the commit that it is there for",
    KeepLostPartitions "keep_lost_partitions" LosePartitionsWithoutGeneration breaks [CommittedOffsetMonotonic]
        "a consumer that has lost its generation goes on with what it owned",
    CommitRevokedPartition "commit_revoked_partition" CommitWhatWasProcessed breaks [CommittedOffsetMonotonic]
        "an offset that was stored before a revocation is committed in the next generation, whoever owns the partition then",
    StoreAfterRevocation "store_after_revocation" CommitWhatWasProcessed breaks [CommittedOffsetMonotonic]
        "a record that is done with after its partition was revoked is committed with the next commit",
    CommitOutOfOrder "commit_out_of_order" CommitWhatWasProcessed breaks [CommittedOffsetMonotonic]
        "of two commits of one consumer, the one that was chosen first is sent last",
    CommitPastUnprocessed "commit_past_unprocessed" CommitWhatWasProcessed breaks [NoRecordSkipped]
        "records are processed in any order, and the highest one that is done with is committed",
    DropBufferOfReturned "drop_buffer_of_returned" CommitWhatWasProcessed breaks [NoRecordSkipped]
        "a partition that was revoked once and comes back loses a record that was fetched since",
    KeepPartitionsWithoutMemberId "keep_partitions_without_member_id" LosePartitionsWithoutGeneration breaks [LiveOwnersDisjoint]
        "a consumer that loses its member id while it joins keeps what it owned",
    KeepAssignmentAfterLostSync "keep_assignment_after_lost_sync" RevokeBeforeJoin breaks [CommittedOffsetMonotonic]
        "a consumer whose SyncGroup answer is lost goes on with the assignment that it had, in the new generation",
    TakeFailedFetchForNoOffset "take_failed_fetch_for_no_offset" ResumeFromCommittedOffset breaks [CommittedOffsetMonotonic]
        "an OffsetFetch that fails is taken for one that found no committed offset",
    HeedHighestClaimsOnly "heed_highest_claims_only" WithholdMovingPartitions breaks [MovingPartitionWithheld]
        "a cooperative leader forgets every claim that is not of the highest generation",
    BelieveEveryClaim "believe_every_claim" AssignByStickiness breaks [AssignmentDisjoint]
        "a cooperative leader leaves a partition to everybody who claims it, also where it gives it to another",
    ForgetOffsetsOnRebalance "forget_offsets_on_rebalance" AnswerCommittedOffset breaks [CommittedOffsetMonotonic]
        "committed offsets are deleted when a rebalance completes",
    PollWhileRevoking "poll_while_revoking" RevokeBeforeJoin breaks [HandoverRepeatsNothing]
        "poll hands out records of partitions whose last commit is on its way",
    KeepBufferOverRevocation "keep_buffer_over_revocation" RevokeBeforeJoin breaks [CommittedOffsetMonotonic]
        "what was fetched before a revocation is handed out when the partition comes back",
    AnswerReplacementWhileCompleting "answer_replacement_while_completing" RebalanceOnReplacement breaks [AssignmentComplete]
        "a static member that comes back while the assignment is awaited is answered without a rebalance",
    HeartbeatOnlyWithPartitions "heartbeat_only_with_partitions" HeartbeatWhileStable breaks []
        "a consumer without partitions sends no heartbeat",
    CommitInPlaceOfJoining "commit_in_place_of_joining" RejoinOnRebalanceInProgress breaks []
        "a consumer that hears of a rebalance commits first, each time anew, and does not join",
    TakeDeltaForWhole "take_delta_for_whole" ApplyAssignment breaks []
        "a cooperative consumer takes what is added to its assignment for the whole",
    CommitLastRead "commit_last_read" CommitWhatWasProcessed breaks []
        "a consumer commits the offset of the last record in place of that of the next",
    AdmitWhileCompleting "admit_while_completing" WaitForAllMembers breaks [EvenAssignment]
        "a member that joins while the assignment is awaited is admitted to the present generation",
    KeepReplacementInMemory "keep_replacement_in_memory" KeepAssignmentOnReplacement breaks [AcknowledgedIsDurable]
        "a static member that comes back is told its new id, and the log is not",
    HideLeadershipFromReturned "hide_leadership_from_returned" SkipAssignmentOfReplacedLeader breaks []
        "a static leader that comes back is told that the id that it had leads, and nobody watches the topics",
    IgnoreNewPartitions "ignore_new_partitions" RejoinOnNewPartitions breaks []
        "a leader does not look at the partitions of its topics once it has assigned",
    DeleteGroupWithMembers "delete_group_with_members" RejectDeletionOfGroupWithMembers breaks [CommittedOffsetMonotonic, GenerationMonotonic]
        "a DeleteGroups deletes a group whoever is in it",
    DeleteOffsetOfSubscribedTopic "delete_offset_of_subscribed_topic" KeepOffsetOfSubscribedTopic breaks [CommittedOffsetMonotonic]
        "an OffsetDelete deletes the offset of a topic that the group reads",
    RestoreOlderRecord "restore_older_record" RestoreMembersAsStable breaks [AcknowledgedIsDurable]
        "a coordinator that reads its log takes the first record of a group in place of the last",
    UnloadAfterLoad "unload_after_load" RestoreMembersAsStable breaks [CommittedOffsetMonotonic]
        "a coordinator that has read its log forgets it again, since its resignation is dealt with late",
    ReplicateWriteOfEarlierTerm "replicate_write_of_earlier_term" RefuseParkedRequestsOnResignation breaks [CommittedOffsetMonotonic]
        "a write that was refused when the leadership was lost is replicated after those of the next term",
    AcceptTxnCommitOfAnyone "accept_txn_commit_of_anyone" FenceTxnCommitOfStaleGeneration breaks [StaleCommitFenced]
        "the coordinator accepts a TxnOffsetCommit whatever member and generation it names",
    CommitOverLaterOffset "commit_over_later_offset" KeepLaterOffset breaks [CommittedOffsetMonotonic]
        "a transaction that is committed puts its offset in the place of one that was committed after it",
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A name that is not one of [`Mutation::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown mutation '{0}': one of {all}", all = Mutation::ALL.iter().map(|m| m.id()).collect::<Vec<_>>().join(", "))]
pub struct UnknownMutation(pub String);

impl FromStr for Mutation {
    type Err = UnknownMutation;

    fn from_str(id: &str) -> Result<Self, UnknownMutation> {
        Self::ALL.iter().copied().find(|m| m.id() == id).ok_or_else(|| UnknownMutation(id.to_owned()))
    }
}
