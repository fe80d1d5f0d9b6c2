//! Where judging can begin: with a group that nobody is in, or with a generation all of whose members were seen to
//! join.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use muster_reference::coordinator::{
    Client, Config, Coordinator, Generation, GroupId, GroupMetadata, JoinGroup, MemberId, MemberMetadata,
    ProtocolName, Record, Request, Timestamp,
};

use super::super::answer::{Answer, Joined};
use super::super::history::{Exchange, Happening, History};
use super::hypothesis::Hypothesis;

/// `REBALANCE_IN_PROGRESS`: what a member is told that is known.
const REBALANCE_IN_PROGRESS: i16 = 27;

/// Looks for where judging can begin, one happening after the other.
///
/// A group is taken to begin with what is seen of it, until an answer shows that it was under way; a generation all of
/// whose members were seen to be given their ids proves that it was not.
#[derive(Debug, Default)]
pub(super) struct Finder {
    /// Requests whose answers were not seen yet.
    unanswered: BTreeSet<usize>,
    /// Those of them that are `JoinGroup`, by the member id that they name.
    joins: BTreeMap<String, usize>,
    /// Ids that answers gave.
    given: BTreeSet<String>,
    /// Ids that `JoinGroup` requests named or were given.
    joined: BTreeSet<String>,
    is_under_way: bool,
}

/// What a happening tells of where judging can begin.
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// It began with what was seen first.
    FromTheBeginning,
    /// It was under way before: nothing is known of it yet.
    UnderWay,
    /// It was under way before; from this happening on it can be judged, from this state.
    From(Box<Hypothesis>),
}

impl Finder {
    /// Looks at the next happening. Every answer that will be seen to a request before it has been seen.
    pub(super) fn look(
        &mut self,
        history: &History,
        group: &GroupId,
        config: &Config,
        happening: Happening,
    ) -> Found {
        let place = match happening {
            Happening::Asked(place) => {
                self.asked(place, &history.exchanges[place]);
                return Found::Nothing;
            }
            Happening::Answered(place) => place,
        };
        let exchange = &history.exchanges[place];
        let shows = !self.is_under_way && self.shows_members(exchange);
        self.is_under_way |= shows;
        let found = match (self.complete(exchange), self.is_under_way) {
            (Some(joined), true) => {
                let mut state = before(history, group, config, joined, &self.joins);
                state.waiting = std::mem::take(&mut self.unanswered);
                state.counted = true;
                return Found::From(Box::new(state));
            }
            (None, true) if shows => Found::UnderWay,
            (None, true) => Found::Nothing,
            (_, false) => self.begins(exchange),
        };
        self.unanswered.remove(&place);
        if let Request::JoinGroup(join) = &exchange.request
            && self.joins.get(join.member.as_str()) == Some(&place)
        {
            self.joins.remove(join.member.as_str());
        }
        found
    }

    fn asked(&mut self, place: usize, exchange: &Exchange) {
        self.unanswered.insert(place);
        let Request::JoinGroup(join) = &exchange.request else { return };
        self.joins.insert(join.member.to_string(), place);
        if self.is_under_way {
            return;
        }
        self.joined.insert(join.member.to_string());
        if let Some((_, Answer::Join(joined))) = &exchange.answer {
            self.joined.insert(joined.member.clone());
        }
    }

    /// Whether an answer shows that somebody is a member of whom no answer told.
    fn shows_members(&self, exchange: &Exchange) -> bool {
        let Some((_, answer)) = &exchange.answer else { return false };
        if let Answer::Join(joined) = answer
            && joined.error == 0
            && !joined.members.keys().all(|m| self.given.contains(m) || self.joined.contains(m))
        {
            return true;
        }
        let is_known = [0, REBALANCE_IN_PROGRESS].contains(&answer.error());
        is_known && member(exchange).is_some_and(|member| !self.given.contains(member))
    }

    /// The answer to a leader whose members' joins were all seen, and are all still unanswered.
    fn complete<'h>(&self, exchange: &'h Exchange) -> Option<&'h Joined> {
        let Some((_, Answer::Join(joined))) = &exchange.answer else { return None };
        let waits = |member: &String| self.joins.contains_key(member);
        let all = joined.error == 0 && !joined.members.is_empty() && joined.members.keys().all(waits);
        all.then_some(joined)
    }

    /// Learns the ids that an answer gives. A leader that is told of its members proves that all are known.
    fn begins(&mut self, exchange: &Exchange) -> Found {
        let Some((_, Answer::Join(joined))) = &exchange.answer else { return Found::Nothing };
        self.given.insert(joined.member.clone());
        if joined.error == 0 && !joined.members.is_empty() { Found::FromTheBeginning } else { Found::Nothing }
    }

    /// Whether an answer has shown that it was.
    pub(super) fn is_under_way(&self) -> bool {
        self.is_under_way
    }

    /// Answers that are awaited for too long to come.
    pub(super) fn forget(&mut self, is_gone: impl Fn(usize) -> bool) {
        self.unanswered.retain(|place| !is_gone(*place));
        self.joins.retain(|_, place| !is_gone(*place));
    }
}

/// The member that a request speaks for, if it names one and asks as a member.
fn member(exchange: &Exchange) -> Option<&str> {
    let named = match &exchange.request {
        Request::JoinGroup(request) => &request.member,
        Request::SyncGroup(request) => &request.member,
        Request::Heartbeat(request) => &request.member,
        Request::OffsetCommit(request) if request.generation.0 >= 0 => &request.member,
        Request::OffsetCommit(_)
        | Request::TxnOffsetCommit(_)
        | Request::LeaveGroup(_)
        | Request::FindCoordinator(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => return None,
    };
    Some(named.as_str()).filter(|member| !member.is_empty())
}

/// The group as it was before that generation, as far as what follows depends on it.
fn before(
    history: &History,
    group: &GroupId,
    config: &Config,
    joined: &Joined,
    joins: &BTreeMap<String, usize>,
) -> Hypothesis {
    let requests: BTreeMap<&String, (&Exchange, &JoinGroup)> = joined
        .members
        .keys()
        .filter_map(|member| {
            let exchange = &history.exchanges[*joins.get(member)?];
            let Request::JoinGroup(join) = &exchange.request else { return None };
            Some((member, (exchange, join)))
        })
        .collect();
    let members = requests.iter().map(|(member, (exchange, join))| {
        let metadata = MemberMetadata {
            client: Client::new(exchange.client_id.as_str(), ""),
            instance: join.instance.clone(),
            session_timeout_ms: join.session_timeout_ms,
            rebalance_timeout_ms: join.rebalance_timeout_ms,
            // Other than what it brings, or its JoinGroup would be one that changes nothing.
            subscription: Bytes::from_static(b"unknown"),
            assignment: Bytes::new(),
        };
        (MemberId::from(member.as_str()), metadata)
    });
    let leader = MemberId::from(joined.leader.as_str());
    let value = GroupMetadata {
        generation: Generation(joined.generation - 1),
        protocol_type: requests.values().next().map(|(_, join)| join.protocol_type.clone()),
        protocol: Some(ProtocolName::from(joined.protocol.as_str())),
        leader: Some(leader.clone()),
        empty_since: None,
        members: members.collect(),
    };
    let record = Record::GroupMetadata { group: group.clone(), value };
    // Its timers began before anything was seen; the JoinGroups set them anew.
    let (coordinator, _timers) = Coordinator::restore(config.clone(), [record.clone()], Timestamp(0));
    let mut state = Hypothesis::of(coordinator);
    state.led = Some(leader);
    state.log.note(record);
    state
}
