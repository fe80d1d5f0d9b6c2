//! What is asked where producers commit offsets in transactions: of clients only what brings the group into each of its
//! states. Each kind of commit has an offset of its own.

use super::plain::sync_of;
use super::tools::{self, OLDER_VERSION, UNKNOWN};
use super::{FIRST, Ids, STRANGER, join, leaves, range, spread};
use crate::coordinator::Control;
use crate::message::{Assignments, Request, ToolRequest, TxnOffsetCommit};
use crate::scenario::Scenario;
use crate::types::{ClientId, Generation, Offset, Partition, Producer, TopicId};

/// The producers: of the second one only what shows that transactions are apart.
const PRODUCERS: [Producer; 2] = [Producer(ClientId(0)), Producer(ClientId(1))];
/// Of the same topic, and in no transaction.
const SECOND: Partition = Partition { topic: TopicId(0), index: 1 };
/// The last version that says nothing of the group.
const WITHOUT_IDENTITY: i16 = 2;
/// One that does.
const WITH_IDENTITY: i16 = 4;

pub(super) fn requests(scenario: &Scenario, ids: &Ids) -> Vec<Request> {
    let mut requests = vec![fetch(FIRST, false), fetch(FIRST, true), fetch(SECOND, true)];
    txn_commits(ids, &mut requests);
    tools::commits(ids, &[FIRST], &mut requests);
    if scenario.retention {
        requests.push(Request::Tool(ToolRequest::OffsetDelete { partitions: vec![FIRST] }));
        requests.push(Request::Tool(ToolRequest::DeleteGroups));
        requests.push(Request::Tool(ToolRequest::DescribeGroups { version: OLDER_VERSION }));
    }
    requests.push(Request::JoinGroup(join(None, vec![range(1)])));
    for member in ids.known.iter().copied().map(Some) {
        requests.push(Request::JoinGroup(join(member, vec![range(1)])));
    }
    if ids.completing {
        for member in ids.members.iter().copied() {
            let leads = ids.leader == Some(member);
            let assignments = if leads { spread(scenario, &ids.members) } else { Assignments::new() };
            requests.push(Request::SyncGroup(sync_of(member, ids.present, assignments)));
        }
    }
    leaves(ids, &mut requests);
    requests
}

/// What shows which offset counts, whether a transaction may move it, and, where groups go, whether there is one.
pub(super) fn looks(scenario: &Scenario) -> Vec<Request> {
    let describe = Request::Tool(ToolRequest::DescribeGroups { version: OLDER_VERSION });
    let mut looks = vec![fetch(FIRST, false), fetch(FIRST, true)];
    looks.extend(scenario.retention.then_some(describe));
    looks
}

/// The markers that may come.
pub(super) fn markers(scenario: &Scenario) -> Vec<Control> {
    let of = |producer| [Control::CommitTransaction(producer), Control::AbortTransaction(producer)];
    if scenario.transactions { PRODUCERS.into_iter().flat_map(of).collect() } else { Vec::new() }
}

fn fetch(partition: Partition, stable: bool) -> Request {
    Request::OffsetFetch { partitions: vec![partition], stable }
}

fn txn_commits(ids: &Ids, requests: &mut Vec<Request>) {
    let [first, second] = PRODUCERS;
    let mut push = |version, producer: Producer, member, generation, partitions: &[Partition]| {
        let offset = Offset(2 + producer.0.0);
        let offsets = partitions.iter().map(|partition| (*partition, offset)).collect();
        let commit = TxnOffsetCommit { version, producer, member, instance: None, generation, offsets };
        requests.push(Request::TxnOffsetCommit(commit));
    };
    push(WITHOUT_IDENTITY, first, None, Generation::NONE, &[FIRST]);
    push(WITHOUT_IDENTITY, second, None, Generation::NONE, &[FIRST]);
    push(WITHOUT_IDENTITY, first, None, Generation::NONE, &[FIRST, UNKNOWN]);
    for member in ids.known.iter().copied().chain([STRANGER]).map(Some) {
        push(WITH_IDENTITY, first, member, ids.present, &[FIRST]);
        push(WITH_IDENTITY, first, member, ids.other, &[FIRST]);
        push(WITH_IDENTITY, first, member, Generation::NONE, &[FIRST]);
    }
}
