//! What no correct group shows, over a whole history, whatever was there before it began.
//!
//! *Before* is meant as seen: one exchange is before another if its answer was seen before the other's request.

mod seen;

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use muster_reference::broker::observed::{assigned_partitions, subscribed_topics};
use muster_reference::coordinator::{GroupId, OffsetCommit, Request, SyncGroup};

use super::answer::{Answer, Joined, assigned};
use super::history::{Exchange, told};
use super::judge::is_not_serving;
use seen::{Generation, Seen};

/// Kinds of anomalies. Each is named as the property or the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anomaly {
    /// Two members were handed one partition in one generation.
    OneOwnerPerGeneration,
    /// A commit was accepted whose generation was over when it was sent.
    StaleCommitFenced,
    /// A member was handed something else than its leader sent for it.
    HandOutAssignment,
    /// A generation is lower than one before it.
    GenerationMonotonic,
    /// A member committed an offset lower than one committed before, of a partition that was not reset meanwhile.
    CommittedOffsetMonotonic,
    /// A leader assigned a partition of a topic to which its new owner did not subscribe.
    AssignsSubscribedTopics,
    /// A generation has two leaders.
    OneLeader,
}

/// Who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The broker.
    Broker,
    /// A client.
    Client,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broker => "broker",
            Self::Client => "client",
        })
    }
}

impl Anomaly {
    /// Its name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::OneOwnerPerGeneration => "one_owner_per_generation",
            Self::StaleCommitFenced => "stale_commit_fenced",
            Self::HandOutAssignment => "hand_out_assignment",
            Self::GenerationMonotonic => "generation_monotonic",
            Self::CommittedOffsetMonotonic => "committed_offset_monotonic",
            Self::AssignsSubscribedTopics => "assigns_subscribed_topics",
            Self::OneLeader => "one_leader",
        }
    }
}

/// Something that no correct group shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What.
    pub id: &'static str,
    /// Who is at fault.
    pub side: Side,
    /// In this group.
    pub group: GroupId,
    /// What was seen, in one sentence.
    pub detail: String,
    /// When, in microseconds since the recording began.
    pub at_us: i64,
}

pub(super) fn sighting(group: &GroupId, found: (Anomaly, Side, i64, String)) -> Sighting {
    let (anomaly, side, at_us, detail) = found;
    Sighting { id: anomaly.id(), side, group: group.clone(), detail, at_us }
}

impl fmt::Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, side, group, detail, at_us } = self;
        write!(f, "  x group {group}: the {side} breaks {id} at {} s: {detail}", at_us / 1_000_000)
    }
}

/// Looks at the exchanges of a group, one after the other.
#[derive(Debug, Default)]
pub(super) struct Watch {
    found: Vec<(Anomaly, Side, i64, String)>,
    seen: Seen,
}

impl Watch {
    /// Looks at an answer. What is `kept_us` old is of no importance to those that follow.
    pub(super) fn answered(
        &mut self,
        exchange: &Exchange,
        at_us: i64,
        answer: &Answer,
        kept_us: i64,
    ) -> Vec<(Anomaly, Side, i64, String)> {
        match (&exchange.request, answer) {
            (Request::JoinGroup(_), Answer::Join(joined)) if joined.error == 0 => {
                self.joined(exchange, at_us, joined);
                self.seen.forget(at_us.saturating_sub(kept_us));
            }
            (Request::SyncGroup(sync), Answer::Sync { error: 0, assignment }) => {
                self.synced(sync, at_us, assignment);
            }
            (Request::OffsetCommit(commit), Answer::Errors { partitions, .. }) => {
                let accepted = partitions.iter().filter(|(_, error)| **error == 0).map(|(of, _)| of.clone());
                self.committed(exchange, commit, at_us, &accepted.collect(), kept_us);
            }
            (Request::DeleteGroups(_), answer) if answer.error() == 0 => self.seen = Seen::default(),
            (Request::DeleteGroups(_) | Request::OffsetDelete(_), _) => self.seen.commits.clear(),
            _nothing_to_hold_it_against => {}
        }
        self.seen.broken |= is_not_serving(answer.error());
        std::mem::take(&mut self.found)
    }

    fn note(&mut self, anomaly: Anomaly, side: Side, at_us: i64, detail: String) {
        self.found.push((anomaly, side, at_us, detail));
    }

    fn joined(&mut self, exchange: &Exchange, at_us: i64, joined: &Joined) {
        let generation = joined.generation;
        if let Some(highest) = self.seen.joined.before(exchange.asked_at_us)
            && i64::from(generation) < highest
            && !self.seen.broken
        {
            let detail = format!("{} was answered generation {generation}, after {highest}", told(exchange));
            self.note(Anomaly::GenerationMonotonic, Side::Broker, at_us, detail);
        }
        self.seen.joined.note(at_us, i64::from(generation));
        self.seen.began.entry(generation).or_insert(at_us);
        if let Request::JoinGroup(join) = &exchange.request
            && let Some(instance) = &join.instance
        {
            self.seen.instances.insert(joined.member.clone(), (instance.to_string(), at_us));
        }
        let leader = self.seen.leaders.entry(generation).or_insert_with(|| joined.leader.clone()).clone();
        let instance = |member: &String| self.seen.instances.get(member).map(|(instance, _)| instance);
        let same = leader == joined.leader
            || instance(&leader).is_some() && instance(&leader) == instance(&joined.leader);
        if !same && !self.seen.broken {
            let detail = format!("generation {generation} is led by {leader} and by {}", joined.leader);
            self.note(Anomaly::OneLeader, Side::Broker, at_us, detail);
        }
        if !joined.members.is_empty() {
            self.seen.subscriptions.insert(generation, joined.members.clone());
        }
    }

    fn synced(&mut self, sync: &SyncGroup, at_us: i64, assignment: &Bytes) {
        let (generation, member) = (sync.generation.0, sync.member.to_string());
        if self.seen.leaders.get(&generation) == Some(&member) && !self.seen.sent.contains_key(&generation) {
            let sent = sync.assignments.iter().map(|(to, bytes)| (to.to_string(), bytes.clone()));
            self.seen.sent.insert(generation, sent.collect());
            self.assigned(sync, at_us);
        }
        self.seen.handed.entry(generation).or_default().insert(member.clone(), assignment.clone());
        self.handed_as_sent(generation, at_us);
        let others = self.seen.handed.get(&generation).into_iter().flatten();
        let shared = others.filter(|(other, _)| **other != member).find_map(|(other, bytes)| {
            let partition = shared(assignment, bytes)?;
            Some(format!("generation {generation} hands {partition} to {member} and to {other}"))
        });
        if let Some(detail) = shared {
            let leader = self.seen.sent.get(&generation);
            let by_leader = leader.is_some_and(|sent| sent.get(&member) == Some(assignment));
            let side = if by_leader { Side::Client } else { Side::Broker };
            self.note(Anomaly::OneOwnerPerGeneration, side, at_us, detail);
        }
    }

    /// What was handed out, against what the leader sent: its answer may come last.
    fn handed_as_sent(&mut self, generation: Generation, at_us: i64) {
        let Some(sent) = self.seen.sent.get(&generation) else { return };
        let handed = self.seen.handed.get(&generation).into_iter().flatten();
        let other = handed.filter(|(member, bytes)| sent.get(*member).unwrap_or(&Bytes::new()) != *bytes);
        let details = other.map(|(member, bytes)| {
            let sent = sent.get(member).map_or_else(|| "nothing".to_owned(), assigned);
            format!(
                "generation {generation}: the leader sent {member} {sent}, it was handed {}",
                assigned(bytes)
            )
        });
        for detail in details.collect::<Vec<_>>() {
            self.note(Anomaly::HandOutAssignment, Side::Broker, at_us, detail);
        }
    }

    fn assigned(&mut self, sync: &SyncGroup, at_us: i64) {
        let Some(subscriptions) = self.seen.subscriptions.get(&sync.generation.0) else { return };
        let mut details = Vec::new();
        for (member, bytes) in &sync.assignments {
            let topics = subscriptions.get(member.as_str()).and_then(|bytes| subscribed_topics(bytes));
            let (Some(topics), Some(given)) = (topics, assigned_partitions(bytes)) else { continue };
            let strange = given.iter().find(|(topic, of)| !of.is_empty() && !topics.contains(*topic));
            details.extend(strange.map(|(topic, _)| {
                format!(
                    "leader {} gave {member} partitions of {topic}, to which it did not subscribe",
                    sync.member
                )
            }));
        }
        for detail in details {
            self.note(Anomaly::AssignsSubscribedTopics, Side::Client, at_us, detail);
        }
    }

    fn committed(
        &mut self,
        exchange: &Exchange,
        commit: &OffsetCommit,
        at_us: i64,
        accepted: &BTreeSet<(String, i32)>,
        kept_us: i64,
    ) {
        let generation = commit.generation.0;
        if let Some(newest) = self.seen.joined.before(exchange.asked_at_us)
            && generation >= 0
            && i64::from(generation) < newest
            && !accepted.is_empty()
            && !self.seen.broken
        {
            let detail = format!("{} was accepted, after generation {newest} had begun", told(exchange));
            self.note(Anomaly::StaleCommitFenced, Side::Broker, at_us, detail);
        }
        for (topic, partitions) in &commit.topics {
            for partition in partitions {
                let of = (topic.to_string(), partition.partition);
                if !accepted.contains(&of) {
                    continue;
                }
                let known = self.seen.commits.entry(of).or_default();
                let higher = known.before(exchange.asked_at_us).filter(|higher| *higher > partition.offset);
                // From outside the group an offset is reset on purpose; and one that went back goes on from there.
                if generation < 0 || higher.is_some() {
                    known.clear();
                }
                known.note(at_us, partition.offset);
                known.forget(at_us.saturating_sub(kept_us));
                let higher = higher.filter(|_| generation >= 0);
                if let Some(higher) = higher {
                    let detail = format!("{}: {higher} was committed before", told(exchange));
                    self.note(Anomaly::CommittedOffsetMonotonic, Side::Client, at_us, detail);
                }
            }
        }
    }
}

/// A partition that both assignments have.
fn shared(one: &Bytes, other: &Bytes) -> Option<String> {
    let (one, other) = (assigned_partitions(one)?, assigned_partitions(other)?);
    one.iter().find_map(|(topic, of)| {
        let partition = of.intersection(other.get(topic)?).next()?;
        Some(format!("{topic}-{partition}"))
    })
}
