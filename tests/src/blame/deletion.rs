//! What was deleted or has expired shows when somebody asks for it.

use muster_model::trace::Step;
use muster_specs::Rule;

use super::last_since_commit;
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
    if divergence.aspect == Aspect::Offsets {
        last_since_commit(before, &OF_OFFSETS)
    } else if divergence.aspect == Aspect::State {
        last_since_commit(before, &OF_GROUPS)
    } else {
        None
    }
}
