//! A new coordinator, from the records of an old one: what a failover leaves.
//!
//! Kafka's `GroupMetadataManager.replay` and `onLoaded`: a group with members comes back Stable, one without Empty.
//! Pending members, parked requests, a rebalance in progress and generations never synced are lost.

use rpds::RedBlackTreeSetSync;

use super::group::{Group, Member, Phase};
use super::ids::ProtocolName;
use super::members::Members;
use super::record::{GroupMetadata, MemberMetadata, Record, TransactionRecord};
use super::request::Protocol;
use super::state::State;

/// Takes a record into the state.
pub(super) fn replay(state: &mut State, record: Record) {
    for (group, key, value) in state.pending.take(&record) {
        state.offsets.entry(group).or_default().insert(key, value);
    }
    match record {
        Record::GroupMetadata { group, value } => {
            state.groups.insert(group, restored(&value));
        }
        Record::GroupDeleted { group } => {
            state.groups.remove(&group);
        }
        Record::Transaction(TransactionRecord::Pending { group, .. }) => {
            state.groups.entry(group).or_default();
        }
        Record::Transaction(TransactionRecord::Ended { .. }) => {}
        Record::OffsetDeleted { group, topic, partition } => {
            if let Some(offsets) = state.offsets.get_mut(&group) {
                offsets.remove(&(topic, partition));
            }
        }
        Record::OffsetCommit { group, topic, partition, value } => {
            if let Some(offsets) = state.offsets.get_mut(&group)
                && state.groups.contains_key(&group)
            {
                offsets.insert((topic, partition), value);
                return;
            }
            state.groups.entry(group.clone()).or_default();
            state.offsets.entry(group).or_default().insert((topic, partition), value);
        }
    }
}

fn restored(value: &GroupMetadata) -> Group {
    let members: Members = value
        .members
        .iter()
        .map(|(id, member)| (id.clone(), restored_member(value.protocol.as_ref(), member)))
        .collect();
    let phase = if members.is_empty() {
        Phase::Empty
    } else {
        Phase::Stable { unsynced: RedBlackTreeSetSync::new_sync() }
    };
    let mut group = Group {
        generation: value.generation,
        protocol_type: value.protocol_type.clone(),
        protocol: value.protocol.clone(),
        leader: value.leader.clone(),
        members,
        empty_since: value.empty_since,
        phase,
        ..Group::default()
    };
    group.note_subscriptions();
    group
}

fn restored_member(protocol: Option<&ProtocolName>, value: &MemberMetadata) -> Member {
    let offer = |name: &ProtocolName| Protocol { name: name.clone(), metadata: value.subscription.clone() };
    Member {
        client: value.client.clone(),
        instance: value.instance.clone(),
        session_timeout_ms: value.session_timeout_ms,
        rebalance_timeout_ms: value.rebalance_timeout_ms,
        protocols: protocol.map(offer).into_iter().collect(),
        assignment: value.assignment.clone(),
        is_new: false,
        join: None,
        sync: None,
    }
}
