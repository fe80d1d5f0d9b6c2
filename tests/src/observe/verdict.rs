//! The verdict on a history: by group, and on the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use muster_reference::coordinator::{Config, GroupId};
use muster_specs::Rule;
use serde_json::{Value, json};

use super::anomalies::Sighting;
use super::history::History;
use super::judge::{Divergence, Outcome, judge};
use super::watch::{self, Findings};
use crate::report::Conclusion;

/// What was found of a group.
#[derive(Clone, Debug)]
pub struct GroupVerdict {
    /// The group.
    pub group: GroupId,
    /// What was found of its coordinator.
    pub outcome: Outcome,
    /// What no correct group shows, and what its clients did against the rules.
    pub sightings: Vec<Sighting>,
    /// How many more there were of a kind.
    pub beyond: BTreeMap<&'static str, usize>,
}

/// What was found of a history.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Where it is from.
    pub from: String,
    /// By group.
    pub groups: Vec<GroupVerdict>,
    /// Exchanges with groups' coordinators.
    pub exchanges: usize,
    /// Connections.
    pub connections: usize,
    /// Frames of other APIs.
    pub others: usize,
    /// Requests of groups in versions that are not known here, for people.
    pub unknown_versions: Vec<String>,
    /// Connections that could not be read to their end, and why.
    pub unreadable: Vec<(String, String)>,
    /// How many more there were.
    pub unreadable_beyond: usize,
}

impl GroupVerdict {
    pub(super) fn found(group: GroupId, outcome: Outcome, mut findings: Findings) -> Self {
        findings.told.sort_by_key(|sighting| sighting.at_us);
        Self { group, outcome, sightings: findings.told, beyond: findings.beyond }
    }
}

impl Verdict {
    /// Judges a history.
    pub fn of(from: String, history: &History, config: &Config) -> Self {
        let mut verdict = Self::empty(from, history);
        let groups = history.groups.keys().map(|group| {
            let outcome = judge(history, group, config);
            GroupVerdict::found(group.clone(), outcome, watch::found(history, group))
        });
        verdict.groups = groups.collect();
        verdict
    }

    /// The same, before anything is said of a group.
    pub(super) fn empty(from: String, history: &History) -> Self {
        let unknown = history.unknown_versions.iter();
        Self {
            from,
            groups: Vec::new(),
            exchanges: history.answered,
            connections: history.connections,
            others: history.others,
            unknown_versions: unknown.map(|((api, v), n)| format!("API {api} v{v} ({n} times)")).collect(),
            unreadable: history.unreadable.clone(),
            unreadable_beyond: history.unreadable_beyond,
        }
    }

    /// The whole verdict: one divergence or sighting is enough; nothing judged is no pass.
    pub fn conclusion(&self) -> Conclusion {
        let diverges = |group: &GroupVerdict| {
            matches!(group.outcome, Outcome::Diverges(_)) || !group.sightings.is_empty()
        };
        let explained =
            |group: &GroupVerdict| matches!(group.outcome, Outcome::Explained { exchanges: 1.., .. });
        if self.groups.iter().any(diverges) {
            Conclusion::Diverges
        } else if self.groups.is_empty()
            || !self.groups.iter().all(explained)
            || !self.unreadable.is_empty()
            || !self.unknown_versions.is_empty()
        {
            Conclusion::Undecided
        } else {
            Conclusion::Conforms
        }
    }

    /// Every rule that an explanation follows.
    pub fn rules(&self) -> BTreeSet<Rule> {
        let followed = self.groups.iter().filter_map(|group| match &group.outcome {
            Outcome::Explained { rules, .. } => Some(rules),
            Outcome::Diverges(_) | Outcome::UnderWay { .. } | Outcome::Undecided { .. } => None,
        });
        followed.flatten().copied().collect()
    }

    /// For machines.
    pub fn to_json(&self) -> Value {
        let groups = self.groups.iter().map(|group| {
            let sightings = group.sightings.iter().map(
                |s| json!({"rule": s.id, "side": s.side.to_string(), "detail": s.detail, "at_us": s.at_us}),
            );
            let mut told = outcome_json(&group.outcome);
            told["group"] = json!(group.group.as_str());
            told["findings"] = sightings.collect();
            told["more_findings"] = json!(group.beyond);
            told
        });
        json!({
            "format": 1,
            "from": self.from,
            "conclusion": self.conclusion().word(),
            "groups": groups.collect::<Vec<_>>(),
            "exchanges": self.exchanges,
            "connections": self.connections,
            "other_frames": self.others,
            "unknown_versions": self.unknown_versions,
            "unreadable_connections": self.unreadable,
            "more_unreadable_connections": self.unreadable_beyond,
            "rules": self.rules().iter().map(|rule| rule.id()).collect::<Vec<_>>(),
        })
    }
}

fn outcome_json(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Explained { exchanges, skipped, .. } => {
            json!({"outcome": "explained", "exchanges": exchanges, "skipped": skipped})
        }
        Outcome::UnderWay { exchanges } => json!({"outcome": "under_way", "exchanges": exchanges}),
        Outcome::Undecided { request } => json!({"outcome": "undecided", "request": request}),
        Outcome::Diverges(Divergence { request, actual, expected, before, .. }) => {
            let expected = expected.iter().map(|(answer, rules)| {
                json!({"answer": answer, "rules": rules.iter().map(|rule| rule.id()).collect::<Vec<_>>()})
            });
            json!({
                "outcome": "diverges",
                "request": request,
                "actual": actual,
                "expected": expected.collect::<Vec<_>>(),
                "before": before,
            })
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.from)?;
        for group in &self.groups {
            write!(f, "{group}")?;
        }
        for (connection, why) in &self.unreadable {
            writeln!(f, "  ? connection {connection}: {why}")?;
        }
        if self.unreadable_beyond > 0 {
            writeln!(f, "  ? and {} connections more", self.unreadable_beyond)?;
        }
        if !self.unknown_versions.is_empty() {
            writeln!(f, "  ? not judged: {}", self.unknown_versions.join(", "))?;
        }
        let Self { exchanges, connections, others, .. } = self;
        let (groups, rules) = (self.groups.len(), self.rules().len());
        write!(
            f,
            "{}: {exchanges} exchanges of {groups} groups on {connections} connections, {rules} rules followed; \
             {others} frames of other APIs",
            self.conclusion().word()
        )
    }
}

impl fmt::Display for GroupVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, outcome, sightings, beyond } = self;
        match outcome {
            Outcome::Explained { exchanges, skipped: 0, .. } => {
                writeln!(f, "  group {group}: {exchanges} exchanges, all explained")?;
            }
            Outcome::Explained { exchanges, skipped, .. } => {
                let since = format!("all explained; {skipped} before every member had joined are not judged");
                writeln!(f, "  group {group}: {exchanges} exchanges, {since}")?;
            }
            Outcome::UnderWay { exchanges } => {
                let why = "it was under way before, and its members were not all seen to join";
                writeln!(f, "  ? group {group}: {exchanges} exchanges: {why}")?;
            }
            Outcome::Undecided { request } => {
                writeln!(f, "  ? group {group}: too much at once to follow, at {request}")?;
            }
            Outcome::Diverges(divergence) => write!(f, "  x group {group}: the broker\n{divergence}")?,
        }
        for sighting in sightings {
            writeln!(f, "{sighting}")?;
        }
        for (id, times) in beyond {
            writeln!(f, "  x group {group}: {id} {times} times more")?;
        }
        Ok(())
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.before {
            writeln!(f, "      {line}")?;
        }
        writeln!(f, "      {}", self.request)?;
        for (answer, rules) in &self.expected {
            let rules: Vec<_> = rules.iter().map(|rule| rule.id()).collect();
            writeln!(f, "      expected {answer} [{}]", rules.join(" "))?;
        }
        if self.expected.is_empty() {
            writeln!(
                f,
                "      expected no answer yet; if it waits for a timer: is --initial-rebalance-delay-ms right?"
            )?;
        }
        writeln!(f, "      actual   {}", self.actual)
    }
}
