//! Requests for the group without a name.

use std::collections::BTreeMap;

use super::{HEARTBEAT_VERSION, OFFSET_FETCH_VERSION, by_partition, number, partitions, topics};
use crate::coordinator::EMPTY_GROUP_ID_COMMIT_VERSION;
use crate::message::EmptyGroupIdApi;
use crate::trace::{self, CommitMetadata, Protocol, SessionTimeout};
use crate::types::{Generation, Partition, ProtocolType, Topics};

/// The other versions.
const JOIN_GROUP_VERSION: i16 = 9;
const SYNC_GROUP_VERSION: i16 = 5;
const LEAVE_GROUP_VERSION: i16 = 5;

/// A member symbol that no coordinator issues: the model counts from `m1`.
const NEVER_ISSUED: &str = "m0";

/// Everything but the group id is right, and no id is one that the coordinator issued.
pub(super) fn with_empty_group_id(api: EmptyGroupIdApi) -> trace::Request {
    let (empty_group_id, member) = (true, NEVER_ISSUED.to_owned());
    let generation = number(Generation::ZERO.next());
    match api {
        EmptyGroupIdApi::JoinGroup => trace::Request::JoinGroup {
            version: JOIN_GROUP_VERSION,
            empty_group_id,
            member: String::new(),
            instance: None,
            session_timeout: SessionTimeout::InBounds,
            protocol_type: ProtocolType::Consumer.name().to_owned(),
            protocols: vec![Protocol {
                name: "range".to_owned(),
                topics: topics(Topics::first(1)),
                claim: None,
            }],
        },
        EmptyGroupIdApi::SyncGroup => trace::Request::SyncGroup {
            version: SYNC_GROUP_VERSION,
            empty_group_id,
            member,
            instance: None,
            generation,
            protocol_type: Some(ProtocolType::Consumer.name().to_owned()),
            protocol_name: Some("range".to_owned()),
            assignments: BTreeMap::new(),
        },
        EmptyGroupIdApi::Heartbeat => {
            let (version, instance) = (HEARTBEAT_VERSION, None);
            trace::Request::Heartbeat { version, empty_group_id, member, instance, generation }
        }
        EmptyGroupIdApi::LeaveGroup => trace::Request::LeaveGroup {
            version: LEAVE_GROUP_VERSION,
            empty_group_id,
            members: vec![member],
            instances: Vec::new(),
        },
        EmptyGroupIdApi::OffsetCommit => trace::Request::OffsetCommit {
            version: EMPTY_GROUP_ID_COMMIT_VERSION,
            empty_group_id,
            member,
            instance: None,
            generation,
            offsets: by_partition([(Partition::FIRST, 1)].into_iter()),
            metadata: CommitMetadata::Short,
        },
        EmptyGroupIdApi::OffsetFetch => trace::Request::OffsetFetch {
            version: OFFSET_FETCH_VERSION,
            empty_group_id,
            partitions: partitions(&[Partition::FIRST]),
            require_stable: false,
        },
    }
}
