//! Whether clients keep the rules that the coordinator does not enforce.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use muster_specs::Rule;
use tokio::time::Instant;

use super::super::consumer_bytes;
use super::super::server::Kept;
use super::client_rules::ClientRule;
use super::findings::Findings;
use super::seen::{Act, Seen};
use crate::coordinator::{
    Effect, Generation, GroupId, JoinGroupResponse, MemberId, Response, TopicName, Transition,
};

/// How long a refused heartbeat may be repeated: those on their way when it was refused, and a slow client's.
const HEED_WITHIN: Duration = Duration::from_secs(10);
/// Refused heartbeats that are remembered in a group; beyond, all are forgotten.
const MOST_REFUSED: usize = 1_000;

/// What a leader gave to whom: by partition, since that takes little for each of a thousand members.
#[derive(Default)]
struct Assigned {
    generation: Generation,
    /// Whose assignments could be read.
    members: BTreeSet<MemberId>,
    /// The first who has it.
    owners: BTreeMap<TopicName, BTreeMap<i32, MemberId>>,
    /// Partitions that were given to more than one.
    shared: BTreeSet<(TopicName, i32)>,
}

impl Assigned {
    fn has(&self, member: &MemberId, topic: &TopicName, partition: i32) -> bool {
        let is_shared = || self.members.contains(member) && self.shared.contains(&(topic.clone(), partition));
        self.owner(topic, partition) == Some(member) || is_shared()
    }

    /// What comes one after the other leaves room for more in between: nothing more comes.
    fn is_complete(&mut self) {
        self.members = std::mem::take(&mut self.members).into_iter().collect();
        for owners in self.owners.values_mut() {
            *owners = std::mem::take(owners).into_iter().collect();
        }
    }

    fn owner(&self, topic: &TopicName, partition: i32) -> Option<&MemberId> {
        self.owners.get(topic).and_then(|owners| owners.get(&partition))
    }

    /// Gives partitions of a topic; the first other member that has one of them already.
    fn give(&mut self, member: &MemberId, topic: &TopicName, partitions: &BTreeSet<i32>) -> Option<MemberId> {
        let owners = self.owners.entry(topic.clone()).or_default();
        let mut other = None;
        for partition in partitions {
            match owners.entry(*partition) {
                Entry::Vacant(free) => _ = free.insert(member.clone()),
                Entry::Occupied(taken) => {
                    self.shared.insert((topic.clone(), *partition));
                    other.get_or_insert_with(|| taken.get().clone());
                }
            }
        }
        other
    }
}

#[derive(Default)]
struct Group {
    /// Of the join that completed last, as its leader was told.
    subscriptions: BTreeMap<MemberId, Arc<BTreeSet<TopicName>>>,
    current: Assigned,
    previous: Assigned,
    /// When a heartbeat of this member and generation was refused first.
    refused: BTreeMap<(MemberId, Generation), Instant>,
}

pub(super) struct Rules {
    groups: BTreeMap<GroupId, Group>,
    kept: Kept,
    findings: Findings,
}

impl Rules {
    pub(super) fn new(kept: Kept, findings: Findings) -> Self {
        Self { groups: BTreeMap::new(), kept, findings }
    }

    pub(super) fn forget(&mut self) {
        self.groups.clear();
    }

    pub(super) fn look(&mut self, id: &GroupId, seen: &Seen, transition: &Transition) {
        let follows = |rule: Rule| transition.rules.contains(&rule);
        match &seen.act {
            Act::Commits(generation, offsets) if follows(Rule::AcceptCommit) && generation.0 >= 0 => {
                self.commits(id, seen, *generation, offsets);
            }
            Act::Syncs(generation, assignments) if follows(Rule::StoreLeaderAssignment) => {
                self.assigns(id, seen, *generation, assignments);
            }
            Act::Syncs(_, assignments) if follows(Rule::ParkSyncUntilLeader) && !assignments.is_empty() => {
                self.findings.note(ClientRule::LeaderAssigns, id, &seen.member, &seen.client, || {
                    format!("it sent {} assignments and is not the leader", assignments.len())
                });
            }
            Act::Beats(generation) => {
                let refused = follows(Rule::RejectHeartbeatOfUnknownMember)
                    || follows(Rule::FenceHeartbeatOfStaleGeneration)
                    || follows(Rule::FenceReplacedStaticMember);
                if refused {
                    self.refused(id, seen, *generation);
                }
            }
            Act::Commits(..) | Act::Syncs(..) | Act::Other => {}
        }
        if follows(Rule::CompleteJoin) {
            self.joined(id, transition);
        }
        if follows(Rule::EmptyGroupWithoutMembers) {
            self.groups.remove(id);
        }
    }

    /// Takes the subscriptions from the answer to the leader.
    fn joined(&mut self, id: &GroupId, transition: &Transition) {
        let to_leader = transition.effects.iter().find_map(|effect| match effect {
            Effect::Answer { response: Response::JoinGroup(joined), .. } if !joined.members.is_empty() => {
                Some(joined)
            }
            Effect::Answer { .. } | Effect::SetTimer { .. } | Effect::CancelTimer { .. } => None,
        });
        let group = self.groups.entry(id.clone()).or_default();
        group.subscriptions.clear();
        let Some(JoinGroupResponse { members, protocol_type: Some(kind), .. }) = to_leader else { return };
        if kind.as_str() == "consumer" {
            // Most subscribe to the same.
            let mut known: BTreeSet<Arc<BTreeSet<TopicName>>> = BTreeSet::new();
            let read = members.iter().filter_map(|member| {
                let topics = consumer_bytes::subscription(&member.metadata)?;
                let topics = known.get(&topics).cloned().unwrap_or_else(|| Arc::new(topics));
                known.insert(Arc::clone(&topics));
                Some((member.member.clone(), topics))
            });
            // All at once, they lie closely.
            group.subscriptions = read.collect();
        }
    }

    fn assigns(
        &mut self,
        id: &GroupId,
        seen: &Seen,
        generation: Generation,
        assignments: &[(MemberId, Bytes)],
    ) {
        let group = self.groups.entry(id.clone()).or_default();
        group.previous = std::mem::take(&mut group.current);
        group.current.generation = generation;
        let note = |rule, detail: String| {
            self.findings.note(rule, id, &seen.member, &seen.client, || detail);
        };
        for (member, bytes) in assignments {
            // A group without subscriptions of the consumer protocol is of another kind.
            let Some((member, subscription)) = group.subscriptions.get_key_value(member) else { continue };
            let Some(partitions) = consumer_bytes::assignment(bytes) else { continue };
            for (topic, partitions) in &partitions {
                if !subscription.contains(topic) {
                    note(
                        ClientRule::AssignsSubscribedTopics,
                        format!("it gave {member} partitions of {topic}, to which that did not subscribe"),
                    );
                }
                if let Some(other) = group.current.give(member, topic, partitions) {
                    let detail = format!("it gave a partition of {topic} to {member} and to {other}");
                    note(ClientRule::AssignsPartitionOnce, detail);
                }
            }
            group.current.members.insert(member.clone());
        }
        group.current.is_complete();
    }

    fn commits(&self, id: &GroupId, seen: &Seen, generation: Generation, offsets: &[(TopicName, i32, i64)]) {
        let Some(group) = self.groups.get(id) else { return };
        let current = &group.current;
        let judged = current.generation == generation && current.members.contains(&seen.member);
        for (topic, partition, offset) in offsets {
            let gives_up = || {
                current.owner(topic, *partition).is_none()
                    && group.previous.has(&seen.member, topic, *partition)
            };
            if judged && !current.has(&seen.member, topic, *partition) && !gives_up() {
                self.findings.note(
                    ClientRule::CommitsOwnPartitions,
                    id,
                    &seen.member,
                    &seen.client,
                    || format!("it committed {offset} for {topic}-{partition}, which generation {generation} did not give it"),
                );
            }
            let end = self.kept.topics().partition(topic, *partition).map(|partition| partition.end);
            if let Some(end) = end.filter(|end| offset > end) {
                self.findings.note(ClientRule::CommitsWhatExists, id, &seen.member, &seen.client, || {
                    format!("it committed {offset} for {topic}-{partition}, which ends at {end}")
                });
            }
        }
    }

    fn refused(&mut self, id: &GroupId, seen: &Seen, generation: Generation) {
        // Heartbeats to groups that are not watched make none.
        let Some(group) = self.groups.get_mut(id) else { return };
        if group.refused.len() >= MOST_REFUSED {
            group.refused.clear();
        }
        let key = (seen.member.clone(), generation);
        let first = group.refused.entry(key).or_insert_with(Instant::now);
        if first.elapsed() > HEED_WITHIN {
            self.findings.note(ClientRule::HeedsRefusal, id, &seen.member, &seen.client, || {
                format!("it still sends heartbeats of generation {generation}, which are refused")
            });
        }
    }
}
