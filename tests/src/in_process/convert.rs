//! Requests and answers of a trace as the reference's, and back.

use std::collections::BTreeMap;

use muster_model::trace::{CommitMetadata, Joined, OffsetByPartition, Request, Response, SessionTimeout};
use muster_reference::coordinator as reference;
use muster_reference::coordinator::{
    Generation, GroupId, InstanceId, LeavingMember, PartitionCommit, ProducerId, TopicName,
};

use super::GROUP;
use crate::committed;
use crate::consumer_protocol::{
    decode_assignment, decode_subscription, encode_assignment, encode_subscription,
};
use crate::schedule::Timeouts;
use crate::wire::encode::producer_id;

fn group(empty: bool) -> GroupId {
    GroupId::from(if empty { "" } else { GROUP })
}

fn instance_id(instance: Option<&str>) -> Option<InstanceId> {
    instance.map(InstanceId::from)
}

fn millis(ms: u64) -> i32 {
    i32::try_from(ms).unwrap_or(i32::MAX)
}

pub(super) fn request(request: &Request, timeouts: Timeouts) -> Result<reference::Request, String> {
    Ok(match request {
        Request::FindCoordinator { .. } => {
            reference::Request::FindCoordinator(reference::FindCoordinator { group: group(false) })
        }
        Request::JoinGroup { .. } => reference::Request::JoinGroup(join_group(request, timeouts)?),
        Request::SyncGroup { .. } => reference::Request::SyncGroup(sync_group(request)?),
        Request::Heartbeat { empty_group_id, member, instance, generation, .. } => {
            reference::Request::Heartbeat(reference::Heartbeat {
                group: group(*empty_group_id),
                generation: Generation(*generation),
                member: member.as_str().into(),
                instance: instance_id(instance.as_deref()),
            })
        }
        Request::LeaveGroup { version, empty_group_id, members, instances } => {
            let instances =
                instances.iter().map(|i| instance_id(i.as_deref())).chain(std::iter::repeat(None));
            let leaving = |(id, instance): (&String, Option<InstanceId>)| LeavingMember {
                member: id.as_str().into(),
                instance,
            };
            reference::Request::LeaveGroup(reference::LeaveGroup {
                version: *version,
                group: group(*empty_group_id),
                members: members.iter().zip(instances).map(leaving).collect(),
            })
        }
        Request::OffsetCommit { .. } => reference::Request::OffsetCommit(plain_commit(request)?),
        Request::TxnOffsetCommit { version, producer: of, member, instance, generation, offsets } => {
            let member = (member.as_str(), instance.as_deref(), *generation);
            let commit = offset_commit(*version, member, offsets, CommitMetadata::Short);
            reference::Request::TxnOffsetCommit(reference::TxnOffsetCommit {
                producer: producer(of)?,
                commit,
            })
        }
        Request::OffsetFetch { version, empty_group_id, partitions, require_stable } => {
            let topic = |(topic, of): (&String, &Vec<i32>)| (TopicName::from(topic.as_str()), of.clone());
            reference::Request::OffsetFetch(reference::OffsetFetch {
                version: *version,
                group: group(*empty_group_id),
                topics: (!partitions.is_empty()).then(|| partitions.iter().map(topic).collect()),
                require_stable: *require_stable,
            })
        }
        Request::DeleteGroups { .. } => {
            reference::Request::DeleteGroups(reference::DeleteGroups { groups: vec![group(false)] })
        }
        Request::OffsetDelete { partitions, .. } => {
            let topic = |(topic, of): (&String, &Vec<i32>)| (TopicName::from(topic.as_str()), of.clone());
            let topics = partitions.iter().map(topic).collect();
            reference::Request::OffsetDelete(reference::OffsetDelete { group: group(false), topics })
        }
        Request::DescribeGroups { .. } | Request::ListGroups { .. } => {
            return Err("a request that only looks at the group".to_owned());
        }
    })
}

/// The producer of a symbol.
pub(super) fn producer(symbol: &str) -> Result<ProducerId, String> {
    producer_id(symbol).map(ProducerId)
}

/// In no transaction.
fn plain_commit(request: &Request) -> Result<reference::OffsetCommit, String> {
    let Request::OffsetCommit { version, empty_group_id, member, instance, generation, offsets, metadata } =
        request
    else {
        return Err("not an OffsetCommit".to_owned());
    };
    let of = (member.as_str(), instance.as_deref(), *generation);
    let commit = offset_commit(*version, of, offsets, *metadata);
    Ok(reference::OffsetCommit { group: group(*empty_group_id), ..commit })
}

/// Offsets with who commits them: member, instance id, generation.
fn offset_commit(
    version: i16,
    (member, instance, generation): (&str, Option<&str>, i32),
    offsets: &OffsetByPartition,
    metadata: CommitMetadata,
) -> reference::OffsetCommit {
    let partition = |(partition, offset): (&i32, &i64)| PartitionCommit {
        partition: *partition,
        offset: *offset,
        leader_epoch: committed::leader_epoch(*offset),
        metadata: Some(committed::metadata(*offset, metadata)),
    };
    let topic = |(topic, of): (&String, &BTreeMap<i32, i64>)| {
        (TopicName::from(topic.as_str()), of.iter().map(partition).collect())
    };
    reference::OffsetCommit {
        version,
        group: group(false),
        generation: Generation(generation),
        member: member.into(),
        instance: instance_id(instance),
        topics: offsets.iter().map(topic).collect(),
    }
}

fn join_group(request: &Request, timeouts: Timeouts) -> Result<reference::JoinGroup, String> {
    let Request::JoinGroup {
        version,
        empty_group_id,
        member,
        instance,
        session_timeout,
        protocol_type,
        protocols,
    } = request
    else {
        return Err("not a JoinGroup".to_owned());
    };
    let session_timeout_ms = match session_timeout {
        SessionTimeout::InBounds => millis(timeouts.session_ms),
        SessionTimeout::TooSmall => 1,
        SessionTimeout::TooLarge => i32::MAX,
        SessionTimeout::Smallest => millis(timeouts.min_session_ms),
        SessionTimeout::Largest => millis(timeouts.max_session_ms),
    };
    let mut offered = Vec::new();
    for protocol in protocols {
        let metadata = encode_subscription(protocol, str::to_owned)?;
        offered.push(reference::Protocol { name: protocol.name.as_str().into(), metadata });
    }
    Ok(reference::JoinGroup {
        version: *version,
        group: group(*empty_group_id),
        member: member.as_str().into(),
        instance: instance_id(instance.as_deref()),
        session_timeout_ms,
        rebalance_timeout_ms: if *version == 0 { session_timeout_ms } else { millis(timeouts.rebalance_ms) },
        protocol_type: protocol_type.as_str().into(),
        protocols: offered.into(),
    })
}

fn sync_group(request: &Request) -> Result<reference::SyncGroup, String> {
    let Request::SyncGroup {
        version,
        empty_group_id,
        member,
        instance,
        generation,
        protocol_type,
        protocol_name,
        assignments,
    } = request
    else {
        return Err("not a SyncGroup".to_owned());
    };
    let mut given = Vec::new();
    for (member, partitions) in assignments {
        given.push((member.as_str().into(), encode_assignment(partitions, str::to_owned)?));
    }
    Ok(reference::SyncGroup {
        version: *version,
        group: group(*empty_group_id),
        generation: Generation(*generation),
        member: member.as_str().into(),
        instance: instance_id(instance.as_deref()),
        protocol_type: protocol_type.as_deref().map(Into::into),
        protocol_name: protocol_name.as_deref().map(Into::into),
        assignments: given,
    })
}

pub(super) fn response(response: reference::Response) -> Result<Response, String> {
    let name = |error: reference::ErrorCode| error.name().to_owned();
    Ok(match response {
        reference::Response::FindCoordinator(found) => Response::FindCoordinator { error: name(found.error) },
        reference::Response::JoinGroup(joined) => {
            if joined.protocol_name.is_some() && joined.protocol_type.is_none() {
                return Err("a protocol without its type".to_owned());
            }
            let mut members = Vec::new();
            for member in joined.members {
                let (topics, claim) = decode_subscription(&member.metadata, str::to_owned)?;
                let instance = member.instance.map(|instance| instance.to_string());
                members.push(Joined { member: member.member.to_string(), instance, topics, claim });
            }
            Response::JoinGroup {
                error: name(joined.error),
                generation: joined.generation.0,
                protocol_name: joined.protocol_name.map(|protocol| protocol.to_string()),
                leader: joined.leader.to_string(),
                member: joined.member.to_string(),
                members,
                skip_assignment: joined.skip_assignment,
            }
        }
        reference::Response::SyncGroup(synced) => Response::SyncGroup {
            error: name(synced.error),
            assignment: decode_assignment(&synced.assignment, str::to_owned)?,
        },
        reference::Response::Heartbeat(beat) => Response::Heartbeat { error: name(beat.error) },
        reference::Response::LeaveGroup(left) => Response::LeaveGroup {
            error: name(left.error),
            members: left.members.into_iter().map(|m| (m.member.to_string(), name(m.error))).collect(),
        },
        reference::Response::OffsetCommit(committed) => {
            Response::OffsetCommit { errors: errors(committed.topics) }
        }
        reference::Response::TxnOffsetCommit(committed) => {
            Response::TxnOffsetCommit { errors: errors(committed.topics) }
        }
        reference::Response::OffsetFetch(fetched) => offset_fetch(fetched)?,
        reference::Response::DeleteGroups(deleted) => {
            let of_group = deleted.groups.first().ok_or("no result of the group")?;
            Response::DeleteGroups { error: name(of_group.1) }
        }
        reference::Response::OffsetDelete(deleted) => {
            Response::OffsetDelete { error: name(deleted.error), errors: errors(deleted.topics) }
        }
    })
}

/// With the error of the request nothing is said of partitions: traces ask in no version that has no place for it.
fn offset_fetch(fetched: reference::OffsetFetchResponse) -> Result<Response, String> {
    if fetched.error != reference::ErrorCode::None && !fetched.topics.is_empty() {
        return Err("partitions beside the error of the request".to_owned());
    }
    let mut error = fetched.error;
    let mut offsets = OffsetByPartition::new();
    for (topic, partitions) in fetched.topics {
        let of = offsets.entry(topic.to_string()).or_default();
        for told in partitions {
            committed::is_as_committed(told.offset, Some(told.leader_epoch), &told.metadata)?;
            if error == reference::ErrorCode::None {
                error = told.error;
            }
            of.insert(told.partition, told.offset);
        }
    }
    Ok(Response::OffsetFetch { error: error.name().to_owned(), offsets })
}

fn errors(
    topics: Vec<(TopicName, Vec<(i32, reference::ErrorCode)>)>,
) -> BTreeMap<String, BTreeMap<i32, String>> {
    let mut errors: BTreeMap<String, BTreeMap<i32, String>> = BTreeMap::new();
    for (topic, partitions) in topics {
        let of = errors.entry(topic.to_string()).or_default();
        of.extend(partitions.into_iter().map(|(partition, error)| (partition, error.name().to_owned())));
    }
    errors
}
