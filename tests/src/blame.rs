//! Which rule a divergence is held against.

mod deletion;
mod failover;
mod transactions;

use muster_model::trace::{Answer, Event, Request, Response, Step};
use muster_specs::{Rule, Side};

use crate::compare::{Aspect, Divergence};
use deletion::not_deleted;
use failover::not_restored;
use transactions::not_committed;

/// The rule that the system broke, with the steps up to the one that diverges: its rules and what differs decide;
/// by default the step's first rule. `None` only for a step that names no rule of the coordinator.
///
/// What a timer or a departure does to others without an answer shows in the next step only, so that step's
/// divergence is held against the rule of the silent one.
pub fn blame(steps: &[Step], divergence: &Divergence) -> Option<Rule> {
    let (step, before) = steps.split_last()?;
    let last = before.iter().rev().find(|step| concerns_broker(step));
    if let Some(silent) = last.filter(|last| is_silent(last) && !is_timer(step)) {
        return rules(silent).next();
    }
    if let Some(rule) = not_restored(step, before, divergence) {
        return Some(rule);
    }
    if let Some(rule) = not_committed(step, before, divergence) {
        return Some(rule);
    }
    if let Some(rule) = not_deleted(before, divergence) {
        return Some(rule);
    }
    let emptied = || before.iter().any(|step| step.rules.contains(&Rule::EmptyGroupWithoutMembers));
    if divergence.aspect == Aspect::Generation
        && step.rules.contains(&Rule::CompleteInitialRebalance)
        && emptied()
    {
        return Some(Rule::EmptyGroupWithoutMembers);
    }
    first_of(suspects(step, divergence), step).or_else(|| rules(step).next())
}

/// The first of these rules that the last step followed that followed any, if no offset was committed by itself since.
fn last_since_commit(before: &[Step], suspects: &[Rule]) -> Option<Rule> {
    let commits =
        |step: &&Step| matches!(step.event, Event::Request { request: Request::OffsetCommit { .. }, .. });
    before.iter().rev().take_while(|step| !commits(step)).find_map(|step| first_of(suspects, step))
}

/// The first of these rules that a step follows.
fn first_of(suspects: &[Rule], step: &Step) -> Option<Rule> {
    suspects.iter().copied().find(|suspect| rules(step).any(|rule| rule == *suspect))
}

fn rules(step: &Step) -> impl Iterator<Item = Rule> {
    step.rules.iter().copied().filter(|rule| rule.side() == Side::Coordinator)
}

fn concerns_broker(step: &Step) -> bool {
    matches!(step.event, Event::Request { .. } | Event::Timer { .. } | Event::Control { .. })
}

fn is_timer(step: &Step) -> bool {
    matches!(step.event, Event::Timer { .. })
}

/// Whether the step changes what others see without telling them.
fn is_silent(step: &Step) -> bool {
    let removes = [Rule::RemoveLeavingMember, Rule::RemoveStaticMemberByInstance];
    let leaves = removes.iter().any(|rule| step.rules.contains(rule)) && step.answers.len() == 1;
    (is_timer(step) && step.answers.is_empty()) || leaves
}

/// The rules that could have made this difference, most specific first.
fn suspects(step: &Step, divergence: &Divergence) -> &'static [Rule] {
    match divergence.aspect {
        Aspect::Error => rejecting(),
        Aspect::Generation => &[
            Rule::KeepAssignmentOnReplacement,
            Rule::RebalanceOnReplacement,
            Rule::CompleteJoin,
            Rule::EmptyGroupWithoutMembers,
        ],
        Aspect::Protocol => &[Rule::SelectProtocol, Rule::CompleteJoin],
        Aspect::Leader => &[
            Rule::NameReplacedLeader,
            Rule::SkipAssignmentOfReplacedLeader,
            Rule::ElectLeader,
            Rule::CompleteJoin,
        ],
        Aspect::Member => &[Rule::RequireMemberId, Rule::AdmitMemberWithoutId, Rule::CompleteJoin],
        Aspect::Members => &[Rule::KeepStaticMembersNotRejoined, Rule::CompleteJoin],
        Aspect::SkipAssignment => &[Rule::SkipAssignmentOfReplacedLeader, Rule::CompleteJoin],
        Aspect::Assignment => &[Rule::HandOutAssignment, Rule::RepeatSyncAnswer],
        Aspect::Timers => &[Rule::RestartSessionTimer],
        Aspect::State => &[Rule::DescribeGroup, Rule::DescribeAbsentGroup, Rule::ListGroups],
        Aspect::Offsets => &[Rule::AnswerCommittedOffset, Rule::AnswerWithoutCommittedOffset],
        // A timer that did not act: its own rule is the first of its step.
        // A rule that is not followed is told by itself, and its own rule is the first otherwise.
        Aspect::Rules => &[],
        Aspect::Missing | Aspect::Connection if is_timer(step) => &[],
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
        Rule::RejectTxnCommitToAbsentGroup,
        Rule::RejectTxnCommitOfUnknownMember,
        Rule::FenceTxnCommitOfStaleGeneration,
        Rule::RefuseUnstableOffset,
        Rule::RejectDeletionOfAbsentGroup,
        Rule::RejectDeletionOfGroupWithMembers,
        Rule::RejectOffsetDeletionOfAbsentGroup,
        Rule::RejectOffsetDeletionOfOtherGroup,
        Rule::KeepOffsetOfSubscribedTopic,
    ]
}

/// The rules that leave a request unanswered.
fn parking() -> &'static [Rule] {
    &[
        Rule::ReplaceParkedJoin,
        Rule::ReplaceParkedSync,
        Rule::RebalanceOnLeaderRejoin,
        Rule::RebalanceOnChangedMetadata,
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
            Rule::AnswerReplacement,
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
        | Response::TxnOffsetCommit { .. }
        | Response::OffsetFetch { .. }
        | Response::DeleteGroups { .. }
        | Response::OffsetDelete { .. }
        | Response::DescribeGroups { .. }
        | Response::ListGroups { .. } => rejecting(),
    }
}

#[cfg(test)]
mod tests;
