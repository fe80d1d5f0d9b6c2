//! What transactions hold, and what their end makes of it, shows when somebody asks for the offset.

use muster_model::trace::{Event, Request, Step};
use muster_specs::Rule;

use super::last_since_commit;
use crate::compare::{Aspect, Divergence};

/// The rules of which the answer to whoever asks next tells.
const SILENT: [Rule; 7] = [
    Rule::KeepLaterOffset,
    Rule::CommitTransaction,
    Rule::AbortTransaction,
    Rule::KeepOffsetOfOpenTransaction,
    Rule::AcceptTxnCommit,
    Rule::AcceptTxnCommitWithoutIdentity,
    Rule::AcceptTxnCommitToEmptyGroup,
];

/// The rules after which nothing is held back any longer.
const ENDS: [Rule; 4] = [
    Rule::DropOffsetOfOpenTransaction,
    Rule::CommitTransaction,
    Rule::KeepLaterOffset,
    Rule::AbortTransaction,
];

/// The rule of a transaction that was followed last, if nothing was committed by itself since, and the offset that is told is
/// not the one that was to be, or is held back and was not to be.
pub(super) fn not_committed(step: &Step, before: &[Step], divergence: &Divergence) -> Option<Rule> {
    if !matches!(step.event, Event::Request { request: Request::OffsetFetch { .. }, .. }) {
        return None;
    }
    if divergence.aspect == Aspect::Offsets {
        last_since_commit(before, &SILENT)
    } else if divergence.aspect == Aspect::Error && !step.rules.contains(&Rule::RefuseUnstableOffset) {
        last_since_commit(before, &ENDS)
    } else {
        None
    }
}
