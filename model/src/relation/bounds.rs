//! What bounds the relation: a stated, small scenario.

use std::fmt;

use super::Place;
use crate::coordinator::{CoordinatorTimer, Member, Then};
use crate::types::{ProtocolName, ProtocolType};

/// What bounds the relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelationBounds {
    /// Members at once.
    pub members: usize,
    /// Pending ids at once.
    pub pending: usize,
    /// Members and pending ids at once.
    pub known: usize,
    /// Members that do not offer just `range` for the first topic.
    pub odd: usize,
    /// Requests that will never be answered.
    pub lost: usize,
    /// Writes that are not replicated.
    pub unreplicated: usize,
    /// Answers that wait for one.
    pub deferred: usize,
    /// Whether groups of another protocol type are among them, and timers of ids that went with their group.
    pub tools: bool,
}

impl fmt::Display for RelationBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { members, pending, known, odd, lost, unreplicated, deferred, tools } = self;
        write!(
            f,
            "{members} members, {pending} pending ids, {known} of both, {odd} odd protocol lists, {lost} lost requests"
        )?;
        if *unreplicated > 0 {
            write!(
                f,
                ", {unreplicated} writes that are not replicated, {deferred} answers that wait for one"
            )?;
        }
        if *tools {
            write!(f, ", groups of any protocol type")?;
        }
        Ok(())
    }
}

impl Place {
    /// Whether the place is to be explored further: within the bounds of a stated, small scenario.
    pub(super) fn within(&self, bounds: &RelationBounds) -> bool {
        // Kafka forgets a group whose first record is lost, but not its timers: they act on what nobody can reach.
        let Some(group) = &self.coordinator.group else {
            let idle = |timer: &CoordinatorTimer| matches!(timer, CoordinatorTimer::Session(_));
            let forgotten = bounds.tools && self.timers.iter().all(idle);
            return self.coordinator.resigned || self.timers.is_empty() || forgotten;
        };
        let plain = |m: &&Member| matches!(m.protocols.as_slice(), [p] if p.name == ProtocolName::Range && p.topics == super::alphabet::plain_topics());
        let odd = group.members.values().filter(|m| !plain(m)).count();
        let consumers = group.protocol_type.is_none_or(|t| t == ProtocolType::Consumer);
        let parked = group.members.values().filter(|m| m.awaits_anything()).count();
        let unreplicated = &self.coordinator.log.unreplicated;
        let waits = |then: &&Then| matches!(then, Then::Answer(..));
        let deferred = unreplicated.iter().flat_map(|write| &write.then).filter(waits).count();
        let lost = self.waiting.len() - parked - deferred;
        group.members.len() <= bounds.members
            && group.pending.len() <= bounds.pending
            && group.members.len() + group.pending.len() <= bounds.known
            && odd <= bounds.odd
            && lost <= bounds.lost
            && unreplicated.len() <= bounds.unreplicated
            && deferred <= bounds.deferred
            && (consumers || bounds.tools)
    }
}
