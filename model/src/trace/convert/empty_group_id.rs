//! Requests with an empty group id.

use std::collections::BTreeMap;

use super::super::{Protocol, Request, SessionTimeout};
use super::{HEARTBEAT_VERSION, number, topics};
use crate::message::EmptyGroupIdApi;
use crate::types::{Generation, ProtocolType, Topics};

const JOIN_GROUP_VERSION: i16 = 9;
const SYNC_GROUP_VERSION: i16 = 5;
const LEAVE_GROUP_VERSION: i16 = 5;

/// A member symbol that no coordinator issues: the model counts from `m1`.
const NEVER_ISSUED: &str = "m0";

/// Everything but the group id is right, and no id is one that the coordinator issued.
pub(super) fn with_empty_group_id(api: EmptyGroupIdApi) -> Request {
    let (empty_group_id, member) = (true, NEVER_ISSUED.to_owned());
    let generation = number(Generation::ZERO.next());
    match api {
        EmptyGroupIdApi::JoinGroup => Request::JoinGroup {
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
        EmptyGroupIdApi::SyncGroup => Request::SyncGroup {
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
            Request::Heartbeat { version, empty_group_id, member, instance, generation }
        }
        EmptyGroupIdApi::LeaveGroup => Request::LeaveGroup {
            version: LEAVE_GROUP_VERSION,
            empty_group_id,
            members: vec![member],
            instances: Vec::new(),
        },
    }
}
