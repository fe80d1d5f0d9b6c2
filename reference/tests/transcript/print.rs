//! A transition as text.

use muster_reference::coordinator::{
    Change, Effect, ErrorCode, JoinGroupResponse, JoinedMember, OffsetCommitResponse, OffsetFetchResponse,
    Record, Response, TimerKey, TransactionRecord, Transition,
};

/// Bytes that a script wrote as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

pub(super) fn transition(transition: &Transition) -> Vec<String> {
    let mut lines = Vec::new();
    if !transition.rules.is_empty() {
        let rules: Vec<_> = transition.rules.iter().map(ToString::to_string).collect();
        lines.push(format!("rules {}", rules.join(", ")));
    }
    for change in &transition.changes {
        if let Change::Append { position, record } = change {
            lines.push(format!("record {} {}", position.0, record_text(record)));
        }
    }
    lines.extend(transition.effects.iter().map(effect));
    lines
}

fn record_text(record: &Record) -> String {
    match record {
        Record::GroupMetadata { group, value } => {
            let members =
                value.members.iter().map(|(id, member)| format!("{id}={}", text(&member.assignment)));
            let members: Vec<_> = members.collect();
            format!("group {group} generation={} [{}]", value.generation, members.join(" "))
        }
        Record::GroupDeleted { group } => format!("group {group} deleted"),
        Record::OffsetDeleted { group, topic, partition } => {
            format!("offset {group} {topic}/{partition} deleted")
        }
        Record::Transaction(TransactionRecord::Pending { producer, group, topic, partition, value }) => {
            format!("offset {group} {topic}/{partition}={} in transaction of {}", value.offset, producer.0)
        }
        Record::Transaction(TransactionRecord::Ended { producer, commits }) => {
            format!("transaction of {} {}", producer.0, if *commits { "committed" } else { "aborted" })
        }
        Record::OffsetCommit { group, topic, partition, value } => {
            format!("offset {group} {topic}/{partition}={}", value.offset)
        }
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Answer { id, response, after } => {
            let after = after.map(|position| format!(" (after {})", position.0)).unwrap_or_default();
            format!("answer #{} {}{after}", id.0, response_text(response))
        }
        Effect::SetTimer { key, after } => format!("set {} {}", key_text(key), after.as_millis()),
        Effect::CancelTimer { key } => format!("cancel {}", key_text(key)),
    }
}

fn key_text(key: &TimerKey) -> String {
    match key {
        TimerKey::Session { member, .. } => format!("session {member}"),
        TimerKey::Join { .. } => "join".to_owned(),
        TimerKey::PendingSync { .. } => "sync".to_owned(),
    }
}

fn response_text(response: &Response) -> String {
    match response {
        Response::FindCoordinator(found) => format!("FindCoordinator {}", found.error.name()),
        Response::JoinGroup(joined) => join_text(joined),
        Response::SyncGroup(synced) if synced.error == ErrorCode::None => {
            format!("SyncGroup NONE '{}'", text(&synced.assignment))
        }
        Response::SyncGroup(synced) => format!("SyncGroup {}", synced.error.name()),
        Response::Heartbeat(beat) => format!("Heartbeat {}", beat.error.name()),
        Response::LeaveGroup(left) => {
            let members = left.members.iter().map(|m| format!(" {}={}", m.member, m.error.name()));
            format!("LeaveGroup {}{}", left.error.name(), members.collect::<String>())
        }
        Response::OffsetCommit(committed) => commit_text("OffsetCommit", committed),
        Response::TxnOffsetCommit(committed) => commit_text("TxnOffsetCommit", committed),
        Response::OffsetFetch(fetched) => fetch_text(fetched),
        Response::DeleteGroups(deleted) => {
            let groups = deleted.groups.iter().map(|(group, error)| format!(" '{group}'={}", error.name()));
            format!("DeleteGroups{}", groups.collect::<String>())
        }
        Response::OffsetDelete(deleted) => {
            let of_topic = deleted.topics.iter().flat_map(|(topic, partitions)| {
                partitions.iter().map(move |(p, error)| format!(" {topic}/{p}={}", error.name()))
            });
            format!("OffsetDelete {}{}", deleted.error.name(), of_topic.collect::<String>())
        }
    }
}

fn join_text(joined: &JoinGroupResponse) -> String {
    if joined.error != ErrorCode::None {
        return format!("JoinGroup {} {}", joined.error.name(), joined.member).trim_end().to_owned();
    }
    let of_instance = |m: &JoinedMember| m.instance.as_ref().map(|i| format!("({i})")).unwrap_or_default();
    let listed = |m: &JoinedMember| format!("{}{}:{}", m.member, of_instance(m), text(&m.metadata));
    let members = joined.members.iter().map(listed);
    let skips = if joined.skip_assignment { " skip" } else { "" };
    let protocol = joined.protocol_name.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "JoinGroup NONE {} generation={} protocol={protocol} leader={} [{}]{skips}",
        joined.member,
        joined.generation,
        joined.leader,
        members.collect::<Vec<_>>().join(" ")
    )
}

fn commit_text(api: &str, committed: &OffsetCommitResponse) -> String {
    let of_topic = committed.topics.iter().flat_map(|(topic, partitions)| {
        partitions.iter().map(move |(partition, error)| format!(" {topic}/{partition}={}", error.name()))
    });
    format!("{api}{}", of_topic.collect::<String>())
}

fn fetch_text(fetched: &OffsetFetchResponse) -> String {
    let of_topic = fetched.topics.iter().flat_map(|(topic, offsets)| {
        offsets.iter().map(move |offset| {
            let error = if offset.error == ErrorCode::None {
                String::new()
            } else {
                format!(":{}", offset.error.name())
            };
            let metadata =
                if offset.metadata.is_empty() { String::new() } else { format!("({})", offset.metadata) };
            format!(" {topic}/{}={}{metadata}{error}", offset.partition, offset.offset)
        })
    });
    format!("OffsetFetch {}{}", fetched.error.name(), of_topic.collect::<String>())
}
