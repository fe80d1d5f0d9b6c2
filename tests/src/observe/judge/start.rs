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

/// A known state, and what is judged from it.
pub(super) struct Start {
    pub(super) state: Hypothesis,
    /// The first happening that is judged.
    pub(super) from: usize,
}

/// `REBALANCE_IN_PROGRESS`: what a member is told that is known.
const REBALANCE_IN_PROGRESS: i16 = 27;

/// Finds it; none if the recording does not tell enough.
pub(super) fn find(
    history: &History,
    group: &GroupId,
    config: &Config,
    happenings: &[Happening],
) -> Option<Start> {
    if !is_under_way(history, happenings) {
        return Some(Start { state: Hypothesis::new(Coordinator::new(config.clone())), from: 0 });
    }
    let mut unanswered = BTreeSet::new();
    let mut joins: BTreeMap<String, usize> = BTreeMap::new();
    for (at, happening) in happenings.iter().enumerate() {
        match *happening {
            Happening::Asked(place) => {
                unanswered.insert(place);
                if let Request::JoinGroup(join) = &history.exchanges[place].request {
                    joins.insert(join.member.to_string(), place);
                }
            }
            Happening::Answered(place) => {
                if let Some(joined) = complete(history, place, &joins, &unanswered) {
                    let mut state = before(history, group, config, joined, &joins);
                    state.waiting = unanswered;
                    state.counted = true;
                    return Some(Start { state, from: at });
                }
                unanswered.remove(&place);
            }
        }
    }
    None
}

/// Whether somebody is a member of whom no answer told.
fn is_under_way(history: &History, happenings: &[Happening]) -> bool {
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for happening in happenings {
        let Happening::Answered(place) = *happening else { continue };
        let exchange = &history.exchanges[place];
        let Some((_, answer)) = &exchange.answer else { continue };
        if let Answer::Join(joined) = answer
            && joined.error == 0
            && !joined.members.keys().all(|m| given.contains(m.as_str()) || joins(history, happenings, m))
        {
            return true;
        }
        let known = [0, REBALANCE_IN_PROGRESS].contains(&answer.error());
        if known && member(exchange).is_some_and(|member| !given.contains(member)) {
            return true;
        }
        if let Answer::Join(joined) = answer {
            given.insert(&joined.member);
        }
    }
    false
}

/// Whether a JoinGroup of this member was seen: it names the id, or its answer does.
fn joins(history: &History, happenings: &[Happening], member: &str) -> bool {
    happenings.iter().any(|happening| {
        let Happening::Asked(place) = *happening else { return false };
        let exchange = &history.exchanges[place];
        let Request::JoinGroup(join) = &exchange.request else { return false };
        let named = match &exchange.answer {
            Some((_, Answer::Join(joined))) => joined.member == member,
            Some(_) | None => false,
        };
        join.member.as_str() == member || named
    })
}

/// The member that a request speaks for, if it names one and asks as a member.
fn member(exchange: &Exchange) -> Option<&str> {
    let named = match &exchange.request {
        Request::JoinGroup(request) => &request.member,
        Request::SyncGroup(request) => &request.member,
        Request::Heartbeat(request) => &request.member,
        Request::OffsetCommit(request) if request.generation.0 >= 0 => &request.member,
        Request::OffsetCommit(_)
        | Request::LeaveGroup(_)
        | Request::FindCoordinator(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => return None,
    };
    Some(named.as_str()).filter(|member| !member.is_empty())
}

/// The answer to a leader whose members' joins were all seen, and are all still unanswered.
fn complete<'h>(
    history: &'h History,
    place: usize,
    joins: &BTreeMap<String, usize>,
    unanswered: &BTreeSet<usize>,
) -> Option<&'h Joined> {
    let Some((_, Answer::Join(joined))) = &history.exchanges[place].answer else { return None };
    let waits = |member: &String| joins.get(member).is_some_and(|place| unanswered.contains(place));
    let all = joined.error == 0 && !joined.members.is_empty() && joined.members.keys().all(waits);
    all.then_some(joined)
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
            client: Client { client_id: exchange.client_id.clone(), host: String::new() },
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
    let mut state = Hypothesis::new(coordinator);
    state.led = Some(leader);
    state.log.push(record);
    state
}
