//! Rules of clients that a broker does not enforce, by the names that the reference broker's own watch has for them
//! ([`ClientRule`]).

use std::collections::{BTreeMap, BTreeSet};

use muster_reference::broker::ClientRule;
use muster_reference::broker::observed::assigned_partitions;
use muster_reference::coordinator::{ErrorCode, GroupId, Request, TopicName};

use super::anomalies::{Side, Sighting};
use super::answer::Answer;
use super::history::{Happening, Happenings, History, told};

/// How long a refused heartbeat may be repeated, as in the reference's watch.
const HEED_WITHIN_US: i64 = 10_000_000;

/// Looks at what the clients of a group sent, all of it.
pub(crate) fn look(history: &History, group: &GroupId) -> Vec<Sighting> {
    let mut seen = Seen::default();
    let happenings = history.groups.get(group).into_iter().flat_map(Happenings::iter);
    let broken = happenings.filter_map(|happening| seen.look(history, *happening, i64::MAX));
    let sighting = |(rule, at_us, detail)| sighting(group, rule, at_us, detail);
    broken.map(sighting).collect()
}

pub(super) fn sighting(group: &GroupId, rule: ClientRule, at_us: i64, detail: String) -> Sighting {
    Sighting { id: rule.id(), side: Side::Client, group: group.clone(), detail, at_us }
}

/// Looks at what the clients of a group sent, one happening after the other.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What a member was handed, by generation.
    handed: BTreeMap<i32, BTreeMap<String, bytes::Bytes>>,
    /// Who leads a generation, and when it was answered first.
    leaders: BTreeMap<i32, (String, i64)>,
    /// When a heartbeat of this member and generation was refused first, and last.
    refused: BTreeMap<(String, i32), (i64, i64)>,
}

impl Seen {
    /// Looks at a happening. What is `kept_us` old is of no importance to those that follow.
    pub(super) fn look(
        &mut self,
        history: &History,
        happening: Happening,
        kept_us: i64,
    ) -> Option<(ClientRule, i64, String)> {
        match happening {
            Happening::Asked(place) => self.asked(history, place),
            Happening::Answered(place) => self.answered(history, place, kept_us),
        }
    }

    fn asked(&mut self, history: &History, place: usize) -> Option<(ClientRule, i64, String)> {
        let exchange = &history.exchanges[place];
        match &exchange.request {
            Request::Heartbeat(beat) => {
                let (since, _) = self.refused.get(&(beat.member.to_string(), beat.generation.0))?;
                let late = exchange.asked_at_us - since > HEED_WITHIN_US;
                let seconds = (exchange.asked_at_us - since) / 1_000_000;
                let detail = format!("{} is sent {seconds} s after it was refused", told(exchange));
                late.then_some((ClientRule::HeedsRefusal, exchange.asked_at_us, detail))
            }
            Request::SyncGroup(sync) if !sync.assignments.is_empty() => {
                let (leader, _) = self.leaders.get(&sync.generation.0)?;
                let detail = format!("{}: the leader is {leader}", told(exchange));
                let other = leader != sync.member.as_str();
                other.then_some((ClientRule::LeaderAssigns, exchange.asked_at_us, detail))
            }
            Request::SyncGroup(_)
            | Request::FindCoordinator(_)
            | Request::JoinGroup(_)
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::TxnOffsetCommit(_)
            | Request::OffsetFetch(_)
            | Request::DeleteGroups(_)
            | Request::OffsetDelete(_) => None,
        }
    }

    fn answered(
        &mut self,
        history: &History,
        place: usize,
        kept_us: i64,
    ) -> Option<(ClientRule, i64, String)> {
        let exchange = &history.exchanges[place];
        let (at_us, answer) = exchange.answer.as_ref()?;
        match (&exchange.request, answer) {
            (Request::JoinGroup(_), Answer::Join(joined)) if joined.error == 0 => {
                let since = self.leaders.get(&joined.generation).map_or(*at_us, |(_, since)| *since);
                self.leaders.insert(joined.generation, (joined.leader.clone(), since));
                self.forget(at_us.saturating_sub(kept_us));
            }
            (Request::SyncGroup(sync), Answer::Sync { error: 0, assignment }) => {
                let of_generation = self.handed.entry(sync.generation.0).or_default();
                of_generation.insert(sync.member.to_string(), assignment.clone());
            }
            (Request::Heartbeat(beat), Answer::Heartbeat { error }) => {
                let refusals =
                    [ErrorCode::UnknownMemberId, ErrorCode::IllegalGeneration, ErrorCode::FencedInstanceId];
                if refusals.iter().any(|refusal| refusal.code() == *error) {
                    let of = (beat.member.to_string(), beat.generation.0);
                    self.refused.entry(of).or_insert((*at_us, *at_us)).1 = *at_us;
                }
            }
            (Request::OffsetCommit(commit), Answer::Errors { .. }) if answer.error() == 0 => {
                // A cooperative member commits what it gives up after the answer that takes it away.
                let of = |generation| self.handed.get(&generation)?.get(commit.member.as_str());
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

    /// Forgets generations that were over before a moment, but for the last of them, and refusals that were not repeated
    /// since.
    fn forget(&mut self, before_us: i64) {
        self.refused.retain(|_, (_, last)| *last >= before_us);
        let all = self.leaders.len();
        while self.leaders.iter().nth(1).is_some_and(|(_, (_, at))| *at < before_us) {
            self.leaders.pop_first();
        }
        let oldest = self.leaders.first_key_value().map(|(generation, _)| *generation);
        let Some(oldest) = oldest.filter(|_| self.leaders.len() < all) else { return };
        self.handed = self.handed.split_off(&(oldest - 1));
    }
}
