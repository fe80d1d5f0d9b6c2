//! What was found, by rule: for a person and for a machine.

mod json;
mod saved;
mod text;

pub use json::{FORMAT, to_json};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_model::trace::Step;
use muster_specs::{Rule, Side};

use crate::attempt::{CHOICES_MAX, Inconclusive, Verdict};
use crate::replay::Finding;
use crate::runner::{Ended, Judged, Run};
use crate::transcript::transcript;
use saved::{file_name, save};

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
        /// How many steps of other traces were answered as expected.
        steps: usize,
    },
    /// Only traces that could not be judged follow it; the reasons.
    Undecided(Vec<String>),
    /// No trace follows it.
    NotExercised,
}

/// A divergence with all that a reader needs.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The rule it is held against.
    pub rule: Option<Rule>,
    /// The trace's name.
    pub trace: String,
    /// The steps up to the divergence.
    pub transcript: Vec<String>,
    /// The divergence.
    pub finding: Finding,
    /// In how many of `runs` it was seen.
    pub seen: u32,
    /// Runs that could have shown it.
    pub runs: u32,
    /// The steps as a file of their own, if it could be written.
    pub saved: Option<PathBuf>,
    /// The command that replays it.
    pub replay: String,
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
    /// Cannot be run on this system.
    pub not_applicable: usize,
    /// Follow a choice that the system never made.
    pub choice_not_seen: usize,
    /// Too slow, or not reproduced.
    pub inconclusive: usize,
    /// Not judged because the run ended early.
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
    /// At least one diverges.
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
        let mut reasons = BTreeMap::new();
        for reason in run.judged.iter().filter_map(|judged| reason(&judged.verdict)) {
            *reasons.entry(reason).or_insert(0) += 1;
        }
        Self {
            system: system.to_owned(),
            rules: coordinator.map(|rule| (rule, status(rule, run))).collect(),
            failures,
            reasons,
            inconclusive: run.judged.iter().filter_map(inconclusive).collect(),
            totals: totals(run, planned),
            transitions: None,
            ended: run.ended.clone(),
            elapsed,
        }
    }

    /// The verdict of the whole run. Without a single trace that conforms nothing was shown.
    pub fn conclusion(&self) -> Conclusion {
        let Totals { conform, diverge, inconclusive, .. } = self.totals;
        if diverge > 0 {
            Conclusion::Diverges
        } else if self.ended.is_some() || inconclusive > 0 || conform == 0 {
            Conclusion::Undecided
        } else {
            Conclusion::Conforms
        }
    }

    /// How many rules stand how: passes, fails, undecided, not exercised.
    fn by_status(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for (_, status) in &self.rules {
            counts[match status {
                Status::Passes { .. } => 0,
                Status::Fails { .. } => 1,
                Status::Undecided(_) => 2,
                Status::NotExercised => 3,
            }] += 1;
        }
        counts
    }
}

/// Why a trace says nothing of the system, in words that are the same for traces of the same kind.
fn reason(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Conforms | Verdict::Diverges { .. } => None,
        Verdict::NotApplicable(why) => Some(format!("not applicable: {why}")),
        Verdict::ChoiceNotSeen => {
            Some(format!("the broker never chose as the trace does in {CHOICES_MAX} runs"))
        }
        Verdict::Inconclusive(Inconclusive::Late(_)) => {
            Some("inconclusive: too slow for its timers".to_owned())
        }
        Verdict::Inconclusive(Inconclusive::NotReproduced(_)) => {
            Some("inconclusive: diverged once and never again".to_owned())
        }
    }
}

/// What the run showed of a trace of which nothing can be concluded.
fn inconclusive(judged: &Judged<'_>) -> Option<(String, String)> {
    let why = match &judged.verdict {
        Verdict::Inconclusive(Inconclusive::Late(why)) => why.clone(),
        Verdict::Inconclusive(Inconclusive::NotReproduced(finding)) => {
            format!("step {} once: {}", finding.step + 1, finding.divergence)
        }
        Verdict::Conforms | Verdict::Diverges { .. } | Verdict::NotApplicable(_) | Verdict::ChoiceNotSeen => {
            return None;
        }
    };
    Some((judged.trace.name.clone(), why))
}

/// The steps that were answered as expected.
fn passed<'t>(judged: &Judged<'t>) -> &'t [Step] {
    match &judged.verdict {
        Verdict::Conforms => &judged.trace.steps,
        Verdict::Diverges { finding, .. } => &judged.trace.steps[..finding.step],
        Verdict::NotApplicable(_) | Verdict::ChoiceNotSeen | Verdict::Inconclusive(_) => &[],
    }
}

fn status(rule: Rule, run: &Run<'_>) -> Status {
    let steps = run.judged.iter().flat_map(passed).filter(|step| step.rules.contains(&rule)).count();
    let fails = |judged: &&Judged<'_>| match &judged.verdict {
        Verdict::Diverges { finding, .. } => finding.rule == Some(rule),
        Verdict::Conforms | Verdict::NotApplicable(_) | Verdict::ChoiceNotSeen | Verdict::Inconclusive(_) => {
            false
        }
    };
    let traces = run.judged.iter().filter(fails).count();
    if traces > 0 {
        return Status::Fails { traces, steps };
    }
    if steps > 0 {
        return Status::Passes { steps };
    }
    let follows = |judged: &&Judged<'_>| judged.trace.steps.iter().any(|step| step.rules.contains(&rule));
    let mut reasons: Vec<String> = Vec::new();
    for judged in run.judged.iter().filter(follows) {
        let why = reason(&judged.verdict).unwrap_or_else(|| "its traces diverge before".to_owned());
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    if reasons.is_empty() { Status::NotExercised } else { Status::Undecided(reasons) }
}

fn totals(run: &Run<'_>, planned: usize) -> Totals {
    let mut totals = Totals { traces: planned, not_run: planned - run.judged.len(), ..Totals::default() };
    for judged in &run.judged {
        *match judged.verdict {
            Verdict::Conforms => &mut totals.conform,
            Verdict::Diverges { .. } => &mut totals.diverge,
            Verdict::NotApplicable(_) => &mut totals.not_applicable,
            Verdict::ChoiceNotSeen => &mut totals.choice_not_seen,
            Verdict::Inconclusive(_) => &mut totals.inconclusive,
        } += 1;
    }
    totals
}

fn failure(system: &str, judged: &Judged<'_>, out: &Path, replay: &str) -> Option<Failure> {
    let (finding, seen, runs) = match &judged.verdict {
        Verdict::Diverges { finding, seen, runs } => (finding, *seen, *runs),
        Verdict::Conforms | Verdict::NotApplicable(_) | Verdict::ChoiceNotSeen | Verdict::Inconclusive(_) => {
            return None;
        }
    };
    let name = format!("{}-{}.json", finding.rule.map_or("no_rule", Rule::id), file_name(&judged.trace.name));
    let file = out.join(name);
    let saved = save(system, judged.trace, finding, &file).is_ok().then(|| file.clone());
    Some(Failure {
        rule: finding.rule,
        trace: judged.trace.name.clone(),
        transcript: transcript(judged.trace, finding.step),
        finding: finding.clone(),
        seen,
        runs,
        saved,
        replay: format!("{replay} --replay {}", file.display()),
    })
}
