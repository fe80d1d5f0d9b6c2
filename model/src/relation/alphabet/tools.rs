//! What is asked where tools and administrators ask too: of clients only what brings the group into each of its states.

use super::plain::{commit_of, sync_of};
use super::{FIRST, Ids, join, leaves, range, spread};
use crate::message::{Assignments, JoinGroup, Request, SyncGroup, ToolRequest};
use crate::scenario::Scenario;
use crate::types::{Generation, Partition, ProtocolName, ProtocolType, TopicId};

/// Of a topic that a plain member does not subscribe to.
const UNREAD: Partition = Partition { topic: TopicId(1), index: 0 };
/// Of `DescribeGroups`: the last one in which an absent group is no error, which every release has.
pub(super) const OLDER_VERSION: i16 = 5;
/// Of a topic that has fewer partitions.
pub(super) const UNKNOWN: Partition = Partition { topic: TopicId(0), index: 99 };

pub(super) fn requests(scenario: &Scenario, ids: &Ids) -> Vec<Request> {
    let mut requests = Vec::new();
    of_tools(&mut requests);
    requests.push(fetch());
    commits(ids, &[FIRST, UNREAD], &mut requests);
    joins(ids, &mut requests);
    syncs(scenario, ids, &mut requests);
    leaves(ids, &mut requests);
    requests
}

/// What shows which offsets there are, and whether the group is there.
pub(super) fn looks() -> Vec<Request> {
    let describe = ToolRequest::DescribeGroups { version: OLDER_VERSION };
    vec![fetch(), Request::Tool(describe)]
}

/// What tools ask.
pub(super) fn of_tools(requests: &mut Vec<Request>) {
    let deletions = [vec![UNREAD], vec![FIRST, UNREAD], vec![UNREAD, UNKNOWN], vec![UNKNOWN]];
    let states = [None, Some("stable"), Some("Empty"), Some("Dead")];
    let mut push = |request: ToolRequest| requests.push(Request::Tool(request));
    push(ToolRequest::DescribeGroups { version: OLDER_VERSION });
    push(ToolRequest::DescribeGroups { version: OLDER_VERSION + 1 });
    for state in states {
        push(ToolRequest::ListGroups { version: 4, state });
    }
    push(ToolRequest::ListGroups { version: 3, state: None });
    for partitions in deletions {
        push(ToolRequest::OffsetDelete { partitions });
    }
    push(ToolRequest::DeleteGroups);
}

fn fetch() -> Request {
    Request::OffsetFetch { partitions: vec![FIRST, UNREAD], stable: false }
}

/// From outside the group, and of a member.
pub(super) fn commits(ids: &Ids, partitions: &[Partition], requests: &mut Vec<Request>) {
    let mut push = |member, generation| {
        requests.push(Request::OffsetCommit(commit_of(9, member, generation, partitions)));
    };
    push(None, Generation::NONE);
    if let Some(member) = ids.members.first() {
        push(Some(*member), ids.present);
    }
}

fn joins(ids: &Ids, requests: &mut Vec<Request>) {
    let mut push = |join: JoinGroup| requests.push(Request::JoinGroup(join));
    push(join(None, vec![range(1)]));
    for member in ids.known.iter().copied().map(Some) {
        push(join(member, vec![range(1)]));
        push(join(member, vec![range(2)]));
        push(JoinGroup { protocol_type: ProtocolType::Other, ..join(member, vec![range(1)]) });
    }
}

fn syncs(scenario: &Scenario, ids: &Ids, requests: &mut Vec<Request>) {
    if !ids.completing {
        return;
    }
    for member in ids.members.iter().copied() {
        let leads = ids.leader == Some(member);
        for protocol_type in [ProtocolType::Consumer, ProtocolType::Other] {
            let assignments = if leads { spread(scenario, &ids.members) } else { Assignments::new() };
            let sync = sync_of(member, ids.present, assignments);
            let protocol = Some((protocol_type, ProtocolName::Range));
            requests.push(Request::SyncGroup(SyncGroup { protocol, ..sync }));
        }
    }
}
