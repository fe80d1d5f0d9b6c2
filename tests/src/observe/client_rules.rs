//! Rules of clients that a broker does not enforce, by the names that the reference broker's own watch has for them
//! ([`ClientRule`]).

use std::collections::{BTreeMap, BTreeSet};

use muster_reference::broker::ClientRule;
use muster_reference::broker::observed::assigned_partitions;
use muster_reference::coordinator::{ErrorCode, GroupId, Request, TopicName};

use super::anomalies::{Side, Sighting};
use super::answer::Answer;
use super::history::{Happening, History, told};

/// How long a refused heartbeat may be repeated, as in the reference's watch.
const HEED_WITHIN_US: i64 = 10_000_000;

/// Looks at what the clients of a group sent.
pub(crate) fn look(history: &History, group: &GroupId) -> Vec<Sighting> {
    let mut found = Vec::new();
    let mut seen = Seen::default();
    for happening in history.groups.get(group).into_iter().flatten() {
        let broken = match *happening {
            Happening::Asked(place) => seen.asked(history, place),
            Happening::Answered(place) => seen.answered(history, place),
        };
        found.extend(broken.map(|(rule, at_us, detail)| Sighting {
            id: rule.id(),
            side: Side::Client,
            group: group.clone(),
            detail,
            at_us,
        }));
    }
    found
}

#[derive(Default)]
struct Seen {
    /// What a member was handed, by generation.
    handed: BTreeMap<(String, i32), bytes::Bytes>,
    leaders: BTreeMap<i32, String>,
    /// When a heartbeat of this member and generation was refused first.
    refused: BTreeMap<(String, i32), i64>,
}

impl Seen {
    fn asked(&mut self, history: &History, place: usize) -> Option<(ClientRule, i64, String)> {
        let exchange = &history.exchanges[place];
        match &exchange.request {
            Request::Heartbeat(beat) => {
                let since = self.refused.get(&(beat.member.to_string(), beat.generation.0))?;
                let late = exchange.asked_at_us - since > HEED_WITHIN_US;
                let seconds = (exchange.asked_at_us - since) / 1_000_000;
                let detail = format!("{} is sent {seconds} s after it was refused", told(exchange));
                late.then_some((ClientRule::HeedsRefusal, exchange.asked_at_us, detail))
            }
            Request::SyncGroup(sync) if !sync.assignments.is_empty() => {
                let leader = self.leaders.get(&sync.generation.0)?;
                let detail = format!("{}: the leader is {leader}", told(exchange));
                let other = leader != sync.member.as_str();
                other.then_some((ClientRule::LeaderAssigns, exchange.asked_at_us, detail))
            }
            Request::SyncGroup(_)
            | Request::FindCoordinator(_)
            | Request::JoinGroup(_)
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::OffsetFetch(_)
            | Request::DeleteGroups(_)
            | Request::OffsetDelete(_) => None,
        }
    }

    fn answered(&mut self, history: &History, place: usize) -> Option<(ClientRule, i64, String)> {
        let exchange = &history.exchanges[place];
        let (at_us, answer) = exchange.answer.as_ref()?;
        match (&exchange.request, answer) {
            (Request::JoinGroup(_), Answer::Join(joined)) if joined.error == 0 => {
                self.leaders.insert(joined.generation, joined.leader.clone());
            }
            (Request::SyncGroup(sync), Answer::Sync { error: 0, assignment }) => {
                self.handed.insert((sync.member.to_string(), sync.generation.0), assignment.clone());
            }
            (Request::Heartbeat(beat), Answer::Heartbeat { error }) => {
                let refusals =
                    [ErrorCode::UnknownMemberId, ErrorCode::IllegalGeneration, ErrorCode::FencedInstanceId];
                if refusals.iter().any(|refusal| refusal.code() == *error) {
                    let of = (beat.member.to_string(), beat.generation.0);
                    self.refused.entry(of).or_insert(*at_us);
                }
            }
            (Request::OffsetCommit(commit), Answer::Errors { .. }) if answer.error() == 0 => {
                // A cooperative member commits what it gives up after the answer that takes it away.
                let of = |generation| self.handed.get(&(commit.member.to_string(), generation));
                let now = assigned_partitions(of(commit.generation.0)?)?;
                let before = of(commit.generation.0 - 1).and_then(|bytes| assigned_partitions(bytes));
                let owns = |topic: &TopicName, partition| {
                    let has = |given: &BTreeMap<TopicName, BTreeSet<i32>>| {
                        given.get(topic).is_some_and(|of| of.contains(&partition))
                    };
                    has(&now) || before.as_ref().is_some_and(has)
                };
                let mut offsets = commit.topics.iter().flat_map(|(t, of)| of.iter().map(move |p| (t, p)));
                let (topic, other) = offsets.find(|(topic, p)| !owns(topic, p.partition))?;
                let detail = format!("{}: {topic}-{} is not its own", told(exchange), other.partition);
                return Some((ClientRule::CommitsOwnPartitions, *at_us, detail));
            }
            _nothing_to_keep => {}
        }
        None
    }
}
