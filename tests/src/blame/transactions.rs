//! What transactions hold, and what their end makes of it, shows when somebody asks for the offset.

use muster_model::trace::{Event, Request, Step};
use muster_specs::Rule;

use super::rules;
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

/// The rule of a transaction that was followed last, if nothing was committed by itself since, and the offset that is told is
/// not the one that was to be, or is held back and was not to be.
pub(super) fn not_committed(step: &Step, before: &[Step], divergence: &Divergence) -> Option<Rule> {
    if !matches!(step.event, Event::Request { request: Request::OffsetFetch { .. }, .. }) {
        return None;
    }
    let suspects: &[Rule] = match divergence.aspect {
        Aspect::Offsets => &SILENT,
        Aspect::Error if !step.rules.contains(&Rule::RefuseUnstableOffset) => &[
            Rule::DropOffsetOfOpenTransaction,
            Rule::CommitTransaction,
            Rule::KeepLaterOffset,
            Rule::AbortTransaction,
        ],
        Aspect::Error
        | Aspect::State
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
    let mut since = before.iter().rev().take_while(|step| !commits_by_itself(step));
    since.find_map(|step| suspects.iter().copied().find(|suspect| rules(step).any(|rule| rule == *suspect)))
}

fn commits_by_itself(step: &Step) -> bool {
    matches!(step.event, Event::Request { request: Request::OffsetCommit { .. }, .. })
}
