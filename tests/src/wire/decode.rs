//! Answers as bytes of their API version, turned into answers of a trace with real ids.

mod tools;

use std::collections::BTreeMap;

use bytes::Buf;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{
    ApiKey, FindCoordinatorResponse, HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse,
    OffsetCommitResponse, OffsetFetchResponse, SyncGroupResponse, TopicName, TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::Decodable;
use muster_model::trace::{Joined, OffsetByPartition, Response};

use super::channel::Incoming;
use super::topics::Topics;
use crate::committed::is_as_committed;
use crate::consumer_protocol::{decode_assignment, decode_subscription};
use crate::system::Defect;

/// The answer, or why its bytes are none. Of the groups that are listed only the one of the trace is looked at.
pub(crate) fn decode(incoming: &Incoming, topics: &Topics, group: &str) -> Result<Response, Defect> {
    let undecodable = |why| Defect::Undecodable(format!("{:?} v{}: {why}", incoming.api, incoming.version));
    response(incoming, topics, group).map_err(undecodable)
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is the protocol's; a trace sends twelve of its APIs"
)]
fn response(incoming: &Incoming, topics: &Topics, group: &str) -> Result<Response, String> {
    match incoming.api {
        ApiKey::FindCoordinator => {
            let answer: FindCoordinatorResponse = message(incoming)?;
            let code = answer.coordinators.first().map_or(answer.error_code, |c| c.error_code);
            Ok(Response::FindCoordinator { error: error_name(code) })
        }
        ApiKey::JoinGroup => join_group(&message(incoming)?, topics),
        ApiKey::SyncGroup => {
            let answer: SyncGroupResponse = message(incoming)?;
            let assignment = decode_assignment(&answer.assignment, |topic| topics.symbol(topic))?;
            Ok(Response::SyncGroup { error: error_name(answer.error_code), assignment })
        }
        ApiKey::Heartbeat => {
            let answer: HeartbeatResponse = message(incoming)?;
            Ok(Response::Heartbeat { error: error_name(answer.error_code) })
        }
        ApiKey::LeaveGroup => {
            let answer: LeaveGroupResponse = message(incoming)?;
            let members = answer.members.iter().map(|m| (m.member_id.to_string(), error_name(m.error_code)));
            Ok(Response::LeaveGroup { error: error_name(answer.error_code), members: members.collect() })
        }
        ApiKey::OffsetCommit => Ok(offset_commit(&message(incoming)?, topics)),
        ApiKey::TxnOffsetCommit => Ok(txn_offset_commit(&message(incoming)?, topics)),
        ApiKey::OffsetFetch => offset_fetch(&message(incoming)?, topics),
        ApiKey::DeleteGroups => tools::delete_groups(&message(incoming)?),
        ApiKey::OffsetDelete => Ok(tools::offset_delete(&message(incoming)?, topics)),
        ApiKey::DescribeGroups => tools::describe_groups(&message(incoming)?, topics),
        ApiKey::ListGroups => Ok(tools::list_groups(&message(incoming)?, group)),
        other => Err(format!("{other:?} is not part of a trace")),
    }
}

/// Decodes a message that must fill its frame.
pub(super) fn message<M: Decodable>(incoming: &Incoming) -> Result<M, String> {
    let mut body = incoming.body.clone();
    let message = M::decode(&mut body, incoming.version).map_err(|error| error.to_string())?;
    if body.has_remaining() { Err(format!("{} bytes too many", body.remaining())) } else { Ok(message) }
}

/// Kafka's name of an error code: `UNKNOWN_MEMBER_ID`; a code without a name as a number.
pub(crate) fn error_name(code: i16) -> String {
    match ResponseError::try_from_code(code) {
        None => "NONE".to_owned(),
        Some(ResponseError::Unknown(code)) => format!("error {code}"),
        Some(named) => screaming(&named.to_string()),
    }
}

fn screaming(camel: &str) -> String {
    let mut name = String::new();
    for (at, letter) in camel.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

fn join_group(answer: &JoinGroupResponse, topics: &Topics) -> Result<Response, String> {
    let mut members = Vec::new();
    for member in &answer.members {
        let (topics, claim) = decode_subscription(&member.metadata, |topic| topics.symbol(topic))?;
        let instance = member.group_instance_id.as_ref().map(ToString::to_string);
        members.push(Joined { member: member.member_id.to_string(), instance, topics, claim });
    }
    Ok(Response::JoinGroup {
        error: error_name(answer.error_code),
        generation: answer.generation_id,
        protocol_name: answer.protocol_name.as_ref().map(ToString::to_string),
        leader: answer.leader.to_string(),
        member: answer.member_id.to_string(),
        members,
        skip_assignment: answer.skip_assignment,
    })
}

/// Errors by topic and partition, as the answers of several APIs have them.
fn errors<'a, P: Iterator<Item = (i32, i16)>>(
    topics: &Topics,
    answered: impl Iterator<Item = (&'a TopicName, P)>,
) -> BTreeMap<String, BTreeMap<i32, String>> {
    let mut errors: BTreeMap<String, BTreeMap<i32, String>> = BTreeMap::new();
    for (topic, partitions) in answered {
        let of = errors.entry(topics.symbol(topic)).or_default();
        of.extend(partitions.map(|(partition, code)| (partition, error_name(code))));
    }
    errors
}

fn offset_commit(answer: &OffsetCommitResponse, topics: &Topics) -> Response {
    let answered = answer
        .topics
        .iter()
        .map(|t| (&t.name, t.partitions.iter().map(|p| (p.partition_index, p.error_code))));
    Response::OffsetCommit { errors: errors(topics, answered) }
}

fn txn_offset_commit(answer: &TxnOffsetCommitResponse, topics: &Topics) -> Response {
    let answered = answer
        .topics
        .iter()
        .map(|t| (&t.name, t.partitions.iter().map(|p| (p.partition_index, p.error_code))));
    Response::TxnOffsetCommit { errors: errors(topics, answered) }
}

/// A broker that keeps no leader epoch, or was not told it in an older version, says so by -1.
fn offset_fetch(answer: &OffsetFetchResponse, topics: &Topics) -> Result<Response, String> {
    let told = |epoch: i32| Some(epoch).filter(|epoch| *epoch >= 0);
    let mut offsets = OffsetByPartition::new();
    let mut error = answer.error_code;
    for topic in &answer.topics {
        let of = offsets.entry(topics.symbol(&topic.name)).or_default();
        for partition in &topic.partitions {
            error = if error == 0 { partition.error_code } else { error };
            let (epoch, metadata) = (told(partition.committed_leader_epoch), partition.metadata.as_deref());
            is_as_committed(partition.committed_offset, epoch, metadata.unwrap_or_default())?;
            of.insert(partition.partition_index, partition.committed_offset);
        }
    }
    for group in &answer.groups {
        error = if error == 0 { group.error_code } else { error };
        for topic in &group.topics {
            let of = offsets.entry(topics.symbol(&topic.name)).or_default();
            for partition in &topic.partitions {
                error = if error == 0 { partition.error_code } else { error };
                let (epoch, metadata) =
                    (told(partition.committed_leader_epoch), partition.metadata.as_deref());
                is_as_committed(partition.committed_offset, epoch, metadata.unwrap_or_default())?;
                of.insert(partition.partition_index, partition.committed_offset);
            }
        }
    }
    Ok(Response::OffsetFetch { error: error_name(error), offsets })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_have_kafkas_names() {
        let named =
            [(0, "NONE"), (22, "ILLEGAL_GENERATION"), (25, "UNKNOWN_MEMBER_ID"), (79, "MEMBER_ID_REQUIRED")];
        for (code, name) in named {
            assert_eq!(error_name(code), name);
        }
        assert_eq!(error_name(3), "UNKNOWN_TOPIC_OR_PARTITION");
        assert_eq!(error_name(9_999), "error 9999");
    }
}
