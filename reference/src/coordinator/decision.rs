//! A decision in the making: what was decided so far, and the groups as they will be.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_specs::Rule;

use super::change::{Change, GroupChange, Then};
use super::config::{Config, Release};
use super::group::{Group, Member};
use super::ids::{GroupId, InstanceId, MemberId, Position, RequestId, Timestamp};
use super::input::{Client, TimerKey};
use super::mutation::Mutation;
use super::record::Record;
use super::response::Response;
use super::state::{self, State};
use super::transition::{Effect, Transition};

/// Who sent the request that is being decided.
pub(super) struct Call {
    pub(super) id: RequestId,
    pub(super) client: Client,
    pub(super) fresh_member_id: MemberId,
}

/// A decision in the making. A change is recorded, and made on a copy of its group alone, so that the next rule
/// sees it; the coordinator's own state is only read.
pub(super) struct Decision<'a> {
    pub(super) config: &'a Config,
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
    drafts: BTreeMap<GroupId, Option<Group>>,
    log_end: Position,
    last_appended: Option<Position>,
    transition: Transition,
}

impl<'a> Decision<'a> {
    pub(super) fn new(config: &'a Config, state: &'a State, now: Timestamp) -> Self {
        Self {
            config,
            state,
            now,
            drafts: BTreeMap::new(),
            log_end: state.log_end,
            last_appended: None,
            transition: Transition::default(),
        }
    }

    pub(super) fn finish(self) -> Transition {
        self.transition
    }

    /// Whether this defect is switched on.
    pub(super) fn mutated(&self, mutation: Mutation) -> bool {
        self.config.is_mutated(mutation)
    }

    /// The group, as decided so far.
    pub(super) fn group(&self, id: &GroupId) -> Option<&Group> {
        match self.drafts.get(id) {
            Some(draft) => draft.as_ref(),
            None => self.state.groups.get(id),
        }
    }

    /// The member, as decided so far.
    pub(super) fn member(&self, group: &GroupId, member: &MemberId) -> Option<&Member> {
        self.group(group).and_then(|group| group.members.get(member))
    }

    /// Whether a member is there, and the one of its instance id if it names one (`ClassicGroup.validateMember`).
    pub(super) fn knows(&self, group: &GroupId, member: &MemberId, instance: Option<&InstanceId>) -> bool {
        let named = |value: &Member| instance.is_none() || value.instance.as_ref() == instance;
        self.member(group, member).is_some_and(named)
    }

    /// Notes that a rule is followed.
    pub(super) fn follow(&mut self, rule: Rule) {
        self.transition.rules.push(rule);
    }

    /// Changes a group in memory.
    pub(super) fn change(&mut self, group: &GroupId, change: GroupChange) {
        let draft = self.drafts.entry(group.clone()).or_insert_with(|| self.state.groups.get(group).cloned());
        state::evolve(draft, &change);
        self.transition.changes.push(Change::Group { group: group.clone(), change });
    }

    /// Changes something other than a group in memory.
    pub(super) fn note(&mut self, change: Change) {
        if let Change::Lost { first } = change {
            self.log_end = self.log_end.min(first);
        }
        self.transition.changes.push(change);
    }

    /// Appends a record to the log.
    pub(super) fn append(&mut self, record: Record) -> Position {
        let position = self.log_end;
        self.log_end = Position(position.0.saturating_add(1));
        self.last_appended = Some(position);
        self.transition.changes.push(Change::Append { position, record });
        position
    }

    /// Has something happen when the record at `position` is replicated, or lost.
    pub(super) fn wait_for(&mut self, position: Position, then: Then) {
        self.transition.changes.push(Change::Await { position, then });
    }

    /// The last record that is written but not replicated, this decision's own included.
    pub(super) fn last_uncommitted(&self) -> Option<Position> {
        let before =
            || self.state.uncommitted.range(..self.log_end).next_back().map(|(position, _)| *position);
        self.last_appended.or_else(before)
    }

    /// So many effects follow: in a group of thousands, to make room little by little takes twice the memory.
    pub(super) fn expect_effects(&mut self, count: usize) {
        self.transition.effects.reserve(count);
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, id: RequestId, response: Response) {
        self.transition.effects.push(Effect::Answer { id, response, after: None });
    }

    /// Answers a request, resting on a record that is replicated.
    pub(super) fn answer_after(&mut self, id: RequestId, response: Response, after: Position) {
        self.transition.effects.push(Effect::Answer { id, response, after: Some(after) });
    }

    /// Answers a request that may write. 4.3 holds such an answer back until all that it may have seen is replicated
    /// (`CoordinatorRuntime`'s deferred events); JoinGroup and SyncGroup answer past that.
    pub(super) fn answer_write(&mut self, id: RequestId, response: Response) {
        match self.config.release {
            Release::V3_9 => self.answer(id, response),
            Release::V4_3 => self.answer_when_committed(id, response),
        }
    }

    /// Answers a request once all that it may have seen is replicated.
    pub(super) fn answer_when_committed(&mut self, id: RequestId, response: Response) {
        match self.last_uncommitted() {
            Some(position) => self.wait_for(position, Then::Answer { id, response }),
            None => self.answer(id, response),
        }
    }

    /// Sets a timer; negative times are zero.
    pub(super) fn set_timer(&mut self, key: TimerKey, after_ms: i32) {
        let after = Duration::from_millis(u64::try_from(after_ms).unwrap_or(0));
        self.transition.effects.push(Effect::SetTimer { key, after });
    }

    /// Cancels a timer.
    pub(super) fn cancel_timer(&mut self, key: TimerKey) {
        self.transition.effects.push(Effect::CancelTimer { key });
    }

    /// Cancels a member's session.
    pub(super) fn cancel_session(&mut self, group: &GroupId, member: &MemberId) {
        self.cancel_timer(TimerKey::Session { group: group.clone(), member: member.clone() });
    }
}
