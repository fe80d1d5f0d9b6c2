//! What was deleted or has expired shows when somebody asks for it.

use muster_model::trace::{Event, Request, Step};
use muster_specs::Rule;

use super::rules;
use crate::compare::{Aspect, Divergence};

/// The rules that take offsets away, or leave them.
const OF_OFFSETS: [Rule; 6] = [
    Rule::DeleteEmptyGroup,
    Rule::DeleteOffset,
    Rule::KeepOffsetOfSubscribedTopic,
    Rule::ExpireOffsetsOfUnreadTopic,
    Rule::ExpireOffsetsOfEmptyGroup,
    Rule::ExpireOffsetsOfSimpleGroup,
];

/// The rules that take the group away.
const OF_GROUPS: [Rule; 2] = [Rule::ForgetGroupWithoutOffsets, Rule::DeleteEmptyGroup];

/// The rule of the last deletion or expiry, if nothing was committed since, and an offset or the group is there or not
/// other than it was to be.
pub(super) fn not_deleted(before: &[Step], divergence: &Divergence) -> Option<Rule> {
    let suspects: &[Rule] = match divergence.aspect {
        Aspect::Offsets => &OF_OFFSETS,
        Aspect::State => &OF_GROUPS,
        Aspect::Error
        | Aspect::Generation
        | Aspect::Protocol
        | Aspect::Leader
        | Aspect::Member
        | Aspect::Members
        | Aspect::SkipAssignment
        | Aspect::Assignment
        | Aspect::Timers
        | Aspect::Rules
        | Aspect::Missing
        | Aspect::Connection
        | Aspect::Extra => return None,
    };
    let mut since = before.iter().rev().take_while(|step| !is_commit(step));
    since.find_map(|step| suspects.iter().copied().find(|suspect| rules(step).any(|rule| rule == *suspect)))
}

fn is_commit(step: &Step) -> bool {
    matches!(step.event, Event::Request { request: Request::OffsetCommit { .. }, .. })
}
