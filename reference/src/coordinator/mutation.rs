//! Deliberate defects. A conformance test that does not notice one of them is too weak.

use std::fmt;
use std::str::FromStr;

use muster_specs::Rule;

macro_rules! mutations {
    ($( $variant:ident $id:literal $rule:ident $text:literal )*) => {
        /// A deliberate defect: one small deviation at one place. It takes effect only if the crate is built with the
        /// feature `mutations`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Mutation {
            $(
                #[doc = $text]
                #[allow(clippy::doc_markdown, reason = "the sentence is printed too")]
                $variant,
            )*
        }

        impl Mutation {
            /// Every mutation.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// Its name on the command line.
            pub const fn id(self) -> &'static str {
                match self { $( Self::$variant => $id, )* }
            }

            /// The rule that it breaks.
            pub const fn rule(self) -> Rule {
                match self { $( Self::$variant => Rule::$rule, )* }
            }

            /// What it does, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
        }
    };
}

mutations! {
    AcceptStaleCommit "accept_stale_commit" FenceCommitOfStaleGeneration
        "An OffsetCommit is accepted whatever its generation."
    AcceptCommitOfUnknownMember "accept_commit_of_unknown_member" RejectCommitOfUnknownMember
        "An OffsetCommit with the group's generation is accepted from anyone."
    AcceptCommitWhileCompleting "accept_commit_while_completing" RejectCommitWhileCompleting
        "An OffsetCommit is accepted in CompletingRebalance."
    KeepGenerationOnRebalance "keep_generation_on_rebalance" CompleteJoin
        "A completed join keeps the generation of the one before."
    CompleteJoinAtOnce "complete_join_at_once" WaitForAllMembers
        "A join completes as soon as one member has joined."
    NameEveryMemberLeader "name_every_member_leader" ElectLeader
        "Every JoinGroup answer names its own member as the leader."
    StableOnFollowerSync "stable_on_follower_sync" ParkSyncUntilLeader
        "A follower's SyncGroup makes the group Stable with empty assignments."
    SkipMemberIdRequired "skip_member_id_required" RequireMemberId
        "A member without an id is admitted at once, whatever the version of its JoinGroup."
    NeverExpirePendingMember "never_expire_pending_member" ExpirePendingMember
        "A member id that was given out is kept for ever."
    NeverExpirePendingSync "never_expire_pending_sync" ExpirePendingSync
        "A member that never sends its SyncGroup is kept."
    HideRebalanceFromHeartbeat "hide_rebalance_from_heartbeat" SignalRebalanceOnHeartbeat
        "A Heartbeat in PreparingRebalance is answered without an error."
    RejectHeartbeatWhileCompleting "reject_heartbeat_while_completing" AcceptHeartbeat
        "A Heartbeat in CompletingRebalance is answered with REBALANCE_IN_PROGRESS."
    AcceptStaleSync "accept_stale_sync" FenceSyncOfStaleGeneration
        "A SyncGroup is accepted whatever its generation."
    ReplaceAssignmentWhenStable "replace_assignment_when_stable" RepeatSyncAnswer
        "A SyncGroup of the leader in Stable replaces the assignments."
    AbsentGroupNotFound "absent_group_not_found" RejectHeartbeatOfAbsentGroup
        "A Heartbeat to an absent group is answered with GROUP_ID_NOT_FOUND."
    ResetGenerationWhenEmpty "reset_generation_when_empty" EmptyGroupWithoutMembers
        "A group that becomes Empty starts again at generation 0."
    KeepMemberThatLeaves "keep_member_that_leaves" RemoveLeavingMember
        "A member that leaves is told so and kept."
    IgnoreLeaderRejoin "ignore_leader_rejoin" RebalanceOnLeaderRejoin
        "An unchanged leader that rejoins in Stable gets the current generation, as a follower does."
    ForgetOffsetsOnRebalance "forget_offsets_on_rebalance" AnswerCommittedOffset
        "A completed join drops the group's committed offsets."
    AssignToWrongMember "assign_to_wrong_member" HandOutAssignment
        "The first two members get each other's assignments."
    AdmitKnownInstance "admit_known_instance" ReplaceStaticMember
        "A JoinGroup with a known instance id and no member id adds a member in place of replacing one."
    RequireIdOfStaticMember "require_id_of_static_member" AdmitStaticMember
        "A static member without an id is sent away with one first."
    TakeReplacedMemberForUnknown "take_replaced_member_for_unknown" FenceReplacedStaticMember
        "A static member that was replaced is told that it is unknown, and joins again."
    RebalanceOnEveryReplacement "rebalance_on_every_replacement" KeepAssignmentOnReplacement
        "A static member that comes back starts a rebalance."
    LetReplacedLeaderAssign "let_replaced_leader_assign" SkipAssignmentOfReplacedLeader
        "A leader that comes back is not told to skip the assignment."
    HideLeadershipFromReturned "hide_leadership_from_returned" SkipAssignmentOfReplacedLeader
        "A leader that comes back is told that the id that it had leads."
    NameNewLeaderToOldClient "name_new_leader_to_old_client" NameReplacedLeader
        "A leader that comes back with an old version is told that it leads."
    RemoveStaticMembersNotRejoined "remove_static_members_not_rejoined" KeepStaticMembersNotRejoined
        "A join that completes removes the static members that are not there."
    IgnoreRemovalByInstance "ignore_removal_by_instance" RemoveStaticMemberByInstance
        "A LeaveGroup with an instance id and no member id finds nobody."
    AnswerReplacementWhileCompleting "answer_replacement_while_completing" RebalanceOnReplacement
        "A static member that comes back while the assignment is awaited is answered without a rebalance."
    AcceptCommitOfReplacedMember "accept_commit_of_replaced_member" FenceReplacedStaticMember
        "An OffsetCommit of a static member that was replaced is accepted."
    AdmitWhileCompleting "admit_while_completing" WaitForAllMembers
        "A member that joins while the assignment is awaited is admitted to the present generation."
    HandOutWholeAssignment "hand_out_whole_assignment" HandOutAssignment
        "Every member is handed the longest assignment of all."
    AnswerOffsetPastCommitted "answer_offset_past_committed" AnswerCommittedOffset
        "OffsetFetch answers the offset after the committed one."
    NeverExpireSession "never_expire_session" ExpireMemberSession
        "A member that stops its heartbeats is kept."
    KeepReplacementInMemory "keep_replacement_in_memory" KeepAssignmentOnReplacement
        "A static member that comes back is told its new id, and the log has the old one."
    RestoreOlderRecord "restore_older_record" RestoreMembersAsStable
        "Of the records of a group the first with members counts when the log is read."
    UnloadAfterLoad "unload_after_load" RestoreMembersAsStable
        "What was read of the log is forgotten again."
    DeleteGroupWithMembers "delete_group_with_members" RejectDeletionOfGroupWithMembers
        "A DeleteGroups deletes a group whoever is in it."
    KeepOffsetsOfDeletedGroup "keep_offsets_of_deleted_group" DeleteEmptyGroup
        "A group is deleted, and its committed offsets are kept."
    DeleteOffsetOfSubscribedTopic "delete_offset_of_subscribed_topic" KeepOffsetOfSubscribedTopic
        "An OffsetDelete deletes the offset of a topic that the group reads."
    ExpireOffsetsByCommit "expire_offsets_by_commit" ExpireOffsetsOfEmptyGroup
        "The offsets of an Empty group expire by the time of their commit."
    ExpireOffsetsOfReadTopic "expire_offsets_of_read_topic" ExpireOffsetsOfUnreadTopic
        "The offsets of a group with members expire, also those of topics that it reads."
    KeepGroupWithoutOffsets "keep_group_without_offsets" ForgetGroupWithoutOffsets
        "An Empty group without offsets is kept for ever."
    AcceptTxnCommitOfAnyone "accept_txn_commit_of_anyone" FenceTxnCommitOfStaleGeneration
        "A TxnOffsetCommit is accepted whatever member and generation it names."
    CommitOverLaterOffset "commit_over_later_offset" KeepLaterOffset
        "A transaction that is committed puts its offset in the place of one that was committed after it."
    CountTxnCommitAtOnce "count_txn_commit_at_once" AcceptTxnCommit
        "The offsets of a TxnOffsetCommit are committed before the transaction is."
    AnswerUnstableOffset "answer_unstable_offset" RefuseUnstableOffset
        "OffsetFetch with require_stable answers what was committed before, whatever is pending."
    CommitAbortedTransaction "commit_aborted_transaction" AbortTransaction
        "The offsets of a transaction that is aborted are committed."
    ForgetCommittedTransaction "forget_committed_transaction" CommitTransaction
        "The offsets of a transaction that is committed are forgotten."
    ExpireOffsetOfOpenTransaction "expire_offset_of_open_transaction" KeepOffsetOfOpenTransaction
        "An offset expires although a transaction is about to move it."
    KeepPendingOffsetOnDeletion "keep_pending_offset_on_deletion" DropOffsetOfOpenTransaction
        "What is pending outlives the deletion of its partition's offset."
}

/// A mutation's id is not one of [`Mutation::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown mutation '{0}'; there are: {known}", known = ids())]
pub struct UnknownMutation(String);

fn ids() -> String {
    Mutation::ALL.iter().map(|mutation| mutation.id()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Mutation {
    type Err = UnknownMutation;

    fn from_str(id: &str) -> Result<Self, UnknownMutation> {
        let found = Self::ALL.iter().copied().find(|mutation| mutation.id() == id);
        found.ok_or_else(|| UnknownMutation(id.to_owned()))
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
