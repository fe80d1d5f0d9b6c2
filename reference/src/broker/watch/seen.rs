//! What the watch keeps of an input while the coordinator decides on it.

use bytes::Bytes;

use crate::coordinator::{Client, Generation, GroupId, Input, MemberId, Request, TimerKey, TopicName};

/// An input, as far as it is watched.
pub(in crate::broker) struct Seen {
    /// The group that it is about; none: no group, or several.
    pub(super) group: Option<GroupId>,
    /// The member that it is about.
    pub(super) member: MemberId,
    /// Who sent it, if anyone did.
    pub(super) client: Client,
    pub(super) act: Act,
}

pub(super) enum Act {
    /// Partitions and offsets.
    Commits(Generation, Vec<(TopicName, i32, i64)>),
    /// An assignment for each member.
    Syncs(Generation, Vec<(MemberId, Bytes)>),
    Beats(Generation),
    /// Anything else.
    Other,
}

impl Seen {
    pub(in crate::broker) fn of(input: &Input) -> Self {
        match input {
            Input::Request { client, request, .. } => Self::of_request(client, request),
            Input::Timer(TimerKey::Session { group, member }) => Self::of_group(group, member.clone()),
            Input::Timer(TimerKey::Join { group } | TimerKey::PendingSync { group }) => {
                Self::of_group(group, MemberId::default())
            }
            Input::Committed { .. }
            | Input::AppendFailed { .. }
            | Input::Topics(_)
            | Input::RetentionCheck
            | Input::EndTransaction { .. }
            | Input::Resigned => Self::of_none(),
        }
    }

    /// The group that it is about; none: no group, or several.
    pub(in crate::broker) fn group(&self) -> Option<&GroupId> {
        self.group.as_ref()
    }

    fn of_none() -> Self {
        Self { group: None, member: MemberId::default(), client: Client::default(), act: Act::Other }
    }

    fn of_group(group: &GroupId, member: MemberId) -> Self {
        Self { group: Some(group.clone()), member, client: Client::default(), act: Act::Other }
    }

    fn of_request(client: &Client, request: &Request) -> Self {
        let (group, member, act) = match request {
            Request::OffsetCommit(commit) => {
                // From outside the group anything may be committed.
                let watched = commit.topics.iter().filter(|_| commit.generation.0 >= 0);
                let offsets = watched.flat_map(|(topic, partitions)| {
                    partitions.iter().map(|partition| (topic.clone(), partition.partition, partition.offset))
                });
                (&commit.group, commit.member.clone(), Act::Commits(commit.generation, offsets.collect()))
            }
            Request::SyncGroup(sync) => {
                (&sync.group, sync.member.clone(), Act::Syncs(sync.generation, sync.assignments.clone()))
            }
            Request::Heartbeat(beat) => (&beat.group, beat.member.clone(), Act::Beats(beat.generation)),
            Request::JoinGroup(join) => (&join.group, join.member.clone(), Act::Other),
            Request::LeaveGroup(leave) => {
                let member = leave.members.first().map(|leaving| leaving.member.clone());
                (&leave.group, member.unwrap_or_default(), Act::Other)
            }
            Request::FindCoordinator(find) => (&find.group, MemberId::default(), Act::Other),
            // What counts of it, and when, is another's to say.
            Request::TxnOffsetCommit(txn) => (&txn.commit.group, txn.commit.member.clone(), Act::Other),
            Request::OffsetFetch(fetch) => (&fetch.group, MemberId::default(), Act::Other),
            Request::OffsetDelete(delete) => (&delete.group, MemberId::default(), Act::Other),
            Request::DeleteGroups(_) => return Self::of_none(),
        };
        Self { client: client.clone(), ..Self::of_group(group, member) }.doing(act)
    }

    fn doing(self, act: Act) -> Self {
        Self { act, ..self }
    }
}
