//! The report as a person reads it.

use std::fmt;

use muster_specs::{Chapter, Rule, RuleText};

use super::{Conclusion, Failure, Report, Status, Totals, Transitions};
use crate::runner::Ended;

/// Of how many further traces that break the same rule the names are listed.
const ALSO_MAX: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.system)?;
        for chapter in Chapter::ALL {
            let mut rules = self.rules.iter().filter(|(rule, _)| rule.chapter() == *chapter).peekable();
            if rules.peek().is_some() {
                writeln!(f, "\n{}", chapter.name())?;
            }
            for (rule, status) in rules {
                writeln!(f, "  {:<4}{:<42}{}", mark(status), rule.id(), words(status))?;
            }
        }
        self.fmt_reasons(f)?;
        self.fmt_failures(f)?;
        self.fmt_totals(f)
    }
}

impl Report {
    fn fmt_reasons(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.reasons.is_empty() {
            writeln!(f, "\nTraces that say nothing of this system")?;
        }
        for (reason, traces) in &self.reasons {
            writeln!(f, "  {traces:>5}  {reason}")?;
        }
        for (trace, why) in &self.inconclusive {
            writeln!(f, "         {trace}: {why}")?;
        }
        Ok(())
    }

    fn fmt_failures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rules: Vec<Option<Rule>> = self.failures.iter().map(|failure| failure.rule).collect();
        rules.dedup();
        for rule in rules {
            let mut of_rule = self.failures.iter().filter(|failure| failure.rule == rule);
            let Some(first) = of_rule.next() else { continue };
            writeln!(f, "\n{}", rule.map_or("no rule", |rule| rule.chapter().name()))?;
            fmt_failure(first, f)?;
            let others: Vec<&str> = of_rule.map(|failure| failure.trace.as_str()).collect();
            if !others.is_empty() {
                let more = others.len().saturating_sub(ALSO_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let named = others.iter().take(ALSO_MAX).copied().collect::<Vec<_>>().join(", ");
                writeln!(f, "      also: {named}{more}")?;
            }
        }
        Ok(())
    }

    fn fmt_totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [pass, fail, undecided, not_exercised] = self.by_status();
        let Totals { traces, conform, diverge, not_applicable, choice_not_seen, inconclusive, not_run } =
            self.totals;
        let conclusion = match (self.conclusion(), &self.ended) {
            (Conclusion::Undecided, Some(Ended::Interrupted)) => "interrupted",
            (conclusion, _) => conclusion.word(),
        };
        writeln!(
            f,
            "\nrules: {pass} of {} pass, {fail} fail, {undecided} undecided, {not_exercised} not exercised",
            self.rules.len()
        )?;
        writeln!(
            f,
            "traces: {conform} of {traces} conform, {diverge} diverge, {not_applicable} not applicable, \
             {choice_not_seen} follow a choice never made, {inconclusive} inconclusive, {not_run} not run"
        )?;
        if let Some(Transitions { covered, reachable }) = self.transitions {
            writeln!(f, "transitions: {covered} of {reachable} taken by traces that conform")?;
        }
        if let Some(Ended::Unreachable(why)) = &self.ended {
            writeln!(f, "ended early: {why}")?;
        }
        write!(f, "{}: {conclusion}; {:.1} s", self.system, self.elapsed.as_secs_f64())
    }
}

fn mark(status: &Status) -> &'static str {
    match status {
        Status::Passes { .. } => "ok",
        Status::Fails { .. } => "x",
        Status::Undecided(_) => "?",
        Status::NotExercised => "-",
    }
}

fn words(status: &Status) -> String {
    match status {
        Status::Passes { steps } => format!("{steps} steps"),
        Status::Fails { traces, steps } => format!("{traces} traces diverge, {steps} steps as expected"),
        Status::Undecided(reasons) => reasons.join("; "),
        Status::NotExercised => "not exercised".to_owned(),
    }
}

fn fmt_failure(failure: &Failure, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = failure.rule.and_then(RuleText::of);
    let source = text.as_ref().and_then(|text| text.note("source")).filter(|source| !source.is_empty());
    let source = source.map_or_else(String::new, |source| format!("; {}", source.trim_end_matches('.')));
    writeln!(f, "  x {} [MUST{source}]", failure.rule.map_or("a step that names no rule", Rule::id))?;
    if let Some(text) = text.filter(|text| !text.must.is_empty()) {
        writeln!(f, "      {}", text.must)?;
    }
    for (number, line) in failure.transcript.iter().enumerate() {
        writeln!(f, "      {:>3}. {line}", number + 1)?;
    }
    let divergence = &failure.finding.divergence;
    writeln!(f, "      expected {}", divergence.expected)?;
    writeln!(f, "      actual   {} (on {})", divergence.actual, divergence.connection)?;
    let (steps, seen, runs) = (failure.transcript.len(), failure.seen, failure.runs);
    writeln!(f, "      {}: {steps} steps, reproduced {seen} of {runs}", failure.trace)?;
    match failure.saved {
        Some(_) => writeln!(f, "      replay: {}", failure.replay),
        None => writeln!(f, "      its trace could not be saved"),
    }
}
