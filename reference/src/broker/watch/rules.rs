//! Whether clients keep the rules that the coordinator does not enforce.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use muster_specs::Rule;
use tokio::time::Instant;

use super::super::consumer_bytes;
use super::super::server::Kept;
use super::findings::{ClientRule, Findings};
use super::seen::{Act, Seen};
use crate::coordinator::{
    Effect, Generation, GroupId, JoinGroupResponse, MemberId, Response, TopicName, Transition,
};

/// How long a refused heartbeat may be repeated: those on their way when it was refused, and a slow client's.
const HEED_WITHIN: Duration = Duration::from_secs(10);
/// Refused heartbeats that are remembered in a group; beyond, all are forgotten.
const MOST_REFUSED: usize = 1_000;

type Partitions = BTreeMap<TopicName, BTreeSet<i32>>;

/// What a leader gave to whom.
#[derive(Default)]
struct Assigned {
    generation: Generation,
    to: BTreeMap<MemberId, Partitions>,
}

impl Assigned {
    fn has(&self, member: &MemberId, topic: &TopicName, partition: i32) -> bool {
        let given = self.to.get(member).and_then(|partitions| partitions.get(topic));
        given.is_some_and(|partitions| partitions.contains(&partition))
    }
}

#[derive(Default)]
struct Group {
    /// Of the join that completed last, as its leader was told.
    subscriptions: BTreeMap<MemberId, BTreeSet<TopicName>>,
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
            let known = members
                .iter()
                .filter_map(|m| Some((m.member.clone(), consumer_bytes::subscription(&m.metadata)?)));
            group.subscriptions.extend(known);
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
            let Some(subscription) = group.subscriptions.get(member) else { continue };
            let Some(partitions) = consumer_bytes::assignment(bytes) else { continue };
            for (topic, partitions) in &partitions {
                if !subscription.contains(topic) {
                    note(
                        ClientRule::AssignsSubscribedTopics,
                        format!("it gave {member} partitions of {topic}, to which that did not subscribe"),
                    );
                }
                let twice = |other: &&MemberId| {
                    partitions.iter().any(|partition| group.current.has(other, topic, *partition))
                };
                if let Some(other) = group.current.to.keys().find(twice) {
                    let detail = format!("it gave a partition of {topic} to {member} and to {other}");
                    note(ClientRule::AssignsPartitionOnce, detail);
                }
            }
            group.current.to.insert(member.clone(), partitions);
        }
    }

    fn commits(&self, id: &GroupId, seen: &Seen, generation: Generation, offsets: &[(TopicName, i32, i64)]) {
        let Some(group) = self.groups.get(id) else { return };
        let current = &group.current;
        let judged = current.generation == generation && current.to.contains_key(&seen.member);
        for (topic, partition, offset) in offsets {
            let gives_up = || {
                let taken = current.to.keys().any(|other| current.has(other, topic, *partition));
                !taken && group.previous.has(&seen.member, topic, *partition)
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
