//! A coordinator that has read its log, and does not know what is in it.

use muster_model::trace::{Control, Event, Request, Response, Step};
use muster_specs::Rule;

use crate::compare::{Aspect, Divergence};

/// What a member is told whom, or whose generation, the coordinator does not know.
const NOT_KNOWN: [&str; 2] = ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"];

/// The rule of a failover that was not kept, if nothing since the log was read explains that a member or its generation is
/// not known: that of the replacement which had made the member, if one had, or that of the restoration.
pub(super) fn not_restored(step: &Step, before: &[Step], divergence: &Divergence) -> Option<Rule> {
    let told = |error: &&str| divergence.actual.contains(error) && !divergence.expected.contains(error);
    let is_unknown = divergence.aspect == Aspect::Error && NOT_KNOWN.iter().any(told);
    let is_generation = divergence.aspect == Aspect::Generation;
    let elected = before.iter().rposition(is_election).filter(|_| is_unknown || is_generation)?;
    let (known, since) = before.split_at(elected);
    let restored = since.first()?.rules.contains(&Rule::RestoreMembersAsStable);
    if !restored || since[1..].iter().any(may_remove) {
        return None;
    }
    if is_generation {
        let counted = since.iter().any(|step| step.rules.contains(&Rule::CompleteJoin));
        return (!counted).then_some(Rule::RestoreMembersAsStable);
    }
    let member = member(step)?;
    let made = |step: &Step| {
        step.rules.contains(&Rule::KeepAssignmentOnReplacement)
            && step.answers.iter().any(|answer| matches!(&answer.response, Response::JoinGroup { member: made, .. } if made == member))
    };
    let is_replaced = divergence.actual.contains(NOT_KNOWN[0]) && known.iter().any(made);
    Some(if is_replaced { Rule::KeepAssignmentOnReplacement } else { Rule::RestoreMembersAsStable })
}

fn is_election(step: &Step) -> bool {
    matches!(step.event, Event::Control { control: Control::Elect })
}

fn may_remove(step: &Step) -> bool {
    match &step.event {
        Event::Timer { .. } | Event::Request { request: Request::LeaveGroup { .. }, .. } => true,
        Event::Request { .. } | Event::Control { .. } | Event::Answer { .. } | Event::Consumer { .. } => {
            false
        }
    }
}

fn member(step: &Step) -> Option<&str> {
    let Event::Request { request, .. } = &step.event else { return None };
    match request {
        Request::JoinGroup { member, .. }
        | Request::SyncGroup { member, .. }
        | Request::Heartbeat { member, .. }
        | Request::OffsetCommit { member, .. }
        | Request::TxnOffsetCommit { member, .. } => Some(member),
        Request::FindCoordinator { .. }
        | Request::LeaveGroup { .. }
        | Request::OffsetFetch { .. }
        | Request::DeleteGroups { .. }
        | Request::OffsetDelete { .. }
        | Request::DescribeGroups { .. }
        | Request::ListGroups { .. } => None,
    }
}
