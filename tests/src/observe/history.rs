//! What was asked of each group and what was answered, in order.

use std::collections::BTreeMap;

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
}

/// Something that was seen, by the place of its exchange in [`History::exchanges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A request.
    Asked(usize),
    /// Its answer.
    Answered(usize),
}

/// All that was seen of groups.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every exchange, in the order of the requests.
    pub exchanges: Vec<Exchange>,
    /// What happened to each group, in order.
    pub groups: BTreeMap<GroupId, Vec<Happening>>,
    /// Frames of APIs that are none of a group's.
    pub others: usize,
    /// Requests of groups in versions that are not known here, by API key and version.
    pub unknown_versions: BTreeMap<(i16, i16), usize>,
    /// Connections that could not be read to their end, and why.
    pub unreadable: Vec<(String, String)>,
    /// Connections on which something was seen.
    pub connections: usize,
}

impl History {
    /// Notes a request. Gives its place.
    pub fn ask(&mut self, exchange: Exchange) -> usize {
        let place = self.exchanges.len();
        let group = group(&exchange.request).clone();
        self.groups.entry(group).or_default().push(Happening::Asked(place));
        self.exchanges.push(exchange);
        place
    }

    /// Notes the answer to the request at a place.
    pub fn answer(&mut self, place: usize, at_us: i64, answer: Answer) {
        let Some(exchange) = self.exchanges.get_mut(place) else { return };
        exchange.answer = Some((at_us, answer));
        let group = group(&exchange.request).clone();
        self.groups.entry(group).or_default().push(Happening::Answered(place));
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
        Request::OffsetFetch(_) => format!("OffsetFetch v{version}"),
        Request::DeleteGroups(_) => format!("DeleteGroups v{version}"),
        Request::OffsetDelete(_) => format!("OffsetDelete v{version}"),
    }
}
