//! The report as data: every other form, the text too, is made of it.

use muster_specs::{Rule, RuleText};
use serde::{Deserialize, Serialize};

use super::{Failure, Report, Status, Totals};
use crate::runner::Ended;

/// The reports of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// [`super::FORMAT`].
    pub format: String,
    /// One for each system.
    pub systems: Vec<SystemReport>,
}

/// The report on a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemReport {
    /// Its name.
    pub system: String,
    /// `conforms`, `diverges` or `undecided`.
    pub conclusion: String,
    /// Why the run ended early.
    pub ended_early: Option<String>,
    /// Seconds.
    pub elapsed_s: f64,
    /// The seed of the run, if it was given one.
    pub seed: Option<u64>,
    /// Whether a rule that is never exercised fails.
    pub strict: bool,
    /// How many traces ended how.
    pub traces: Traces,
    /// Transitions of the model, if the whole suite was run.
    pub transitions: Option<Transitions>,
    /// Every rule of the coordinator.
    pub rules: Vec<RuleReport>,
    /// Rules that no trace exercised, and why.
    pub never_exercised: Vec<NeverExercised>,
    /// Why traces were not judged.
    pub not_judged: Vec<NotJudged>,
    /// Traces of which nothing can be concluded.
    pub inconclusive: Vec<Inconclusive>,
    /// Declared deviations that were not seen.
    pub absent_deviations: Vec<AbsentDeviation>,
    /// Every divergence, the rules in order, the shortest first.
    pub failures: Vec<FailureReport>,
}

/// How many traces ended how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are those of `Totals`")]
pub struct Traces {
    pub total: usize,
    pub conform: usize,
    pub diverge: usize,
    pub known: usize,
    pub not_applicable: usize,
    pub choice_not_seen: usize,
    pub inconclusive: usize,
    pub not_run: usize,
}

/// Transitions of the model's coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transitions {
    /// Taken by a trace that conforms.
    pub covered: usize,
    /// Reachable.
    pub reachable: usize,
}

/// What stands for a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleReport {
    /// Its name.
    pub rule: String,
    /// Its chapter.
    pub chapter: String,
    /// What was found.
    #[serde(flatten)]
    pub status: StatusReport,
}

/// [`Status`] by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[allow(missing_docs, reason = "they are those of `Status`")]
pub enum StatusReport {
    Pass { steps: usize },
    Fail { traces: usize, known: usize, steps: usize },
    Undecided { reasons: Vec<String> },
    NotExercised,
}

/// A rule that no trace exercised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeverExercised {
    /// The rule.
    pub rule: String,
    /// What is known of it.
    pub why: String,
    /// Why that was declared to be so.
    pub declared: Option<String>,
    /// Whether it fails: with `--strict`, and not declared.
    pub fails: bool,
}

/// Traces that say nothing of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotJudged {
    /// Why.
    pub reason: String,
    /// How many.
    pub traces: usize,
}

/// A trace of which nothing can be concluded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inconclusive {
    /// Its name.
    pub trace: String,
    /// Why.
    pub why: String,
}

/// A declared deviation that was not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentDeviation {
    /// The rule.
    pub rule: String,
    /// The reason that was declared.
    pub reason: String,
}

/// A divergence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReport {
    /// The rule.
    pub rule: Option<String>,
    /// Its chapter.
    pub chapter: Option<String>,
    /// What it says.
    pub must: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// The trace of the suite that showed it.
    pub trace: String,
    /// The index of the last step.
    pub step: usize,
    /// The steps, in one line each.
    pub steps: Vec<String>,
    /// How many it had before it was made small, if it was.
    pub shrunk_from: Option<usize>,
    /// Whether nothing more can be dropped.
    pub minimal: bool,
    /// Where it was seen.
    pub connection: String,
    /// What a correct coordinator answers.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Every answer of the step.
    pub answers: Vec<String>,
    /// In how many runs it was seen again.
    pub reproduced: u32,
    /// Runs that could have shown it again.
    pub runs: u32,
    /// Whether it was not seen every time.
    pub flaky: bool,
    /// Why it is no surprise.
    pub known: Option<String>,
    /// The trace as a file.
    pub file: Option<String>,
    /// The command that replays it.
    pub replay: String,
}

impl Report {
    /// The report as data.
    pub fn document(&self) -> SystemReport {
        let ended = self.ended.as_ref().map(|ended| match ended {
            Ended::Interrupted => "interrupted".to_owned(),
            Ended::Unreachable(why) => why.clone(),
        });
        let absent = |one: &super::Deviation| AbsentDeviation {
            rule: one.rule.id().to_owned(),
            reason: one.reason.clone(),
        };
        SystemReport {
            system: self.system.clone(),
            conclusion: self.conclusion().word().to_owned(),
            ended_early: ended,
            elapsed_s: self.elapsed.as_secs_f64(),
            seed: self.seed,
            strict: !self.required.is_empty(),
            traces: traces(self.totals),
            transitions: self.transitions.map(|t| Transitions { covered: t.covered, reachable: t.reachable }),
            rules: self.rules.iter().map(|(rule, status)| rule_report(*rule, status)).collect(),
            never_exercised: self.never_exercised().map(|(rule, why)| self.never(rule, why)).collect(),
            not_judged: self
                .reasons
                .iter()
                .map(|(reason, traces)| NotJudged { reason: reason.clone(), traces: *traces })
                .collect(),
            inconclusive: self
                .inconclusive
                .iter()
                .map(|(trace, why)| Inconclusive { trace: trace.clone(), why: why.clone() })
                .collect(),
            absent_deviations: self.absent.iter().map(absent).collect(),
            failures: self.failures.iter().map(failure).collect(),
        }
    }

    fn never(&self, rule: Rule, why: String) -> NeverExercised {
        let declared = self.excused.get(&rule).cloned();
        let fails = self.required.contains(&rule) && declared.is_none();
        NeverExercised { rule: rule.id().to_owned(), why, declared, fails }
    }
}

fn traces(totals: Totals) -> Traces {
    let Totals {
        traces: total,
        conform,
        diverge,
        known,
        not_applicable,
        choice_not_seen,
        inconclusive,
        not_run,
    } = totals;
    Traces { total, conform, diverge, known, not_applicable, choice_not_seen, inconclusive, not_run }
}

fn rule_report(rule: Rule, status: &Status) -> RuleReport {
    let status = match status {
        Status::Passes { steps } => StatusReport::Pass { steps: *steps },
        Status::Fails { traces, known, steps } => {
            StatusReport::Fail { traces: *traces, known: *known, steps: *steps }
        }
        Status::Undecided(reasons) => StatusReport::Undecided { reasons: reasons.clone() },
        Status::NotExercised => StatusReport::NotExercised,
    };
    RuleReport { rule: rule.id().to_owned(), chapter: rule.chapter().name().to_owned(), status }
}

fn failure(failure: &Failure) -> FailureReport {
    let text = failure.rule.and_then(RuleText::of);
    let divergence = &failure.finding.divergence;
    FailureReport {
        rule: failure.rule.map(|rule| rule.id().to_owned()),
        chapter: failure.rule.map(|rule| rule.chapter().name().to_owned()),
        must: text.as_ref().map(|text| text.must.clone()).filter(|must| !must.is_empty()),
        source: text.as_ref().and_then(|text| text.note("source")).map(str::to_owned),
        trace: failure.trace.clone(),
        step: failure.finding.step,
        steps: failure.transcript.clone(),
        shrunk_from: failure.shrunk_from,
        minimal: failure.minimal,
        connection: divergence.connection.clone(),
        expected: divergence.expected.clone(),
        actual: divergence.actual.clone(),
        answers: failure.finding.answers.clone(),
        reproduced: failure.seen,
        runs: failure.runs,
        flaky: failure.seen < failure.runs,
        known: failure.known.clone(),
        file: failure.saved.as_ref().map(|file| file.display().to_string()),
        replay: failure.replay.clone(),
    }
}
