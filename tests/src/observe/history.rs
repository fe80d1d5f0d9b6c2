//! What was asked of each group and what was answered, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

use muster_reference::coordinator::{GroupId, Request};

use super::answer::Answer;

/// A request to a group's coordinator, and its answer as far as it was seen.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The connection, in the order in which they were first seen.
    pub connection: usize,
    /// The client's address.
    pub peer: String,
    /// `client.id`.
    pub client_id: String,
    /// When the request was seen, in microseconds since the recording began.
    pub asked_at_us: i64,
    /// The version of the API.
    pub version: i16,
    /// What was asked.
    pub request: Request,
    /// When the answer was seen, and what it says.
    pub answer: Option<(i64, Answer)>,
    /// Its connection was closed before an answer was seen: none will come.
    pub is_lost: bool,
}

/// Something that was seen, by the place of its exchange in [`History::exchanges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A request.
    Asked(usize),
    /// Its answer.
    Answered(usize),
}

/// Exchanges by their place, which is the number of requests before. What nobody will look at again can be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Exchanges {
    kept: BTreeMap<usize, Exchange>,
    asked: usize,
}

impl Exchanges {
    /// The exchange at a place, unless it is forgotten.
    pub fn get(&self, place: usize) -> Option<&Exchange> {
        self.kept.get(&place)
    }

    /// Those that are not forgotten, in the order of the requests.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.kept.values()
    }

    /// How many are not forgotten.
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn forget(&mut self, place: usize) {
        self.kept.remove(&place);
    }

    fn push(&mut self, exchange: Exchange) -> usize {
        let place = self.asked;
        self.asked += 1;
        self.kept.insert(place, exchange);
        place
    }
}

impl Index<usize> for Exchanges {
    type Output = Exchange;

    fn index(&self, place: usize) -> &Exchange {
        &self.kept[&place]
    }
}

/// What happened to a group, in order. The beginning can be forgotten; the places of the rest stay.
#[derive(Clone, Debug, Default)]
pub struct Happenings {
    kept: Vec<Happening>,
    /// Those before the first that is kept.
    forgotten: usize,
}

impl Happenings {
    /// How many there were.
    pub fn len(&self) -> usize {
        self.forgotten + self.kept.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those from a place to before another, as far as they are kept.
    pub fn between(&self, from: usize, to: usize) -> &[Happening] {
        let at = |place: usize| place.saturating_sub(self.forgotten).min(self.kept.len());
        &self.kept[at(from)..at(to).max(at(from))]
    }

    /// All that are kept.
    pub fn iter(&self) -> impl Iterator<Item = &Happening> {
        self.kept.iter()
    }

    /// How many are kept.
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Forgets those before a place, and gives them.
    pub(super) fn forget(&mut self, before: usize) -> Vec<Happening> {
        let count = before.saturating_sub(self.forgotten).min(self.kept.len());
        self.forgotten += count;
        self.kept.drain(..count).collect()
    }
}

/// Connections that could not be read are told one by one up to so many.
const MOST_UNREADABLE: usize = 100;

/// All that was seen of groups.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The exchanges.
    pub exchanges: Exchanges,
    /// What happened to each group, in order.
    pub groups: BTreeMap<GroupId, Happenings>,
    /// Requests that were answered.
    pub answered: usize,
    /// When the last request was seen.
    pub last_asked_us: i64,
    /// The longest rebalance timeout that a member asked for, in microseconds.
    pub longest_rebalance_us: i64,
    /// Frames of APIs that are none of a group's.
    pub others: usize,
    /// Requests of groups in versions that are not known here, by API key and version.
    pub unknown_versions: BTreeMap<(i16, i16), usize>,
    /// Connections that could not be read to their end, and why: the first of them.
    pub unreadable: Vec<(String, String)>,
    /// How many more there were.
    pub unreadable_beyond: usize,
    /// Connections on which something was seen.
    pub connections: usize,
    /// Groups to which something happened since they were taken.
    touched: BTreeSet<GroupId>,
}

impl History {
    /// Notes a request. Gives its place.
    pub fn ask(&mut self, exchange: Exchange) -> usize {
        let group = group(&exchange.request).clone();
        self.last_asked_us = exchange.asked_at_us;
        if let Request::JoinGroup(join) = &exchange.request {
            let asked_for = i64::from(join.rebalance_timeout_ms) * 1_000;
            self.longest_rebalance_us = self.longest_rebalance_us.max(asked_for);
        }
        let place = self.exchanges.push(exchange);
        self.happened(group, Happening::Asked(place));
        place
    }

    /// Notes the answer to the request at a place, unless that is forgotten.
    pub fn answer(&mut self, place: usize, at_us: i64, answer: Answer) {
        let Some(exchange) = self.exchanges.kept.get_mut(&place) else { return };
        exchange.answer = Some((at_us, answer));
        self.answered += 1;
        let group = group(&exchange.request).clone();
        self.happened(group, Happening::Answered(place));
    }

    /// Notes that the request at a place will not be answered.
    pub fn lose(&mut self, place: usize) {
        if let Some(exchange) = self.exchanges.kept.get_mut(&place) {
            exchange.is_lost = true;
            self.touched.insert(group(&exchange.request).clone());
        }
    }

    /// Notes that a connection cannot be read to its end.
    pub fn cannot_read(&mut self, connection: &str, why: String) {
        if self.unreadable.len() < MOST_UNREADABLE {
            self.unreadable.push((connection.to_owned(), why));
        } else {
            self.unreadable_beyond += 1;
        }
    }

    /// Groups to which something happened since this was asked last.
    pub fn take_touched(&mut self) -> BTreeSet<GroupId> {
        std::mem::take(&mut self.touched)
    }

    fn happened(&mut self, group: GroupId, happening: Happening) {
        self.groups.entry(group.clone()).or_default().kept.push(happening);
        self.touched.insert(group);
    }
}

/// The group that a request is of; the first, of a request to delete groups.
pub fn group(request: &Request) -> &GroupId {
    match request {
        Request::FindCoordinator(request) => &request.group,
        Request::JoinGroup(request) => &request.group,
        Request::SyncGroup(request) => &request.group,
        Request::Heartbeat(request) => &request.group,
        Request::LeaveGroup(request) => &request.group,
        Request::OffsetCommit(request) => &request.group,
        Request::TxnOffsetCommit(request) => &request.commit.group,
        Request::OffsetFetch(request) => &request.group,
        Request::DeleteGroups(request) => &request.groups[0],
        Request::OffsetDelete(request) => &request.group,
    }
}

/// A request for people: its API, who sends it, its generation.
pub fn told(exchange: &Exchange) -> String {
    let version = exchange.version;
    let member = |member: &str| if member.is_empty() { "no member id".to_owned() } else { member.to_owned() };
    match &exchange.request {
        Request::FindCoordinator(_) => format!("FindCoordinator v{version}"),
        Request::JoinGroup(r) => format!("JoinGroup v{version} of {}", member(r.member.as_str())),
        Request::SyncGroup(r) => {
            let gives = if r.assignments.is_empty() { "" } else { " with assignments" };
            format!(
                "SyncGroup v{version} of {}, generation {}{gives}",
                member(r.member.as_str()),
                r.generation
            )
        }
        Request::Heartbeat(r) => {
            format!("Heartbeat v{version} of {}, generation {}", member(r.member.as_str()), r.generation)
        }
        Request::LeaveGroup(r) => {
            let named: Vec<_> = r.members.iter().map(|m| m.member.as_str()).collect();
            format!("LeaveGroup v{version} of {}", named.join(" "))
        }
        Request::OffsetCommit(r) => {
            let offsets = r.topics.iter().flat_map(|(topic, partitions)| {
                partitions.iter().map(move |p| format!("{topic}-{} at {}", p.partition, p.offset))
            });
            let offsets = offsets.collect::<Vec<_>>().join(", ");
            let member = member(r.member.as_str());
            format!("OffsetCommit v{version} of {member}, generation {}: {offsets}", r.generation)
        }
        Request::TxnOffsetCommit(_) => format!("TxnOffsetCommit v{version}"),
        Request::OffsetFetch(_) => format!("OffsetFetch v{version}"),
        Request::DeleteGroups(_) => format!("DeleteGroups v{version}"),
        Request::OffsetDelete(_) => format!("OffsetDelete v{version}"),
    }
}
