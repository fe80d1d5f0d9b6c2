//! Whether a client keeps the rules of clients, by what it was seen to send.

mod fetching;
mod identity;
mod patience;
mod subscription;

use std::collections::BTreeMap;

use muster_reference::broker::{ClientRule, Violation};
use muster_reference::coordinator::{GroupId, Request};

use super::seen::{Moment, What};
use crate::observe::answer::Answer;
use crate::observe::client_rules;
use crate::observe::history::{Exchange, History, told};

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub rule: ClientRule,
    /// When, in microseconds since the scenario began.
    pub at_us: i64,
    /// What the client did, in one sentence.
    pub detail: String,
    /// What was sent and answered before it, the last of it.
    pub before: Vec<String>,
}

/// What is found of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    /// How often each rule was put to the test.
    pub(super) exercised: BTreeMap<ClientRule, usize>,
    pub(super) findings: Vec<Finding>,
}

impl Judged {
    fn exercise(&mut self, rule: ClientRule) {
        *self.exercised.entry(rule).or_default() += 1;
    }

    fn find(&mut self, rule: ClientRule, at_us: i64, detail: String) {
        self.findings.push(Finding { rule, at_us, detail, before: Vec::new() });
    }

    /// Puts a rule to the test.
    fn test(&mut self, rule: ClientRule, holds: bool, at_us: i64, detail: impl FnOnce() -> String) {
        self.exercise(rule);
        if !holds {
            self.find(rule, at_us, detail());
        }
    }
}

/// Something that happened, with what is known of it.
struct At<'h> {
    us: i64,
    what: &'h What,
    history: &'h History,
}

impl<'h> At<'h> {
    /// The request, if one was sent.
    fn asked(&self) -> Option<&'h Exchange> {
        let What::Asked(place) = self.what else { return None };
        self.history.exchanges.get(*place)
    }

    /// The request and its answer, if it was answered.
    fn answered(&self) -> Option<(&'h Exchange, &'h Answer)> {
        let What::Answered(place) = self.what else { return None };
        let exchange = self.history.exchanges.get(*place)?;
        exchange.answer.as_ref().map(|(_, answer)| (exchange, answer))
    }
}

/// Watches for one rule, or for some that belong together.
trait Watch {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged);
}

/// Kafka's name of the API of a request.
pub(super) fn api(request: &Request) -> &'static str {
    match request {
        Request::FindCoordinator(_) => "FindCoordinator",
        Request::JoinGroup(_) => "JoinGroup",
        Request::SyncGroup(_) => "SyncGroup",
        Request::Heartbeat(_) => "Heartbeat",
        Request::LeaveGroup(_) => "LeaveGroup",
        Request::OffsetCommit(_) => "OffsetCommit",
        Request::TxnOffsetCommit(_) => "TxnOffsetCommit",
        Request::OffsetFetch(_) => "OffsetFetch",
        Request::DeleteGroups(_) => "DeleteGroups",
        Request::OffsetDelete(_) => "OffsetDelete",
    }
}

/// The member and the generation that send a request which carries both.
pub(super) fn identity(request: &Request) -> Option<(&str, i32)> {
    match request {
        Request::SyncGroup(sync) => Some((sync.member.as_str(), sync.generation.0)),
        Request::Heartbeat(beat) => Some((beat.member.as_str(), beat.generation.0)),
        Request::OffsetCommit(commit) => Some((commit.member.as_str(), commit.generation.0)),
        Request::TxnOffsetCommit(txn) => Some((txn.commit.member.as_str(), txn.commit.generation.0)),
        Request::FindCoordinator(_)
        | Request::JoinGroup(_)
        | Request::LeaveGroup(_)
        | Request::OffsetFetch(_)
        | Request::DeleteGroups(_)
        | Request::OffsetDelete(_) => None,
    }
}

/// Judges what happened in a scenario.
pub(super) fn judge(
    moments: &[Moment],
    history: &History,
    group: &GroupId,
    violations: &[Violation],
) -> Judged {
    let mut judged = Judged::default();
    let mut watches: Vec<Box<dyn Watch>> = vec![
        Box::<subscription::Subscription>::default(),
        Box::<identity::MemberIds>::default(),
        Box::<identity::Generations>::default(),
        Box::<patience::Rejoining>::default(),
        Box::<patience::Looking>::default(),
        Box::<patience::Repeating>::default(),
        Box::<patience::Returning>::default(),
        Box::<patience::Slow>::default(),
        Box::<fetching::Fetching>::default(),
        Box::<Enforced>::default(),
    ];
    for Moment { at_us, what } in moments {
        let at = At { us: *at_us, what, history };
        for watch in &mut watches {
            watch.look(&at, &mut judged);
        }
    }
    for sighting in client_rules::look(history, group) {
        let rule = ClientRule::ALL.iter().find(|rule| rule.id() == sighting.id);
        if let Some(rule) = rule {
            judged.find(*rule, sighting.at_us, sighting.detail);
        }
    }
    let end = moments.last().map_or(0, |moment| moment.at_us);
    for violation in violations {
        // What the history shows too is told once.
        if !judged.findings.iter().any(|finding| finding.rule == violation.rule) {
            judged.find(violation.rule, end, format!("{} ({} times)", violation.detail, violation.times));
        }
    }
    for finding in &mut judged.findings {
        finding.before = before(moments, history, finding.at_us);
    }
    judged
}

/// What is told of what came before a finding: this many lines.
const TOLD: usize = 10;

fn before(moments: &[Moment], history: &History, at_us: i64) -> Vec<String> {
    let until = moments.iter().filter(|moment| moment.at_us <= at_us);
    let lines = until.filter_map(|Moment { at_us, what }| {
        let line = match what {
            What::Asked(place) => told(history.exchanges.get(*place)?),
            What::Answered(place) => {
                let exchange = history.exchanges.get(*place)?;
                format!("    {} is answered: {}", api(&exchange.request), exchange.answer.as_ref()?.1)
            }
            What::Looks => "FindCoordinator".to_owned(),
            What::Disturbed(disturbance) => format!("-- {disturbance}"),
            What::Started => "-- the client is started".to_owned(),
            What::Leaving => "-- the client is asked to leave".to_owned(),
            What::Ended(how) => format!("-- {how}"),
            What::Fetches(_) | What::Over => return None,
        };
        let ms = at_us / 1_000;
        Some(format!("{:>3}.{:03} s  {line}", ms / 1_000, ms % 1_000))
    });
    let lines: Vec<_> = lines.collect();
    lines[lines.len().saturating_sub(TOLD)..].to_vec()
}

/// How often the rules were put to the test that others judge: the broker's own watch, and the judge of recordings.
#[derive(Default)]
struct Enforced;

impl Watch for Enforced {
    fn look(&mut self, at: &At<'_>, judged: &mut Judged) {
        let Some((exchange, answer)) = at.answered() else { return };
        match (&exchange.request, answer.error()) {
            (Request::OffsetCommit(commit), 0) if commit.generation.0 >= 0 => {
                judged.exercise(ClientRule::CommitsOwnPartitions);
                judged.exercise(ClientRule::CommitsWhatExists);
            }
            (Request::SyncGroup(sync), 0) if sync.assignments.is_empty() => {
                judged.exercise(ClientRule::LeaderAssigns);
            }
            (Request::SyncGroup(_), 0) => {
                judged.exercise(ClientRule::AssignsPartitionOnce);
                judged.exercise(ClientRule::AssignsSubscribedTopics);
            }
            (Request::Heartbeat(_), 22 | 25 | 82) => judged.exercise(ClientRule::HeedsRefusal),
            _not_judged_there => {}
        }
    }
}
