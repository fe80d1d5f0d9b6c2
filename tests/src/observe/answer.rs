//! Answers of group coordinators as they stand on the wire, and whether one is what a coordinator was to answer.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiKey, DeleteGroupsResponse, HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse,
    OffsetCommitResponse, OffsetDeleteResponse, OffsetFetchResponse, SyncGroupResponse,
};
use muster_reference::broker::observed::{self, Unreadable};
use muster_reference::coordinator::Response;

use crate::wire::error_name;

/// An error's number on the wire; 0 is none.
pub type Code = i16;

/// What was answered. Fields that say nothing of the group (throttle times, leader epochs) are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To JoinGroup.
    Join(Joined),
    /// To SyncGroup.
    Sync {
        /// The error.
        error: Code,
        /// Opaque bytes.
        assignment: Bytes,
    },
    /// To Heartbeat.
    Heartbeat {
        /// The error.
        error: Code,
    },
    /// To LeaveGroup.
    Leave {
        /// The error of the request as a whole.
        error: Code,
        /// From version 3: the error of each member, in the order of the request.
        members: Vec<Code>,
    },
    /// To OffsetCommit, OffsetDelete or DeleteGroups: errors by topic and partition, or one of the whole.
    Errors {
        /// The error of the request as a whole.
        error: Code,
        /// By topic and partition.
        partitions: BTreeMap<(String, i32), Code>,
    },
    /// To OffsetFetch.
    Fetch {
        /// The error of the request as a whole.
        error: Code,
        /// The offset and the error of each partition.
        offsets: BTreeMap<(String, i32), (i64, Code)>,
    },
}

/// An answer to JoinGroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// The error.
    pub error: Code,
    /// The generation.
    pub generation: i32,
    /// The assignor; empty if none is told.
    pub protocol: String,
    /// The leader's member id.
    pub leader: String,
    /// The member's id.
    pub member: String,
    /// For the leader: each member's subscription.
    pub members: BTreeMap<String, Bytes>,
    /// Version 9: the leader must not assign.
    pub skip_assignment: bool,
}

impl Answer {
    /// The error of the answer as a whole; that of the first member or partition if only those have one.
    pub fn error(&self) -> Code {
        match self {
            Self::Join(joined) => joined.error,
            Self::Sync { error, .. } | Self::Heartbeat { error } => *error,
            Self::Leave { error, members } if *error == 0 => members.first().copied().unwrap_or(0),
            Self::Leave { error, .. } => *error,
            Self::Errors { error, partitions } if *error == 0 => {
                partitions.values().copied().find(|code| *code != 0).unwrap_or(0)
            }
            Self::Errors { error, .. } => *error,
            Self::Fetch { error, offsets } if *error == 0 => {
                offsets.values().map(|(_, code)| *code).find(|code| *code != 0).unwrap_or(0)
            }
            Self::Fetch { error, .. } => *error,
        }
    }

    /// Whether this, seen on the wire, is what the coordinator was to answer.
    pub fn is(&self, expected: &Self) -> bool {
        match (self, expected) {
            (Self::Join(seen), Self::Join(expected)) if expected.error != 0 => {
                // What else an error carries is of use in one case: the id to come back with.
                seen.error == expected.error
                    && (expected.error != MEMBER_ID_REQUIRED || seen.member == expected.member)
            }
            (Self::Sync { error: seen, .. }, Self::Sync { error, .. }) if *error != 0 => seen == error,
            _same_kind_or_not => self == expected,
        }
    }

    /// Reads the answers in a frame (without its length): one for each group that was asked of.
    pub fn read(api_key: i16, version: i16, frame: &Bytes) -> Result<Vec<Self>, Unreadable> {
        let api = ApiKey::try_from(api_key).unwrap_or(ApiKey::ApiVersions);
        let body = observed::answer(api, version, frame)?;
        read(api, version, body)
    }
}

/// `MEMBER_ID_REQUIRED`
pub(super) const MEMBER_ID_REQUIRED: Code = 79;

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is the protocol's; eight of its APIs are a group's"
)]
fn read(api: ApiKey, version: i16, body: Bytes) -> Result<Vec<Answer>, Unreadable> {
    Ok(match api {
        ApiKey::JoinGroup => vec![Answer::Join(joined(observed::decode(version, body)?))],
        ApiKey::SyncGroup => {
            let answer: SyncGroupResponse = observed::decode(version, body)?;
            vec![Answer::Sync { error: answer.error_code, assignment: answer.assignment }]
        }
        ApiKey::Heartbeat => {
            let answer: HeartbeatResponse = observed::decode(version, body)?;
            vec![Answer::Heartbeat { error: answer.error_code }]
        }
        ApiKey::LeaveGroup => {
            let answer: LeaveGroupResponse = observed::decode(version, body)?;
            let members = answer.members.iter().map(|member| member.error_code).collect();
            vec![Answer::Leave { error: answer.error_code, members }]
        }
        ApiKey::OffsetCommit => {
            let answer: OffsetCommitResponse = observed::decode(version, body)?;
            let by_topic = answer.topics.iter().flat_map(|topic| {
                let name = topic.name.to_string();
                topic.partitions.iter().map(move |p| ((name.clone(), p.partition_index), p.error_code))
            });
            vec![Answer::Errors { error: 0, partitions: by_topic.collect() }]
        }
        ApiKey::OffsetDelete => {
            let answer: OffsetDeleteResponse = observed::decode(version, body)?;
            let by_topic = answer.topics.iter().flat_map(|topic| {
                let name = topic.name.to_string();
                topic.partitions.iter().map(move |p| ((name.clone(), p.partition_index), p.error_code))
            });
            vec![Answer::Errors { error: answer.error_code, partitions: by_topic.collect() }]
        }
        ApiKey::DeleteGroups => {
            let answer: DeleteGroupsResponse = observed::decode(version, body)?;
            let errors = answer.results.iter().map(|result| result.error_code);
            errors.map(|error| Answer::Errors { error, partitions: BTreeMap::new() }).collect()
        }
        ApiKey::OffsetFetch => fetched(&observed::decode(version, body)?, version),
        _not_of_a_group => Vec::new(),
    })
}

fn joined(answer: JoinGroupResponse) -> Joined {
    Joined {
        error: answer.error_code,
        generation: answer.generation_id,
        protocol: answer.protocol_name.map(|name| name.to_string()).unwrap_or_default(),
        leader: answer.leader.to_string(),
        member: answer.member_id.to_string(),
        members: answer.members.into_iter().map(|m| (m.member_id.to_string(), m.metadata)).collect(),
        skip_assignment: answer.skip_assignment,
    }
}

fn fetched(answer: &OffsetFetchResponse, version: i16) -> Vec<Answer> {
    if version < 8 {
        let offsets = answer.topics.iter().flat_map(|topic| {
            let name = topic.name.to_string();
            let of = move |index| (name.clone(), index);
            topic.partitions.iter().map(move |p| (of(p.partition_index), (p.committed_offset, p.error_code)))
        });
        return vec![Answer::Fetch { error: answer.error_code, offsets: offsets.collect() }];
    }
    let groups = answer.groups.iter().map(|group| {
        let offsets = group.topics.iter().flat_map(|topic| {
            let name = topic.name.to_string();
            let of = move |index| (name.clone(), index);
            topic.partitions.iter().map(move |p| (of(p.partition_index), (p.committed_offset, p.error_code)))
        });
        Answer::Fetch { error: group.error_code, offsets: offsets.collect() }
    });
    groups.collect()
}

/// What the coordinator decided, as it would stand on the wire in this version; none if the answer is of a kind that
/// is not a group's.
pub(super) fn expected(response: Response, version: i16) -> Option<Answer> {
    Some(match response {
        Response::FindCoordinator(_) => return None,
        Response::JoinGroup(joined) => Answer::Join(Joined {
            error: joined.error.code(),
            generation: joined.generation.0,
            protocol: joined.protocol_name.map(|name| name.to_string()).unwrap_or_default(),
            leader: joined.leader.to_string(),
            member: joined.member.to_string(),
            members: joined.members.into_iter().map(|m| (m.member.to_string(), m.metadata)).collect(),
            skip_assignment: joined.skip_assignment && version >= 9,
        }),
        Response::SyncGroup(synced) => {
            Answer::Sync { error: synced.error.code(), assignment: synced.assignment }
        }
        Response::Heartbeat(beat) => Answer::Heartbeat { error: beat.error.code() },
        Response::LeaveGroup(left) => {
            let members = left.members.iter().map(|member| member.error.code());
            let members = if version >= 3 { members.collect() } else { Vec::new() };
            Answer::Leave { error: left.error.code(), members }
        }
        Response::OffsetCommit(committed) | Response::TxnOffsetCommit(committed) => {
            errors(0, committed.topics)
        }
        Response::OffsetDelete(deleted) => errors(deleted.error.code(), deleted.topics),
        Response::DeleteGroups(deleted) => {
            let error = deleted.groups.first().map_or(0, |(_, error)| error.code());
            Answer::Errors { error, partitions: BTreeMap::new() }
        }
        Response::OffsetFetch(fetched) => {
            let offsets = fetched.topics.iter().flat_map(|(topic, offsets)| {
                offsets.iter().map(|o| ((topic.to_string(), o.partition), (o.offset, o.error.code())))
            });
            let error = if version >= 2 { fetched.error.code() } else { 0 };
            Answer::Fetch { error, offsets: offsets.collect() }
        }
    })
}

type ByTopic =
    Vec<(muster_reference::coordinator::TopicName, Vec<(i32, muster_reference::coordinator::ErrorCode)>)>;

fn errors(error: Code, topics: ByTopic) -> Answer {
    let partitions = topics.into_iter().flat_map(|(topic, partitions)| {
        partitions.into_iter().map(move |(partition, error)| ((topic.to_string(), partition), error.code()))
    });
    Answer::Errors { error, partitions: partitions.collect() }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join(joined) if joined.error == MEMBER_ID_REQUIRED => {
                write!(f, "{}, member {}", error_name(joined.error), joined.member)
            }
            Self::Join(joined) if joined.error == 0 => {
                let Joined { generation, protocol, leader, member, members, .. } = joined;
                write!(f, "generation {generation}, {protocol}, member {member}, leader {leader}")?;
                if !members.is_empty() {
                    let named: Vec<_> = members.keys().map(String::as_str).collect();
                    write!(f, ", members {}", named.join(" "))?;
                }
                Ok(())
            }
            Self::Sync { error: 0, assignment } => f.write_str(&assigned(assignment)),
            Self::Fetch { error: 0, offsets } => {
                let told = offsets.iter().map(|((topic, partition), (offset, error))| match error {
                    0 => format!("{topic}-{partition} at {offset}"),
                    error => format!("{topic}-{partition} {}", error_name(*error)),
                });
                f.write_str(&told.collect::<Vec<_>>().join(", "))
            }
            Self::Join(_)
            | Self::Sync { .. }
            | Self::Heartbeat { .. }
            | Self::Leave { .. }
            | Self::Errors { .. }
            | Self::Fetch { .. } => f.write_str(&error_name(self.error())),
        }
    }
}

/// An assignment for people.
pub(super) fn assigned(bytes: &Bytes) -> String {
    match observed::assigned_partitions(bytes) {
        None => format!("{} bytes that are no assignment of consumers", bytes.len()),
        Some(partitions) if partitions.values().all(std::collections::BTreeSet::is_empty) => {
            "no partitions".to_owned()
        }
        Some(partitions) => {
            let named =
                partitions.iter().flat_map(|(topic, of)| of.iter().map(move |p| format!("{topic}-{p}")));
            named.collect::<Vec<_>>().join(" ")
        }
    }
}
