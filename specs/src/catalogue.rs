//! The names: every rule, its chapter and whose duty it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose duty a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The group coordinator, which is a broker.
    Coordinator,
    /// The client: a member of the group, the leader included.
    Consumer,
}

/// A rule's id is not one of [`Rule::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule(pub String);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rule '{}': `muster rules` lists them", self.0)
    }
}

impl std::error::Error for UnknownRule {}

macro_rules! catalogue {
    ($( $chapter:ident $name:literal { $( $side:ident $variant:ident $id:literal, )* } )*) => {
        /// A chapter of the rules: the same file name in `specs/rules`, `model/src` and `reference/src`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Chapter { $( #[doc = concat!("`rules/", $name, ".md`")] $chapter, )* }

        impl Chapter {
            /// Every chapter, in reading order.
            pub const ALL: &'static [Chapter] = &[ $( Chapter::$chapter, )* ];

            /// The file name without its extension.
            pub const fn name(self) -> &'static str { match self { $( Chapter::$chapter => $name, )* } }

            pub(crate) const fn source(self) -> &'static str {
                match self { $( Chapter::$chapter => include_str!(concat!("../rules/", $name, ".md")), )* }
            }
        }

        /// A rule of the protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Rule {
            $( $( #[doc = concat!("`", $id, "` in `rules/", $name, ".md`")] #[serde(rename = $id)] $variant, )* )*
        }

        impl Rule {
            /// Every rule, by chapter, in the order of its file.
            pub const ALL: &'static [Rule] = &[ $( $( Rule::$variant, )* )* ];

            /// The rule's one name.
            pub const fn id(self) -> &'static str { match self { $( $( Rule::$variant => $id, )* )* } }

            /// Where the rule is written.
            pub const fn chapter(self) -> Chapter {
                match self { $( $( Rule::$variant => Chapter::$chapter, )* )* }
            }

            /// Whose duty it is.
            pub const fn side(self) -> Side { match self { $( $( Rule::$variant => Side::$side, )* )* } }
        }
    };
}

catalogue! {
    Requests "requests" {
        Coordinator RejectWhenNotAvailable "reject_when_not_available",
        Coordinator RejectEmptyGroupId "reject_empty_group_id",
        Coordinator RejectWhenNotCoordinator "reject_when_not_coordinator",
        Coordinator RejectWhileLoading "reject_while_loading",
    }
    FindCoordinator "find_coordinator" {
        Coordinator AnswerCoordinator "answer_coordinator",
        Consumer FindCoordinatorFirst "find_coordinator_first",
        Consumer RediscoverCoordinator "rediscover_coordinator",
    }
    Join "join" {
        Coordinator RejectSessionTimeoutOutOfBounds "reject_session_timeout_out_of_bounds",
        Coordinator RejectJoinOfAbsentGroup "reject_join_of_absent_group",
        Coordinator RejectJoinOverMaxSize "reject_join_over_max_size",
        Coordinator RejectJoinWithInconsistentProtocol "reject_join_with_inconsistent_protocol",
        Coordinator RequireMemberId "require_member_id",
        Coordinator AdmitMemberWithoutId "admit_member_without_id",
        Coordinator AdmitPendingMember "admit_pending_member",
        Coordinator RejectJoinOfUnknownMember "reject_join_of_unknown_member",
        Coordinator ParkRejoinWhilePreparing "park_rejoin_while_preparing",
        Coordinator ReplaceParkedJoin "replace_parked_join",
        Coordinator RepeatJoinAnswerWhileCompleting "repeat_join_answer_while_completing",
        Coordinator RepeatJoinAnswerToFollower "repeat_join_answer_to_follower",
        Coordinator RebalanceOnChangedMetadata "rebalance_on_changed_metadata",
        Coordinator RebalanceOnLeaderRejoin "rebalance_on_leader_rejoin",
        Coordinator StartRebalance "start_rebalance",
        Coordinator DelayInitialRebalance "delay_initial_rebalance",
        Coordinator WaitForAllMembers "wait_for_all_members",
        Coordinator CompleteJoin "complete_join",
        Coordinator RemoveMembersNotRejoined "remove_members_not_rejoined",
        Coordinator EmptyGroupWithoutMembers "empty_group_without_members",
        Coordinator ElectLeader "elect_leader",
        Coordinator SelectProtocol "select_protocol",
        Consumer JoinWithEmptyMemberId "join_with_empty_member_id",
        Consumer AdoptMemberId "adopt_member_id",
        Consumer RevokeBeforeJoin "revoke_before_join",
        Consumer CommitBeforeJoin "commit_before_join",
        Consumer KeepPartitionsWhileJoining "keep_partitions_while_joining",
        Consumer LosePartitionsWithoutGeneration "lose_partitions_without_generation",
        Consumer ClaimOwnedPartitions "claim_owned_partitions",
        Consumer KeepMemberIdOnRejoin "keep_member_id_on_rejoin",
        Consumer ResetOnUnknownMember "reset_on_unknown_member",
        Consumer ResetGenerationOnIllegalGeneration "reset_generation_on_illegal_generation",
        Consumer RejoinOnNewPartitions "rejoin_on_new_partitions",
    }
    Sync "sync" {
        Coordinator RejectSyncWithoutProtocol "reject_sync_without_protocol",
        Coordinator RejectSyncOfAbsentGroup "reject_sync_of_absent_group",
        Coordinator RejectSyncOfUnknownMember "reject_sync_of_unknown_member",
        Coordinator FenceSyncOfStaleGeneration "fence_sync_of_stale_generation",
        Coordinator RejectSyncWithInconsistentProtocol "reject_sync_with_inconsistent_protocol",
        Coordinator RejectSyncWhilePreparing "reject_sync_while_preparing",
        Coordinator ParkSyncUntilLeader "park_sync_until_leader",
        Coordinator ReplaceParkedSync "replace_parked_sync",
        Coordinator StoreLeaderAssignment "store_leader_assignment",
        Coordinator HandOutAssignment "hand_out_assignment",
        Coordinator RepeatSyncAnswer "repeat_sync_answer",
        Coordinator CancelParkedSyncs "cancel_parked_syncs",
        Consumer LeadWithAssignment "lead_with_assignment",
        Consumer FollowWithoutAssignment "follow_without_assignment",
        Consumer ApplyAssignment "apply_assignment",
        Consumer RejoinAfterRevocation "rejoin_after_revocation",
        Consumer RejoinOnRebalanceInProgress "rejoin_on_rebalance_in_progress",
    }
    Heartbeat "heartbeat" {
        Coordinator AcceptHeartbeatWhileLoading "accept_heartbeat_while_loading",
        Coordinator RejectHeartbeatOfAbsentGroup "reject_heartbeat_of_absent_group",
        Coordinator RejectHeartbeatOfUnknownMember "reject_heartbeat_of_unknown_member",
        Coordinator FenceHeartbeatOfStaleGeneration "fence_heartbeat_of_stale_generation",
        Coordinator SignalRebalanceOnHeartbeat "signal_rebalance_on_heartbeat",
        Coordinator AcceptHeartbeat "accept_heartbeat",
        Consumer HeartbeatWhileStable "heartbeat_while_stable",
        Consumer IgnoreAnswerToEarlierGeneration "ignore_answer_to_earlier_generation",
    }
    Leave "leave" {
        Coordinator ReportLeaveOfAbsentGroup "report_leave_of_absent_group",
        Coordinator ReportLeaveOfUnknownMember "report_leave_of_unknown_member",
        Coordinator RemoveLeavingMember "remove_leaving_member",
        Coordinator RemoveLeavingPendingMember "remove_leaving_pending_member",
        Coordinator RebalanceOnLeave "rebalance_on_leave",
        Coordinator CompleteJoinOnLeave "complete_join_on_leave",
        Consumer LeaveOnClose "leave_on_close",
        Consumer LeaveOnPollTimeout "leave_on_poll_timeout",
    }
    Commit "commit" {
        Coordinator ReportUnknownPartitionOnCommit "report_unknown_partition_on_commit",
        Coordinator AcceptCommitToAbsentGroup "accept_commit_to_absent_group",
        Coordinator RejectCommitToAbsentGroup "reject_commit_to_absent_group",
        Coordinator AcceptCommitToEmptyGroup "accept_commit_to_empty_group",
        Coordinator RejectCommitWithoutIdentity "reject_commit_without_identity",
        Coordinator RejectCommitOfUnknownMember "reject_commit_of_unknown_member",
        Coordinator FenceCommitOfStaleGeneration "fence_commit_of_stale_generation",
        Coordinator RejectCommitWhileCompleting "reject_commit_while_completing",
        Coordinator AcceptCommit "accept_commit",
        Consumer CommitWhatWasProcessed "commit_what_was_processed",
        Consumer CommitOnlyWhileStable "commit_only_while_stable",
    }
    FetchOffsets "fetch_offsets" {
        Coordinator AnswerCommittedOffset "answer_committed_offset",
        Coordinator AnswerWithoutCommittedOffset "answer_without_committed_offset",
        Consumer ResumeFromCommittedOffset "resume_from_committed_offset",
    }
    StaticMembership "static_membership" {
        Coordinator AdmitStaticMember "admit_static_member",
        Coordinator ReplaceStaticMember "replace_static_member",
        Coordinator FenceReplacedStaticMember "fence_replaced_static_member",
        Coordinator RejectPendingMemberWithInstance "reject_pending_member_with_instance",
        Coordinator KeepAssignmentOnReplacement "keep_assignment_on_replacement",
        Coordinator AnswerReplacement "answer_replacement",
        Coordinator SkipAssignmentOfReplacedLeader "skip_assignment_of_replaced_leader",
        Coordinator NameReplacedLeader "name_replaced_leader",
        Coordinator UndoReplacement "undo_replacement",
        Coordinator RebalanceOnReplacement "rebalance_on_replacement",
        Coordinator CompleteJoinOnReplacement "complete_join_on_replacement",
        Coordinator KeepStaticMembersNotRejoined "keep_static_members_not_rejoined",
        Coordinator PostponeJoinWithoutRejoinedMembers "postpone_join_without_rejoined_members",
        Coordinator RemoveStaticMemberByInstance "remove_static_member_by_instance",
        Consumer StopWhenFenced "stop_when_fenced",
        Consumer KeepPlaceOfStaticMember "keep_place_of_static_member",
    }
    Transactions "transactions" {
        Coordinator RejectTxnCommitToAbsentGroup "reject_txn_commit_to_absent_group",
        Coordinator AcceptTxnCommitToEmptyGroup "accept_txn_commit_to_empty_group",
        Coordinator AcceptTxnCommitWithoutIdentity "accept_txn_commit_without_identity",
        Coordinator RejectTxnCommitOfUnknownMember "reject_txn_commit_of_unknown_member",
        Coordinator FenceTxnCommitOfStaleGeneration "fence_txn_commit_of_stale_generation",
        Coordinator AcceptTxnCommit "accept_txn_commit",
        Coordinator RefuseUnstableOffset "refuse_unstable_offset",
        Coordinator CommitTransaction "commit_transaction",
        Coordinator KeepLaterOffset "keep_later_offset",
        Coordinator AbortTransaction "abort_transaction",
        Coordinator KeepOffsetOfOpenTransaction "keep_offset_of_open_transaction",
        Coordinator DropOffsetOfOpenTransaction "drop_offset_of_open_transaction",
    }
    Administration "administration" {
        Coordinator RejectDeletionOfAbsentGroup "reject_deletion_of_absent_group",
        Coordinator RejectDeletionOfGroupWithMembers "reject_deletion_of_group_with_members",
        Coordinator DeleteEmptyGroup "delete_empty_group",
        Coordinator ReportUnknownPartitionOnDeletion "report_unknown_partition_on_deletion",
        Coordinator RejectOffsetDeletionOfAbsentGroup "reject_offset_deletion_of_absent_group",
        Coordinator RejectOffsetDeletionOfOtherGroup "reject_offset_deletion_of_other_group",
        Coordinator KeepOffsetOfSubscribedTopic "keep_offset_of_subscribed_topic",
        Coordinator DeleteOffset "delete_offset",
        Coordinator DeleteOffsetsOfDeletedTopic "delete_offsets_of_deleted_topic",
        Coordinator DescribeGroup "describe_group",
        Coordinator DescribeAbsentGroup "describe_absent_group",
        Coordinator ListGroups "list_groups",
    }
    Retention "retention" {
        Coordinator ExpireOffsetsOfEmptyGroup "expire_offsets_of_empty_group",
        Coordinator ExpireOffsetsOfSimpleGroup "expire_offsets_of_simple_group",
        Coordinator ExpireOffsetsOfUnreadTopic "expire_offsets_of_unread_topic",
        Coordinator ForgetGroupWithoutOffsets "forget_group_without_offsets",
    }
    Failover "failover" {
        Coordinator RefuseParkedRequestsOnResignation "refuse_parked_requests_on_resignation",
        Coordinator RestoreMembersAsStable "restore_members_as_stable",
        Coordinator RestoreGroupWithoutMembersAsEmpty "restore_group_without_members_as_empty",
        Coordinator ForgetGroupWithoutRecords "forget_group_without_records",
    }
    Timeouts "timeouts" {
        Coordinator RestartSessionTimer "restart_session_timer",
        Coordinator ExpireMemberSession "expire_member_session",
        Coordinator ExpirePendingMember "expire_pending_member",
        Coordinator ExpireJoiningMember "expire_joining_member",
        Coordinator IgnoreExpiryOfWaitingMember "ignore_expiry_of_waiting_member",
        Coordinator ExpireRebalanceTimeout "expire_rebalance_timeout",
        Coordinator ExtendInitialDelay "extend_initial_delay",
        Coordinator CompleteInitialRebalance "complete_initial_rebalance",
        Coordinator ExpirePendingSync "expire_pending_sync",
    }
    Assignment "assignment" {
        Consumer AssignByRange "assign_by_range",
        Consumer AssignByRoundRobin "assign_by_round_robin",
        Consumer AssignByStickiness "assign_by_stickiness",
        Consumer WithholdMovingPartitions "withhold_moving_partitions",
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(id: &str) -> Result<Self, UnknownRule> {
        Self::ALL.iter().copied().find(|rule| rule.id() == id).ok_or_else(|| UnknownRule(id.to_owned()))
    }
}
