//! Which rule a divergence is held against.

use muster_model::trace::{Answer, Response, Step};
use muster_specs::{Rule, Side};

use crate::compare::{Aspect, Divergence};

/// The rule that the system broke: the step's rules and what differs decide; by default the step's first rule.
/// `None` only for a step that names no rule of the coordinator.
pub fn blame(step: &Step, divergence: &Divergence) -> Option<Rule> {
    let rules = || step.rules.iter().copied().filter(|rule| rule.side() == Side::Coordinator);
    let suspects = suspects(step, divergence);
    suspects.iter().copied().find(|suspect| rules().any(|rule| rule == *suspect)).or_else(|| rules().next())
}

/// The rules that could have made this difference, most specific first.
fn suspects(step: &Step, divergence: &Divergence) -> &'static [Rule] {
    match divergence.aspect {
        Aspect::Error => rejecting(),
        Aspect::Generation => &[Rule::CompleteJoin, Rule::EmptyGroupWithoutMembers],
        Aspect::Protocol => &[Rule::SelectProtocol, Rule::CompleteJoin],
        Aspect::Leader => &[Rule::ElectLeader, Rule::CompleteJoin],
        Aspect::Member => &[Rule::RequireMemberId, Rule::AdmitMemberWithoutId, Rule::CompleteJoin],
        Aspect::Members => &[Rule::CompleteJoin],
        Aspect::Assignment => &[Rule::HandOutAssignment, Rule::RepeatSyncAnswer],
        Aspect::Offsets => &[Rule::AnswerCommittedOffset, Rule::AnswerWithoutCommittedOffset],
        Aspect::Missing | Aspect::Connection => {
            let answer = step.answers.iter().find(|a| a.connection == divergence.connection);
            answer.map_or(parking(), answering)
        }
        Aspect::Extra => parking(),
    }
}

/// The rules whose whole effect is an error code.
fn rejecting() -> &'static [Rule] {
    &[
        Rule::RejectWhenNotAvailable,
        Rule::RejectEmptyGroupId,
        Rule::RejectWhenNotCoordinator,
        Rule::RejectWhileLoading,
        Rule::RejectSessionTimeoutOutOfBounds,
        Rule::RejectJoinOfAbsentGroup,
        Rule::RejectJoinOverMaxSize,
        Rule::RejectJoinWithInconsistentProtocol,
        Rule::RequireMemberId,
        Rule::RejectJoinOfUnknownMember,
        Rule::RejectSyncWithoutProtocol,
        Rule::RejectSyncOfAbsentGroup,
        Rule::RejectSyncOfUnknownMember,
        Rule::FenceSyncOfStaleGeneration,
        Rule::RejectSyncWithInconsistentProtocol,
        Rule::RejectSyncWhilePreparing,
        Rule::RejectHeartbeatOfAbsentGroup,
        Rule::RejectHeartbeatOfUnknownMember,
        Rule::FenceHeartbeatOfStaleGeneration,
        Rule::SignalRebalanceOnHeartbeat,
        Rule::ReportLeaveOfAbsentGroup,
        Rule::ReportLeaveOfUnknownMember,
        Rule::ReportUnknownPartitionOnCommit,
        Rule::RejectCommitToAbsentGroup,
        Rule::RejectCommitWithoutIdentity,
        Rule::RejectCommitOfUnknownMember,
        Rule::FenceCommitOfStaleGeneration,
        Rule::RejectCommitWhileCompleting,
    ]
}

/// The rules that leave a request unanswered.
fn parking() -> &'static [Rule] {
    &[
        Rule::ReplaceParkedJoin,
        Rule::ReplaceParkedSync,
        Rule::ParkSyncUntilLeader,
        Rule::ExtendInitialDelay,
        Rule::WaitForAllMembers,
        Rule::DelayInitialRebalance,
        Rule::ParkRejoinWhilePreparing,
        Rule::IgnoreExpiryOfWaitingMember,
    ]
}

/// The rules that answer a request which has been parked.
fn answering(answer: &Answer) -> &'static [Rule] {
    match &answer.response {
        Response::JoinGroup { error, .. } if error == "NONE" => &[
            Rule::CompleteJoin,
            Rule::CompleteInitialRebalance,
            Rule::RepeatJoinAnswerWhileCompleting,
            Rule::RepeatJoinAnswerToFollower,
        ],
        Response::SyncGroup { error, .. } if error == "NONE" => {
            &[Rule::HandOutAssignment, Rule::RepeatSyncAnswer]
        }
        Response::SyncGroup { error, .. } if error == "REBALANCE_IN_PROGRESS" => {
            &[Rule::CancelParkedSyncs, Rule::RejectSyncWhilePreparing]
        }
        Response::FindCoordinator { .. }
        | Response::JoinGroup { .. }
        | Response::SyncGroup { .. }
        | Response::Heartbeat { .. }
        | Response::LeaveGroup { .. }
        | Response::OffsetCommit { .. }
        | Response::OffsetFetch { .. } => rejecting(),
    }
}
