//! What is told of a client.

use std::fmt;
use std::time::Duration;

use muster_reference::broker::ClientRule;
use serde_json::{Value, json};

use super::rules::{Finding, Judged};
use super::{Exercised, Options, Scenario};
use crate::report::Conclusion;

/// How a client stands to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was put to the test so many times, and kept it.
    Passed(usize),
    /// It broke it.
    Failed,
    /// Nothing that it did put it to the test.
    NeverExercised,
}

/// The verdict on a client.
#[derive(Clone, Debug)]
pub struct ClientReport {
    command: String,
    rules: Vec<ClientRule>,
    exercised: Exercised,
    /// The rules that were broken, and where.
    pub failures: Vec<(Scenario, Finding)>,
    /// Scenarios of which nothing, or not all, can be said, and why.
    pub undecided: Vec<(Scenario, String)>,
    played: usize,
    scenarios: usize,
    pub(super) is_interrupted: bool,
    pub(super) elapsed: Duration,
}

impl ClientReport {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            command: options.command.join(" "),
            rules: options.rules.clone(),
            exercised: Exercised::new(),
            failures: Vec::new(),
            undecided: Vec::new(),
            played: 0,
            scenarios: options.scenarios.len(),
            is_interrupted: false,
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn add(&mut self, scenario: Scenario, judged: Judged, outcome: Result<(), String>) {
        self.played += 1;
        for (rule, times) in judged.exercised {
            *self.exercised.entry(rule).or_default() += times;
        }
        let kept = judged.findings.into_iter().filter(|finding| self.rules.contains(&finding.rule));
        self.failures.extend(kept.map(|finding| (scenario, finding)));
        self.undecided.extend(outcome.err().map(|why| (scenario, why)));
    }

    /// How the client stands to a rule.
    pub fn standing(&self, rule: ClientRule) -> Standing {
        if self.failures.iter().any(|(_, finding)| finding.rule == rule) {
            return Standing::Failed;
        }
        match self.exercised.get(&rule) {
            Some(times) => Standing::Passed(*times),
            None => Standing::NeverExercised,
        }
    }

    /// One broken rule is enough; nothing put to the test is no pass.
    pub fn conclusion(&self) -> Conclusion {
        let tested = self.rules.iter().any(|rule| matches!(self.standing(*rule), Standing::Passed(_)));
        if !self.failures.is_empty() {
            Conclusion::Diverges
        } else if self.is_interrupted || !self.undecided.is_empty() || !tested {
            Conclusion::Undecided
        } else {
            Conclusion::Conforms
        }
    }

    /// For machines.
    pub fn to_json(&self) -> Value {
        let rules = self.rules.iter().map(|rule| {
            let (standing, times) = match self.standing(*rule) {
                Standing::Passed(times) => ("passed", times),
                Standing::Failed => ("failed", self.exercised.get(rule).copied().unwrap_or(0)),
                Standing::NeverExercised => ("never_exercised", 0),
            };
            json!({
                "rule": rule.id(), "standing": standing, "exercised": times,
                "must": rule.must(), "source": rule.source(),
            })
        });
        let failures = self.failures.iter().map(|(scenario, finding)| {
            json!({
                "rule": finding.rule.id(), "scenario": scenario.name(), "at_us": finding.at_us,
                "detail": finding.detail, "before": finding.before,
            })
        });
        let undecided = self.undecided.iter();
        json!({
            "format": 1,
            "command": self.command,
            "conclusion": self.conclusion().word(),
            "interrupted": self.is_interrupted,
            "scenarios": {"total": self.scenarios, "played": self.played},
            "rules": rules.collect::<Vec<_>>(),
            "failures": failures.collect::<Vec<_>>(),
            "undecided": undecided.map(|(scenario, why)| json!({"scenario": scenario.name(), "why": why}))
                .collect::<Vec<_>>(),
            "elapsed_s": self.elapsed.as_secs_f64(),
        })
    }

    fn fmt_failures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            let mut of_rule = self.failures.iter().filter(|(_, finding)| finding.rule == *rule);
            let Some((scenario, first)) = of_rule.next() else { continue };
            writeln!(f, "\n  x {rule} [MUST; {}]\n      {}", rule.source(), rule.must())?;
            for line in &first.before {
                writeln!(f, "      {line}")?;
            }
            writeln!(f, "      {} s: {}", first.at_us / 1_000_000, first.detail)?;
            writeln!(f, "      run again: muster conform client --scenario {scenario} -- {}", self.command)?;
            for (scenario, other) in of_rule {
                writeln!(f, "      also in {scenario}: {}", other.detail)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ClientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "client: {}\n", self.command)?;
        let (mut passed, mut failed, mut never) = (0, 0, 0);
        for rule in &self.rules {
            let (mark, words) = match self.standing(*rule) {
                Standing::Passed(times) => ("ok", format!("{times} times")),
                Standing::Failed => ("x", "broken".to_owned()),
                Standing::NeverExercised => ("-", "never exercised".to_owned()),
            };
            match mark {
                "ok" => passed += 1,
                "x" => failed += 1,
                _never => never += 1,
            }
            writeln!(f, "  {mark:<4}{:<28}{words}", rule.id())?;
        }
        self.fmt_failures(f)?;
        if !self.undecided.is_empty() {
            writeln!(f)?;
        }
        for (scenario, why) in &self.undecided {
            writeln!(f, "  ? {scenario}: {why}")?;
        }
        let conclusion = if self.is_interrupted { "interrupted" } else { self.conclusion().word() };
        let Self { played, scenarios, .. } = self;
        write!(
            f,
            "\n{conclusion}: {passed} rules passed, {failed} failed, {never} never exercised; \
             {played} of {scenarios} scenarios; {:.0} s",
            self.elapsed.as_secs_f64()
        )
    }
}
