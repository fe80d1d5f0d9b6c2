//! Traffic that is judged as it is seen: each thing once, and what nobody will look at again is forgotten.
//!
//! What is kept of a group does not grow with its history: the states that explain it, its last exchanges, those that
//! wait for an answer or were asked within the time for which one may be awaited, the highest offset of each partition,
//! and the first findings of each kind. A group that was silent for an hour is but a line of the verdict, until it
//! speaks again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use muster_reference::coordinator::{Config, GroupId};

use super::anomalies::{self, Sighting};
use super::client_rules;
use super::history::{Happening, History};
use super::judge::{Live, Outcome, awaited_us};
use super::stream::{Assembler, Chunk, Sink};
use super::verdict::{GroupVerdict, Verdict};

/// Silence after which a group is put by: the longest session that a broker allows by default is half of it.
const SILENT_US: i64 = 3_600_000_000;
/// How often silent groups are looked for.
const SWEPT_EVERY_US: i64 = 60_000_000;
/// Findings of a kind that are told one by one.
const MOST_TOLD: usize = 100;

/// What is found of a group, each thing once.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) told: Vec<Sighting>,
    known: BTreeSet<(&'static str, String)>,
    of_kind: BTreeMap<&'static str, usize>,
    /// Findings that are counted only.
    pub(super) beyond: BTreeMap<&'static str, usize>,
}

impl Findings {
    /// Takes a finding; false: it is known, or counted only.
    fn take(&mut self, sighting: Sighting) -> bool {
        let key = (sighting.id, sighting.detail.clone());
        if self.known.contains(&key) {
            return false;
        }
        let count = self.of_kind.entry(sighting.id).or_default();
        if *count == MOST_TOLD {
            *self.beyond.entry(sighting.id).or_default() += 1;
            return false;
        }
        *count += 1;
        self.known.insert(key);
        self.told.push(sighting);
        true
    }
}

/// What is known of a group.
#[derive(Debug, Default)]
struct GroupWatch {
    live: Live,
    anomalies: anomalies::Watch,
    clients: client_rules::Seen,
    /// Happenings that were looked at for anomalies and rules of clients.
    at: usize,
    findings: Findings,
    /// Requests without an answer whose happenings are forgotten, in the order of time.
    unanswered: VecDeque<usize>,
    /// When something was looked at last.
    last_us: i64,
    /// What was said of it before it was put by.
    before: Option<Outcome>,
    /// Whether the divergence was told.
    is_told: bool,
}

/// Judges what is seen, as it is seen.
pub struct Watch {
    assembler: Assembler,
    config: Config,
    groups: BTreeMap<GroupId, GroupWatch>,
    /// Groups of which something is not judged yet.
    open: BTreeSet<GroupId>,
    swept_us: i64,
}

impl Sink for Watch {
    fn take(&mut self, chunk: &Chunk) {
        self.assembler.take(chunk);
    }

    fn close(&mut self, connection: &str) {
        self.assembler.close(connection);
    }

    fn lost(&mut self, connection: &str, why: &str) {
        self.assembler.lost(connection, why);
    }
}

impl Watch {
    /// Watches groups of a broker with these settings.
    pub fn new(config: Config) -> Self {
        let (groups, open) = (BTreeMap::new(), BTreeSet::new());
        Self { assembler: Assembler::default(), config, groups, open, swept_us: 0 }
    }

    /// What is kept of what was seen.
    pub fn history(&self) -> &History {
        self.assembler.history()
    }

    /// Looks at what was seen since the last look. Gives what is new against a broker or a client, a line each.
    pub fn look(&mut self) -> Vec<String> {
        let touched = self.assembler.history_mut().take_touched();
        let mut lines = Vec::new();
        for group in touched.into_iter().chain(std::mem::take(&mut self.open)).collect::<BTreeSet<_>>() {
            let watch = self.groups.entry(group.clone()).or_default();
            lines.extend(watch.look(self.assembler.history_mut(), &group, &self.config));
            let all = self.assembler.history().groups.get(&group).map_or(0, super::history::Happenings::len);
            if watch.live.judged() < all || !watch.unanswered.is_empty() {
                self.open.insert(group);
            }
        }
        self.sweep();
        lines
    }

    /// The verdict on all that was seen: nothing more will come.
    pub fn verdict(mut self, from: String) -> Verdict {
        let _told = self.look();
        let mut verdict = Verdict::empty(from, self.assembler.history());
        for (group, mut watch) in std::mem::take(&mut self.groups) {
            let last = watch.live.finish(self.assembler.history(), &group, &self.config);
            let outcome = match watch.before.take() {
                Some(before) => before.and(last),
                None => last,
            };
            verdict.groups.push(GroupVerdict::found(group, outcome, watch.findings));
        }
        verdict
    }

    /// Puts groups by that were silent for long.
    fn sweep(&mut self) {
        let history = self.assembler.history_mut();
        if history.last_asked_us - self.swept_us < SWEPT_EVERY_US {
            return;
        }
        self.swept_us = history.last_asked_us;
        let silent_us = history.last_asked_us - SILENT_US.max(awaited_us(history));
        for (group, watch) in &mut self.groups {
            if watch.last_us < silent_us && !self.open.contains(group) {
                watch.put_by(history, group);
            }
        }
    }
}

impl GroupWatch {
    fn look(&mut self, history: &mut History, group: &GroupId, config: &Config) -> Vec<String> {
        let kept_us = awaited_us(history);
        self.last_us = history.last_asked_us;
        let mut lines = Vec::new();
        for sighting in self.sightings(history, group, kept_us) {
            let line = sighting.to_string();
            if self.findings.take(sighting) {
                lines.push(line);
            }
        }
        if let outcome @ Outcome::Diverges(_) = self.live.judge(history, group, config)
            && !std::mem::replace(&mut self.is_told, true)
        {
            lines.push(GroupVerdict::found(group.clone(), outcome, Findings::default()).to_string());
        }
        self.forget(history, group, kept_us);
        lines
    }

    /// What the happenings show that were not looked at yet.
    fn sightings(&mut self, history: &History, group: &GroupId, kept_us: i64) -> Vec<Sighting> {
        let Some(happenings) = history.groups.get(group) else { return Vec::new() };
        let mut found = Vec::new();
        for happening in happenings.between(self.at, happenings.len()) {
            if let Happening::Answered(place) = *happening
                && let exchange = &history.exchanges[place]
                && let Some((at_us, answer)) = &exchange.answer
            {
                let seen = self.anomalies.answered(exchange, *at_us, answer, kept_us);
                found.extend(seen.into_iter().map(|seen| anomalies::sighting(group, seen)));
            }
            let broken = self.clients.look(history, *happening, kept_us);
            found.extend(
                broken.map(|(rule, at_us, detail)| client_rules::sighting(group, rule, at_us, detail)),
            );
        }
        self.at = happenings.len();
        found
    }

    /// Forgets what nobody will look at again.
    fn forget(&mut self, history: &mut History, group: &GroupId, kept_us: i64) {
        let Some(happenings) = history.groups.get_mut(group) else { return };
        for happening in happenings.forget(self.live.needs()) {
            match happening {
                Happening::Answered(place) => history.exchanges.forget(place),
                Happening::Asked(place) => {
                    let exchange = history.exchanges.get(place);
                    if exchange.is_some_and(|exchange| exchange.answer.is_none()) {
                        self.unanswered.push_back(place);
                    }
                }
            }
        }
        let since_us = history.last_asked_us.saturating_sub(kept_us);
        let is_over = |place: &usize| {
            history.exchanges.get(*place).is_none_or(|exchange| exchange.asked_at_us < since_us)
        };
        let over = self.unanswered.iter().take_while(|place| is_over(place)).count();
        let gone: BTreeSet<usize> = self.unanswered.drain(..over).collect();
        if !gone.is_empty() {
            self.live.forget(|place| gone.contains(&place));
            for place in gone {
                history.exchanges.forget(place);
            }
        }
    }

    /// Keeps nothing but what was said of it, and what was found.
    fn put_by(&mut self, history: &mut History, group: &GroupId) {
        let Some(happenings) = history.groups.get_mut(group) else { return };
        let all = happenings.len();
        if self.live.judged() != all || happenings.kept() == 0 {
            return;
        }
        for happening in happenings.forget(all) {
            let (Happening::Asked(place) | Happening::Answered(place)) = happening;
            history.exchanges.forget(place);
        }
        let said = self.live.outcome();
        self.before = Some(match self.before.take() {
            Some(before) => before.and(said),
            None => said,
        });
        self.live = Live::after(all);
        (self.anomalies, self.clients) = Default::default();
    }
}

/// Judges a whole history.
pub(super) fn found(history: &History, group: &GroupId) -> Findings {
    let mut watch = GroupWatch::default();
    let mut findings = Findings::default();
    for sighting in watch.sightings(history, group, i64::MAX) {
        findings.take(sighting);
    }
    findings
}
