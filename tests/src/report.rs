//! What was found, by rule: for a person and for a machine.

mod document;
mod failure;
mod github;
mod html;
mod json;
mod junit;
mod known;
mod saved;
mod sum;
mod text;

pub use document::{Document, FailureReport, RuleReport, SystemReport};
pub use failure::Failure;
pub use github::github;
pub use html::{Pictures, html};
pub use json::{FORMAT, to_json};
pub use junit::junit;
pub use known::{Deviation, Known, KnownError};
pub use text::text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use muster_specs::{Rule, Side};

use crate::runner::{Ended, Run};
use failure::failure;
use sum::{inconclusive, reason, statuses, totals};

/// What stands for a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Steps that follow it were answered as expected, and none otherwise.
    Passes {
        /// How many.
        steps: usize,
    },
    /// At least one trace diverges at a step of this rule.
    Fails {
        /// How many traces.
        traces: usize,
        /// How many of them diverge as it was declared.
        known: usize,
        /// How many steps of other traces were answered as expected.
        steps: usize,
    },
    /// Only traces that could not be judged follow it; the reasons.
    Undecided(Vec<String>),
    /// No trace follows it.
    NotExercised,
}

/// How many traces ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Traces that were to be judged.
    pub traces: usize,
    /// Answered as expected.
    pub conform: usize,
    /// Answered otherwise.
    pub diverge: usize,
    /// Of those: as it was declared.
    pub known: usize,
    /// Cannot be run on this system.
    pub not_applicable: usize,
    /// Follow a choice that the system never made.
    pub choice_not_seen: usize,
    /// Too slow, or not reproduced.
    pub inconclusive: usize,
    /// Not judged: the run ended early, or they begin with the steps at which another diverges.
    pub not_run: usize,
}

/// Transitions of the coordinator in the scenarios that the suite states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transitions {
    /// Taken by a trace that conforms.
    pub covered: usize,
    /// Reachable.
    pub reachable: usize,
}

/// The report on one system.
#[derive(Clone, Debug)]
pub struct Report {
    /// The system's name.
    pub system: String,
    /// By rule of the coordinator, in the order of the catalogue.
    pub rules: Vec<(Rule, Status)>,
    /// Every divergence, the rules in order, the shortest trace first.
    pub failures: Vec<Failure>,
    /// Why traces were not judged, with how many.
    pub reasons: BTreeMap<String, usize>,
    /// Inconclusive traces by name, and why.
    pub inconclusive: Vec<(String, String)>,
    /// The traces.
    pub totals: Totals,
    /// What of the model was exercised, if the whole suite was run.
    pub transitions: Option<Transitions>,
    /// Declared deviations that were not seen, though their rules were followed.
    pub absent: Vec<Deviation>,
    /// The rules that must have been exercised, with `--strict`.
    pub required: BTreeSet<Rule>,
    /// Rules of which it was declared that this system does not let them be exercised, with the reasons.
    pub excused: BTreeMap<Rule, String>,
    /// The seed of the run, if it was given one.
    pub seed: Option<u64>,
    /// Why the run ended early.
    pub ended: Option<Ended>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What the verdict of a whole run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Every trace that can be judged conforms.
    Conforms,
    /// At least one diverges, or with `--strict` a rule was never exercised.
    Diverges,
    /// None diverges, but something could not be decided.
    Undecided,
}

impl Conclusion {
    /// In one word, the same in every report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Diverges => "diverges",
            Self::Undecided => "undecided",
        }
    }
}

impl Report {
    /// Sums up a run. `out` is the folder for diverging traces, `replay` the command that replays a file on the
    /// same system, the file left out.
    pub fn new(
        system: &str,
        run: &Run<'_>,
        planned: usize,
        elapsed: Duration,
        out: &Path,
        replay: &str,
    ) -> Self {
        let mut failures: Vec<Failure> =
            run.judged.iter().filter_map(|judged| failure(system, judged, out, replay)).collect();
        let place = |f: &Failure| Rule::ALL.iter().position(|rule| Some(*rule) == f.rule);
        failures.sort_by_key(|f| (place(f), f.transcript.len()));
        let coordinator = Rule::ALL.iter().copied().filter(|rule| rule.side() == Side::Coordinator);
        let (mut statuses, mut reasons) = (statuses(run), BTreeMap::new());
        for reason in run.judged.iter().filter_map(|judged| reason(&judged.verdict)) {
            *reasons.entry(reason).or_insert(0) += 1;
        }
        Self {
            system: system.to_owned(),
            rules: coordinator
                .map(|rule| (rule, statuses.remove(&rule).unwrap_or(Status::NotExercised)))
                .collect(),
            failures,
            reasons,
            inconclusive: run.judged.iter().filter_map(inconclusive).collect(),
            totals: totals(run, planned),
            transitions: None,
            absent: Vec::new(),
            required: BTreeSet::new(),
            excused: BTreeMap::new(),
            seed: None,
            ended: run.ended.clone(),
            elapsed,
        }
    }

    /// The verdict of the whole run. Without a single trace that conforms nothing was shown.
    pub fn conclusion(&self) -> Conclusion {
        let Totals { conform, diverge, known, inconclusive, .. } = self.totals;
        let is_strict = !self.required.is_empty();
        if diverge > known || self.missed().next().is_some() || (is_strict && !self.absent.is_empty()) {
            Conclusion::Diverges
        } else if self.ended.is_some() || inconclusive > 0 || conform == 0 {
            Conclusion::Undecided
        } else {
            Conclusion::Conforms
        }
    }

    /// The rules that no trace exercised, with what is known of why.
    pub fn never_exercised(&self) -> impl Iterator<Item = (Rule, String)> {
        self.rules.iter().filter_map(|(rule, status)| match status {
            Status::Passes { .. } | Status::Fails { .. } => None,
            Status::Undecided(reasons) => Some((*rule, reasons.join("; "))),
            Status::NotExercised => Some((*rule, "no trace follows it".to_owned())),
        })
    }

    /// The rules that must have been exercised, and were not.
    fn missed(&self) -> impl Iterator<Item = Rule> {
        let rules = self.never_exercised().map(|(rule, _)| rule);
        rules.filter(|rule| self.required.contains(rule) && !self.excused.contains_key(rule))
    }

    /// Takes what was declared of the system: what diverges as declared is no surprise, and what was declared and
    /// is not there is told.
    pub fn apply(&mut self, known: &Known) {
        for failure in &mut self.failures {
            failure.known = known.reason(failure.rule, &failure.finding.divergence);
        }
        self.totals.known = self.failures.iter().filter(|failure| failure.known.is_some()).count();
        for (rule, status) in &mut self.rules {
            if let Status::Fails { known, .. } = status {
                let of_rule = self.failures.iter().filter(|failure| failure.rule == Some(*rule));
                *known = of_rule.filter(|failure| failure.known.is_some()).count();
            }
        }
        let was_followed = |rule: Rule| {
            let of_rule = self.rules.iter().find(|(of, _)| *of == rule);
            matches!(of_rule, Some((_, Status::Passes { .. } | Status::Fails { .. })))
        };
        let occurs = |deviation: &Deviation| {
            self.failures.iter().any(|f| deviation.is_of(f.rule, &f.finding.divergence))
        };
        let absent = known.deviations.iter().filter(|one| was_followed(one.rule) && !occurs(one));
        self.absent = absent.cloned().collect();
        self.excused = known.not_exercised.clone();
    }
}
