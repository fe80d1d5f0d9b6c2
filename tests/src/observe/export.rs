//! What was seen of a group as a trace file, for the explorer: requests in the order in which they were seen, each answer
//! with the last request that was seen before it. No rule is named, for which rules were followed is a conclusion.

use std::collections::BTreeMap;

use bytes::Bytes;
use muster_model::trace::{
    self, Answer as TraceAnswer, Event, FORMAT, Joined, OffsetByPartition, Partitions, Release, Serving,
    Setting, Step, TimerChange, Trace,
};
use muster_reference::broker::observed::{assigned_partitions, subscribed_topics};
use muster_reference::coordinator::{
    GroupId, InstanceId, JoinGroup, LeaveGroup, OffsetCommit, Request, SyncGroup,
};

use super::answer::Answer;
use super::history::{Exchange, Happening, History};
use crate::wire::error_name;

/// The trace of a group; none if nothing was asked of it that a trace can tell.
pub fn trace(history: &History, group: &GroupId, release: Release) -> Option<Trace> {
    let mut symbols = Symbols::default();
    let mut steps: Vec<Step> = Vec::new();
    for happening in history.groups.get(group)?.iter() {
        match *happening {
            Happening::Asked(place) => steps.extend(symbols.step(&history.exchanges[place])),
            Happening::Answered(place) => {
                let answer = symbols.answer(&history.exchanges[place]);
                if let (Some(step), Some(answer)) = (steps.last_mut(), answer) {
                    step.answers.push(answer);
                }
            }
        }
    }
    if steps.is_empty() {
        return None;
    }
    Some(Trace {
        format: FORMAT.to_owned(),
        name: group.to_string(),
        scenario: "recorded".to_owned(),
        release,
        mutation: None,
        violates: None,
        diverged: None,
        back_to: None,
        setting: Setting { topics: symbols.topics, group_max_size: None, serving: Serving::Active },
        steps,
    })
}

/// Short names for what the server and the network named.
#[derive(Default)]
struct Symbols {
    members: BTreeMap<String, String>,
    connections: BTreeMap<usize, String>,
    topics: BTreeMap<String, i32>,
}

impl Symbols {
    fn member(&mut self, id: &str) -> String {
        if id.is_empty() {
            return String::new();
        }
        let next = format!("m{}", self.members.len() + 1);
        self.members.entry(id.to_owned()).or_insert(next).clone()
    }

    fn connection(&mut self, exchange: &Exchange) -> String {
        let next = format!("c{}#1", self.connections.len() + 1);
        self.connections.entry(exchange.connection).or_insert(next).clone()
    }

    fn partition(&mut self, topic: &str, partition: i32) {
        let known = self.topics.entry(topic.to_owned()).or_default();
        *known = (*known).max(partition.saturating_add(1));
    }

    fn assignment(&mut self, bytes: &Bytes) -> Option<Partitions> {
        let given = assigned_partitions(bytes).filter(|_| !bytes.is_empty())?;
        let named = given.into_iter().map(|(topic, of)| {
            for partition in &of {
                self.partition(topic.as_str(), *partition);
            }
            (topic.to_string(), of.into_iter().collect())
        });
        Some(named.collect())
    }

    fn step(&mut self, exchange: &Exchange) -> Option<Step> {
        let request = match &exchange.request {
            Request::JoinGroup(join) => self.join(join),
            Request::SyncGroup(sync) => self.sync(sync),
            Request::Heartbeat(beat) => trace::Request::Heartbeat {
                version: exchange.version,
                empty_group_id: beat.group.is_empty(),
                member: self.member(beat.member.as_str()),
                instance: named(beat.instance.as_ref()),
                generation: beat.generation.0,
            },
            Request::LeaveGroup(leave) => self.leave(leave),
            Request::OffsetCommit(commit) => self.commit(commit),
            Request::OffsetFetch(fetch) => {
                let topics = fetch.topics.iter().flatten();
                trace::Request::OffsetFetch {
                    version: exchange.version,
                    empty_group_id: fetch.group.is_empty(),
                    partitions: topics.map(|(topic, of)| (topic.to_string(), of.clone())).collect(),
                    require_stable: fetch.require_stable,
                }
            }
            Request::FindCoordinator(_)
            | Request::TxnOffsetCommit(_)
            | Request::DeleteGroups(_)
            | Request::OffsetDelete(_) => return None,
        };
        let connection = self.connection(exchange);
        Some(Step {
            rules: Vec::new(),
            event: Event::Request { connection, request },
            answers: Vec::new(),
            timers: TimerChange::default(),
            choice: None,
        })
    }

    fn join(&mut self, join: &JoinGroup) -> trace::Request {
        let protocols = join.protocols.iter().map(|offer| trace::Protocol {
            name: offer.name.to_string(),
            topics: topics(&offer.metadata),
            claim: None,
        });
        trace::Request::JoinGroup {
            version: join.version,
            empty_group_id: join.group.is_empty(),
            member: self.member(join.member.as_str()),
            instance: named(join.instance.as_ref()),
            session_timeout: trace::SessionTimeout::InBounds,
            protocol_type: join.protocol_type.to_string(),
            protocols: protocols.collect(),
        }
    }

    fn sync(&mut self, sync: &SyncGroup) -> trace::Request {
        let assignments = sync.assignments.iter().map(|(member, bytes)| {
            (self.member(member.as_str()), self.assignment(bytes).unwrap_or_default())
        });
        let assignments = assignments.collect();
        trace::Request::SyncGroup {
            version: sync.version,
            empty_group_id: sync.group.is_empty(),
            member: self.member(sync.member.as_str()),
            instance: named(sync.instance.as_ref()),
            generation: sync.generation.0,
            protocol_type: sync.protocol_type.as_ref().map(ToString::to_string),
            protocol_name: sync.protocol_name.as_ref().map(ToString::to_string),
            assignments,
        }
    }

    fn leave(&mut self, leave: &LeaveGroup) -> trace::Request {
        trace::Request::LeaveGroup {
            version: leave.version,
            empty_group_id: leave.group.is_empty(),
            members: leave.members.iter().map(|of| self.member(of.member.as_str())).collect(),
            instances: leave.members.iter().map(|of| named(of.instance.as_ref())).collect(),
        }
    }

    fn commit(&mut self, commit: &OffsetCommit) -> trace::Request {
        let mut offsets = OffsetByPartition::new();
        for (topic, partitions) in &commit.topics {
            for partition in partitions {
                self.partition(topic.as_str(), partition.partition);
                offsets.entry(topic.to_string()).or_default().insert(partition.partition, partition.offset);
            }
        }
        trace::Request::OffsetCommit {
            version: commit.version,
            empty_group_id: commit.group.is_empty(),
            member: self.member(commit.member.as_str()),
            instance: named(commit.instance.as_ref()),
            generation: commit.generation.0,
            offsets,
            metadata: trace::CommitMetadata::Short,
        }
    }

    fn answer(&mut self, exchange: &Exchange) -> Option<TraceAnswer> {
        let (_, answer) = exchange.answer.as_ref()?;
        let error = error_name(answer.error());
        let response = match (&exchange.request, answer) {
            (_, Answer::Join(joined)) => trace::Response::JoinGroup {
                error,
                generation: joined.generation,
                protocol_name: Some(joined.protocol.clone()).filter(|name| !name.is_empty()),
                leader: self.member(&joined.leader),
                member: self.member(&joined.member),
                members: joined.members.iter().map(|(member, bytes)| self.listed(member, bytes)).collect(),
                skip_assignment: joined.skip_assignment,
            },
            (_, Answer::Sync { assignment, .. }) => {
                trace::Response::SyncGroup { error, assignment: self.assignment(assignment) }
            }
            (_, Answer::Heartbeat { .. }) => trace::Response::Heartbeat { error },
            (Request::LeaveGroup(leave), Answer::Leave { error, members }) => {
                let named = leave.members.iter().map(|of| self.member(of.member.as_str()));
                let members = named.zip(members.iter().map(|code| error_name(*code))).collect();
                trace::Response::LeaveGroup { error: error_name(*error), members }
            }
            (Request::OffsetCommit(_), Answer::Errors { partitions, .. }) => {
                let mut errors: BTreeMap<String, BTreeMap<i32, String>> = BTreeMap::new();
                for ((topic, partition), code) in partitions {
                    errors.entry(topic.clone()).or_default().insert(*partition, error_name(*code));
                }
                trace::Response::OffsetCommit { errors }
            }
            (_, Answer::Fetch { offsets, .. }) => {
                let mut told = OffsetByPartition::new();
                for ((topic, partition), (offset, _)) in offsets {
                    self.partition(topic, *partition);
                    told.entry(topic.clone()).or_default().insert(*partition, *offset);
                }
                trace::Response::OffsetFetch { error, offsets: told }
            }
            (_, Answer::Leave { .. } | Answer::Errors { .. }) => return None,
        };
        Some(TraceAnswer { connection: self.connection(exchange), response })
    }

    fn listed(&mut self, member: &str, bytes: &Bytes) -> Joined {
        Joined { member: self.member(member), instance: None, topics: topics(bytes), claim: None }
    }
}

fn topics(subscription: &[u8]) -> Vec<String> {
    subscribed_topics(subscription).into_iter().flatten().map(|topic| topic.to_string()).collect()
}

fn named(instance: Option<&InstanceId>) -> Option<String> {
    instance.map(ToString::to_string)
}
